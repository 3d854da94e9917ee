"""Another set to compare with than the examples' own references: a folder's files, or a split's references."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sightsound.bench import splits
from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.loading import UnknownNameError
from sightsound.bench.core.types import Example, Report, Task
from sightsound.bench.folders import captions, listing
from sightsound.bench.folders.names import example_id
from sightsound.bench.remote import copies
from sightsound.bench.remote import uri as uris
from sightsound.bench.review.facts import look_at_all
from sightsound.bench.review.warnings import ReviewWarning
from sightsound.bench.splits import Against
from sightsound.bench.splits.media import manifest
from sightsound.metrics.statistics.parts import OTHER


def against(
    reference: str, task: Task, mirror: Path | None, report: Report
) -> tuple[Against, list[ReviewWarning]]:
    """The set that `reference` names, a folder, a file of texts or a split, and what is to be said of it."""
    if uris.of(reference):
        reference = str(copies.here(reference, report))
    path = Path(reference)
    if path.is_dir() and not (path / manifest.NAME).is_file():
        return of_folder(path, task, report), []
    if path.is_file():
        if task.output != "text":
            raise BenchError(f"--reference {path}: is a file; give a folder of {task.output} files, or a split")
        return of_texts(path, captions.read(path), task), []
    try:
        return of_split(reference, task, mirror, report)
    except UnknownNameError as error:
        raise BenchError(f"--reference {reference}: no such folder, and {error}") from error


def of_folder(folder: Path, task: Task, report: Report) -> Against:
    """Every file of a folder that is of the task's kind of output; a file without a namesake is no matter here."""
    if task.output == "text":
        return of_texts(folder, captions.read(folder), task)
    named = {
        OTHER + example_id(name if len(paths) == 1 else name + path.suffix): path.absolute()
        for name, paths in listing.files(folder, task.output).items()
        for path in paths
    }
    store = FeatureStore(cache_dir() / "features")
    facts = look_at_all(named.values(), task.output, store, report, f"looking at {folder.name}")
    digests = {path: found.key for path, found in facts.items() if not isinstance(found, str)}
    if not digests:
        why = next(iter(facts.values()))
        raise BenchError(f"--reference {folder}: none of its {len(named)} files can be read ({why})")
    bad = {unique: str(facts[path]) for unique, path in named.items() if path not in digests}
    examples = [Example(unique, unique, **_of(task, path)) for unique, path in named.items()]
    contents = {unique: digests.get(path, unique) for unique, path in named.items()}
    return _made(folder.resolve().name, examples, contents, digests, bad)


def of_texts(source: Path, texts: Mapping[str, str], task: Task) -> Against:
    """Texts by name."""
    contents = {OTHER + example_id(name): text for name, text in texts.items()}
    examples = [Example(unique, unique, **_of(task, text)) for unique, text in contents.items()]
    return _made(source.resolve().stem, examples, contents, {}, {})


def of_split(name: str, task: Task, mirror: Path | None, report: Report) -> tuple[Against, list[ReviewWarning]]:
    """Every different reference of a split once; BenchError for a split that has none of the task's kind."""
    split = splits.load(name, mirror=mirror, report=report)
    having = [example for example in split.examples if getattr(example, task.reference) is not None]
    if not having:
        raise BenchError(f"--reference {name}: its examples have no {task.output} to compare with")
    seen: dict[str, Example] = {}
    for example in having:
        reference = getattr(example, task.reference)
        content = split.digests.get(reference, str(reference)) if isinstance(reference, Path) else reference
        seen.setdefault(content, example)
    examples = [
        Example(OTHER + e.id, OTHER + e.group, **_of(task, getattr(e, task.reference))) for e in seen.values()
    ]
    warnings = []
    if len(seen) < len(having):
        text = (
            f"{len(having)} examples of {split.card.name} have {len(seen)} different references; each counts once"
        )
        warnings.append(ReviewWarning("one_source", "", text))
    return Against(split.label, tuple(sorted(examples, key=lambda e: e.id)), split.digests), warnings


def _of(task: Task, item: Path | str) -> Any:
    """The field of Example that the task compares with."""
    return {task.reference: item}


def name_for(folder: str) -> str:
    """What a folder's set is called in a label: never as a published split."""
    plain = example_id(folder)
    return f"{plain}_files" if plain in registry.split_cards() else plain


def digest(contents: Mapping[str, Mapping[str, str]]) -> str:
    """Hex digest of the contents of examples: id -> field -> content."""
    lines = sorted(f"{k}\t{name}\t{text}" for k, own in contents.items() for name, text in own.items())
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _made(
    name: str,
    examples: Iterable[Example],
    contents: Mapping[str, str],
    digests: Mapping[Path, str],
    absent: Mapping[str, str],
) -> Against:
    """The set; copies of one content are one group."""
    first: dict[str, str] = {}
    tied = [replace(e, group=first.setdefault(contents[e.id], e.id)) for e in sorted(examples, key=lambda e: e.id)]
    label = f"{name_for(name)}@{digest({key: {'content': text} for key, text in contents.items()})[:6]}"
    return Against(label, tuple(tied), digests, absent)
