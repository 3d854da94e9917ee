"""The package's BibTeX entries, and which of them a card is cited by.

The files in `sources` are BibTeX with one field a line, and one field of ours, `cards`: KIND:NAME patterns.
KIND is a card's (model, formula, metric, network, split, asset) or one of package, statistic and suite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "sources"
_ENTRY = re.compile(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},$")
_OURS = "cards"


@dataclass(frozen=True)
class Entry:
    """One work."""

    kind: str
    """`article`, `inproceedings`, `misc` and so on."""
    key: str
    """What `\\cite` takes."""
    cards: tuple[str, ...]
    """Patterns of the cards that it is cited for."""
    fields: tuple[tuple[str, str], ...]
    """Name and value in BibTeX's own spelling."""

    @property
    def bibtex(self) -> str:
        """The entry as a .bib file has it."""
        lines = [f"  {name} = {{{value}}}," for name, value in self.fields]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


@cache
def entries() -> tuple[Entry, ...]:
    """All entries, by file and in the order of the files. Raises ValueError for one that is not as said above."""
    found = []
    for path in sorted(FOLDER.glob("*.bib")):
        text = path.read_text(encoding="utf-8")
        parsed = [_entry(match[1], match[2], match[3], path) for match in _ENTRY.finditer(text)]
        if len(parsed) != len(re.findall(r"^@", text, re.MULTILINE)):
            raise ValueError(f"{path}: an entry is not closed by a line that is `}}`")
        found += parsed
    return tuple(found)


def _entry(kind: str, key: str, body: str, path: Path) -> Entry:
    fields = []
    for line in body.splitlines():
        if (match := _FIELD.match(line)) is None:
            raise ValueError(f"{path}: {key}: {line!r} is no line `  name = {{value}},`")
        fields.append((match[1], match[2]))
    cards = tuple(part.strip() for name, value in fields if name == _OURS for part in value.split(","))
    return Entry(kind, key, cards, tuple(field for field in fields if field[0] != _OURS))


def of(kind: str, name: str) -> list[Entry]:
    """The works that a card is cited by; empty where the package knows none, as for a card of another package.

    >>> [entry.key for entry in of("formula", "kad")]
    ['chung2025kad']
    """
    return [entry for entry in entries() if any(fnmatchcase(f"{kind}:{name}", card) for card in entry.cards)]


def bibtex(found: Iterable[Entry]) -> str:
    """A .bib file of the entries, each once, by key."""
    unique = {entry.key: entry for entry in found}
    return "\n\n".join(unique[key].bibtex for key in sorted(unique)) + "\n"
