"""The page of maps, `maps.html#BOARD/NETWORK`: the clips in the networks whose distances a board has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sightsound.bench.core.cache import cache_dir
from sightsound.bench.site import maps
from sightsound.bench.site.example_data import Gathered, reference
from sightsound.bench.site.page import PLOT, Data, Page, Part


def parts(boards: list[Gathered], others: tuple[str, ...]) -> Iterator[Part]:
    """The page and a data file a map. A board whose features are no longer stored says so."""
    listed = []
    for of in boards:
        known = {each.id: at for at, each in enumerate(of.found.examples)}
        wanted = maps.networks(of.board.columns, of.found.task)
        names, missing = [], []
        for network, digest in wanted.items():
            name = ".".join(network)
            found = maps.view(cache_dir() / "features", network, digest, _keys(of))
            if found is None:
                missing.append(network[0])
                continue
            path = f"maps/{of.board.slug}/{name}"
            yield Data(f"data/{path}.js", path, _drawn(found, known))
            names.append({"name": name, "network": network[0], "output": network[1]})
        listed.append(
            {"slug": of.board.slug, "title": of.board.title, "maps": names, "said": _said(missing, bool(wanted)),
             "ids": list(known)}
        )  # fmt: skip
    yield Data("data/maps.js", "maps", listed)
    yield Page(
        "maps.html",
        "maps.html",
        "Maps of embeddings",
        values={"most": maps.MOST, "others": others},
        data=("data/maps.js",),
        scripts=(*PLOT, "static/media.js", "static/maps.js"),
        styles=("static/media.css",),
        part="examples",
    )


def _keys(of: Gathered) -> dict[str, dict[str, str]]:
    """What features are stored under: the sha256 of a file, of a text that of its bytes."""
    found: dict[str, dict[str, str]] = {}
    text = of.found.task.output == "text"
    for label in of.systems:
        if reference(label):
            continue
        for example in of.found.examples:
            answer = of.found.answer(label, example.id)
            key = _digest(answer.text) if text and answer.text else answer.file and answer.file.sha256
            if key:
                found.setdefault(label, {})[example.id] = key
    for example in of.found.examples:
        key = _digest(example.reference_text) if text else example.reference and example.reference.sha256
        if key and (not text or example.reference_text):
            found.setdefault(maps.REFERENCE, {})[example.id] = key
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _drawn(found: maps.Map, known: dict[str, int]) -> dict[str, Any]:
    """A map as its page reads it: a list a system of `[x, y, example]`."""
    return {
        "dim": found.dim,
        "variance": found.variance,
        "missing": found.missing,
        "systems": [
            {
                "name": system,
                "points": [[x, y, known[one]] for (x, y), one in zip(points, found.examples[system], strict=True)],
                "distance": found.distance[system],
                "spread": found.spread[system],
            }
            for system, points in found.points.items()
        ],
        "far": [[system, known[one], distance] for system, one, distance in found.far],
    }


def _said(missing: list[str], any_wanted: bool) -> str:
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        return (
            f"No map of {names}: its features are no longer stored. `bench run` with the same options makes them."
        )
    return "" if any_wanted else "No metric of this board compares sets of embeddings."
