"""What is wrong with a command is told before anything is generated, all of it at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from sightsound.bench import assets
from sightsound.bench.assets import hub, sources
from sightsound.bench.assets import store as asset_store
from sightsound.bench.assets.uri import Source
from sightsound.bench.core import cards as door
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from sightsound.metrics.asset import Asset, AssetFile
from tests import toy

RUN = ("run", "--task", "image2music", "--device", "cpu", "--out", "r")


class Weighed:
    """A model with weights."""

    def __init__(self, device: str, weights: Mapping[str, Path], token: str = "") -> None:
        self.rate_hz = toy.RATE_HZ

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        for example in examples:
            yield Generated(example.id, toy.tone(300.0), self.rate_hz)


@pytest.fixture
def weighed(toy_world, monkeypatch):
    """Systems whose weights are trained by hand, gated, behind a broken address and in a folder; one without its
    module, one of another task. The hub refuses `owner/gated` and cannot be reached otherwise."""
    (toy_world / "there.json").write_text("{}")
    uris = {"hand": (), "gated": ("hf:owner/gated@main/a.json",), "gone": ("hf:owner/open@main/a.json",)}
    uris["here"] = (f"file:{toy_world / 'there.json'}",)
    for name, where in uris.items():
        by_hand = "train it with `bench train`" if name == "hand" else ""
        door.add([Asset(name, (AssetFile("a.json", where),), "CC0-1.0", name, 10, by_hand=by_hand)], "tests")
    entry = "tests.bench.test_early:Weighed"
    variants = {name: Variant(entry, name, assets=(name,)) for name in uris}
    variants |= {
        "both": Variant(entry, "both", assets=("hand", "here")),
        "moved": Variant("no.such.module:Model", ""),
    }
    door.add([ModelCard("weighed", ("image2music",), variants, "weighed", "MIT")], "tests")
    door.add([ModelCard("singer", ("lyrics2prompt",), {"v": Variant(entry, "")}, "sings", "MIT")], "tests")

    def refused(source):
        return "is gated: accept its terms" if "gated" in source.package else ""

    def no_network(*arguments):
        raise assets.AssetError("no network")

    monkeypatch.setattr(asset_store, "refused", refused)
    monkeypatch.setattr(sources, "_hub", no_network)


def told(done) -> list[str]:
    assert done.code == 2 and "Traceback" not in done.err, done.err
    return [line.removeprefix("bench: ") for line in done.err.splitlines() if line.startswith("bench: ")]


def test_all_that_is_wrong_is_told_at_once(weighed, bench):
    models = (
        "ekho",
        "echo+colour=red",
        "weighed:hand",
        "weighed:gated",
        "weighed:both",
        "weighed:moved",
        "weighed:here+token=env:NO_SUCH_NAME",
        "singer",
    )
    words = [word for model in models for word in ("--model", model)]
    done = bench(*RUN, *words, "--metrics", "fad_tpy,fad_toy,fid", "--limit", 0)
    lines = told(done)
    said = (
        "no model named 'ekho'",
        "echo:pocket+colour=red: an option 'colour' is not known to it",
        "option token=env:NO_SUCH_NAME: cannot be read",
        "--limit 0",
        "no metric named 'fad_tpy'",
        "metric fid cannot score image2music",
        "weighed:moved: no Python module 'no'",
        "singer:v cannot do image2music; it does lyrics2prompt",
        "weighed:hand, weighed:both: asset hand: train it with `bench train`; put it at DIR/hand/a.json and pass",
        "weighed:gated: asset gated, file a.json: hf:owner/gated@main: is gated",
    )
    assert len(lines) == len(said), lines
    assert all(any(part in line for line in lines) for part in said), lines
    assert not Path("r").exists(), "nothing was begun"


def test_an_unknown_split_and_task_are_told_together(toy_world, bench):
    lines = told(bench("run", "--model", "echo", "--task", "image2musik", "--split", "tony", "--metrics", "x_toy"))
    assert [line.partition(" named")[0] for line in lines] == ["no task", "no split", "no metric"]


def test_what_only_fetching_shows_comes_before_generating_too(weighed, bench):
    lines = told(bench(*RUN, "--model", "echo", "--model", "weighed:gone", "--metrics", "fad_toy"))
    assert len(lines) == 1 and "no network" in lines[0], lines
    assert not list(Path("r").glob("systems/*")), "echo did not generate"


def test_weights_that_are_there_and_a_run_that_has_them_no_more(weighed, bench):
    done = bench("generate", *RUN[1:], "--model", "weighed:here")
    assert done.code == 0, done.err
    assert " here@" in Path("r/run.toml").read_text(), "the digest of the weights"
    Path("there.json").unlink()
    shutil.rmtree("cache/assets")
    assert bench("generate", *RUN[1:], "--model", "weighed:here").code == 0, "all outputs are there"
    assert "file:" in told(bench("generate", *RUN[1:], "--model", "weighed:here", "--remake"))[0]


def test_the_hub_s_refusal_is_told_apart_from_no_network(monkeypatch):
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError

    gated = GatedRepoError.__new__(GatedRepoError)  # it wants an answer of the hub
    source = Source("hf", "owner/name@main", "")
    for raised, said in ((gated, "owner/name is gated"), (OSError("no route"), "")):

        def check(self, repository, error=raised):
            raise error

        monkeypatch.setattr(HfApi, "auth_check", check)
        assert hub.refused(source).startswith(said) and bool(hub.refused(source)) == bool(said)
