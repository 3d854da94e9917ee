"""The examples of a board and what every system answered: read from run folders, faults noted where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightsound.bench import splits
from sightsound.bench.boards.structure import is_reference
from sightsound.bench.core import media, registry, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line
from sightsound.bench.core.types import TEXTS, Example, Output, Task
from sightsound.bench.folders import kept
from sightsound.bench.site.media import File, Kind
from sightsound.bench.splits import Split
from sightsound.bench.stages import recorded
from sightsound.bench.stages.scope import part, scope


@dataclass(frozen=True)
class Answer:
    """What one system gave for one example: a file, a text, or why there is neither."""

    file: File | None = None
    """Sound or picture."""
    text: str = ""
    """Of the tasks whose output is a text."""
    why: str = ""
    """Why there is nothing; empty where there is something."""
    failed: bool = False
    """It counts against the system: it was asked, and there is nothing."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Texts on the way: caption, prompt."""
    took_s: float = 0.0
    """Seconds that it took."""


@dataclass(frozen=True)
class Shown:
    """One example as its page shows it."""

    id: str
    """Unique in the split."""
    group: str
    """What it shares with others."""
    texts: Mapping[str, str]
    """Name -> text that the task conditions on, or may read."""
    files: Mapping[str, File]
    """`image`, `video`, `audio`: what the task conditions on."""
    reference: File | None
    """What outputs are compared with, where that is a file."""
    reference_text: str
    """The same where it is a text."""


@dataclass(frozen=True)
class Answers:
    """All of a board that its example pages show."""

    task: Task
    """Task."""
    examples: Sequence[Shown]
    """By id."""
    systems: Mapping[str, Mapping[str, Output]]
    """System label -> example id -> its record, those under test first."""
    asked: Mapping[str, frozenset[str] | None]
    """System label -> ids of the examples that it had to answer; None for all."""
    folders: Mapping[str, Path]
    """System label -> the folder that its record speaks of."""
    problems: Sequence[str]
    """What is missing, a sentence each."""

    def answer(self, system: str, example: str) -> Answer:
        """What a system gave for an example. Reads a file only where the output is a text."""
        made, asked = self.systems[system].get(example), self.asked[system]
        if made is None and asked is not None and example not in asked:
            return Answer(why="it was not asked")
        if made is None:
            return Answer(why="it was not generated", failed=True)
        facts: dict[str, Any] = {"notes": made.notes, "took_s": made.took_s}
        if made.path is None:
            return Answer(why=made.error or "it was not generated", failed=True, **facts)
        path = self.folders[system] / made.path
        if self.task.output != "text":
            return Answer(File(self.task.output, path, made.sha256), **facts)
        try:
            return Answer(text=_text(path, made.sha256), **facts)
        except (BenchError, OSError) as error:
            return Answer(why=one_line(error).replace(str(path), path.name), **facts)


def _text(path: Path, sha256: str | None) -> str:
    if not path.is_file():
        raise BenchError("its file is gone: deleted or moved after the run")
    if media.file_sha256(path) != sha256:
        raise BenchError("its file was changed after it was scored")
    return media.read_text(path)


def answers(task: str, runs: Sequence[Path], mirror: Path | None = None, ids: Iterable[str] = ()) -> Answers:
    """Read the runs of one board. Nothing is downloaded: what is not here is said in `problems`.

    A system of several runs is that of the last one, as in the rows of the board. `ids`: examples that are known
    from elsewhere, for a run whose split is not here.
    """
    known, problems = registry.task(task), []
    split: Split | None = None
    systems: dict[str, Mapping[str, Output]] = {}
    folders: dict[str, Path] = {}
    asked: dict[str, frozenset[str] | None] = {}
    seed = 0
    for run in runs:
        labels: Sequence[str] = ()
        try:
            plan = recorded.plan(run)
            labels, seed = plan["systems"], plan["seed"]
            split = split or _split(run, plan, mirror)
        except BenchError as error:
            problems.append(one_line(error).replace(str(run), run.name))
        for label in labels:
            folders[label] = run / "systems" / store.slug(label)
            try:
                systems[label] = store.Journal(folders[label]).read()
            except BenchError as error:
                systems[label] = {}
                problems.append(one_line(error))
            asked[label] = _asked(label, split)
    if split is not None:
        examples = [_shown(known, example, split.digests, seed) for example in split.examples]
    else:
        known_ids = sorted({*ids, *(unique for made in systems.values() for unique in made)})
        examples = [Shown(unique, "", {}, {}, None, "") for unique in known_ids]
    order = sorted(systems, key=lambda label: is_reference(label.partition(":")[0]))
    return Answers(known, examples, {label: systems[label] for label in order}, asked, folders,
                   list(dict.fromkeys(problems)))  # fmt: skip


def _split(run: Path, plan: Mapping[str, Any], mirror: Path | None) -> Split:
    """The run's examples; BenchError where they are not here."""
    if (found := kept.read(run)) is not None:
        return found
    if not splits.is_prepared(plan["split"]):
        raise BenchError(
            f"Conditions and references are not shown: the split {plan['split']} is not here; "
            f"`bench splits prepare {plan['split']}` makes it"
        )
    return kept.split_of(run, plan, mirror)


def _asked(label: str, split: Split | None) -> frozenset[str] | None:
    """The examples that a system had to answer; None for all, and where it is not known."""
    try:
        system = recorded.system(label)
    except BenchError:  # a name that only the run's own modules know
        return None
    if split is None or (label not in split.only and not system.build.halves):
        return None
    return frozenset(example.id for example in scope(system, split.examples, split.only))


def _shown(task: Task, example: Example, digests: Mapping[Path, str], seed: int) -> Shown:
    given = part(task.conditions, example.id, seed) if task.masked else task.conditions
    fields = dict.fromkeys((*given, *task.optional, *(() if task.conditions else ("image", "video", *TEXTS))))
    fields.pop(task.reference, None)
    values = {name: getattr(example, name) for name in fields}
    reference = getattr(example, task.reference)
    return Shown(
        id=example.id,
        group=example.group,
        texts={name: value for name, value in values.items() if isinstance(value, str) and value},
        files={name: _file(name, value, digests) for name, value in values.items() if isinstance(value, Path)},
        reference=_file(task.reference, reference, digests) if isinstance(reference, Path) else None,
        reference_text=reference if isinstance(reference, str) else "",
    )


def _file(name: str, path: Path, digests: Mapping[Path, str]) -> File:
    kinds: dict[str, Kind] = {"audio": "audio", "video": "video"}
    return File(kinds.get(name, "image"), path, digests.get(path))
