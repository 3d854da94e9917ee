"""How many examples go together: the variant's number, and on a card as many as the first batch shows to fit.

What was found is kept beside the outputs, so that a run that goes on after a kill makes the same batches again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core import memory
from sightsound.bench.core.registry import System
from sightsound.bench.core.store import write_text
from sightsound.bench.core.types import Example, chunks

NAME = "batches.json"
LARGEST = 64  # more examples at once gain nothing and make every failure dearer
SHARE = 0.9  # of the card's memory that batches may take


def size_of(system: System, asked: int | None) -> int:
    """Examples a call: as many as were asked for, else the variant's own; 0, all together, is a variant's need."""
    own = system.build.batch_size
    return own if asked is None or own == 0 else asked


@dataclass(frozen=True)
class Use:
    """Bytes of a card."""

    resident: int
    """Taken by the model before it worked."""
    peak: int
    """The most that was taken at once since."""
    have: float
    """All that it has."""


class Gauge:
    """Reads a card's memory; made when the model is there and has not worked yet."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._resident = memory.reset_peak(device)

    def read(self) -> Use:
        """The use up to now."""
        return Use(self._resident, memory.peak(self._device), memory.have_gb(self._device) * memory.GB)


class Batches:
    """The batches of one system, in the split's order. With `grow` the first one is measured and the others are as
    large as it shows to fit."""

    def __init__(self, folder: Path, size: int, device: str, *, grow: bool) -> None:
        self.path, self.size = folder / NAME, size
        self.grow = grow and device.startswith("cuda") and size > 0
        self._use: Use | None = None

    def groups(self, examples: Sequence[Example]) -> Iterator[list[Sequence[Example]]]:
        """The batches in groups; those of a group may be worked on at once. Before the second group is asked for,
        `learn` is told what the first one took."""
        if not self.grow or len(examples) <= self.size:
            yield list(chunks(examples, self.size))
            return
        yield [examples[: self.size]]
        yield list(chunks(examples[self.size :], self._then()))

    def learn(self, use: Use | None) -> None:
        """What a batch took; the first one counts."""
        self._use = self._use or use

    def _then(self) -> int:
        """Examples of the batches after the first."""
        if self.path.is_file():
            return int(json.loads(self.path.read_text(encoding="utf-8"))["then"])
        fit, use = self.size, self._use
        if use is not None and use.resident and use.peak > use.resident:
            fit = int((SHARE * use.have - use.resident) / ((use.peak - use.resident) / self.size))
        then = max(1, min(fit, LARGEST))
        write_text(self.path, json.dumps({"first": self.size, "then": then}) + "\n")
        return then
