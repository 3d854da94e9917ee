"""How files of several folders are matched: the one rule, used for outputs, references, conditions and captions.

A file's name is its path below its folder without the last suffix: `night/0001.wav` is called `night/0001`. Two
files belong together where their names are equal. What is left over then is matched by the last part of the name,
whatever its capitals and however its accents are coded, where that is one file on each side; such a match is
counted and reported (warning `matched_loosely`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.splits.media.manifest import is_id

SHOWN = 3  # names that a message gives of each side


@dataclass(frozen=True)
class Matches:
    """What belongs together."""

    found: dict[str, str]
    """Name on the one side -> name on the other, in the order of the first."""
    loose: frozenset[str] = frozenset()
    """Names of the first side that were matched by the last part of their name."""


def name_of(path: Path, folder: Path) -> str:
    """The name of a file below `folder`.

    >>> name_of(Path("out/night/0001.v2.wav"), Path("out"))
    'night/0001.v2'
    """
    return path.relative_to(folder).with_suffix("").as_posix()


def match(wanted: Iterable[str], there: Collection[str]) -> Matches:
    """For each name of `wanted` the one of `there` that it belongs to, if any; see the module.

    >>> match(["a/1", "B"], ["a/1", "x/b"])
    Matches(found={'a/1': 'a/1', 'B': 'x/b'}, loose=frozenset({'B'}))
    """
    wanted = list(dict.fromkeys(wanted))
    equal = set(wanted) & set(there)
    left, right = _plain(name for name in wanted if name not in equal), _plain(set(there) - equal)
    loose = {left[plain]: right[plain] for plain in left.keys() & right.keys()}
    found = {name: name if name in equal else loose[name] for name in wanted if name in equal or name in loose}
    return Matches(found, frozenset(loose))


def _plain(names: Iterable[str]) -> dict[str, str]:
    """The last part of each name, folded -> the name; what two names share belongs to neither."""
    names = list(names)
    plain = [unicodedata.normalize("NFC", name.rpartition("/")[2]).casefold() for name in names]
    count = Counter(plain)
    return {short: name for short, name in zip(plain, names, strict=True) if count[short] == 1}


def example_id(name: str) -> str:
    """A name as an example's id: itself where it is one, else with other letters replaced and a digest behind.

    >>> example_id("0001"), example_id("night/0001")
    ('0001', 'night_0001-67e96b')
    """
    if is_id(name):
        return name
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[-60:]
    return f"{plain or 'file'}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def some(names: Iterable[str]) -> str:
    """The first of some names, for a message.

    >>> some(["b", "a", "d", "c"])
    'a, b, c, ... (4)'
    """
    known = sorted(names)
    return ", ".join(known[:SHOWN]) + (f", ... ({len(known)})" if len(known) > SHOWN else "")
