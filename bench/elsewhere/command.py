"""`exec:COMMAND`: a system that is a command. What it is asked and how its answers are taken.

It gets a file of examples, one JSON object a line: `id`, `seed` (the example's own, 63 bits), and the fields that
the task shows, paths absolute; and a folder, into which it writes a file an example, named by id. In the command
`{examples}` and `{out}` stand for the two; what it does not name is added at its end, in this order. They are also
in the environment, with the seed of the run, the task and the device (`SIGHTSOUND_EXAMPLES`, `_OUT`, `_SEED`,
`_TASK`, `_DEVICE`). bench/elsewhere/answers.py says when a file is finished.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sightsound.bench.core.console import say, shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.home import Post
from sightsound.bench.core.types import Example, Generated, example_seed
from sightsound.bench.elsewhere.answers import Answers
from sightsound.bench.elsewhere.process import LOG, Process

ASKED = "asked"  # folder beside the outputs, for what passes between the processes
POLL_S = 0.05  # between two looks at the output folder
SEVERAL = 3  # examples that a command fails at, without one answer ever, before it is given up


@dataclass(frozen=True)
class Command:
    """The home of a system that is a command."""

    words: tuple[str, ...]
    """The program and its arguments, before anything is filled in."""
    code: str
    """sha256 of the words and of the files that they name."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the interpreter, where the program is one."""
    streams: bool = True

    def options(self, entry: str) -> Sequence[str]:
        """None: a command has its options in its words."""
        return ()

    def model(self, post: Post, device: str, weights: Mapping[str, Path], options: Mapping[str, str]) -> Commanded:
        """The model; the command is started when it is asked."""
        return Commanded(self.words, post, device)


class Commanded:
    """A command as a model: called for all that lacks an answer, and again for what is left when it dies."""

    def __init__(self, words: Sequence[str], post: Post, device: str) -> None:
        self.words, self.post, self.device = words, post, device
        self.asked = fresh(post.folder / ASKED)
        self.log = post.folder / LOG

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The answers as they come.

        When the command dies, or nothing new comes within the time limit, those examples that it may have been at
        are asked alone: the next one, and those whose file may be half written. One at which it then dies or is
        late fails. So does the next one at once where it was late and no file is in doubt. BenchError where it
        fails so at the first examples and never gave an answer: then it is the command.
        """
        waiting = {example.id: example for example in examples}
        alone: list[str] = []  # ids that are to be asked alone, before the others
        works = any((self.post.folder / "outputs").glob("*"))  # it has given answers before
        held: list[Generated] = []  # failures, as long as they may be the command's own
        while waiting:
            batch = [waiting[alone[0]]] if alone else list(waiting.values())
            call = _Call(self, batch, seed)
            for answer in call.answers():
                del waiting[answer.id]
                works = True
                yield from held
                held.clear()
                yield answer
            suspects = call.suspects
            if alone:
                alone.pop(0)
                failed = suspects
            else:
                failed = suspects if call.late and len(suspects) == 1 else []
                alone = [] if failed else suspects
            for name in failed:
                del waiting[name]
                held.append(Generated(name, error=call.why))
            if works:
                yield from held
                held.clear()
            if len(held) >= SEVERAL and waiting:
                raise BenchError(
                    f"{self.post.label}: nothing came of the first {SEVERAL} examples: {held[-1].error}"
                )
        yield from held


class _Call:
    """One run of the command."""

    def __init__(self, of: Commanded, examples: Sequence[Example], seed: int) -> None:
        self.of = of
        self.folder = Path(tempfile.mkdtemp(prefix="call-", dir=of.asked))
        listed, out = self.folder / "examples.jsonl", self.folder / "out"
        out.mkdir()
        listed.write_text("".join(_line(example, seed) for example in examples), encoding="utf-8")
        self.found = Answers(out, [example.id for example in examples], of.post.task.output)
        self.process = Process(filled(of.words, listed, out), of.log, env=self._environment(listed, out, seed))
        self.late = False
        """Whether it was stopped because nothing new came."""
        self.suspects: list[str] = []
        """Where it did not end well: ids of the examples that it may have been at, the next one last."""
        self.why = ""
        """What became of it then."""

    def answers(self) -> Iterator[Generated]:
        """The answers as they become finished; after the last one the other facts are there."""
        limit_s = self.of.post.timeout_s
        since, signs = time.monotonic(), 0
        while True:
            running = self.process.running()
            if not running:
                self.process.end()  # what it left behind
            session = self.process.session if running else None
            yield from self.found.new(session=session, whole=self.process.code == 0)
            if not running:
                break
            if self.found.signs != signs:
                since, signs = time.monotonic(), self.found.signs
            elif limit_s and time.monotonic() - since > limit_s:
                self.late = True
                self.process.end()
                yield from self.found.new(session=None, whole=False)
                break
            time.sleep(POLL_S)
        self.suspects = self.found.in_doubt()
        if self.late:
            self.why = f"nothing came within {limit_s:g} s (--timeout); log: {shown(self.of.log)}"
        elif self.suspects:
            self.why = f"the command {self.process.last_words()}"
        self._tell()
        shutil.rmtree(self.folder, ignore_errors=True)  # what is left of it goes before the next run

    def _environment(self, listed: Path, out: Path, seed: int) -> dict[str, str]:
        task, device = self.of.post.task.name, self.of.device
        said = {"EXAMPLES": listed, "OUT": out, "SEED": seed, "TASK": task, "DEVICE": device}
        return {f"SIGHTSOUND_{name}": str(value) for name, value in said.items()}

    def _tell(self) -> None:
        """What the call left that nobody is credited with, to the user and into the log."""
        said = []
        if strays := sorted(self.found.strays):
            some = ", ".join(strays[:3]) + (", ..." if len(strays) > 3 else "")
            said.append(f"answers for what was not asked are left out ({len(strays)}): {some}")
        if self.found.odd_lines:
            said.append(f"lines of notes.jsonl that are no JSON object with an id ({self.found.odd_lines})")
        for line in said:
            say(f"{self.of.post.label}: {line}")
            with self.of.log.open("a", encoding="utf-8") as file:
                file.write(f"bench: {line}\n")


def filled(words: Sequence[str], examples: Path, out: Path) -> list[str]:
    """The command's words with the two paths in them."""
    values = {"{examples}": str(examples), "{out}": str(out)}
    absent = [value for name, value in values.items() if not any(name in word for word in words)]
    made = []
    for word in words:
        for name, value in values.items():
            word = word.replace(name, value)
        made.append(word)
    return made + absent


def fresh(folder: Path) -> Path:
    """The folder, emptied of what a killed run left in it."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _line(example: Example, seed: int) -> str:
    given: dict[str, Any] = {"id": example.id, "seed": example_seed(seed, example.id)}
    for each in fields(example):
        value = getattr(example, each.name)
        if each.name not in ("id", "group", "reference_group", "input_group") and value is not None:
            given[each.name] = str(value)
    return json.dumps(given, ensure_ascii=False) + "\n"
