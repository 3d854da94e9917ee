"""The second stage as a whole: the features of everything that some metrics read, from the store or made now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.core import faults, files, media
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.length import USUAL
from sightsound.bench.core.media import MediaError
from sightsound.bench.core.numbers import NumberStore
from sightsound.bench.core.registry import System
from sightsound.bench.core.shard import Shard
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Example, Report, Task
from sightsound.bench.engines.job import Engine
from sightsound.bench.splits import Split
from sightsound.bench.stages import corpus, embed, outputs, reading, sharing
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.scope import scope
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.sides import kind

Items = Mapping[str, embed.Item]
"""Example id -> what is embedded of it."""


@known(networks=False)  # they run in embed, which sees to it
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
    length: str = USUAL,
    shard: Shard | None = None,
    place: Path | None = None,
    engine: Engine | None = None,
    report: Report = lambda what, done, total: None,
) -> FeatureSet:
    """What `cards` read of the outputs of `systems` in the run folder `folder`, and of the split's references.

    `texts`: the corpus, for metrics that read one; `length`: how much of a clip is heard. A network
    runs only for features that the store lacks. Of a `shard` only its own outputs and its part of the references
    are embedded. `place`: the folder of the store, else the cache's. `engine`: where the networks work, None for
    this process.
    """
    networks = embed.Extractors(reading.extractors(cards), device, mirror, length, report)
    shared = FeatureStore(cache_dir() / "features")
    features = FeatureStore(place) if place else shared
    absent: dict[str, dict[str, str]] = {}
    made = {}
    for done, system in enumerate(systems):
        report("reading outputs", done, len(systems))
        made[system.label] = _outputs(folder, system, task, split, absent.setdefault(system.label, {}))
    report("reading outputs", len(systems), len(systems))
    sides = _sides(task, cards, sharing.part_of(split, shard), absent, report)
    notes = {
        system.label: _notes(folder, system, made[system.label], {need.note for need in _needs(cards)})
        for system in systems
    }
    words = corpus.read(texts) if texts else None
    if words:
        own = list(enumerate(words.items))
        sides["corpus"] = {str(at): item for at, item in (shard.own(own, sharing.BLOCK) if shard else own)}
    failures: dict[tuple[str, str], str] = {}
    by_key: dict[str, embed.Item] = {}
    for names, items in _jobs(task, cards, made, sides, notes):
        items = sharing.without_those_of_others(items, split, shard)
        if place:
            features.take(shared, [(networks.signature(name), item.key) for name in names for item in items])
        by_key |= {item.key: item for item in items}
        failures |= embed.embed(items, names, networks, features, report, engine)

    def feature(extractor: str, key: str, output: str) -> Any:
        if (extractor, key) in failures:
            return None
        found = features.get(networks.signature(extractor), key, output)
        if found is None:  # the entry was damaged, and is removed: make it again
            failures.update(embed.embed([by_key[key]], [extractor], networks, features))
            found = features.get(networks.signature(extractor), key, output)
        return found

    recent = features.recent()

    def several(extractor: str, keys: Sequence[str], output: str) -> Sequence[Any]:
        found = recent.get_all(networks.signature(extractor), keys, output)
        lost = {key for name, key in failures if name == extractor}
        return [
            None if key in lost else feature(extractor, key, output) if each is None else each
            for key, each in zip(keys, found, strict=True)
        ]

    return FeatureSet(
        examples=split.examples,
        split=split.label,
        keys={place: _keys(items) for place, items in sides.items()},
        outputs={label: _keys(items) for label, items in made.items()},
        feature=feature,
        several=several,
        numbers=NumberStore(cache_dir() / "distances"),
        absent=absent,
        unembedded=failures,
        sources={
            item.key: item.source
            for items in (*made.values(), *sides.values(), *(own for of in notes.values() for own in of.values()))
            for item in items.values()
            if isinstance(item.source, Path | str)
        },
        extractor_signature=networks.signature,
        corpus=words.label if words else "",
        notes={label: {name: _keys(items) for name, items in own.items()} for label, own in notes.items()},
        length=length,
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
    wanted = scope(system, split.examples, split.only)
    made = (journal.get(example.id) for example in wanted)
    files.read_all(place / output.path for output in made if output is not None and output.path is not None)
    for example in wanted:
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


def _notes(folder: Path, system: System, made: Items, wanted: Collection[str]) -> dict[str, Items]:
    """Texts that the system wrote down beside the outputs `made`, by name; empty for what is not wanted."""
    journal = outputs.journal(folder, system)
    found: dict[str, dict[str, embed.Item]] = {}
    for example in made:
        for name, text in journal[example].notes.items():
            items = found.setdefault(name, {})
            if name in wanted and text.strip():
                items[example] = embed.text_item(text)
    return {**found}


def _needs(cards: Sequence[MetricCard]) -> list[Need]:
    return [need for card in cards for need in reading.needs(card)]


def _sides(
    task: Task, cards: Sequence[MetricCard], split: Split, absent: dict[str, dict[str, str]], report: Report
) -> dict[str, dict[str, embed.Item]]:
    """The items of the references and other fields that the metrics read, by `Need.place` and example id.

    One that cannot be read goes to `absent` and counts as a failure of every system alike. BenchError for one that
    is not the file of the split's manifest.
    """
    other = split.against
    read = {
        reading.place_of(card, need, against=other is not None): need
        for card in cards
        for need in reading.needs(card)
        if not need.own and need.side != "corpus"
    }
    sides: dict[str, dict[str, embed.Item]] = {place: {} for place in read}
    absent["reference"] = {unique: f"reference: {why}" for unique, why in split.absent.items()}
    absent["against"] = dict(other.absent) if other else {}
    for place, items in sides.items():
        need = read[place]
        examples = other.examples if other and place == "against" else split.examples
        shown = (getattr(example, need.of or task.sides[need.side]) for example in examples)
        files.read_all(each for each in shown if isinstance(each, Path))
        for done, example in enumerate(examples, 1):
            report(f"reading side {place}", done, len(examples))
            if example.id in absent.get(place, {}):
                continue
            try:
                item = _item(task, example, need)
            except (OSError, MediaError) as error:
                absent.setdefault(place, {})[example.id] = f"{need.of or need.side}: {faults.one_line(error)}"
                continue
            if item is not None:
                _check(item, split, other.digests if other and place == "against" else split.digests)
                items[example.id] = item
    return sides


def _check(item: embed.Item, split: Split, digests: Mapping[Path, str]) -> None:
    """BenchError where a file's bytes are not those that the manifest names."""
    if isinstance(item.source, Path) and digests.get(item.source, item.key) != item.key:
        raise BenchError(
            f"{item.source}: is not the file that {split.label} was made with; run: bench splits verify "
            f"{split.card.name}"
        )


def _item(task: Task, example: Example, need: Need) -> embed.Item | None:
    value = getattr(example, need.of or task.sides[need.side])
    if value is None:
        return None
    match _kind(task, need):
        case "text":
            return embed.text_item(value)
        case "video":
            return embed.video_item(value)
    return embed.file_item(value)


def _keys(items: Items) -> dict[str, str]:
    return {example_id: item.key for example_id, item in items.items()}


def _jobs(
    task: Task,
    cards: Sequence[MetricCard],
    made: Mapping[str, Items],
    sides: Mapping[str, Items],
    notes: Mapping[str, Mapping[str, Items]],
) -> list[tuple[list[str], list[embed.Item]]]:
    """The networks of each kind of item, with all items of that kind."""
    jobs: dict[str, tuple[list[str], list[embed.Item]]] = {}
    kinds = {"against": str(task.output)}
    for need in _needs(cards):
        kinds[need.place] = _kind(task, need)
        names, _ = jobs.setdefault(kinds[need.place], ([], []))
        if need.extractor not in names:
            names.append(need.extractor)
    for place, found in sides.items():
        jobs[kinds[place]][1].extend(found.values())
    if "generated" in kinds:
        for found in made.values():
            jobs[task.output][1].extend(found.values())
    for own in notes.values():
        for found in own.values():
            if found:  # of those that a metric reads
                jobs["text"][1].extend(found.values())
    return [jobs[kind] for kind in sorted(jobs)]


def _kind(task: Task, need: Need) -> str:
    """Of what a metric reads: `audio`, `image`, `video` or `text`."""
    if need.of:
        return kind(need.of)
    if need.side in ("generated", "reference", "against"):
        return task.output
    if need.side == "image":
        return "video" if "video" in task.conditions else "image"
    return "text"
