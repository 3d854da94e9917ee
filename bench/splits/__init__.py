"""The data sets. One module a split: its card and its `build`; here is how any of them is prepared and read."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from bench import assets, registry
from bench.cache import cache_dir
from bench.splits import manifest
from bench.splits.manifest import SplitError
from bench.tasks import TASKS
from bench.types import Example, Report, SplitCard

__all__ = ["SPLITS", "Split", "SplitError", "card", "is_prepared", "load", "prepare", "serves", "verify"]

SPLITS: dict[str, str] = {
    "gestures": "bench.splits.gestures:CARD",
    "wesnoth": "bench.splits.wesnoth:CARD",
}


@dataclass(frozen=True)
class Split:
    """A split that is ready to use."""

    card: SplitCard
    """What it is."""
    hash: str
    """Content hash of its whole manifest, in hex, whatever part of it was asked for."""
    examples: list[Example]
    """Sorted by id."""


def card(name: str) -> SplitCard:
    """The card of that name. Raises UnknownNameError with the nearest names."""
    if name not in SPLITS:
        raise registry.unknown("split", name, SPLITS)
    found: SplitCard = registry.load(SPLITS[name])
    return found


def serves(example: Example, task: str) -> bool:
    """Whether an example has all that a task conditions on and what its output is compared with."""
    wanted = (*registry.task(task).conditions, TASKS[task].reference)
    return all(getattr(example, field) is not None for field in wanted)


def load(
    name: str,
    *,
    mirror: Path | None = None,
    task: str | None = None,
    limit: int | None = None,
    report: Report | None = None,
) -> Split:
    """A split, prepared on first use; with `task` the examples that serve it, with `limit` at most that many.

    `limit` takes the first of an order that is fixed by the sha256 of the id: a fair sample, and each limit's
    examples are among those of any larger one. Raises SplitError for a task that the split does not serve, for a
    limit below 1 and for a split that is not what its card says.
    """
    known = card(name)
    examples, content_hash = manifest.read(prepare(name, mirror, report))
    if task is not None:
        registry.task(task)
        served = [other for other in TASKS if any(serves(example, other) for example in examples)]
        if task not in served:
            raise SplitError(f"the split {name!r} serves {', '.join(served) or 'no task'}, not {task}")
        examples = [example for example in examples if serves(example, task)]
    if limit is not None:
        if limit < 1:
            raise SplitError(f"a limit of {limit} examples leaves none; it must be 1 or more")
        shuffled = sorted(examples, key=lambda example: hashlib.sha256(example.id.encode()).hexdigest())
        examples = sorted(shuffled[:limit], key=lambda example: example.id)
    return Split(known, content_hash, examples)


def prepare(name: str, mirror: Path | None = None, report: Report | None = None) -> Path:
    """The folder of a split: fetched and built if it is not there or not what its card says; atomic and locked.

    `report` is told how the downloads go. Raises SplitError where the built split has another content hash than
    its card.
    """
    known = card(name)
    folder = cache_dir() / "splits" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{name}.lock"):
        if _ready(folder, known):
            return folder
        fetched = {asset: assets.fetch(asset, mirror, report) for asset in known.assets}
        temporary = folder.parent / f".{name}.building"
        shutil.rmtree(temporary, ignore_errors=True)  # of a build that was killed
        built = temporary / name
        built.mkdir(parents=True)
        try:
            registry.load(known.entry)(built, fetched)
            content_hash = manifest.read(built)[1]
            if known.hash and content_hash != known.hash:
                raise SplitError(
                    f"the split {name!r} came out as {content_hash[:8]}, its card says {known.hash[:8]}: "
                    f"the media are not those that it was made from; run `bench assets verify`"
                )
            if folder.exists():
                folder.replace(temporary / "old")
            built.replace(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _ready(folder: Path, known: SplitCard) -> bool:
    """Whether the folder holds the split, whole and of the card's content hash."""
    if not (folder / manifest.NAME).is_file():
        return False
    try:
        return known.hash in ("", manifest.read(folder)[1])
    except SplitError:
        return False


def is_prepared(name: str) -> bool:
    """Whether a folder of that split is there, whole or not."""
    return (cache_dir() / "splits" / name).is_dir()


def verify(name: str) -> list[str]:
    """What is wrong with a prepared split, a line each; empty where all is well. Nothing is fetched or built."""
    known = card(name)
    folder = cache_dir() / "splits" / name
    if not is_prepared(name):
        return [f"{name}: not prepared yet; `bench splits prepare {name}` makes it"]
    try:
        problems = manifest.verify(folder)
        if not problems and known.hash and (found := manifest.read(folder)[1]) != known.hash:
            problems.append(f"{name}: its content hash is {found[:8]}, its card says {known.hash[:8]}")
    except SplitError as error:
        problems = [str(error)]
    return problems
