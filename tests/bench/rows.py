"""Rows for tests that keep what the readers of result files ask for."""

from __future__ import annotations

import dataclasses

from sightsound.bench.core.results import Row

VERSIONS = {"thd": 2, "silent_share": 1, "cosine_labels_tags_minilm": 1, "kl_musicnn": 1, "fad_musicnn": 1}


def row(metric: str = "thd", value: float = 1.5, n: int = 3, **cells: object) -> Row:
    """A row of the system `m:v` on `s@1`; its signature names its metric and its n."""
    made = Row(
        "r",
        "m",
        "v",
        "image2music",
        "s@1",
        metric,
        value,
        n=n,
        group_n=min(n, 2),
        higher_is_better=metric.startswith(("cosine", "rank")),
        signature=f"{metric}|n:{n}|v:{VERSIONS.get(metric, 1)}",
    )
    return dataclasses.replace(made, **cells)  # type: ignore[arg-type]
