"""A few numbers that say what an output is like, kept with a run's values by example.

They are no metric: nothing is better or worse about them. The gate asks by them whether a system's outputs still
belong to their own examples, which no distance between sets can see (bench/boards/pairing.py). They are read off
the output alone, since a value that also depends on the reference would be alike for whatever the output is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from sightsound.bench.core import registry
from sightsound.bench.core.scores import Scores
from sightsound.bench.core.types import chunks
from sightsound.bench.stages import reading
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.scope import scope
from sightsound.bench.stages.values import LOADED
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.rows import Rows
from sightsound.metrics.signature import short

NAME = "fingerprint"
"""Its numbers are called `fingerprint.0` and so on, where a metric's name stands."""
NUMBERS = 32
VERSION = 1


def fingerprints(
    stored: FeatureSet, systems: Sequence[registry.System], cards: Sequence[MetricCard], task: str
) -> list[Scores]:
    """The numbers of all outputs of the systems under test; none where no metric reads an embedding of them."""
    need = _embedding(cards)
    if need is None:
        return []
    defined = f"{NAME}|x:{need.extractor}@{short(stored.extractor_signature(need.extractor))}|v:{VERSION}"
    found: list[Scores] = []
    for system in systems:
        if system.card.reference:
            continue
        shown, rows = [], []
        for some in chunks(scope(system, stored.examples, stored.only), LOADED):
            for example, features in zip(some, stored.features(need, system.label, some), strict=True):
                if features is not None:
                    shown.append(example)
                    rows.append(_numbers(features.mean(axis=0)))
        facts = stored.facts.get(system.label, {})
        shared = {
            "run": facts.get("run", ""),
            "model": system.card.name,
            "variant": system.label.partition(":")[2],
            "task": task,
            "split": stored.split,
            "competitors": "",
            "seed": facts.get("seed", 0),
            "definition": defined,
            "n": 0,
            "by_clip": True,
        }
        names, groups = [example.id for example in shown], [example.group for example in shown]
        inputs = [example.input_group or example.id for example in shown]
        ones = np.ones(len(rows))
        for index in range(NUMBERS if rows else 0):
            # more digits say no more, and pack badly
            values = np.array([float(f"{row[index]:.3g}") for row in rows])
            about = shared | {"metric": f"{NAME}.{index}"}
            found.append(Scores(about, names, groups, inputs, values, ones))
    return found


def _embedding(cards: Sequence[MetricCard]) -> Need | None:
    """The first embedding of outputs that the metrics read anyway."""
    for card in cards:
        for need in reading.needs(card):
            if need.place == "generated" and need.output == registry.extractor(need.extractor).embedding:
                return need
    return None


def _numbers(vector: Rows) -> Rows:
    """NUMBERS random projections of a vector, always the same ones (Johnson and Lindenstrauss 1984): distances
    stay nearly what they are."""
    return np.asarray(vector.astype(np.float64) @ _directions(len(vector)) / np.sqrt(NUMBERS))


@cache
def _directions(dim: int) -> Rows:
    return np.random.default_rng(0).standard_normal((dim, NUMBERS))
