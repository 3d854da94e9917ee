"""`--plan`: what runs would take, without a network and without doing any of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sightsound.bench import plan
from sightsound.bench.assets.need import size
from sightsound.bench.core import cards as door
from sightsound.bench.core import registry, results
from sightsound.bench.core.results import Row
from sightsound.bench.core.types import ModelCard, PresetCard, SplitCard, Variant
from sightsound.bench.plan import machine
from sightsound.bench.plan.machine import Card, Machine
from sightsound.bench.stages.options import Options
from sightsound.metrics.asset import Asset, AssetFile, gated

GB = 1_000_000_000
BARE = Machine((), "", 16.0, 100 * GB)
RUN = ("run", "--task", "image2music", "--plan")


@pytest.fixture
def world(toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Systems with weights of every kind, a split of the user's media, a metric's network; no way out of here."""

    def refuse(*_: object) -> None:
        raise AssertionError("a plan asked for the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(machine, "machine", lambda: BARE)

    def asset(name: str, gb: float, uri: str = "hf:owner/{}@main/a.json", **more: str) -> Asset:
        uris = () if "by_hand" in more else (uri.format(name),)
        return Asset(name, (AssetFile("a.json", uris),), "MIT", f"owner/{name}", int(gb * GB), **more)

    (toy_world / "a.json").write_text("{}")
    assets = [
        asset("open", 10),
        asset("shut", 2, gate=gated("owner/shut")),
        asset("hand", 3, by_hand="train it with `bench train`"),
        asset("packed", 1, uri="pypi:packed==1.0/a.json"),
        asset("changed", 4, convert="some.module:convert"),
        asset("ears", 0.5, uri=f"file:{toy_world / 'a.json'}"),
    ]
    network = replace(registry.extractor("spectrum"), name="ears", assets=("ears",))
    needs = tuple(replace(need, extractor="ears") for need in registry.metric("cosine_toy").needs)
    metric = replace(registry.metric("cosine_toy"), name="cosine_ears", needs=needs)
    entry = "no.such.module:Model"
    loads = {
        "one": (("open", "shut"), 14.0),
        "two": (("open", "hand"), 40.0),
        "three": (("packed", "changed"), 0.0),
        "four": (("open",), 20.0),
    }
    variants = {
        name: Variant(entry, name, assets=a, memory_gb=gb, batch_size=4) for name, (a, gb) in loads.items()
    }
    split = SplitCard(
        "theirs", ("image2music",), "a:b", (), "theirs", "them", "their pictures", media="the pictures", size=2500,
        gate="ask them by letter",
    )  # fmt: skip
    cards = [*assets, network, metric, split, ModelCard("big", ("image2music",), variants, "big", "MIT")]
    door.add([*cards], "tests")
    return toy_world


def made(*models: str, here: Machine = BARE, **options: object) -> plan.Plan:
    given = {"task": "image2music", "split": "theirs", "metrics": "cosine_ears"} | options
    return plan.plan([plan.request(Options(model=models, **given))], here)  # type: ignore[arg-type]


def test_downloads_disk_memory(world: Path) -> None:
    found = made("big:one", "big:two", "big:three")
    assert {need.asset.name: need.download_bytes / GB for need in found.downloads} == {
        "open": 10,
        "shut": 2,
        "packed": 1,
        "changed": 4,
        "ears": 0.5,
    }
    assert found.download_bytes == 17.5 * GB
    outputs = 3 * 2500 * 640_000
    assert found.outputs_bytes == outputs
    assert found.disk_bytes == (10 + 2 + 2 * 1 + 2 * 4 + 0.5) * GB + outputs, "packed and converted ones twice"
    assert found.memory_gb == 40.0 and found.metrics == ("cosine_ears",) and found.networks == ("ears",)
    assert [(w.system, w.examples, w.weights_bytes / GB) for w in found.work] == [
        *(("big:one", 2500, 12), ("big:two", 2500, 13), ("big:three", 2500, 5))
    ]


def test_what_is_here_counts_nothing_and_what_was_begun_the_rest(world: Path) -> None:
    folder = world / "cache/assets/open"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    begun = world / "cache/assets/.downloads/shut/hf_owner_shut@main/part/a.json.unfinished"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(bytes(1000))
    found = made("big:one")
    assert {need.asset.name: need.download_bytes for need in found.downloads} == {
        "shut": 2 * GB - 1000,
        "ears": GB // 2,
    }


def test_what_two_runs_share_counts_once(world: Path) -> None:
    asked = [plan.request(Options("image2music", [f"big:{name}"], "theirs", metrics="cosine_ears")) for name in
             ("one", "two")]  # fmt: skip
    found = plan.plan(asked, BARE)
    assert [need.asset.name for need in found.downloads].count("open") == 1 and len(found.work) == 2


def test_gates_and_what_to_bring(world: Path) -> None:
    found = made("big:one", "big:two")
    assert found.gates == (
        "shut: accept the terms of owner/shut on the hub, then name your token in HF_TOKEN",
        "theirs: ask them by letter",
    )
    assert found.bring == (
        "weights hand, 3.0 GB: train it with `bench train`",
        "media of theirs: the pictures; `bench splits prepare theirs --media DIR`",
    )


def test_what_falls_short(world: Path) -> None:
    found = made("big:one", "big:two", "big:four", here=replace(BARE, ram_gb=11.0, free_bytes=GB))
    assert found.short == (
        (
            f"disk: {size(found.disk_bytes)} are needed and 1.0 GB free; make room, or name another disk in "
            "SIGHTSOUND_CACHE"
        ),
        "RAM: big:one takes about 14 GB, the memory of this machine has 11.0; it cannot run here",
        "RAM: big:two takes about 40 GB, the memory of this machine has 11.0; it cannot run here",
    )
    assert any(
        line == "big:four takes about 20 GB with batches of 4, 11.0 are here; batches become smaller by themselves"
        for line in found.notes
    )


def test_a_card_is_used_where_there_is_one(world: Path) -> None:
    card = replace(BARE, cards=(Card("X100", 12.5), Card("X900", 80.0)))
    assert made("big:two", here=card).short == (
        "card: big:two takes about 40 GB, X100 has 12.5; it cannot run here",
    )
    assert made("big:two", here=card, device="cuda:1").short == ()
    assert made("big:two", here=card, device="cpu").short == ()
    (short,) = made("big:two", here=card, device="cuda:2").short
    assert short == "card: --device cuda:2 and no such card here; take another machine"
    hidden = replace(BARE, why_none="X100 is here, and torch is built without CUDA")
    assert made("big:four", here=hidden).notes[0].endswith("; X100 is here, and torch is built without CUDA")


# --- hours


def rows(world: Path, *told: tuple[str, str, float, int]) -> None:
    """A file of results: (variant, device, seconds, examples) of runs."""
    found = [
        Row(
            f"run{at}", "big", name, "image2music", "toy@1", "m", 1.0, n=n - 1, n_failed=1, device=on, seconds=took
        )
        for at, (name, on, took, n) in enumerate(told)
    ]
    (world / "results").mkdir(exist_ok=True)
    results.write(world / "results/measured.csv", results.frame(found))


def test_hours_are_those_that_runs_took_on_such_a_device(world: Path) -> None:
    rows(world, ("one", "cpu", 20.0, 10), ("one", "cpu", 72.0, 10), ("one", "cuda (X100)", 1.0, 10))
    (work,) = made("big:one").work
    assert (
        work.hours == pytest.approx(2500 * 7.2 / 3600)
        and work.rate == "7.2 s an example (run run1 in measured.csv)"
    )
    on_card = replace(BARE, cards=(Card("X100", 80.0),))
    assert made("big:one", here=on_card).hours == pytest.approx(2500 * 0.1 / 3600)
    assert made("big:one", limit=10).hours == pytest.approx(72 / 3600)
    (with_options,) = made("big:one+seconds=5").work
    assert with_options.hours == pytest.approx(5.0) and with_options.system == "big:one+seconds=5"


def test_hours_that_nobody_measured_are_unknown(world: Path, bench: Callable) -> None:
    rows(world, ("one", "cpu", 72.0, 10))
    found = made("big:one", "big:two")
    assert found.hours is None
    assert found.work[1].rate == "no run of it on cpu is among the result files"
    other = replace(BARE, cards=(Card("X900", 80.0),))
    assert made("big:one", here=other).work[0].rate == "no run of it on X900 is among the result files"
    done = bench(*RUN, "--model", "big:two", "--split", "theirs", "--metrics", "cosine_ears")
    assert "hours of generating: unknown" in done.out


def test_examples_that_have_outputs_are_not_counted(world: Path, bench: Callable) -> None:
    assert (
        bench("generate", "--task", "image2music", "--model", "echo:pocket", "--out", "r", "--device", "cpu").code
        == 0
    )
    (work,) = made("echo:pocket", split="toy", metrics="fad_toy", out=Path("r")).work
    assert work.examples == 0
    (work,) = made("echo:pocket", split="toy", metrics="fad_toy", out=Path("other")).work
    assert work.examples == 12


# --- commands


def test_the_command_prints_it_and_begins_nothing(world: Path, bench: Callable) -> None:
    words = (*RUN, "--model", "big:one", "--split", "theirs", "--metrics", "cosine_ears", "--out", "r")
    done = bench(*words)
    assert done.code == 0 and not Path("r").exists(), done.err
    for line in (
        "downloads: 12.5 GB in 3 assets",
        "memory: 14 GB at most, as the cards estimate it (weights and a batch); here: no card, 16 GB RAM",
        "scoring: 1 metrics over 1 networks; hours unknown",
        "gate: shut: accept the terms of owner/shut on the hub, then name your token in HF_TOKEN",
        "bring: media of theirs: the pictures; `bench splits prepare theirs --media DIR`",
    ):
        assert line in done.out.splitlines(), done.out
    found = json.loads(bench(*words, "--json").out)
    assert found["download_bytes"] == 12.5 * GB and found["hours"] is None and found["short"] == []
    assert found["work"][0]["system"] == "big:one" and found["downloads"][0]["from"] == [
        "hf:owner/open@main/a.json"
    ]


def test_a_machine_that_falls_short_ends_with_1(
    world: Path, bench: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "machine", lambda: replace(BARE, ram_gb=4.0))
    done = bench(*RUN, "--model", "big:two", "--split", "theirs", "--metrics", "cosine_ears")
    assert done.code == 1 and "SHORT: RAM: big:two takes about 40 GB" in done.out


def test_names_that_are_not_known_are_told_all_at_once(world: Path, bench: Callable) -> None:
    done = bench(*RUN, "--model", "bgi:one", "--split", "thiers", "--metrics", "cosine_eras")
    assert done.code == 2 and len(done.err.splitlines()) == 3, done.err


def test_doctor_plans_all_of_a_preset(world: Path, bench: Callable) -> None:
    registry.cards("preset")["mine"] = PresetCard("mine", {"image2music": "theirs"}, ("cosine_ears",), "mine")
    family = replace(registry.model_cards()["big"], presets={"mine": ("one", "three")})
    registry.cards("model")["big"] = family
    done = bench("doctor", "--preset", "mine", "--json")
    assert done.code == 0, done.err
    assert [work["system"] for work in json.loads(done.out)["work"]] == ["big:one", "big:three"]
    assert bench("doctor", "--preset", "paperr").code == 2


def test_what_a_run_reads_is_fetched_by_its_options(world: Path, bench: Callable) -> None:
    done = bench("assets", "fetch", "--metrics", "cosine_ears")
    assert done.code == 0 and done.err.startswith("500 MB to download in 1 asset: ears 500 MB\n")
    assert "to download" not in bench("assets", "fetch", "--metrics", "cosine_ears").err
    (Path("cache/assets/ears/a.json")).unlink()
    words = (
        "assets",
        "fetch",
        "--task",
        "image2music",
        "--split",
        "toy",
        "--model",
        "echo",
        "--metrics",
        "cosine_ears",
    )
    assert bench(*words).code == 0 and Path("cache/assets/ears/a.json").is_file()
    done = bench("assets", "fetch", "--model", "big:oen", "--metrics", "cosine_eras", "--split", "thiers")
    assert done.code == 2 and len(done.err.splitlines()) == 3, done.err


def test_a_plan_imports_no_torch() -> None:
    """Which alone takes longer than the two seconds that a plan may take."""
    code = (
        "import sys; from sightsound.bench.commands.app import main\n"
        "sys.argv = 'bench run --model mozart --preset paper --task image2music --plan'.split()\n"
        "try:\n    main()\n"
        "except SystemExit:\n"
        "    print(sorted({'torch', 'transformers', 'pandas', 'scipy.signal'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]" and "mozart:paper" in done.stdout


# --- what the machine has


@pytest.mark.parametrize(
    ("told", "visible", "torch", "cards", "why"),
    [
        ("NVIDIA H200, 143771\nOther, 24576", None, "2.9.0+cu128", ["NVIDIA H200", "Other"], ""),
        ("NVIDIA H200, 143771\nOther, 24576", "1", "2.9.0", ["Other"], ""),
        ("NVIDIA H200, 143771", "", "2.9.0", [], "NVIDIA H200 is here, and CUDA_VISIBLE_DEVICES hides it"),
        ("NVIDIA H200, 143771", None, "2.9.0+cpu", [], "NVIDIA H200 is here, and torch is built without CUDA"),
        ("", None, "2.9.0", [], ""),
        ("no numbers here", None, "2.9.0", [], "nvidia-smi is here and does not tell of a card"),
        (None, None, "2.9.0", [], ""),
    ],
)
def test_cards(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: str | None,
    visible: str | None,
    torch: str,
    cards: list[str],
    why: str,
) -> None:
    if told is not None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\nprintf '{told}'\n")
        program.chmod(0o755)
    monkeypatch.setenv(
        "PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin" if told is not None else str(tmp_path)
    )
    monkeypatch.setattr(machine.metadata, "version", lambda name: torch)
    machine._cards.cache_clear()
    found, reason = machine._cards(visible)
    machine._cards.cache_clear()
    assert [card.name for card in found] == cards and reason.startswith(why) and bool(reason) == bool(why)
    assert all(
        card.gb == pytest.approx({"NVIDIA H200": 150.8, "Other": 25.8}[card.name], abs=0.1) for card in found
    )
