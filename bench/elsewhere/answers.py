"""What a command has written into its output folder, and which of it is finished.

The rule: the file of an example is finished when the command has named the example on a line of `notes.jsonl`, or
has written to a file of another example since, or has ended with 0; and while it runs, when none of its processes
has the file open (seen on Linux, and not of processes in a container).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sightsound.bench.core.faults import one_line
from sightsound.bench.core.files import IrregularError, open_regular
from sightsound.bench.core.types import Generated
from sightsound.bench.splits.media.formats import named_as

NOTES = "notes.jsonl"
LARGEST_BYTES = {"audio": 2_000_000_000, "image": 500_000_000, "text": 10_000_000}
"""Of a file that is looked at; an hour of music in stereo has 1.3 billion."""
LONGEST_NOTES = 1_000_000  # bytes of a line


class _File(NamedTuple):
    path: Path
    stat: os.stat_result


class Answers:
    """The answers of one call of a command."""

    def __init__(self, folder: Path, wanted: Sequence[str], kind: Literal["audio", "image", "text"]) -> None:
        """`folder`: where it writes; `wanted`: ids of the examples that were asked; `kind`: what it makes."""
        self.folder, self.kind = folder, kind
        self.lacking = dict.fromkeys(wanted)
        """Ids without an answer so far, in the order in which they were asked."""
        self.strays: set[str] = set()
        """Files, and ids on lines of the notes, that belong to no example that was asked."""
        self.odd_lines = 0
        """Lines of the notes that say nothing."""
        self.signs = 0
        """Grows with every file that begins and every line of the notes."""
        self._wanted = frozenset(wanted)
        self._suffixes = named_as(kind)
        self._begun: set[str] = set()  # names of files of examples
        self._settled: set[str] = set()  # names that need no look any more: there may be thousands
        self._latest_ns = 0  # when a file of an example was last written to
        self._read = 0  # bytes of the notes
        self._said: dict[str, Mapping[str, Any]] = {}  # id -> its line of the notes

    def new(self, *, session: int | None, whole: bool) -> list[Generated]:
        """Answers that have become finished since the last time.

        `session`: number of the session of the command's processes, None where they have ended; `whole`: it ended
        with 0, so what lacks a file now has none.
        """
        files = self._files()  # before the notes: the line of a file that counts as finished is there then
        self._read_notes()
        ready = {name: files.get(name, []) for name in self.lacking if whole or self._is_ready(name, files)}
        busy = _open_files(session) if ready and session is not None else set()
        answers = [
            self._answer(name, found)
            for name, found in ready.items()
            if not any((each.stat.st_dev, each.stat.st_ino) in busy for each in found)
        ]
        for answer in answers:
            del self.lacking[answer.id]
        return answers

    def in_doubt(self) -> list[str]:
        """Ids that the command may have been at when it ended: those without an answer whose file may be half
        written, and the first one without a file."""
        begun = {Path(name).stem for name in self._begun}
        first = next((name for name in self.lacking if name not in begun), None)
        return [name for name in self.lacking if name in begun] + ([first] if first is not None else [])

    def _is_ready(self, name: str, files: Mapping[str, Sequence[_File]]) -> bool:
        found = files.get(name)
        if name in self._said:
            return bool(found) or "error" in self._said[name]
        return bool(found) and all(each.stat.st_mtime_ns < self._latest_ns for each in found or ())

    def _files(self) -> dict[str, list[_File]]:
        """The files of the examples that lack an answer."""
        found: dict[str, list[_File]] = {}
        with os.scandir(self.folder) as entries:
            paths = sorted(Path(entry.path) for entry in entries if entry.name not in self._settled)
        for path in paths:
            if path.suffix.lower() not in self._suffixes or path.stem not in self.lacking:
                self._settled.add(path.name)
                if path.suffix.lower() in self._suffixes and path.stem not in self._wanted:
                    self.strays.add(path.name)
                continue
            try:
                file = _File(path, path.lstat())
            except FileNotFoundError:  # renamed or removed since it was listed
                continue
            self.signs += path.name not in self._begun
            self._begun.add(path.name)
            self._latest_ns = max(self._latest_ns, file.stat.st_mtime_ns)
            found.setdefault(path.stem, []).append(file)
        return found

    def _read_notes(self) -> None:
        """The lines that are new and complete."""
        path = self.folder / NOTES
        if not os.path.lexists(path):
            return
        try:
            if path.is_symlink():
                raise IrregularError(path)
            with open_regular(path) as file:
                file.seek(self._read)
                for line in iter(lambda: file.readline(LONGEST_NOTES), b""):
                    if not line.endswith(b"\n") and len(line) < LONGEST_NOTES:
                        break  # it is being written
                    self._read += len(line)
                    self.signs += 1
                    self._take_note(line)
        except IrregularError:
            self.strays.add(NOTES)

    def _take_note(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            name = said["id"]
            known = name in self._wanted
        except (ValueError, TypeError, KeyError, RecursionError):
            self.odd_lines += bool(line.strip())
            return
        if known:
            self._said[name] = said
        else:
            self.strays.add(one_line(name))

    def _answer(self, name: str, found: Sequence[_File]) -> Generated:
        """What an example got: a file, or why it has none."""
        said = self._said.get(name, {})
        notes = said.get("notes") or {}
        notes = {str(key): str(text) for key, text in notes.items()} if isinstance(notes, dict) else {}
        if "error" in said:
            return Generated(name, notes=notes, error=one_line(said["error"]))
        if wrong := self._wrong_with(found):
            return Generated(name, notes=notes, error=wrong)
        return Generated(name, notes=notes, path=found[0].path)

    def _wrong_with(self, found: Sequence[_File]) -> str:
        if not found:
            return f"the command gave no {self.kind} file ({', '.join(self._suffixes[:4])}, ...)"
        if len(found) > 1:
            return f"the command gave several files: {', '.join(each.path.name for each in found)}"
        path, facts = found[0]
        if not stat.S_ISREG(facts.st_mode):
            return f"{path.name} is a link, a pipe or a folder; write a file"
        if facts.st_size > LARGEST_BYTES[self.kind]:
            return (
                f"{path.name} has {facts.st_size:,} bytes; {LARGEST_BYTES[self.kind]:,} are the most that is taken"
            )
        return ""


def _open_files(session: int) -> set[tuple[int, int]]:
    """Device and inode of every file that a process of the session has open; empty where /proc does not tell."""
    found: set[tuple[int, int]] = set()
    for process in Path("/proc").glob("[1-9]*"):
        try:
            if os.getsid(int(process.name)) != session:
                continue
            for descriptor in (process / "fd").iterdir():
                facts = descriptor.stat()
                found.add((facts.st_dev, facts.st_ino))
        except OSError:  # it has ended, or closed the file, or is another user's
            continue
    return found
