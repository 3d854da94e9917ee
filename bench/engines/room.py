"""What a worker takes of a device, and which devices have that: told before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from sightsound.bench.core import memory
from sightsound.bench.core.errors import BenchError

MOST_ON_CPU = 4
"""Workers on a CPU where none was named a number: each of them holds the models once."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Room:
    """What each worker of a run is given."""

    label: str = ""
    """The system that needs the most, for messages."""
    stated_gb: float = 0.0
    """The most memory that the card of a system states, for a whole batch; 0 where none states any."""
    least_gb: float = 0.0
    """The most that the weights of a system take: with less it cannot be loaded."""
    share: float = 1.0
    """Of a GPU and its memory, above 0 and 1 at most."""

    def on_cards(self, cards: int) -> int:
        """Workers for so many GPUs, where none was named a number."""
        return cards * int(1 / self.share + ROUNDING)

    def on_cpu(self) -> int:
        """Workers for this machine without GPUs: one a core, as far as the memory goes that is stated."""
        cores = min(MOST_ON_CPU, len(os.sched_getaffinity(0)))
        fit = int(memory.have_gb("cpu") / self.stated_gb) if self.stated_gb else cores
        return max(1, min(cores, fit))

    def fitting(self, have_gb: Mapping[str, float]) -> list[str]:
        """Those of the devices, with the memory of their cards, to which workers may go: where some have what is
        stated, those; else those that can hold the weights, on which a batch may have to be halved.

        BenchError where the model fits on none.
        """
        for needed in (self.stated_gb, self.least_gb):
            if found := [name for name, gb in have_gb.items() if gb * self.share >= needed]:
                return found
        name, gb = max(have_gb.items(), key=lambda each: each[1])
        part = f", of which --gpu-share {self.share:g} is {gb * self.share:.1f} GB" if self.share < 1 else ""
        raise BenchError(
            f"{self.label}: needs about {self.stated_gb:g} GB, the largest device has {gb:.1f} GB ({name}){part}; "
            "take another --device, machine or cluster"
        )
