"""The store of texts that networks make on the way: captions, transcripts, answers of language models.

<cache>/texts/<part>-<digest of the signature>.jsonl    a line a text: key, text, seconds, check sum

What decides a text is in the signature (code, weights, settings, versions, device) or in the key (the picture's or
clip's content, what is asked, the seed). Lines are only ever added, each with one write, so processes that share
the folder hold no lock. A line that is damaged is none: its text is made again and added anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sightsound.bench.core import console
from sightsound.bench.core.cache import cache_dir

FOLDER = "texts"  # in the cache
_unused: list[bool] = []  # one for each block of `unused` that we are in


class Text(NamedTuple):
    """A text and what it cost."""

    text: str
    seconds: float
    """Wall seconds that it took when it was made."""


class TextStore:
    """The texts of one signature, by key."""

    def __init__(self, name: str, signature: str) -> None:
        """`name`: of the part, for people who look into the folder."""
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
        self._begin(cache_dir() / FOLDER / f"{plain}-{hashlib.sha256(signature.encode()).hexdigest()[:16]}.jsonl")

    @classmethod
    def at(cls, path: Path) -> TextStore:
        """The texts in a file, whosever they are."""
        store = cls.__new__(cls)
        store._begin(path)
        return store

    def _begin(self, path: Path) -> None:
        self.path = path
        self._texts: dict[str, Text] = {}
        self._read_bytes = 0
        self._read_only = False

    def get(self, keys: Sequence[str]) -> list[Text] | None:
        """The texts of all the keys, or None where one is lacking. What other processes have added is seen."""
        if _unused:
            return None
        if any(key not in self._texts for key in keys):
            self._catch_up()
        found = [self._texts[key] for key in keys if key in self._texts]
        return found if len(found) == len(keys) else None

    def everything(self) -> dict[str, Text]:
        """All texts that are there, by key."""
        self._catch_up()
        return dict(self._texts)

    def put(self, texts: Mapping[str, Text]) -> None:
        """Keep texts; on the disk too, where that can be written."""
        if _unused:
            return
        self._texts.update(texts)
        if self._read_only or not texts:
            return
        lines = "".join(map(_line, texts.keys(), texts.values()))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+", buffering=0) as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    lines = lines if file.read(1) == b"\n" else f"\n{lines}"  # a kill cut the last line off
                file.write(lines.encode())
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            self._read_only = True  # a cache of somebody else's: texts are kept as long as this process lasts

    def _catch_up(self) -> None:
        """Read the lines that were added since the last time."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_bytes)
                added = file.read()
        except FileNotFoundError:
            return
        whole = added.rfind(b"\n") + 1
        self._read_bytes += whole
        damaged = 0
        for line in added[:whole].splitlines():
            found = _parsed(line)
            if found is None:
                damaged += bool(line.strip())
            else:
                self._texts[found[0]] = found[1]
        if damaged:
            console.detail(f"{self.path}: {damaged} damaged lines; their texts are made again")


@contextmanager
def unused() -> Iterator[None]:
    """In the block no text is taken from a store or kept: for measurements of what making them takes."""
    _unused.append(True)
    try:
        yield
    finally:
        _unused.pop()


def _line(key: str, text: Text) -> str:
    return json.dumps({"key": key, "text": text.text, "seconds": text.seconds, "sum": _sum(key, *text)}) + "\n"


def _parsed(line: bytes) -> tuple[str, Text] | None:
    """Key and text; None for a line that is not as it was written."""
    try:
        record = json.loads(line)
        key, text, seconds = str(record["key"]), str(record["text"]), float(record["seconds"])
        return (key, Text(text, seconds)) if record["sum"] == _sum(key, text, seconds) else None
    except (ValueError, KeyError, TypeError):
        return None


def _sum(key: str, text: str, seconds: float) -> str:
    return hashlib.sha256(json.dumps([key, text, seconds]).encode()).hexdigest()[:16]
