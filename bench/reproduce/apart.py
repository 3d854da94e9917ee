"""Values of a run for each part of its examples, where a figure of a paper is drawn by parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from sightsound.bench.core import scores
from sightsound.bench.core.results import label
from sightsound.bench.core.types import Example
from sightsound.bench.reproduce.recipe import Run


@dataclass(frozen=True)
class Part:
    """The mean of one metric over the examples of one text."""

    run: str
    """Run of the recipe."""
    system: str
    """System, as results/published.csv names it."""
    metric: str
    """Metric."""
    text: str
    """What these examples have in common."""
    value: float
    """Mean over the examples that have a value."""
    half_width: float
    """Of its 95% interval: Student's t over groups' means, as large as they are alike; NaN for one group."""
    n: int
    """Examples."""


def parts(run: Run, folder: Path, examples: Sequence[Example], labels: Mapping[str, str]) -> list[Part]:
    """The parts of a finished run, by system, metric and text. Metrics over sets have none.

    `folder`: the run's; `examples`: those that ran; `labels`: system as published -> its label in our rows.
    """
    texts = {example.id: str(getattr(example, run.by) or "") for example in examples}
    table = scores.read(folder / scores.NAME)
    table = table[table["by_clip"] & table["metric"].isin(run.metrics)]
    found = []
    for name, own in labels.items():
        mine = [row for row in table.itertuples() if label(row) == own]  # type: ignore[arg-type]
        for metric in run.metrics:
            for text in sorted(set(texts.values())):
                rows = [row for row in mine if row.metric == metric and texts.get(str(row.example)) == text]
                if rows:
                    groups: dict[str, list[float]] = {}
                    for row in rows:
                        groups.setdefault(str(row.group), []).append(float(row.value))  # type: ignore[arg-type]
                    mean = float(np.mean([row.value for row in rows]))
                    found.append(Part(run.name, name, metric, text, mean, _half_width(groups), len(rows)))
    return found


def _half_width(groups: Mapping[str, list[float]]) -> float:
    means = [float(np.mean(values)) for values in groups.values()]
    if len(means) < 2:
        return float("nan")
    return float(stats.t.ppf(0.975, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means)))
