"""A board of made-up values, as large as wanted: what the pages of `bench site` are timed and tested on."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from sightsound.bench.core import registry, results, scores, store
from sightsound.bench.core.results import Row, definition
from sightsound.bench.stages import reading

TASK, SPLIT, RUN = "image2music", "made@000000", "made"
BY_CLIP = (
    *("kl_musicnn", "kl_yamnet", "kl_passt", "clap_score", "ib_score_condition", "thd"),
    *("cosine_labels_tags_minilm", "cosine_reference_vggish", "cosine_reference_musicnn", "cosine_reference_clap"),
)
"""Metrics with a value a clip."""
BOUNDED = ("clap_score", "cosine", "ib_score")
"""Begins those whose values lie between -1 and 1."""
OVER_SETS = ("fad_vggish", "fad_musicnn", "fad_clap", "kad_musicnn", "inception_score_musicnn")
"""Metrics over sets, of which each clip has a part."""


def write(folder: Path, *, systems: int = 20, examples: int = 2500, compared: int = 99, seed: int = 0) -> None:
    """`measured.csv` and `measured.parquet` in `folder`: so many systems, the last two of them reference rows.

    `compared`: metrics whose values have intervals, the first ones; systems are told apart under those only.
    """
    chance = np.random.default_rng(seed)
    names = [f"example_{number:04d}" for number in range(examples)]
    groups = [f"group_{number // 2:04d}" for number in range(examples)]
    tested = [(f"system{number:02d}", "paper") for number in range(max(systems - 2, 0))]
    labels = [*tested, ("reference", "silence"), ("reference", "white_noise")][-systems:]
    rows: list[Row] = []
    tables: list[pd.DataFrame] = []
    for number, metric in enumerate((*BY_CLIP, *OVER_SETS)):
        card = registry.metric(metric)
        read = "+".join(f"{name}@made" for name in dict.fromkeys(need.extractor for need in reading.needs(card)))
        over = f"|x:{read}" if read else ""
        signature = f"{metric}|n:{examples}|ref:{SPLIT}{over}|v:{card.version}"
        shared = chance.normal(size=examples)  # what makes an example hard for every system
        for rank, (family, variant) in enumerate(labels):
            values = 2 + 0.05 * rank + 0.5 * shared + chance.normal(size=examples)
            if metric.startswith(BOUNDED):
                values *= 0.2
            half = 1.96 * float(values.std(ddof=1)) / examples**0.5 if number < compared else math.nan
            value = float(values.mean())
            rows.append(
                Row(
                    *(RUN, family, variant, TASK, SPLIT, metric, value, value - half, value + half),
                    n=examples,
                    group_n=len(set(groups)),
                    group_effective=float(len(set(groups))),
                    higher_is_better=card.higher_is_better,
                    signature=signature,
                    device="cpu",
                    seconds=examples * (0.5 + rank),
                )
            )
            whose = {"run": RUN, "model": family, "variant": variant, "task": TASK, "split": SPLIT}
            whose |= {"metric": metric, "competitors": "", "definition": definition(signature)}
            parts = {"example": names, "group": groups, "input": names, "value": values}
            made = pd.DataFrame(parts).assign(**whose)
            tables.append(made.assign(seed=0, weight=1.0, by_clip=metric in BY_CLIP, n=examples))
    results.write(folder / "measured.csv", results.frame(rows))
    with store.atomic(folder / "measured.parquet") as path:
        table = pd.concat(tables)[list(scores.COLUMNS)]
        table.to_parquet(path, engine="pyarrow", compression="zstd", index=False)
