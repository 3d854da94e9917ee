"""Metrics whose networks are not here: fetched, or the end of the run before it starts, or left out on request."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sightsound.bench import assets
from sightsound.bench.assets import sources
from sightsound.bench.assets import store as asset_store
from sightsound.bench.core import cards as door
from sightsound.bench.core import registry
from sightsound.bench.core.types import PresetCard
from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import MetricCard, Need

RUN = ("run", "--task", "image2music", "--model", "echo:pocket", "--device", "cpu", "--limit", 4, "--out", "r")
STRICT = (*RUN, "--preset", "strict")
HINT = "--allow-missing-metrics goes on without the metrics whose networks cannot be had"


@pytest.fixture
def networks(toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Metrics over networks whose weights are brought by hand, gated, at a broken address, and in a folder."""
    (toy_world / "there.json").write_text("{}")
    where: dict[str, tuple[str, ...]] = {
        "hand": (),
        "gated": ("hf:owner/gated@main/a.json",),
        "gone": ("hf:owner/open@main/a.json",),
        "there": (f"file:{toy_world / 'there.json'}",),
    }
    for name, uris in where.items():
        by_hand = "ask its authors" if name == "hand" else ""
        card = replace(registry.extractor("spectrum"), name=name, assets=(name,), optional=True)
        needs = tuple(Need(side, name, "embedding") for side in ("generated", "reference"))
        door.add(
            [
                Asset(name, (AssetFile("a.json", uris),), "CC0-1.0", name, 10, by_hand=by_hand),
                card,
                MetricCard(
                    f"cosine_{name}",
                    "sightsound.metrics.formulas.paired.similarity",
                    *("paired", True, needs, "cosine", "toy"),
                ),
            ],
            "tests",
        )
    preset(*where)
    monkeypatch.setattr(
        asset_store, "refused", lambda source: "is gated: accept its terms" if "gated" in source.package else ""
    )
    monkeypatch.setattr(sources, "_hub", no_network)
    return toy_world


def no_network(*_: object) -> None:
    raise assets.AssetError("no network")


def preset(*networks: str, fetches: bool = True) -> None:
    metrics = ("fad_toy", *(f"cosine_{name}" for name in networks))
    registry.cards("preset")["strict"] = PresetCard("strict", {"image2music": "toy"}, metrics, "toy", fetches)


def scored(folder: str = "r") -> set[str]:
    with (Path(folder) / "rows.csv").open(encoding="utf-8") as file:
        return {row["metric"] for row in csv.DictReader(file)}


def told(done) -> list[str]:
    return [line.removeprefix("bench: ") for line in done.err.splitlines() if line.startswith("bench: ")]


def test_what_cannot_be_had_ends_the_run_before_it_starts(networks: Path, bench: Callable) -> None:
    done = bench(*STRICT)
    assert done.code == 2 and not Path("r").exists()
    assert told(done) == [
        (
            "network gated (cosine_gated): asset gated, file a.json: hf:owner/gated@main: is gated: accept its "
            "terms; try again with network, or put it at MIRROR/owner/gated/a.json and pass --mirror MIRROR"
        ),
        (
            "network hand (cosine_hand): asset hand: ask its authors; "
            "put it at DIR/hand/a.json and pass --weights DIR"
        ),
        HINT,
    ]


def test_what_only_fetching_shows_comes_before_generating(networks: Path, bench: Callable) -> None:
    preset("gone", "there")
    done = bench(*STRICT)
    assert done.code == 2 and not list(Path("r").glob("systems/*"))
    assert ["no network" in line for line in told(done)] == [True, False] and told(done)[1] == HINT


def test_what_can_be_fetched_is(networks: Path, bench: Callable) -> None:
    preset("there")
    done = bench(*STRICT)
    assert done.code == 0, done.err
    assert scored() == {"fad_toy", "cosine_there"}


def test_the_run_goes_on_without_them_where_that_is_allowed(networks: Path, bench: Callable) -> None:
    done = bench(*STRICT, "--allow-missing-metrics")
    assert done.code == 0, done.err
    assert scored() == {"fad_toy", "cosine_there"}
    for name, why in (("hand", "ask its authors"), ("gated", "is gated"), ("gone", "no network")):
        assert (
            sum(line.startswith(f"without cosine_{name}: ") and why in line for line in done.err.splitlines()) == 1
        )
    assert tomllib.loads(Path("r/run.toml").read_text())["allow-missing-metrics"] is True
    again = bench("run", "r/run.toml", "--out", "again")
    assert again.code == 0 and scored("again") == scored(), again.err


def test_metrics_that_were_named_are_no_exception(networks: Path, bench: Callable) -> None:
    named = (*RUN, "--metrics", "fad_toy,cosine_hand")
    assert bench(*named).code == 2
    assert bench(*named, "--allow-missing-metrics").code == 0 and scored() == {"fad_toy"}
    done = bench(*RUN[:-1], "s", "--metrics", "cosine_hand", "--allow-missing-metrics")
    assert done.code == 2 and "no metric is left that can be had: asset hand: ask its authors" in done.err


def test_folders_of_files_are_scored_the_same_way(networks: Path, bench: Callable) -> None:
    assert bench(*RUN, "--metrics", "fad_toy").code == 0
    score = ("score", "mine=r/systems/echo.pocket/outputs", "--task", "image2music", "--preset", "strict")
    words = (*score, "--split", "toy", "--limit", 4, "--out", "s", "--device", "cpu")
    assert bench(*words).code == 2
    assert bench(*words, "--allow-missing-metrics").code == 0 and scored("s") == {"fad_toy", "cosine_there"}


def test_a_preset_that_fetches_none_leaves_them_out_by_itself(networks: Path, bench: Callable) -> None:
    preset("gone", fetches=False)
    done = bench(*STRICT)
    assert done.code == 0 and scored() == {"fad_toy"}
    assert "without cosine_gone: no weights of gone" in done.err


def test_the_paper_s_preset_fetches_and_the_pocket_s_does_not() -> None:
    assert registry.preset("paper").fetches and not registry.preset("pocket").fetches
