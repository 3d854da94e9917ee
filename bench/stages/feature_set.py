"""What the embed stage hands to scoring and to comparisons: the features of a split's outputs and references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.length import USUAL
from sightsound.bench.core.numbers import NumberStore
from sightsound.bench.core.types import Example
from sightsound.bench.splits import Against
from sightsound.metrics.card import Need

FeatureOf = Callable[[str, str, str], NDArray[np.float32] | None]
"""(extractor, content key, output) -> features, or None where the item could not be embedded."""

FeaturesOf = Callable[[str, Sequence[str], str], Sequence[NDArray[np.float32] | None]]
"""The same of many contents: (extractor, content keys, output) -> the features of each."""


@dataclass(frozen=True)
class FeatureSet:
    """All that metrics read of some systems' outputs on one split."""

    examples: Sequence[Example]
    """The split's examples for the task, in order."""
    split: str
    """`name@hash`."""
    keys: Mapping[str, Mapping[str, str]]
    """`Need.place` (`reference`, `@emotion`) or `against` -> example id -> content key: what is read of the
    split."""
    outputs: Mapping[str, Mapping[str, str]]
    """System label -> example id -> content key of its output; failures are not there."""
    feature: FeatureOf
    """Where the features are."""
    extractor_signature: Callable[[str], str]
    """Extractor name -> signature."""
    several: FeaturesOf | None = None
    """`feature` of many contents at once, where there is a quicker way than one after the other."""
    numbers: NumberStore | None = None
    """Where distances are kept for the next run; None where features are not known by content."""
    absent: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """System label or side -> example id -> why there is nothing to embed."""
    unembedded: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(extractor, content key) -> why it has no features."""
    sources: Mapping[str, Path | str] = field(default_factory=dict)
    """Content key -> the file, or the text itself."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """System label -> what a reader of its rows must know."""
    corpus: str = ""
    """Size and digest of the user's corpus, whose keys are `keys["corpus"]`; empty where no metric reads one."""
    notes: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """System label -> name of a text that it wrote down -> example id -> content key; empty for a text that no
    metric reads."""
    length: str = USUAL
    """How much of a clip was heard (bench/core/length.py)."""
    video: bool = False
    """The condition is a video, of which a network of pictures sees the middle frame."""
    against: Against | None = None
    """What distances between sets compare with; None for the examples' own references."""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """System label -> ids of the examples that it has to answer, for those that don't have to answer all."""
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """System label -> cells of its rows that the scoring doesn't know (run, seed, device, versions, ...)."""

    def keys_of(self, need: Need, system: str) -> Mapping[str, str]:
        """Content keys of what a metric reads for the system, by example id; those that have nothing are not
        there."""
        if need.note:
            return self.notes.get(system, {}).get(need.note, {})
        return self.outputs[system] if need.own else self.keys[need.place]

    def key(self, need: Need, system: str, example_id: str) -> str | None:
        """Content key of what a metric reads for an example of the system; None where there is nothing."""
        return self.keys_of(need, system).get(example_id)

    def features(
        self, need: Need, system: str, examples: Sequence[Example]
    ) -> Sequence[NDArray[np.float32] | None]:
        """What a metric reads for each of the examples; None where there is nothing."""
        of = self.keys_of(need, system)
        keys = [of.get(example.id) for example in examples]
        there = [key for key in keys if key is not None]
        if self.several is not None:
            found = iter(self.several(need.extractor, there, need.output))
        else:
            found = iter([self.feature(need.extractor, key, need.output) for key in there])
        return [None if key is None else next(found) for key in keys]

    def unsaid(self, needs: Sequence[Need], system: str) -> str:
        """Why a metric does not apply to the system: it wrote down no text of the name that is read. Or empty."""
        has = self.notes.get(system, {})
        for need in needs:
            if need.note and self.outputs[system] and not has.get(need.note):
                return f"it writes down no {need.note}" + (f", only {', '.join(sorted(has))}" if has else "")
        return ""

    def lost(self, needs: Sequence[Need], system: str, examples: Sequence[Example]) -> dict[str, str]:
        """The examples that a metric with these needs cannot score for the system, by id: why."""
        found: dict[str, str] = {}
        own = self.only.get(system)
        read = [(need, self.keys_of(need, system)) for need in needs if need.side != "corpus"]
        for example in examples:
            if own is not None and example.id not in own:
                continue
            for need, keys in read:
                key = keys.get(example.id)
                if key is None:
                    whose = system if need.own else need.place
                    reason = self.absent.get(whose, {}).get(example.id, f"it has no {need.of or need.side}")
                else:
                    reason = self.unembedded.get((need.extractor, key), "")
                if reason:
                    found.setdefault(example.id, reason)
        return found

    def lost_against(self, need: Need) -> dict[str, str]:
        """The references of `against` that have no features for `need`, by id: why."""
        found: dict[str, str] = {}
        for example in self.against.examples if self.against else ():
            key = self.keys["against"].get(example.id)
            if key is None:
                reason = self.absent.get("against", {}).get(example.id, "it is not there")
            else:
                reason = self.unembedded.get((need.extractor, key), "")
            if reason:
                found[example.id] = reason
        return found
