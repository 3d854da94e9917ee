"""A comparison of systems for a paper: pairs in LaTeX, and their differences with intervals as a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.core import labels
from sightsound.bench.core.console import NO_VALUE, number
from sightsound.bench.exports import drawing, wording
from sightsound.bench.exports.latex import FITTED, NEEDS
from sightsound.bench.exports.texts import code, latex

Record = Mapping[str, Any]
"""A `bench.boards.pairs.Pair` as a record."""
MOST = 24
"""Lines a table."""


def table(rows: Sequence[Record], said: Sequence[str]) -> str:
    """Tables of at most MOST pairs; `said`: what was paired and how. The better system is in bold."""
    head = f"% Written by bench compare --latex. The preamble needs {NEEDS}\n"
    return head + "\n".join(
        _table(rows[start : start + MOST], rows, said, start // MOST + 1) for start in range(0, len(rows), MOST)
    )


def _table(rows: Sequence[Record], whole: Sequence[Record], said: Sequence[str], index: int) -> str:
    metrics = dict.fromkeys(row["metric"] for row in rows)
    lines: list[str] = []
    for metric in metrics:
        lines += [_line(row) for row in rows if row["metric"] == metric] + [r"\midrule"]
    heads = ("metric", "$a$", "$b$", "$a - b$", "$p$ swap", "$p$ sign", "$p$ Holm")
    return "\n".join([
        r"\begin{table}[htbp]",
        rf"\caption[Systems compared pair by pair]{{{_caption(rows, whole, said)}}}",
        rf"\label{{tab:sightsound-pairs-{index}}}",
        r"\vspace{0.5ex}\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        FITTED,
        r"\begin{tabular}{lllrrrr}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
        *lines[:-1],
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
        "",
    ])  # fmt: skip


def _caption(rows: Sequence[Record], whole: Sequence[Record], said: Sequence[str]) -> str:
    tested = sum(not math.isnan(row["p_holm"]) for row in whole)
    sizes = sorted({(row["n"], row["group_n"]) for row in rows})
    counts = " to ".join(dict.fromkeys(f"{n} examples in {groups} groups" for n, groups in (sizes[0], sizes[-1])))
    words = [
        f"Systems compared pair by pair over {counts}.",
        "Differences with the longer half of their 95% interval, or its ends where it is not even.",
        "p swap and p sign: tests by groups, of means alone, uncorrected.",
        f"p Holm: corrected over {tested} comparisons; a system in bold is better at 5%.",
        *(f"{line[:1].upper()}{line[1:]}." for line in said),
    ]
    signatures = dict.fromkeys((row["metric"], row["signature"]) for row in rows if row["signature"])
    listed = "; ".join(f"{latex(labels.short(metric))}: {code(signature)}" for metric, signature in signatures)
    return latex(" ".join(words)) + rf" {{\scriptsize Signatures. {listed}.}}"


def _line(row: Record) -> str:
    names = [
        rf"\textbf{{{latex(row[side])}}}" if row["better"] == row[side] else latex(row[side])
        for side in ("a", "b")
    ]
    arrow = "↑" if row["higher_is_better"] else "↓"
    shown = {"value": row["difference"], "ci_low": row["ci_low"], "ci_high": row["ci_high"], "note": ""}
    value, interval = wording.figures(shown, "half")
    difference = " ".join(
        filter(None, [_signed(value), rf"{{\scriptsize {_signed(interval)}}}" if interval else ""])
    )
    tests = [
        latex(NO_VALUE) if math.isnan(row[name]) else _p(row[name]) for name in ("p_swap", "p_sign", "p_holm")
    ]
    return (
        " & ".join([f"{latex(labels.short(row['metric']))} {latex(arrow)}", *names, difference, *tests]) + r" \\"
    )


def _signed(text: str) -> str:
    return latex(text) if text == NO_VALUE else latex(text).replace("-", "$-$")


def _p(value: float) -> str:
    if math.isnan(value):
        return latex(NO_VALUE)
    return "$<$0.001" if value < 0.001 else number(value, 2)


def plot(rows: Sequence[Record], out: Path) -> None:
    """A panel a metric: every pair's difference with its 95% interval, filled where a system is better, zero
    dashed."""
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    pairs = list(dict.fromkeys((row["a"], row["b"]) for row in rows))
    figure, axes = drawing.panels(len(metrics), height=0.9 + 0.24 * len(pairs))
    for place, metric in zip(axes, metrics, strict=True):
        mine = {(row["a"], row["b"]): row for row in rows if row["metric"] == metric}
        for height, pair in enumerate(reversed(pairs)):
            row = mine.get(pair)
            if row is None or math.isnan(row["difference"]):
                continue
            ends = None if math.isnan(row["ci_low"]) else (row["ci_low"], row["ci_high"])
            colour = drawing.SYSTEM if row["better"] else drawing.REFERENCE
            drawing.point(place, row["difference"], height, across=ends, colour=colour)
        place.axvline(0.0, color="black", linestyle="--", linewidth=0.8)
        place.set_ylim(-0.6, len(pairs) - 0.4)
        place.set_yticks(range(len(pairs)), [drawing.plain(f"{a} − {b}") for a, b in reversed(pairs)])
        arrow = "↑" if rows[[row["metric"] for row in rows].index(metric)]["higher_is_better"] else "↓"
        place.set_xlabel(f"{drawing.plain(labels.short(metric))} {arrow}")
        place.grid(axis="x", alpha=0.3)
    drawing.save(figure, out, "a − b with 95% intervals; dark: one is better after Holm's correction")
