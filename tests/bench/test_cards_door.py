"""The door of all cards: what it takes, what it refuses in one line, and that a broken package bricks nothing."""

import json
import re
import sys
from dataclasses import replace
from types import ModuleType

import pytest

from sightsound.bench.core import cards as door
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.maker import outside_code
from sightsound.bench.core.types import ModelCard, PresetCard, SplitCard, Task, Variant
from sightsound.metrics.asset import Asset
from sightsound.metrics.card import ExtractorCard, FormulaCard, MetricCard, Need

MODEL = ModelCard("mine", ("image2music",), {"small": Variant("mine:Small", "a")}, "one", "MIT")
NETWORK = ExtractorCard("mine", "mine:load", "audio", (), {"embedding": "[frames, 8]"}, "MIT", "here", 16000)
METRIC = MetricCard(
    "my_metric", "mine", "single", True, (Need("generated", "harmonics", "voiced"),), "What it is.", "here"
)
FORMULA = FormulaCard("my_formula", "mine", "single", True, "Of {network}.", "here", other="")
SPLIT = SplitCard("night", ("image2music",), "mine:build", (), "MIT", "here", "dark")
TASK = Task("image2hum", ("image",), "audio", "audio", "humming")
PRESET = PresetCard("tiny", {"image2music": "night"}, ("my_metric",), "small")
ASSET = Asset("mine_small", (), "MIT", "weights", 1)
ALL = {
    "model": MODEL,
    "network": NETWORK,
    "metric": METRIC,
    "formula": FORMULA,
    "split": SPLIT,
    "task": TASK,
    "preset": PRESET,
    "asset": ASSET,
}
CODE = """
from tests.bench.test_cards_door import ASSET, FORMULA, METRIC, MODEL, NETWORK, PRESET, SPLIT, TASK
LIST, NUMBER = [MODEL, NETWORK], 3
"""
HEAD = "from dataclasses import replace\nfrom tests.bench.test_cards_door import MODEL, NETWORK, SPLIT\n"


@pytest.fixture
def folder(toy_world, monkeypatch):
    """A working folder whose modules are forgotten after the test."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [str(toy_world), *sys.path])
    yield toy_world
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(toy_world) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.fixture
def plugin(folder, monkeypatch):
    """plugin(code, value): a package `theirs` with an entry point, as in a new process."""

    def install(code, value="theirs", name="theirs"):
        (folder / f"{name}.py").write_text(code)
        told = folder / f"{name}-0.1.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        (told / "entry_points.txt").write_text(f"[{door.ENTRY_POINTS}]\n{name} = {value}\n")
        monkeypatch.setattr(door, "_plugins_read", [])

    return install


def test_every_kind_has_a_card_here():
    assert set(ALL) == set(door.KINDS)
    assert all(door.kind_of(card) == kind for kind, card in ALL.items())


class Drone:
    card = ModelCard("drone", ("image2music",), {}, "a low note", "MIT")


def test_what_hands_over_cards():
    module = ModuleType("some")
    module.A, module.B, module._C, module.number = MODEL, [NETWORK], SPLIT, 3
    assert door.handed_over(module) == [MODEL]
    module.CARDS = (METRIC, {"x": SPLIT}, lambda: [TASK])
    assert door.handed_over(module) == [METRIC, SPLIT, TASK]
    (of_class,) = door.handed_over(Drone)
    assert of_class.variants[""].entry == f"{__name__}:Drone"


@pytest.mark.parametrize(
    "found", ["text", 3, None, [MODEL, "text"], object, lambda: "text"], ids=lambda found: type(found).__name__
)
def test_what_is_no_card_is_said(found):
    with pytest.raises(BenchError, match=r"is no card; a card is one of ModelCard, .*Asset"):
        door.handed_over(found)


@pytest.mark.parametrize("kind", ALL)
def test_a_card_is_found_by_variable_and_by_name(folder, kind):
    (folder / "mine.py").write_text(CODE)
    assert registry.find(kind, f"mine:{kind.upper()}") == ALL[kind]
    assert registry.find(kind, f"mine:{ALL[kind].name}") == ALL[kind]
    assert registry.find(kind, ALL[kind].name) == ALL[kind]


@pytest.mark.parametrize("kind", ALL)
def test_the_nearest_names_are_told(toy_world, kind):
    name = next(iter(registry.names(kind)))
    with pytest.raises(registry.UnknownNameError, match=f"no {kind} named '{name}z'; the nearest: .*{name}"):
        registry.find(kind, f"{name}z")


def test_a_metric_is_found_by_every_spelling_and_told_so(toy_world):
    with pytest.raises(registry.UnknownNameError, match="fad_musicnn_msd"):
        registry.metric("fad_musicnn_msdd")


def test_a_model_s_variant_from_a_module(folder):
    (folder / "mine.py").write_text(CODE)
    (system,) = registry.systems("mine:MODEL:small", "pocket")
    assert system.label == "mine:small"


def test_a_metric_over_a_network_of_a_module(folder):
    (folder / "mine.py").write_text(CODE)
    assert registry.metric("mine:fad_mine").needs[0].extractor == "mine"
    assert registry.metric("mine:my_formula_mine").module == "mine"
    with pytest.raises(registry.UnknownNameError, match=r"is the network 'mine', no metric; .*mine:fad_mine"):
        registry.metric("mine:NETWORK")


@pytest.mark.parametrize(
    ("spec", "code", "said"),
    [
        ("nowhere:CARD", "", "no Python module 'nowhere', here or installed"),
        ("mine:CARD", "import min", "mine needs Python module 'min'; is it installed?"),
        ("mine:CARD", "x = 1\nx +* 2", "mine cannot be imported: SyntaxError: .*mine.py, line 2"),
        ("mine:CARD", "\n1 / 0", r"mine cannot be imported: ZeroDivisionError: .*\(mine.py, line 2\)"),
        ("mine:CARD", "import sys; sys.exit('no')", "mine cannot be imported: SystemExit: no"),
        ("mine:CARD", CODE, "mine has no card and no split named 'CARD'; it has .*the split night"),
        ("mine:NUMBER", CODE, "mine:NUMBER is no card"),
        ("mine:MODEL", CODE, "mine:MODEL is the model 'mine', no split"),
    ],
)
def test_what_a_module_lacks_is_one_line(folder, bench, spec, code, said):
    (folder / "mine.py").write_text(code)
    with pytest.raises(BenchError, match=said):
        registry.find("split", spec)
    done = bench("splits", "show", spec)
    assert done.code == 2 and len(done.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["../up", "a b", "a|b", "a:b", "", ".hidden", "a,b", "a\n"])
def test_a_name_that_could_not_be_a_file_s_is_refused(toy_world, name):
    with pytest.raises(BenchError, match="a name is letters, digits"):
        door.add([replace(SPLIT, name=name)], "mine")


@pytest.mark.parametrize("kind", ALL)
def test_two_cards_of_one_name_are_refused_and_nothing_is_kept(toy_world, kind):
    ours = next(iter(registry.cards(kind).values()))
    theirs = replace(ALL[kind], name=ours.name)
    with pytest.raises(BenchError, match=f"mine: there is another {kind} named '{ours.name}' already"):
        door.add([replace(SPLIT, name="other"), theirs], "mine")
    assert registry.cards(kind)[ours.name] == ours and "other" not in registry.cards("split")
    door.add([ours], "again")  # the same card once more is no clash


def test_networks_whose_metrics_would_have_one_name_are_refused(toy_world):
    with pytest.raises(BenchError, match=r"mine: ValueError: two metrics are called \w+_vggish"):
        door.add([replace(NETWORK, called="vggish")], "mine")
    assert "fad_vggish" in registry.metrics() and "mine" not in registry.cards("network")


def test_braces_that_mean_nothing_are_refused(toy_world):
    with pytest.raises(BenchError, match="mine: KeyError: 'colour'"):
        door.add([replace(FORMULA, definition="Of {colour}.")], "mine")


def test_a_package_s_cards_are_listed(plugin, bench):
    plugin(CODE)
    for kind, card in ALL.items():
        assert card.name in [each["name"] for each in json.loads(bench("list", kind, "--json").out)]
    assert "fad_mine" in bench("list", "metrics").out


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        ("raise RuntimeError('mine\\nfault')", "theirs", r"RuntimeError: mine fault \(theirs.py, line 1\)"),
        ("import sys\nsys.exit(3)", "theirs", "cannot be imported: SystemExit: 3"),
        ("def cards():\n    raise KeyError('x')", "theirs:cards", r"KeyError: 'x' \(theirs.py, line 2\)"),
        ("import nowhere_at_all", "theirs", "needs Python module 'nowhere_at_all'"),
        ("", "theirs:CARD", "theirs has no 'CARD'"),
        ("CARDS = 'text'", "theirs", "'text' is no card"),
        ("", "theirs", "theirs hands over no card"),
        (
            f"{HEAD}CARDS = [SPLIT, replace(MODEL, name='mozart')]",
            "theirs",
            "there is another model named 'mozart'",
        ),
        (
            f"{HEAD}CARDS = [replace(NETWORK, called='musicnn')]",
            "theirs",
            "two metrics are called",
        ),
    ],
)
def test_a_broken_package_is_one_line_and_ends_nothing(plugin, bench, code, value, said):
    plugin(code, value)
    done = bench("list", "model")
    (line,) = done.err.splitlines()
    assert done.code == 0 and "mozart" in done.out
    assert line.startswith("bench: the plugin 'theirs' is left out: ")
    assert re.search(said, line)
    assert bench("tasks").code == 0 and bench("metrics").code == 0
    assert "night" not in bench("list", "split").out


def test_two_packages_of_one_name_leave_the_first(plugin, bench):
    plugin(HEAD + "CARDS = [MODEL]", name="first", value="first")
    plugin(HEAD + "CARDS = [replace(MODEL, description='another')]", name="second", value="second")
    done = bench("list", "model")
    assert done.code == 0 and len(done.err.splitlines()) == 1 and "another model named 'mine'" in done.err


def test_code_from_outside_has_a_digest_and_ours_a_version(folder):
    (folder / "mine.py").write_text("x = 1")
    first = outside_code("mine:x")
    (folder / "mine.py").write_text("x = 2")
    assert len(first) == 12 and outside_code("mine:x") != first
    assert outside_code("sightsound.metrics.networks.audio.vggish:load") == ""
