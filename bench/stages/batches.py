"""How many examples go together: the variant's number, and on a card as many as the first batch shows to fit.

What was found is kept beside the outputs, so that a run that goes on after a kill makes the same batches again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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


class Batches:
    """The batches of one system, in the split's order. With `grow` the first one is measured and the others are as
    large as it shows to fit."""

    def __init__(self, folder: Path, size: int, device: str, *, grow: bool) -> None:
        self.path, self.size, self.device = folder / NAME, size, device
        self.grow = grow and device.startswith("cuda") and size > 0
        self._resident = 0

    def over(self, examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
        """The batches. What the caller does between the first and the second is what is measured."""
        if not self.grow or len(examples) <= self.size:
            yield from chunks(examples, self.size)
            return
        yield examples[: self.size]
        yield from chunks(examples[self.size :], self._then())

    def loaded(self) -> None:
        """To be called when the model is there and has not worked yet."""
        if self.grow:
            self._resident = memory.reset_peak(self.device)

    def _then(self) -> int:
        """Examples of the batches after the first."""
        if self.path.is_file():
            return int(json.loads(self.path.read_text(encoding="utf-8"))["then"])
        each = (memory.peak(self.device) - self._resident) / self.size
        room = SHARE * memory.have_gb(self.device) * memory.GB - self._resident
        fit = int(room / each) if self._resident and each > 0 else self.size
        then = max(1, min(fit, LARGEST))
        write_text(self.path, json.dumps({"first": self.size, "then": then}) + "\n")
        return then
