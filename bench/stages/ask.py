"""A batch to a model: one answer an example, whatever is wrong with one of them or with the memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sightsound.bench.core import memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Generated, Model, chunks


class Asker:
    """Asks one system's model. A batch that does not fit into memory is halved, and so are those after it."""

    def __init__(self, model: Model, system: System, device: str) -> None:
        self.model, self.system, self.device = model, system, device
        self.at_most: int | None = None
        """Examples that were found to fit; None as long as every batch did."""

    def ask(self, batch: Sequence[Example], seed: int) -> list[Generated]:
        """One answer an example, in the batch's order. What a batch raises, each example is asked alone for.

        BenchError where one example alone does not fit into memory.
        """
        return [answer for part in chunks(batch, self.at_most or len(batch)) for answer in self._part(part, seed)]

    def _part(self, batch: Sequence[Example], seed: int) -> list[Generated]:
        try:
            return _match(self.model.generate(batch, seed), self.system.label, batch)
        except (ValueError, OSError, BenchError) as error:
            if len(batch) == 1:
                return [Generated(batch[0].id, error=one_line(error))]
            parts = [[example] for example in batch]
        except (RuntimeError, MemoryError) as error:
            if not memory.ran_out(error):
                raise
            if len(batch) == 1:
                raise BenchError(f"{self.system.label}: {too_little(self.system, self.device)}") from error
            self.at_most = (len(batch) + 1) // 2
            parts = [list(part) for part in chunks(batch, self.at_most)]
        memory.give_back()  # here, where the error's frames no longer hold the batch's tensors
        return [answer for part in parts for answer in self.ask(part, seed)]


def too_little(system: System, device: str) -> str:
    """What the system needs and what the device has."""
    needs = f"needs about {system.build.memory_gb:g} GB" if system.build.memory_gb else "needs more memory"
    return f"{needs}, {device} has {memory.have_gb(device):.1f} GB; take another --device or machine"


def _match(made: Iterable[Generated], label: str, batch: Sequence[Example]) -> list[Generated]:
    by_id: dict[str, Generated] = {}
    wanted = {example.id for example in batch}
    for answer in made:
        if answer.id not in wanted or answer.id in by_id:
            raise ValueError(f"{label} answered for {answer.id!r}, which was not asked or asked once only")
        by_id[answer.id] = answer
    return [by_id.get(e.id, Generated(e.id, error="the model gave no answer")) for e in batch]


def one_line(error: object) -> str:
    """An error's text for the journal."""
    return " ".join(str(error).split())[:500] or type(error).__name__
