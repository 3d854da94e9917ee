"""The licence of each file of a Debian package, as its copyright file says (its machine-readable format 1.0)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sightsound.bench.splits.media.errors import SplitError

NAME = "copyright"  # in the folder of an asset


@dataclass(frozen=True)
class Terms:
    """What a copyright file says of a file."""

    licence: str
    """Short name: `CC-BY-SA-3.0`, `GPL-2+ or CC-BY-SA-3.0`."""
    credit: str
    """Who holds the copyright, with years where they stand there."""


@dataclass(frozen=True)
class Copyright:
    """A copyright file that was read."""

    stanzas: tuple[tuple[tuple[str, ...], Terms], ...]
    """Patterns of paths in the source package, and the terms of what matches one of them."""

    def of(self, path: str) -> Terms:
        """The terms of a path in the source package: of several stanzas that match the last one holds.

        Raises SplitError for a path that none matches.
        """
        for patterns, terms in reversed(self.stanzas):
            if any(fnmatchcase(path, pattern) for pattern in patterns):
                return terms
        raise SplitError(f"{path}: the package's copyright file has no word on it")


def read(file: Path) -> Copyright:
    """The stanzas of a copyright file. Raises SplitError for one that cannot be read or is in no such format."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SplitError(f"{file}: cannot be read as UTF-8 text ({type(error).__name__})") from error
    stanzas = []
    for stanza in re.split(r"\n(?:[ \t]*\n)+", text):
        fields = _fields(stanza)
        if "Files" in fields and "License" in fields:
            licence = fields["License"].splitlines()[0].strip()
            credit = "; ".join(line.strip() for line in fields.get("Copyright", "").splitlines() if line.strip())
            stanzas.append((tuple(fields["Files"].split()), Terms(licence, credit)))
    if not stanzas:
        raise SplitError(f"{file}: has no stanza with Files and License")
    return Copyright(tuple(stanzas))


def _fields(stanza: str) -> dict[str, str]:
    """Name -> value of one stanza; lines that begin with a blank go on with the value above."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1] in (" ", "\t"):
            fields[name] = f"{fields.get(name, '')}\n{line}"
        elif not line.startswith("#"):
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return fields
