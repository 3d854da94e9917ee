"""What the embed stage hands to scoring and to comparisons: the features of a split's outputs and references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.types import Example

FeatureOf = Callable[[str, str, str], NDArray[np.float32] | None]
"""(extractor, content key, output) -> features, or None where the item could not be embedded."""


@dataclass(frozen=True)
class FeatureSet:
    """All that metrics read of some systems' outputs on one split."""

    examples: Sequence[Example]
    """The split's examples for the task, in order."""
    split: str
    """`name@hash`."""
    keys: Mapping[str, Mapping[str, str]]
    """Side -> example id -> content key, for `reference`, `image` and `text`."""
    outputs: Mapping[str, Mapping[str, str]]
    """System label -> example id -> content key of its output; failures are not there."""
    feature: FeatureOf
    """Where the features are."""
    extractor_signature: Callable[[str], str]
    """Extractor name -> signature."""
    corpus: str = ""
    """Size and digest of the user's corpus, whose keys are `keys["corpus"]`; empty where no metric reads one."""
    video: bool = False
    """The condition is a video, of which a network of pictures sees the middle frame."""
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """System label -> cells of its rows that the scoring doesn't know (run, seed, device, versions, ...)."""
