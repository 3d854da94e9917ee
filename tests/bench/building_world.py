"""What the tests of `annotate` and `caption` share: their commands, and a chat model that echoes."""

from __future__ import annotations

import csv
from pathlib import Path

PICTURES, TRACKS = 9, 3  # pictures: more than a batch
FEW = 3


class Echo:
    """A chat model that says what it is told, and has no answer for some."""

    def __init__(self, device: str, folder: Path, refuse: str = "") -> None:
        self.refuse = refuse

    def answer(self, turns, contents, seeds):
        """The content behind the length of what was said before."""
        before = sum(len(turn["content"]) for turn in turns)
        return [
            ValueError("refused") if self.refuse and self.refuse in content else f"{before}: {content} slow piano"
            for content in contents
        ]


def annotate(bench, media: Path, out: Path, *words: object):
    return bench(
        *("splits", "build", "annotate", "--images", media / "images", "--music", media / "music"),
        *("--out", out, "--device", "cpu", *words),
    )


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def caption(bench, out: Path, *words: object):
    return bench("splits", "build", "caption", "--out", out, "--device", "cpu", *words)
