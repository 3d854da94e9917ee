"""A folder here and its place at a URI, file by file: what changed there comes, what changed here goes.

Beside the folder lies an index, `synced.json`: of each file, what it was on both sides when they were last the
same. So a file that nobody touched is neither read nor sent, and an interruption costs the file that it
interrupted.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.remote.place import Listed, Place, RemoteError

AT_ONCE = 8  # files on their way
TRIES = 3
NAME = "synced.json"
Wanted = Callable[[str], bool]
"""Whether a file, by its name, is meant."""


@dataclass(frozen=True)
class Known:
    """A file as both sides had it."""

    size: int
    """In bytes."""
    tag: str
    """As the place lists it."""
    changed_ns: int
    """When the file here was last written."""


class Synced:
    """A folder and its place. Threads may share it."""

    def __init__(self, folder: Path, place: Place, *, works: bool = False, index: str = NAME) -> None:
        """`works`: what is changed here means something, so it is not put back to what it was; `index`: name of
        the index, one for each process that may be at work."""
        self.folder, self.place, self._works = folder, place, works
        self._index = folder.parent / index
        self._lock = threading.Lock()
        self._known: dict[str, Known] = self._read() if folder.is_dir() else {}

    def pull(
        self, wanted: Wanted, report: Report, *, under: str = "", look: Callable[[Collection[str]], object] = len
    ) -> None:
        """Bring what is wanted and is not here, or changed there; what is gone there goes here too.

        A file that changed on both sides is taken from there. `under`: only that folder is listed; `look` sees
        the names before anything comes, and may raise. RemoteError where files could not be had, with their
        number; the others are here.
        """
        listed = {name: one for name, one in self.place.files(under).items() if wanted(name)}
        look(listed.keys())
        self.bring(listed, report)
        for name in [name for name in self._known if wanted(name) and _is_under(name, under)]:
            if name not in listed:
                if self.is_same(name):
                    (self.folder / name).unlink()
                self._forget(name)

    def bring(self, listed: Mapping[str, Listed], report: Report) -> list[str]:
        """Bring what of these files is not here, or changed there; which. RemoteError as of `pull`."""
        due = [name for name, one in listed.items() if not self._has(name, one)]
        what = f"fetching {self.place.uri}"
        self._all(due, lambda name: self._get(name, listed[name]), f"{what}: not fetched", what, report)
        return due

    def push(self, names: Iterable[str], report: Report | None = None) -> None:
        """Send those of the files that changed here. RemoteError as of `pull`."""
        due = [name for name in names if not self.is_same(name)]
        what = f"sending to {self.place.uri}"
        self._all(due, self._put, f"{what}: not sent", what, report)

    def remove(self, name: str) -> None:
        """Remove a file there."""
        self.place.remove(name)
        self._forget(name)
        self._keep()

    def known(self) -> list[str]:
        """Names of the files that both sides had."""
        with self._lock:
            return sorted(self._known)

    def put(self, name: str, data: Path) -> None:
        """Send one file, whose bytes are those of `data`."""
        self._put(name, data)
        self._keep()

    def _all(
        self, names: list[str], work: Callable[[str], None], failed: str, what: str, report: Report | None
    ) -> None:
        """Do the work for all names, several at a time."""
        done, errors = 0, dict[str, BenchError]()

        def tried(name: str) -> None:
            nonlocal done
            for left in reversed(range(TRIES)):
                try:
                    work(name)
                    break
                except RemoteError as error:
                    if not left:
                        errors[name] = error
            with self._lock:
                done += 1
                if report:
                    report(what, done, len(names))

        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for _ in pool.map(tried, names):
                    pass
        finally:
            if names:
                self._keep()
        if errors:
            first = errors[min(errors)]
            raise RemoteError(f"{failed} {len(errors)} of {len(names)} files, as {first}") from first

    def _get(self, name: str, listed: Listed) -> None:
        target = self.folder / name
        self.place.get(name, target, listed)
        about = target.stat()
        self._note(name, Known(about.st_size, listed.tag, about.st_mtime_ns))

    def _put(self, name: str, data: Path | None = None) -> None:
        about = (self.folder / name).stat()
        listed = self.place.put(data or self.folder / name, name)
        self._note(name, Known(listed.size, listed.tag, about.st_mtime_ns))

    def _has(self, name: str, listed: Listed) -> bool:
        """Whether what is listed is here: it is as it was when both sides were the same."""
        known = self._known.get(name)
        if known is None or (known.size, known.tag) != (listed.size, listed.tag):
            return False
        if not (listed.tag or self._works):  # the place does not tell whether it changed
            return False
        return (self.folder / name).is_file() if self._works else self.is_same(name)

    def is_same(self, name: str) -> bool:
        """Whether a file here is as it was when both sides were the same."""
        try:
            about = (self.folder / name).stat()
        except FileNotFoundError:
            return False
        known = self._known.get(name)
        return known is not None and (known.size, known.changed_ns) == (about.st_size, about.st_mtime_ns)

    def _note(self, name: str, known: Known) -> None:
        with self._lock:
            self._known[name] = known

    def _forget(self, name: str) -> None:
        with self._lock:
            self._known.pop(name, None)

    def _read(self) -> dict[str, Known]:
        try:
            said = json.loads(self._index.read_text(encoding="utf-8"))
            return {name: Known(*one) for name, one in said.items()}
        except (FileNotFoundError, ValueError, TypeError):  # then all of it is fetched again
            return {}

    def _keep(self) -> None:
        with self._lock:
            said = {name: [one.size, one.tag, one.changed_ns] for name, one in sorted(self._known.items())}
        store.write_text(self._index, json.dumps(said))


def _is_under(name: str, folder: str) -> bool:
    return not folder or name.startswith(f"{folder}/")
