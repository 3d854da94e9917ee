"""What of a row can be told without chance: is it there, is it the same quantity, is it a reference row's?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sightsound.bench.core import registry
from sightsound.bench.core.results import Row, definition
from sightsound.metrics.signature import differs

REFERENCE_RELATIVE, REFERENCE_ABSOLUTE = 1e-3, 1e-4
"""Within which reference rows are the same: their outputs are given, so only a machine's rounding may differ."""
SEEDED = frozenset({"mispaired", "white_noise", "noise", "shuffled"})
"""The variants of reference rows whose outputs are others with another seed."""

Verdict = tuple[bool, str]
"""Whether all is well, and what was found."""


def is_reference(family: str) -> bool:
    """Whether a family is the reference rows'."""
    card = registry.model_cards().get(family)
    return card is not None and card.reference


def same_quantity(new: Row | None, olds: Sequence[Row]) -> Verdict | list[Row]:
    """The baseline's rows that the run's can be tested against, or the verdict where it cannot or need not be.

    `olds`: the baseline's rows of the same system and metric, of other seeds, competitors or versions, at least
    one.
    """
    if new is None:
        return False, "missing from the run"
    among = [old for old in olds if old.competitors == new.competitors]
    if not among:
        return True, f"not compared, a rank among others: {olds[-1].competitors} -> {new.competitors}"
    same = [old for old in among if definition(old.signature) == definition(new.signature)]
    if not same:
        changed = differs(definition(among[-1].signature), definition(new.signature))
        return False, "the signature changed: " + "; ".join(changed)
    # n also counts which clips have a value at all (voiced ones, for thd), which differs from seed to seed
    if new.n_failed not in {old.n_failed for old in same}:
        before = ", ".join(sorted({str(old.n_failed) for old in same}))
        return False, f"the coverage changed: failed {before} -> {new.n_failed}"
    known = [old for old in same if not math.isnan(old.value)]
    if math.isnan(new.value) and len(known) == len(same):
        return False, f"the value is lost: {new.note or 'no reason is noted'}"
    if math.isnan(new.value) or not known:
        return True, "no value in either" if math.isnan(new.value) else "a value where the baseline has none"
    return _reference(new, known) if is_reference(new.model) else known


def _reference(new: Row, olds: Sequence[Row]) -> Verdict:
    """A reference row's outputs are given: where its value changed, something else did."""
    if new.variant in SEEDED:
        olds = [old for old in olds if old.seed == new.seed]
    if not olds:
        return True, "not compared: other outputs with another seed"
    before = float(np.mean([old.value for old in olds]))
    if abs(new.value - before) <= REFERENCE_RELATIVE * abs(before) + REFERENCE_ABSOLUTE:
        return True, "unchanged"
    return False, f"changed by {new.value - before:.4g}, and so the metric, a decoder or the split did"
