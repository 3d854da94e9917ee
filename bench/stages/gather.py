"""The second stage as a whole: the features of everything that some metrics read, from the store or made now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.core import faults, media, store
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import MediaError
from sightsound.bench.core.registry import System
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Example, Report, Task
from sightsound.bench.splits import Split
from sightsound.bench.stages import corpus, embed, outputs, reading
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.scope import scope
from sightsound.metrics.card import MetricCard

TEXTS = ("story", "caption", "lyrics")  # fields of Example that the side `text` of a metric reads

Items = Mapping[str, embed.Item]
"""Example id -> what is embedded of it."""


@known()
def gather(
    folder: Path,
    systems: Sequence[System],
    split: Split,
    task: Task,
    cards: Sequence[MetricCard],
    *,
    device: str = "cpu",
    mirror: Path | None = None,
    texts: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> FeatureSet:
    """What `cards` read of the outputs of `systems` in the run folder `folder`, and of the split's references.

    `texts`: the corpus, for metrics that read one. A network runs only for features that the store lacks.
    """
    networks = embed.Extractors(reading.extractors(cards), device, mirror)
    features = store.FeatureStore(cache_dir() / "features")
    absent: dict[str, dict[str, str]] = {}
    made = {
        system.label: _outputs(folder, system, task, split, absent.setdefault(system.label, {}))
        for system in systems
    }
    sides = _sides(task, cards, split, absent)
    words = corpus.read(texts) if texts else None
    if words:
        sides["corpus"] = {str(index): item for index, item in enumerate(words.items)}
    failures: dict[tuple[str, str], str] = {}
    by_key: dict[str, embed.Item] = {}
    for names, items in _jobs(task, cards, made, sides):
        by_key |= {item.key: item for item in items}
        failures |= embed.embed(items, names, networks, features, report)

    def feature(extractor: str, key: str, output: str) -> Any:
        if (extractor, key) in failures:
            return None
        found = features.get(networks.signature(extractor), key, output)
        if found is None:  # the entry was damaged, and is removed: make it again
            failures.update(embed.embed([by_key[key]], [extractor], networks, features))
            found = features.get(networks.signature(extractor), key, output)
        return found

    return FeatureSet(
        examples=split.examples,
        split=split.label,
        keys={side: _keys(items) for side, items in sides.items()},
        outputs={label: _keys(items) for label, items in made.items()},
        feature=feature,
        absent=absent,
        unembedded=failures,
        extractor_signature=networks.signature,
        corpus=words.label if words else "",
        video="video" in task.conditions,
        against=split.against,
        only=split.only,
    )


def _outputs(
    folder: Path, system: System, task: Task, split: Split, absent: dict[str, str]
) -> dict[str, embed.Item]:
    """The system's outputs by example id, each with the bytes that the journal says; the others go to `absent`."""
    place, journal = outputs.place(folder, system), outputs.journal(folder, system)
    found = {}
    for example in scope(system, split.examples, split.only):
        output = journal.get(example.id)
        if output is None:
            absent[example.id] = "it was not generated"
        elif output.path is None:
            absent[example.id] = output.error or "it was not generated"
        else:
            try:
                found[example.id] = _output_item(task, place / output.path, output.sha256)
            except (OSError, UnicodeDecodeError, MediaError) as error:
                absent[example.id] = f"{faults.one_line(error)}; --retry-failed makes it anew"
    return found


def _output_item(task: Task, path: Path, sha256: str | None) -> embed.Item:
    """What is embedded of an output. MediaError where its file is gone or is not the one that was recorded."""
    if not path.is_file():
        raise MediaError(f"{path.name} is gone")
    item = embed.file_item(path)
    if sha256 is not None and item.key != sha256:
        raise MediaError(f"{path.name} was changed after it was made")
    return embed.text_item(media.read_text(path)) if task.output == "text" else item


def _sides(
    task: Task, cards: Sequence[MetricCard], split: Split, absent: dict[str, dict[str, str]]
) -> dict[str, dict[str, embed.Item]]:
    """The items of the reference and of the conditions that the metrics read, by side and example id.

    One that cannot be read goes to `absent` and counts as a failure of every system alike. BenchError for one that
    is not the file of the split's manifest.
    """
    other = split.against
    read = {
        reading.side_of(card, need, against=other is not None) for card in cards for need in reading.needs(card)
    }
    sides: dict[str, dict[str, embed.Item]] = {side: {} for side in read - {"generated", "corpus"}}
    absent["reference"] = {unique: f"reference: {why}" for unique, why in split.absent.items()}
    absent["against"] = dict(other.absent) if other else {}
    for side, items in sides.items():
        for example in other.examples if other and side == "against" else split.examples:
            if example.id in absent.get(side, {}):
                continue
            try:
                item = _item(task, example, side)
            except (OSError, MediaError) as error:
                absent.setdefault(side, {})[example.id] = f"{side}: {faults.one_line(error)}"
                continue
            if item is not None:
                _check(item, split, other.digests if other and side == "against" else split.digests)
                items[example.id] = item
    return sides


def _check(item: embed.Item, split: Split, digests: Mapping[Path, str]) -> None:
    """BenchError where a file's bytes are not those that the manifest names."""
    if isinstance(item.source, Path) and digests.get(item.source, item.key) != item.key:
        raise BenchError(
            f"{item.source}: is not the file that {split.label} was made with; run: bench splits verify "
            f"{split.card.name}"
        )


def _item(task: Task, example: Example, side: str) -> embed.Item | None:
    if side in ("reference", "against"):
        reference = getattr(example, task.reference)
        if reference is None:
            return None
        return embed.text_item(reference) if task.output == "text" else embed.file_item(reference)
    if side == "text":
        return embed.text_item(getattr(example, next(c for c in task.conditions if c in TEXTS)))
    if "video" in task.conditions:
        return embed.video_item(example.video) if example.video else None
    return embed.file_item(example.image) if example.image else None


def _keys(items: Items) -> dict[str, str]:
    return {example_id: item.key for example_id, item in items.items()}


def _jobs(
    task: Task, cards: Sequence[MetricCard], made: Mapping[str, Items], sides: Mapping[str, Items]
) -> list[tuple[list[str], list[embed.Item]]]:
    """The networks of each kind of item, with all items of that kind."""
    jobs: dict[str, tuple[list[str], list[embed.Item]]] = {}
    for card in cards:
        for need in reading.needs(card):
            names, _ = jobs.setdefault(_kind(task, need.side), ([], []))
            if need.extractor not in names:
                names.append(need.extractor)
    for kind, (_, items) in jobs.items():
        for side, found in sides.items():
            if kind == _kind(task, side):
                items += found.values()
        if kind == task.output:
            for found in made.values():
                items += found.values()
    return [jobs[kind] for kind in sorted(jobs)]


def _kind(task: Task, side: str) -> str:
    """Of the items on a side: `audio`, `image`, `video` or `text`."""
    if side in ("generated", "reference", "against"):
        return task.output
    if side == "corpus":
        return "text"
    return "video" if side == "image" and "video" in task.conditions else side
