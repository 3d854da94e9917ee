"""Result rows for tests of queries, tables and plots: two systems, reference rows, values by example."""

from __future__ import annotations

from math import nan
from pathlib import Path

import numpy as np

from sightsound.bench.core import results, scores
from sightsound.bench.core.results import Row
from sightsound.metrics.statistics.parts import of_clips

N = 24
EXAMPLES = [f"clip{index}" for index in range(N)]
GROUPS = [f"group{index // 2}" for index in range(N)]
ODD = r"a_b & 50% $x$ #1 {y} ~ ^ \ <script>alert(1)</script> | `c` *d* [e](f) 中文 Bińkowski"
"""A name that means something to LaTeX, Markdown and HTML."""
FORMULA = "=HYPERLINK(1)"


def row(system: str, metric: str = "kl_yamnet", value: float = 1.0, **other) -> Row:
    """A row of the task image2music on the split `made`, with an interval of +- 0.1."""
    family, _, variant = system.partition(":")
    usual = {
        "run": "run",
        "task": "image2music",
        "split": "made@123456",
        "n": N,
        "group_n": N // 2,
        "group_effective": 12.0,
        "ci_low": value - 0.1,
        "ci_high": value + 0.1,
        "higher_is_better": False,
        "signature": f"{metric}|n:{other.get('n', N)}|ref:made@123456|v:1",
    }
    return Row(model=family, variant=variant, metric=metric, value=value, **(usual | other))


def write(folder: Path, *more: Row) -> Path:
    """A folder of results: `a` is better than `b` in KL and they are tied in CLAP score; silence; and `more`."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.05, N)
    by_clip = {
        ("a", "kl_yamnet"): 1.0 + noise,
        ("b", "kl_yamnet"): 2.0 + noise + rng.normal(0, 0.05, N),
        ("a", "clap_score"): 0.30 + noise,
        ("b", "clap_score"): 0.31 + rng.normal(0, 0.2, N),
    }
    rows, lines = [], []
    for (system, metric), values in by_clip.items():
        made = row(
            system, metric, float(of_clips(values, EXAMPLES, GROUPS).value), higher_is_better="clap" in metric
        )
        rows.append(made)
        lines += scores.of(made, of_clips(values, EXAMPLES, GROUPS), {}, by_clip=True)
    rows.append(row("reference:silence", "kl_yamnet", 0.5))
    rows.append(row("reference:silence", "thd", nan, note="no voiced frame"))
    folder.mkdir(exist_ok=True)
    results.write(folder / "measured.csv", results.frame([*rows, *more]))
    scores.write(folder / "measured.parquet", lines)
    return folder
