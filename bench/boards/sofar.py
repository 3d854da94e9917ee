"""Values of a run that is not yet scored, as far as its features are there.

Nothing is written or fetched, and no network runs: what the run itself puts into the store is all that is read. A
value is given only where every feature that it reads is there, so it is the value that the run will end with.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench import assets, splits
from sightsound.bench.core import media, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.results import Row
from sightsound.bench.core.types import Task
from sightsound.bench.folders import kept
from sightsound.bench.splits import Split
from sightsound.bench.stages import embed, outputs, reading, recorded, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.scope import scope
from sightsound.metrics.card import MetricCard, Need

REST = 20  # times what a look at the features took, until the next one


@dataclass
class Known:
    """What was found already, from one look to the next."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    """(system, metric) -> its row."""
    why: str = ""
    """Why there can be no values before the run's own; empty where there can."""
    again: float = 0.0
    """When it is worth to look again, by the monotonic clock."""


def look(folder: Path, plan: Mapping[str, Any], known: Known) -> None:
    """Add to `known` the values whose features are there by now; looks are seldom where they take long."""
    began = time.monotonic()
    if began < known.again:
        return
    try:
        recorded.know([plan])
        split = _split(folder, plan)
        if split is None:
            known.why = "the split is not prepared on this machine"
        else:
            known.why = ""
            _look(folder, plan, split, known)
    except BenchError as error:  # cards of a module that is not here, another version of the split, a damaged file
        known.why = str(error)
    known.again = time.monotonic() + REST * (time.monotonic() - began)


def _look(folder: Path, plan: Mapping[str, Any], split: Split, known: Known) -> None:
    task = registry.task(plan["task"])
    systems = [recorded.system(label) for label in plan["systems"]]
    cards = [registry.metric(name, task) for name in plan["metrics"]]
    networks = embed.Extractors(reading.extractors(cards), "cpu", None, plan["length"])
    stored = _features(folder, plan, task, split, systems, networks)
    whole = _Whole(stored, networks)
    for card in cards:
        if reading.reads_corpus(card) or not all(_is_here(need.extractor) for need in reading.needs(card)):
            continue
        mine = [each for each in systems if not (card.kind == "ranked" and each.card.reference)]
        there = [each for each in mine if whole.of(card, each)]
        new = [each for each in there if (each.label, card.name) not in known.rows]
        if not new or (card.kind == "ranked" and len(there) < len(mine)):
            continue
        rows = score.score(stored, new, [card], task.name).rows
        known.rows |= {(each.label, card.name): row for each, row in zip(new, rows, strict=True)}


def _split(folder: Path, plan: Mapping[str, Any]) -> Split | None:
    """The run's examples; None where they are not here."""
    if (given := kept.read(folder)) is not None:
        return given
    if not splits.is_prepared(plan["split"]):
        return None
    found = splits.read(plan["split"], task=plan["task"], limit=plan["limit"])
    return found if found.hash == plan["split_hash"] else None


def _is_here(extractor: str) -> bool:
    try:
        return all(assets.locate(name) is not None for name in registry.extractor(extractor).assets)
    except assets.AssetError:  # damaged: the run fetches it again
        return False


def _features(
    folder: Path,
    plan: Mapping[str, Any],
    task: Task,
    split: Split,
    systems: Sequence[registry.System],
    networks: embed.Extractors,
) -> FeatureSet:
    """As bench/stages/gather.py makes it, of what the journals and the split say, without a look at any file."""
    made: dict[str, dict[str, str]] = {}
    notes: dict[str, dict[str, dict[str, str]]] = {}
    absent: dict[str, Mapping[str, str]] = {}
    for system in systems:
        place, journal = outputs.place(folder, system), outputs.journal(folder, system)
        paths = {key: (place / each.path, each.sha256) for key, each in journal.items() if each.path}
        made[system.label] = {
            key: _text_key(media.read_text(path)) if task.output == "text" else sha or media.file_sha256(path)
            for key, (path, sha) in paths.items()
        }
        absent[system.label] = {key: each.error or "" for key, each in journal.items() if each.path is None}
        own: dict[str, dict[str, str]] = {}
        for key in made[system.label]:
            for name, text in journal[key].notes.items():
                own.setdefault(name, {}).update({key: _text_key(text)} if text.strip() else {})
        notes[system.label] = own
    store = FeatureStore(cache_dir() / "features")

    def feature(extractor: str, key: str, output: str) -> NDArray[np.float32] | None:
        return store.get(networks.signature(extractor), key, output)  # where it is damaged, the run makes it again

    return FeatureSet(
        examples=split.examples,
        split=split.label,
        keys=_Sides(task, split),
        outputs=made,
        feature=feature,
        extractor_signature=networks.signature,
        absent=absent | {"reference": split.absent, "against": split.against.absent if split.against else {}},
        notes=notes,
        length=plan["length"],
        video="video" in task.conditions,
        against=split.against,
        only=split.only,
        facts={each.label: {"run": folder.name, "seed": plan["seed"]} for each in systems},
    )


class _Sides(dict[str, Mapping[str, str]]):
    """Content keys of the references and conditions, made for each place when it is first asked for."""

    def __init__(self, task: Task, split: Split) -> None:
        super().__init__()
        self._task, self._split = task, split

    def __missing__(self, place: str) -> Mapping[str, str]:
        other = self._split.against
        ours = not (other is not None and place == "against")
        split = self._split
        examples = split.examples if ours or other is None else other.examples
        digests = split.digests if ours or other is None else other.digests
        absent = split.absent if ours or other is None else other.absent
        name = self._task.reference if place == "against" else self._field(place)
        found = {}
        for example in examples:
            value = getattr(example, name)
            if value is not None and example.id not in absent:
                found[example.id] = (
                    digests.get(value) or media.file_sha256(value) if isinstance(value, Path) else _text_key(value)
                )
        self[place] = found
        return found

    def _field(self, place: str) -> str:
        sides = {str(side): name for side, name in self._task.sides.items()}
        return sides.get(place) or place.removeprefix("@")


def _text_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Whole:
    """Which features are all there; each set of them is looked for once."""

    def __init__(self, stored: FeatureSet, networks: embed.Extractors) -> None:
        self._stored, self._networks = stored, networks
        self._store = FeatureStore(cache_dir() / "features")
        self._known: dict[tuple[str, str, str], bool] = {}

    def of(self, card: MetricCard, system: registry.System) -> bool:
        """Whether the system has answered all of its examples and all features that the metric reads are there."""
        wanted = {example.id for example in scope(system, self._stored.examples, self._stored.only)}
        answered = {*self._stored.outputs[system.label], *self._stored.absent[system.label]}
        return wanted <= answered and all(self._has(need, system, wanted) for need in reading.needs(card))

    def _has(self, need: Need, system: registry.System, wanted: set[str]) -> bool:
        which = need.extractor, need.place, system.label if need.own else ""
        if which not in self._known:
            signature = self._networks.signature(need.extractor)
            self._known[which] = all(self._store.has(signature, key) for key in self._keys(need, system, wanted))
        return self._known[which]

    def _keys(self, need: Need, system: registry.System, wanted: set[str]) -> Iterator[str]:
        if need.own:
            yield from filter(None, (self._stored.key(need, system.label, each) for each in wanted))
            return
        yield from self._stored.keys[need.place].values()
        if self._stored.against is not None and need.side == "reference":
            yield from self._stored.keys["against"].values()
