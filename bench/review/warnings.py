"""Warnings: what a reviewer would ask about a table, as codes. docs/warnings.md has a section for each."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sightsound.bench.core.store import uncell, write_csv

NAME = "warnings.csv"
"""In the run folder."""
PAGE = "docs/warnings.md"

CODES: Mapping[str, str] = {
    "overlap": "generated files are also among the references",
    "duration": "the two sides are heard for different lengths",
    "rate": "one side lacks high frequencies that a network hears",
    "loudness": "the two sides differ in level",
    "few_clips": "fewer clips than the embedding has dimensions",
    "silent": "clips that are silent, or nearly",
    "clipped": "clips that are cut off at full scale",
    "constant": "clips or pictures in which every sample or pixel is the same",
    "duplicates": "several outputs are the same",
    "one_source": "many references are the same",
    "unreadable": "files that cannot be read to their end",
    "matched_loosely": "names were matched by their last part",
    "partly_matched": "only some names match, so nothing is paired",
    "left_out": "names that one of the lists lacks were left out",
    "not_used": "files that belong to no example",
}
"""Code -> what it says, in a few words."""


@dataclass(frozen=True)
class ReviewWarning:
    """One thing to ask about."""

    code: str
    """A key of CODES."""
    system: str
    """Label of the system that it concerns; empty for the reference and for the whole run."""
    text: str
    """One sentence, with the numbers."""

    def __str__(self) -> str:
        whom = f"{self.system}: " if self.system else ""
        return f"{whom}{self.text} [{self.code}]"


_COLUMNS = tuple(each.name for each in fields(ReviewWarning))


def write(folder: Path, warnings: Sequence[ReviewWarning]) -> None:
    """Keep a run's warnings in its folder."""
    write_csv(folder / NAME, _COLUMNS, [asdict(warning) for warning in warnings])


def read(folder: Path) -> list[ReviewWarning]:
    """A run's warnings; none where the run is older than they are."""
    path = folder / NAME
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [ReviewWarning(**{name: uncell(line[name]) for name in _COLUMNS}) for line in csv.DictReader(file)]


def codes_of(warnings: Iterable[ReviewWarning], system: str) -> str:
    """The codes that concern a system's rows, those of the whole run included, separated by blanks."""
    return " ".join(dict.fromkeys(each.code for each in warnings if each.system in ("", system)))
