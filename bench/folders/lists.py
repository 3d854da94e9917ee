"""The lists that examples are made of: conditions, captions, references, each an item by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sightsound.bench.core import files, media, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Example, Report, Task
from sightsound.bench.folders import captions as tables
from sightsound.bench.folders import listing
from sightsound.bench.review.facts import look_at_all
from sightsound.bench.splits.media import formats, manifest

_TEXTS = ("caption", "story", "lyrics")
_OF_KIND = {"audio": "any2music", "image": "any2image", "text": "any2prompt"}


@dataclass(frozen=True)
class Named:
    """One list."""

    what: str
    """What its items are called in messages."""
    field: str
    """Field of Example that they are."""
    source: Path
    """Where they come from."""
    items: Mapping[str, Path | str]
    """Name -> file or text."""

    def renamed(self, names: Mapping[str, str]) -> Named:
        """The same with other names: new -> own."""
        return replace(self, items={new: self.items[own] for new, own in names.items()})


def conditions(folder: Path | None, output: str, task: str | None) -> Named | None:
    """The files that the outputs were made from: for music pictures or videos, whichever are more; else music."""
    if folder is None:
        return None
    if task is not None:
        fields = [name for name in registry.task(task).conditions if name in ("image", "video", "audio")]
        if not fields:
            raise BenchError(f"--conditions: {task} is made from texts; give them as --captions")
        kind = fields[0]
    elif output != "audio":
        kind = "audio"
    else:
        suffixes = [path.suffix.lower() for path in listing.walk(folder)] if folder.is_dir() else []
        count = {kind: sum(s in formats.SUFFIXES[kind] for s in suffixes) for kind in formats.SUFFIXES}
        kind = "video" if count["video"] > count["image"] else "image"
    found = listing.single(folder, kind)
    return Named("conditions", kind, folder, {name: path.absolute() for name, path in found.items()})


def captions(source: Path | None, output: str, task: str | None) -> Named | None:
    """The texts that the outputs were made from."""
    if source is None:
        return None
    fields = [name for name in registry.task(task).conditions if name in _TEXTS] if task else []
    return Named("captions", fields[0] if fields else "caption", source, tables.read(source))


def references(reference: str | None, task: Task) -> Named | None:
    """A folder (or a file of texts) whose items may be the examples' own; None for what is a split."""
    path = Path(reference) if reference is not None else None
    if path is None or not path.exists() or (path / manifest.NAME).is_file():
        return None
    if task.output == "text":
        return Named("references", task.reference, path, tables.read(path))
    found = listing.files(path, task.output)
    if any(len(paths) > 1 for paths in found.values()):
        return None  # a name for several files pairs nothing
    return Named("references", task.reference, path, {name: paths[0].absolute() for name, paths in found.items()})


def task_of(output: str, conditions: Named | None, captions: Named | None) -> Task:
    """The task that these lists make; BenchError where they leave it open."""
    shown = conditions.field if conditions else "caption" if captions else ""
    known = {
        ("audio", "image"): "image2music",
        ("audio", "video"): "video2music",
        ("audio", "caption"): "caption2music",
        ("image", "audio"): "music2image",
        ("text", "audio"): "music2prompt",
    }
    if not shown:
        return registry.task(_OF_KIND[output])
    if (output, shown) not in known:
        raise BenchError(f"outputs of kind {output} and {shown}: name the --task, see `bench tasks`")
    return registry.task(known[output, shown])


def check(task: Task, conditions: Named | None, captions: Named | None) -> None:
    """BenchError where the task conditions on something that is not given."""
    have = {each.field for each in (conditions, captions) if each is not None}
    if lacking := [name for name in task.conditions if name not in have]:
        option = "--captions" if lacking[0] in _TEXTS else "--conditions"
        raise BenchError(f"--task {task.name}: it is made from {lacking[0]}; give {option}, or a --split")


def examples(
    known: Sequence[Named], names: Sequence[str], ids: Mapping[str, str], report: Report
) -> tuple[list[Example], dict[str, dict[str, str]], dict[Path, str]]:
    """The examples, each field's content by id (a file's sha256, a text) and the files' digests."""
    found: list[Example] = []
    contents: dict[str, dict[str, str]] = {}
    digests: dict[Path, str] = {}
    if len(set(ids.values())) < len(ids):
        (twice, _), *_ = Counter(ids.values()).most_common(1)
        raise BenchError(f"two names become the id {twice}; rename one")
    files.read_all(item for name in names for each in known if isinstance(item := each.items[name], Path))
    for done, name in enumerate(names):
        fields: dict[str, Any] = {each.field: each.items[name] for each in known}
        own = contents[ids[name]] = {}
        for field, item in fields.items():
            if isinstance(item, Path):
                own[field] = digests[item] = digests.get(item) or media.file_sha256(item)
            else:
                own[field] = item
        found.append(Example(ids[name], ids[name], **fields))
        if known:
            report("reading what was given", done + 1, len(names))
    return found, contents, digests


def unreadable(examples: Sequence[Example], task: Task, report: Report) -> dict[str, str]:
    """The examples whose reference cannot be read to its end, by id: why."""
    paths = {e.id: path for e in examples if isinstance(path := getattr(e, task.reference), Path)}
    store = FeatureStore(cache_dir() / "features")
    facts = look_at_all(paths.values(), task.output, store, report, "looking at the references")
    return {unique: str(facts[path]) for unique, path in paths.items() if isinstance(facts[path], str)}
