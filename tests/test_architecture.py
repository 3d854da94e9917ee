"""Who may import whom, read from the sources: an arrow points down, and nothing comes back to where it began.

Imports inside functions count too: they defer the cost, not the dependence. What is named by strings (the entries
of cards) does not: that is how the harness reaches models, metrics and networks without knowing any.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS_OF_OTHERS = ("composer", "lyric2prompt", "music2prompt")
FAMILIES = tuple(
    f"baselines.{path.name}"
    for path in sorted((ROOT / "baselines").iterdir())
    if path.is_dir() and path.name not in ("__pycache__", "parts", *PARTS_OF_OTHERS)
)
LEVELS: tuple[tuple[str, ...], ...] = (
    ("sightsound",),  # the public front
    ("bench",),  # in the folder itself: what the front offers
    ("bench.commands",),
    ("bench.perf",),
    ("bench.site",),
    ("bench.reproduce",),
    ("bench.building",),
    ("bench.citing",),
    ("bench.exports",),
    ("bench.boards",),
    ("bench.ratings",),
    ("bench.publishing",),
    ("bench.plan",),
    ("bench.audit",),
    ("bench.audit.checkers",),  # files by path: they run where nothing of ours is
    ("bench.shards",),
    ("bench.stages",),
    ("bench.folders",),
    ("bench.review",),
    ("bench.engines",),
    ("bench.elsewhere",),
    ("baselines.cards",),  # the indexes, `cards.py`, name all that lies beside them and are loaded by name
    ("baselines", *FAMILIES),  # in the folder itself: the reference rows
    tuple(f"baselines.{name}" for name in PARTS_OF_OTHERS),  # families that others are made of
    ("baselines.parts",),
    ("bench.splits.cards",),
    ("bench.splits",),
    ("bench.splits.published",),
    ("bench.splits.mu",),
    ("bench.splits.songbook",),
    ("bench.splits.games",),
    ("bench.splits.components",),
    ("bench.splits.wesnoth",),
    ("bench.splits.media",),
    ("bench.assets",),
    ("bench.remote",),
    ("bench.core",),
    ("metrics.cards",),
    ("metrics.torchmetric",),
    ("metrics.legacy",),
    *(("metrics.networks.pocket",), ("metrics.networks.audio",), ("metrics.networks.text",)),
    *(("metrics.networks.image",), ("metrics.networks.joint",)),
    ("metrics.networks.common",),
    ("metrics.networks",),  # in the folder itself: what a network is
    *((f"metrics.formulas.{shape}",) for shape in ("ranked", "paired", "single", "two_sets", "rated")),
    ("metrics.formulas",),
    ("metrics.statistics",),
    ("metrics",),  # cards, assets, signatures, rows
)
"""Rooms from top to bottom; a room is a package, or a module that stands apart. No arrows within a level."""
BY_NAME_ONLY = ("baselines", "metrics.formulas", "metrics.legacy", "metrics.networks", "metrics.cards")
"""What the harness knows by the registry alone."""
BUT = {
    ("bench.perf", "metrics.formulas"),  # it measures these very modules against what they replace
    ("bench.perf", "metrics.networks"),
    ("bench.stages.embed", "metrics.networks.extractor"),  # a type
    ("bench.stages.extract", "metrics.networks.extractor"),
    ("bench.stages.extractors", "metrics.networks.extractor"),
    ("bench.features", "metrics.networks.extractor"),
    ("bench.torchmetric", "metrics.networks.extractor"),
}

Graph = Mapping[str, set[str]]


def sources() -> dict[str, Path]:
    """Module, without the leading `sightsound.`, -> file."""
    found = {}
    for top in ("sightsound", "bench", "metrics", "baselines"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(code: str, modules: Mapping[str, Path]) -> Iterator[str]:
    """The modules of ours that some code imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] == "sightsound":
                yield _module(name, modules)


def _module(name: str, modules: Mapping[str, Path]) -> str:
    """The module that an imported name lies in; `sightsound` where it is one of the public front."""
    below = name.partition(".")[2]
    while below and below not in modules:
        below = below.rpartition(".")[0]
    return below or "sightsound"


@pytest.fixture(scope="module")
def files() -> Graph:
    modules = sources()
    return {
        name: set(imported(path.read_text(encoding="utf-8"), modules)) - {name} for name, path in modules.items()
    }


def room(module: str) -> str:
    """The narrowest room that a module lies in."""
    rooms = [room for level in LEVELS for room in level if f"{module}.".startswith(f"{room}.")]
    assert rooms, f"{module} lies in no room: put its folder into LEVELS, where its imports point down"
    return max(rooms, key=len)


def by_room(files: Graph) -> dict[str, set[str]]:
    """The graph of rooms."""
    graph: dict[str, set[str]] = {}
    for module, others in files.items():
        graph.setdefault(room(module), set()).update({room(other) for other in others} - {room(module)})
    return graph


def circle(graph: Graph) -> list[str]:
    """Some circle of a graph, empty where it has none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def upward(files: Graph) -> list[str]:
    """Arrows that do not point down, with the files they are between."""
    floor = {room: number for number, level in enumerate(LEVELS) for room in level}
    return [
        f"{module} -> {other}"
        for module, others in sorted(files.items())
        for other in sorted(others)
        if room(module) != room(other) and floor[room(module)] >= floor[room(other)]
    ]


def known_by_import(files: Graph) -> list[str]:
    """Arrows from the harness to what it should know by name only."""
    allowed = {(a, b) for a, b in BUT}
    return [
        f"{module} -> {other}"
        for module, others in sorted(files.items())
        for other in sorted(others)
        if module.startswith("bench.") and any(_in(other, part) for part in BY_NAME_ONLY)
        if not any(_in(module, a) and _in(other, b) for a, b in allowed)
    ]


def _in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def test_no_circle_of_files(files):
    assert circle(files) == []


def test_no_circle_of_folders(files):
    assert circle(by_room(files)) == []


def test_every_arrow_points_down(files):
    assert upward(files) == []


def test_the_harness_reaches_models_and_measures_by_name(files):
    assert known_by_import(files) == []


def test_every_room_is_there(files):
    assert {room(module) for module in files} == {room for level in LEVELS for room in level}


def test_what_is_wrong_is_seen():
    modules = {"bench.core.types": ROOT, "bench.assets": ROOT, "metrics.card": ROOT, "bench.stages.run": ROOT}
    code = "def f():\n    from sightsound.bench import assets\n    import sightsound.metrics.card as c, json\n"
    assert set(imported(code, modules)) == {"bench.assets", "metrics.card"}
    assert set(imported("from sightsound import Example", modules)) == {"sightsound"}
    assert set(imported("from sightsound.bench.core.types import Example", modules)) == {"bench.core.types"}
    up = {"bench.core.types": {"bench.stages.run"}, "metrics.card": {"bench.core.types"}}
    assert upward(up) == ["bench.core.types -> bench.stages.run", "metrics.card -> bench.core.types"]
    assert upward({"baselines.codi.unet": {"baselines.musci.layout"}})
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) and not circle({"a": {"b"}, "b": {"c"}})
    assert known_by_import(
        {"bench.stages.run": {"baselines.codi"}, "bench.perf.metrics": {"metrics.networks.x"}}
    ) == ["bench.stages.run -> baselines.codi"]
    with pytest.raises(AssertionError, match="lies in no room"):
        room("elsewhere.module")
