"""The tables of `python -m tests.statistics` in short: a line a kind, the lowest and the highest share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

SHARE = {"intervals": "held", "verdicts": "p < 0.05"}


def summary(files: Iterable[Path]) -> list[tuple[str, str, str, str, str, str]]:
    """Table, what, sizes, how many scenes, their lowest and highest share, and their mean by repetitions."""
    found: dict[tuple[str, str, str], list[tuple[float, int]]] = {}
    name, head = "", []
    for line in (line for file in files for line in file.read_text(encoding="utf-8").splitlines()):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if told := re.match(r"((?:intervals|verdicts)\.\w+):", line):
            name = told[1]
        elif line.startswith("| what"):
            head = cells
        elif line.startswith("| "):
            row = dict(zip(head, cells, strict=True))
            share = row[SHARE[name.partition(".")[0]]]
            if share != "–":
                key = name, row["what"], row["sizes"]
                found.setdefault(key, []).append((float(share), int(row["repetitions"])))
    return [
        (
            *key,
            str(len(shares)),
            f"{min(share for share, _ in shares):.1f} to {max(share for share, _ in shares):.1f}",
            f"{sum(s * n for s, n in shares) / sum(n for _, n in shares):.1f}",
        )
        for key, shares in found.items()
    ]


HEAD = ("table", "what", "sizes", "scenes", "lowest to highest", "mean")
