"""Result files for tests of the site: a small made board, and one whose every text tries to be markup."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sightsound.bench.core import results, scores
from sightsound.bench.perf import made_board

PLANTED = "<script>planted=1</script><img src=x onerror=planted=1>\u2028`"


def small(folder: Path, *, systems: int = 5, examples: int = 40) -> Path:
    """A folder of results with a made board."""
    folder.mkdir(parents=True, exist_ok=True)
    made_board.write(folder, systems=systems, examples=examples)
    return folder


def hostile(folder: Path) -> Path:
    """The same with PLANTED in every text of one system's rows, its values by example, and a published figure."""
    small(folder)
    table = results.read(folder / "measured.csv")
    one = table["model"] == "system00"
    for name in (
        "run",
        "model",
        "variant",
        "signature",
        "device",
        "versions",
        "commit",
        "note",
        "warnings",
        "measured_by",
    ):
        table.loc[one, name] = table.loc[one, name] + PLANTED
    results.write(folder / "measured.csv", table)
    values = scores.read(folder / "measured.parquet")
    one = values["model"] == "system00"
    for name in ("model", "variant", "definition"):
        values.loc[one, name] = values.loc[one, name] + results_text(PLANTED)
    values["example"] = values["example"] + PLANTED
    values["group"] = values["group"] + PLANTED
    values.to_parquet(folder / "measured.parquet", engine="pyarrow", index=False)
    figures = table[one.reindex(table.index, fill_value=False) | (table["model"] == "system01")].head(3).copy()
    figures["source"], figures["metric"], figures["run"] = "published", f"fad{PLANTED}", f"paper{PLANTED}/1"
    results.write(folder / "published.csv", figures.assign(**dict.fromkeys(("ci_low", "ci_high"), float("nan"))))
    return folder


def results_text(text: str) -> str:
    """A text as a result file keeps it: on one line."""
    return " ".join(text.split())


def run_of(folder: Path, out: Path, keep: pd.Series | None = None) -> Path:
    """The measured rows of a folder of results, or some of them, as a run folder without media."""
    table = results.read(folder / "measured.csv")
    out.mkdir(parents=True)
    results.write(out / "rows.csv", table if keep is None else table[keep])
    scores.write_table(out / scores.NAME, scores.read(folder / "measured.parquet"))
    return out
