"""A distance between two sets of clips: its value, its parts, its floor, and what the next run finds of them.

What takes time, the value without each piece and the floor, hangs on the features of both sets alone. It is kept
under a digest of the contents, their groups, the networks' signatures and the code of the formulas: the same clips
are compared once, whatever systems or metrics a later run adds.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound import metrics
from sightsound.bench.core import registry
from sightsound.bench.core.numbers import Numbers
from sightsound.bench.core.types import Example
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.reading import function_of, module_of
from sightsound.bench.stages.scope import halves
from sightsound.bench.stages.values import Value, covers, side_rows, too_few
from sightsound.metrics.card import MetricCard, Need
from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics import parts
from sightsound.metrics.streams import Stream


@dataclass(frozen=True)
class Reference:
    """The other side of a distance, which many systems are held against."""

    clips: Sequence[Example]
    """The examples that have the feature."""
    rows: Rows | Stream
    """Theirs."""
    kept: dict[Any, Any] = field(default_factory=dict)
    """What the metric's functions worked out of it, see `KEEPS` in docs/metrics.md."""


@dataclass(frozen=True)
class Known:
    """What was worked out for one system and serves another."""

    floors: dict[tuple[str, int, tuple[str, ...]], float] = field(default_factory=dict)
    """(metric, clips, reference ids) -> floor."""
    reference: dict[tuple[str, Need, str, tuple[str, ...]], Reference] = field(default_factory=dict)
    """The last one only: (metric, feature, system where it is the system's own, example ids) -> it."""


@dataclass(frozen=True)
class Distance:
    """What is worked out of the rows of both sides."""

    value: float
    """In the metric's unit."""
    taken: float
    """The value whose parts are taken: a corrected distance's before it is corrected."""
    without: NDArray[np.float64] | None
    """`taken` without each piece of the clips, `[pieces]`; None where there is no interval."""
    note: str
    """What is to be said of it."""


@dataclass(frozen=True)
class _Side:
    """One side before its features are read."""

    need: Need
    system: str
    examples: Sequence[Example]
    """Those that have a content with features."""
    contents: Sequence[str]
    """Theirs."""


def of_sets(
    card: MetricCard, stored: FeatureSet, system: registry.System, examples: Sequence[Example], known: Known
) -> Value:
    """A distance between two sets of clips."""
    (need,) = [need for need in card.needs if need.side == "generated"]
    (other,) = [need for need in card.needs if need.side != "generated"]
    against = halves(stored.examples)[1] if system.build.halves else examples
    another = other.side == "reference" and stored.against is not None
    if other.side == "corpus":
        against = [Example(id=name, group=name) for name in stored.keys["corpus"]]
    elif another and stored.against is not None:
        if system.build.halves:
            return Value(note=f"the halves are of the split's own reference, not of {stored.against.label}")
        against, other = stored.against.examples, replace(other, side="against")
    mine, theirs = _side(stored, system.label, need, examples), _side(stored, system.label, other, against)
    if short := too_few(card, min(len(mine.examples), len(theirs.examples))):
        return Value(clips=mine.examples, note=short)
    # halves of the reference are there to show what no difference looks like: they have no interval of their own
    interval = another or against is examples
    found = _distance(card, stored, mine, theirs, known, interval=interval)
    if other.side == "corpus" or system.build.halves:
        return found
    key = card.name, len(mine.examples), tuple(example.id for example in theirs.examples)
    if key not in known.floors:
        known.floors[key] = _floor(card, stored, theirs, len(mine.examples), known)
    return replace(found, floor=known.floors[key])


def sets(
    card: MetricCard,
    mine: Sequence[Example],
    rows: Rows | Stream,
    theirs: Sequence[Example],
    references: Rows | Stream,
) -> Value:
    """A metric over the rows of two sets of clips."""
    return _taken_apart(mine, theirs, measured(card, mine, rows, theirs, references))


def measured(
    card: MetricCard,
    mine: Sequence[Example],
    rows: Rows | Stream,
    theirs: Sequence[Example],
    references: Rows | Stream,
    *,
    interval: bool = True,
    kept: dict[Any, Any] | None = None,
) -> Distance:
    """What `sets` takes apart. `kept`: for what the metric's functions work out of `references`."""
    aggregate = _keeping(card, "aggregate", kept)
    grouped = getattr(module_of(card), "TAKES_GROUPS", False)
    groups = {"groups": [e.group for e in mine], "reference_groups": [e.group for e in theirs]} if grouped else {}
    value = float(aggregate(rows, np.ones(len(rows)), references, np.ones(len(references)), **groups))
    few = getattr(module_of(card), "few_frames", None)
    note = few(rows, references) if few else ""
    if math.isnan(value) or not interval or not covers(card):
        return Distance(value, value, None, note)
    # A correction of a bias is as sure as what it corrects; its own jackknife would cost a correction a part.
    plugin, fast = function_of(card, "plugin"), _keeping(card, "replicates", kept)
    single = plugin or aggregate
    taken = float(plugin(rows, np.ones(len(rows)), references, np.ones(len(references)))) if plugin else value

    masks = getattr(module_of(card), "TAKES_MASKS", False)

    def without(mask: NDArray[np.bool_]) -> Rows:
        left, right = (side if masks else side.astype(np.float64) for side in np.split(mask, [len(rows)], axis=1))
        keys = groups if fast is None or single is aggregate else {}
        if fast is not None:
            return np.asarray(fast(rows, left, references, right, **keys))
        pairs = zip(left, right, strict=True)
        return np.array([single(rows, w, references, v, **keys) for w, v in pairs])

    return Distance(value, taken, parts.left_out(without, *_names([*mine, *theirs])), note)


def _taken_apart(mine: Sequence[Example], theirs: Sequence[Example], found: Distance) -> Value:
    if found.without is None:
        return Value(found.value, mine, note=found.note)
    made = parts.pseudo_values(found.without, found.taken, *_names([*mine, *theirs]))
    made = replace(made, values=made.values + (found.value - found.taken))
    return Value(found.value, mine, made if np.isfinite(made.values).all() else None, note=found.note)


def _names(clips: Sequence[Example]) -> tuple[list[str], list[str]]:
    """Names and groups, as the jackknife takes them."""
    return [e.id for e in clips], [e.group for e in clips]


def _side(stored: FeatureSet, system: str, need: Need, examples: Sequence[Example]) -> _Side:
    of = stored.keys_of(need, system)
    there = [
        (each, key)
        for each in examples
        if (key := of.get(each.id)) is not None and (need.extractor, key) not in stored.unembedded
    ]
    return _Side(need, system, [each for each, _ in there], [key for _, key in there])


def _distance(
    card: MetricCard, stored: FeatureSet, mine: _Side, theirs: _Side, known: Known, *, interval: bool
) -> Value:
    digest = _digest(card, stored, "distance", interval, _about(stored, mine), _about(stored, theirs))
    if (numbers := _kept(stored, digest)) is not None:
        without = numbers.get("without")
        found = Distance(float(numbers["value"]), float(numbers["taken"]), without, str(numbers["note"]))
        return _taken_apart(mine.examples, theirs.examples, found)
    clips, rows = side_rows(card, stored, mine.system, mine.need, mine.examples)
    reference = _reference(card, stored, theirs, known)
    found = measured(card, clips, rows, reference.clips, reference.rows, interval=interval, kept=reference.kept)
    whole = len(clips) == len(mine.examples) and len(reference.clips) == len(theirs.examples)
    if whole:
        about = {"value": found.value, "taken": found.taken, "note": found.note}
        numbers = {name: np.array(each) for name, each in about.items()}
        _keep(stored, digest, numbers | ({} if found.without is None else {"without": found.without}))
    return _taken_apart(clips, reference.clips, found)


def _floor(card: MetricCard, stored: FeatureSet, theirs: _Side, count: int, known: Known) -> float:
    same_source = function_of(card, "same_source")
    if same_source is None:
        return math.nan
    groups = [e.reference_group or e.group for e in theirs.examples]
    digest = _digest(card, stored, "floor", count, groups, _about(stored, theirs))
    if (numbers := _kept(stored, digest)) is not None:
        return float(numbers["value"])
    reference = _reference(card, stored, theirs, known)
    value = float(same_source(reference.rows, [e.reference_group or e.group for e in reference.clips], count))
    if len(reference.clips) == len(theirs.examples):
        _keep(stored, digest, {"value": np.array(value)})
    return value


def _reference(card: MetricCard, stored: FeatureSet, side: _Side, known: Known) -> Reference:
    own = side.system if side.need.own else ""
    key = card.name, side.need, own, tuple(example.id for example in side.examples)
    if key not in known.reference:
        known.reference.clear()  # no two are in memory at once
        known.reference[key] = Reference(*side_rows(card, stored, side.system, side.need, side.examples))
    return known.reference[key]


def _keeping(card: MetricCard, name: str, kept: dict[Any, Any] | None) -> Any:
    """A function of the metric, which keeps what it works out of the reference where its module says so."""
    function = function_of(card, name)
    return partial(function, kept=kept) if name in getattr(module_of(card), "KEEPS", ()) else function


def _about(stored: FeatureSet, side: _Side) -> list[Any]:
    """All of a side that a distance hangs on."""
    network = stored.extractor_signature(side.need.extractor)
    clips = [(e.id, e.group, content) for e, content in zip(side.examples, side.contents, strict=True)]
    return [network, side.need.output, clips]


def _digest(card: MetricCard, stored: FeatureSet, *about: Any) -> str:
    """Of all that a value hangs on; empty for a metric of the user's own, whose code may reach anywhere, and for
    features that are not known by content."""
    if stored.numbers is None or not module_of(card).__name__.startswith(f"{metrics.__name__}."):
        return ""
    said = json.dumps([_LOADED, astuple(card), *about], default=repr)
    return hashlib.sha256(said.encode()).hexdigest()


def _kept(stored: FeatureSet, digest: str) -> Numbers | None:
    """What an earlier run kept."""
    return stored.numbers.get(digest) if stored.numbers is not None and digest else None


def _keep(stored: FeatureSet, digest: str, numbers: Numbers) -> None:
    """Keep what was worked out, unless the code was edited since this process began: it may be of either."""
    if stored.numbers is not None and digest and _code() == _LOADED:
        stored.numbers.put(digest, numbers)


def _code() -> str:
    """Digest of the code that numbers come from, as it is on the disk: formulas and statistics, how their rows are
    made, this file, the libraries' versions."""
    root = Path(metrics.__file__).parent
    own = [path for path in sorted(root.rglob("*.py")) if path.relative_to(root).parts[0] != "networks"]
    digest = hashlib.sha256(json.dumps([version(name) for name in ("numpy", "scipy")]).encode())
    for path in (*own, Path(__file__).with_name("values.py"), Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_LOADED = _code()  # formulas are imported later, from the same files
