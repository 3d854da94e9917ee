"""What the notes of rows say of their certainty: the words, and how a table finds them again."""

from __future__ import annotations

import re

NOT_COVERED = "no interval: none that was tried covers (docs/statistics.md)"
"""Of a metric whose intervals held the truth too seldom."""
NOT_APART = "not distinguishable from"
"""Begins what is said of a distance that shows no difference: from 0, or from its floor."""
_TOO_FEW = r"no interval: \d+ clips make \d+ independent groups, in effect [\d.]+; it takes [\d.]+"
_NOT_APART = rf"{NOT_APART} (?:its floor|0)"
TOO_FEW = re.compile(_TOO_FEW)
"""What `too_few` says."""
_KNOWN = re.compile(rf"(?:^|; )(?:{_TOO_FEW}|{re.escape(NOT_COVERED)}|{_NOT_APART})(?=; |$)")


def too_few(clips: int, groups: int, effective: float, least: float) -> str:
    """Why a value of so few independent groups has no interval.

    >>> too_few(12, 7, 4.24, 5.0)
    'no interval: 12 clips make 7 independent groups, in effect 4.2; it takes 5'
    """
    return (
        f"no interval: {clips} clips make {groups} independent groups, in effect {effective:.1f}; it takes "
        f"{least:g}"
    )


def others(note: str) -> str:
    """A note without what this module words.

    >>> others("1 of 12 failed: no file; " + too_few(11, 6, 4.24, 5.0) + "; not distinguishable from 0")
    '1 of 12 failed: no file'
    """
    return _KNOWN.sub("", note).removeprefix("; ")
