"""Art2Mus's time-summed spectrum in decibels: an extractor without weights, for `legacy.art2mus_kl` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.legacy.art2mus import summed_spectrum
from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.extractor import Features


def load(weights: Mapping[str, Path], device: str) -> SpectrumDb:
    """The extractor. It has no weights and works on the CPU whatever the device."""
    return SpectrumDb()


class SpectrumDb:
    """Clips -> {"summed": [1, 1025]}, see `sightsound.metrics.legacy.art2mus.summed_spectrum`."""

    def __call__(self, clips: Sequence[NDArray[np.float32]]) -> list[Features]:
        """Features of each mono clip; ValueError when one is empty or not finite."""
        return [{"summed": summed_spectrum(checked_clip(clip, "spectrum_db"))} for clip in clips]
