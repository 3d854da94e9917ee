"""Sound in memory: mixed down and resampled as the sound of a file is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Waveform:
    """Sound in memory."""

    samples: NDArray[np.float32]
    """`[time, channels]`, full scale is 1."""
    rate_hz: int
    """Sampling rate."""

    def at_rates(self, rates_hz: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Mono float32 `[samples]`, once for each rate asked for; 0: its own. soxr, high quality."""
        import soxr

        # channel by channel: a mean over the short axis takes fifty times as long
        mono = np.asarray(sum(self.samples.T), np.float32) / self.samples.shape[1]
        own = self.rate_hz
        return {rate: mono if rate in (0, own) else soxr.resample(mono, own, rate, "HQ") for rate in rates_hz}
