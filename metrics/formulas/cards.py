"""Every formula that is a metric over each network that fits. Imports no numpy and no torch."""

from __future__ import annotations

from sightsound.metrics.formulas.class_cards import CLASSES
from sightsound.metrics.formulas.distance_cards import TWO_SETS
from sightsound.metrics.formulas.guard_cards import DIVERSITY
from sightsound.metrics.formulas.side_cards import RETRIEVAL, SIDES

FORMULAS = (*TWO_SETS, *CLASSES, *SIDES, *RETRIEVAL, DIVERSITY)
