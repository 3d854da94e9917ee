"""Which extractors put two kinds of thing into one space, and the unit vectors of files and texts in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.building.scores import BLOCK, STEPS, Vectors, nearest, score, unit
from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Report
from sightsound.bench.stages.embed import Extractors, Item, embed

POCKET = {"image": "labels_minilm", "audio": "tags_minilm", "text": "minilm"}
"""The pocket space: labels and tags as sentences; how little it tells is in docs/metrics.md."""


def pair(name: str, sides: tuple[str, str]) -> tuple[str, str]:
    """The extractors of two sides (`image`, `audio`, `text`) in the space `name`.

    `pocket`; or a family, `imagebind` for `imagebind_image` and `imagebind_audio`; or two extractors with a comma
    between. Raises BenchError for a space that lacks a side.
    """
    known = registry.extractor_names()
    if name == "pocket":
        return POCKET[sides[0]], POCKET[sides[1]]
    if "," in name:
        first, _, second = (part.strip() for part in name.partition(","))
        for extractor, side in ((first, sides[0]), (second, sides[1])):
            if registry.extractor(extractor).modality != side:
                raise BenchError(f"{name}: {extractor} takes {registry.extractor(extractor).modality}, not {side}")
        return first, second
    first, second = f"{name}_{sides[0]}", f"{name}_{sides[1]}"
    if first not in known or second not in known:
        families = {each.rpartition("_")[0] for each in known}
        whole = [each for each in families if {f"{each}_{side}" for side in sides} <= set(known)]
        raise registry.unknown(f"joint space of {sides[0]} and {sides[1]}", name, ["pocket", *whole])
    return first, second


class Embedder:
    """Unit vectors by extractor, computed once and kept in the feature store."""

    def __init__(self, names: tuple[str, ...], device: str, mirror: Path | None) -> None:
        self.extractors = Extractors(list(dict.fromkeys(names)), device, mirror)
        self.store = FeatureStore(cache_dir() / "features")

    def signatures(self) -> dict[str, str]:
        """Extractor -> everything that decides its features; fetches the weights."""
        return {name: self.extractors.signature(name) for name in self.extractors.cards}

    def vectors(
        self, items: Mapping[str, Item], extractor: str, report: Report
    ) -> tuple[list[str], Vectors, dict[str, str]]:
        """The names that have a vector, in the order of `items`; their unit vectors `[names, dim]`, the mean
        over the clip's frames; and, by name, why the others have none."""

        def told(what: str, done: int, total: int | None) -> None:
            report(f"{what} of {extractor}", done, total)

        unread = embed(list(items.values()), [extractor], self.extractors, self.store, told)
        failures: dict[str, str] = {}
        names: list[str] = []
        vectors: Any = None
        for name, item in items.items():
            if reason := unread.get((extractor, item.key)):
                failures[name] = reason.removeprefix(
                    f"{item.source}: "
                )  # a product must not depend on where its weights lie
                continue
            mean = self.store.require(self.extractors.signature(extractor), item.key, "embedding").mean(axis=0)
            try:
                one = unit(mean[None])[0]
            except ValueError as error:
                failures[name] = f"{extractor}: {error}"
                continue
            if vectors is None:
                vectors = np.empty((len(items), len(one)), np.float32)
            vectors[len(names)] = one
            names.append(name)
        return names, np.empty((0, 0), np.float32) if vectors is None else vectors[: len(names)], failures

    def cosines(
        self, some: Mapping[str, Item], extractor: str, others: Mapping[str, Item], other: str, report: Report
    ) -> tuple[dict[str, float], dict[str, str]]:
        """The cosine of the two sides' vectors under each name; and, by name, why others have none."""
        names, vectors, bad = self.vectors(some, extractor, report)
        other_names, other_vectors, other_bad = self.vectors(others, other, report)
        at = {name: place for place, name in enumerate(other_names)}
        here = [(name, place) for place, name in enumerate(names) if name in at]
        rows = np.array([place for _, place in here], np.int64)
        columns = np.array([at[name] for name, _ in here], np.int64)
        points = score(vectors, other_vectors, rows, columns).tolist() if here else []
        found = {name: value / STEPS for (name, _), value in zip(here, points, strict=True)}
        return found, {**bad, **other_bad}

    def nearest(
        self, some: Mapping[str, Item], extractor: str, others: Mapping[str, Item], other: str, report: Report
    ) -> tuple[dict[str, str], dict[str, float], dict[str, str]]:
        """For each name the most similar of the other side and their cosine, equals by the order of `others`; and
        why not, by name of either side, for those that have no vector."""
        names, vectors, bad = self.vectors(some, extractor, report)
        other_names, other_vectors, other_bad = self.vectors(others, other, report)
        best: dict[str, str] = {}
        values: dict[str, float] = {}
        free = np.ones(len(other_names), bool)
        for start in range(0, len(names) if other_names else 0, BLOCK):
            wanted = np.arange(start, min(start + BLOCK, len(names)))
            columns, scores = nearest(vectors, other_vectors, wanted, free, 1)
            for row, column, value in zip(wanted, columns[:, 0], scores[:, 0], strict=True):
                best[names[row]] = other_names[column]
                values[names[row]] = int(value) / STEPS
        return best, values, {**bad, **other_bad}
