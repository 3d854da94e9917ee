"""The records of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from sightsound.bench import assets
from sightsound.bench.plan.machine import Machine


@dataclass(frozen=True)
class Work:
    """What one system has to do in one run."""

    system: str
    """Label."""
    task: str
    """Task name."""
    split: str
    """Split name, or the folder of the user's."""
    examples: int | None
    """Examples that it has no output for yet; None where only preparing the split will count them."""
    weights_bytes: int
    """Of its assets: as they lie here, or as their cards state them from the hub's listings."""
    memory_gb: float
    """What its card states for weights and a batch of its own size; 0 where it states nothing."""
    hours: float | None
    """None where nobody measured its rate on such a device, or the examples are not counted yet."""
    rate: str
    """Where the hours come from, or why there are none."""


@dataclass(frozen=True)
class Plan:
    """What some runs take together; what they share counts once."""

    work: tuple[Work, ...]
    """Systems under test, run by run; reference rows take seconds and are left out."""
    downloads: tuple[assets.Need, ...]
    """Assets that are not here and are fetched."""
    networks: tuple[str, ...]
    """Networks of the metrics."""
    metrics: tuple[str, ...]
    """Metrics."""
    outputs_bytes: int
    """About what the outputs take."""
    bring: tuple[str, ...]
    """Weights and media that the user has to bring, a line each."""
    gates: tuple[str, ...]
    """Whom to ask for access, a line each."""
    short: tuple[str, ...]
    """What this machine lacks: card, memory, disk; a line each."""
    notes: tuple[str, ...]
    """What does not stop the run and should be known."""
    machine: Machine
    """What was found here."""

    @property
    def download_bytes(self) -> int:
        """To be downloaded in all; what the cache or the mirror has counts nothing."""
        return sum(need.download_bytes for need in self.downloads)

    @property
    def disk_bytes(self) -> int:
        """Room that is needed: downloads while they are unpacked and converted, and outputs."""
        return sum(need.disk_bytes for need in self.downloads) + self.outputs_bytes

    @property
    def memory_gb(self) -> float:
        """The most that one system takes by its card; systems run one after the other."""
        return max((each.memory_gb for each in self.work), default=0.0)

    @property
    def hours(self) -> float | None:
        """Hours of generating in all; None where those of one system are not known."""
        known = [each.hours for each in self.work]
        return None if None in known else sum(hours for hours in known if hours is not None)
