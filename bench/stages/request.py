"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sightsound.bench.core.length import USUAL
from sightsound.bench.core.registry import System
from sightsound.bench.core.shard import Shard
from sightsound.bench.core.types import Example, Task
from sightsound.bench.folders.scene import Scene
from sightsound.bench.stages.batches import size_of
from sightsound.bench.stages.scope import Only, scope
from sightsound.metrics.card import MetricCard


@dataclass(frozen=True)
class Request:
    """All that the stages are told; the command makes it of names and presets."""

    task: Task
    """Task."""
    split: str
    """Split name, or the absolute path of a folder with a manifest; of folders alone their label."""
    systems: tuple[System, ...]
    """Systems under test and reference rows, in the table's order."""
    metrics: tuple[MetricCard, ...]
    """Metrics."""
    folder: Path
    """Run folder."""
    seed: int = 0
    """Seed of the run."""
    limit: int | None = None
    """Number of examples to take, None for all."""
    device: str = "cpu"
    """Torch device."""
    batch_size: int | None = None
    """Examples a call of a model; None for the model's own."""
    engine: str = ""
    """Where the batches are worked on, see bench/engines/choose.py; empty for what suits the device."""
    workers: int | None = None
    """How many workers an engine has, None for its own number."""
    gpu_share: float = 1.0
    """Of a GPU, for each worker."""
    mirror: Path | None = None
    """Folder with assets, searched first."""
    retry: bool = False
    """Try again what failed."""
    remake: bool = False
    """Make anew the outputs that another version of a system has made."""
    timeout_s: float = 0.0
    """Most seconds a model may take for an example; 0 for no limit."""
    in_turn: bool = False
    """Whether no stage of a pipeline runs ahead on a card (bench/stages/ahead.py)."""
    scene: Scene | None = None
    """The user's folders, looked into; None where systems generate on a split of that name."""
    reference: str | None = None
    """Another set for the distances between sets than the split's own references: a folder or a split."""
    length: str = USUAL
    """How much of a clip the metrics hear, a name in bench/core/length.py."""
    corpus: Path | None = None
    """File of texts, one a line, for the metrics that compare with a corpus."""
    allow_missing: bool = False
    """Go on without the metrics whose networks cannot be had."""
    command: str = "run"
    """The command that asks, for run.toml."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """What a command line says to ask for this again: option -> value; bench/stages/said.py writes it down."""
    shard: Shard | None = None
    """The part of the run that is asked for; None for all of it."""
    made_on: str = ""
    """The device that rows name, where another process made the outputs; empty where this one does."""

    def asked(
        self, system: System, examples: Sequence[Example], only: Only = MappingProxyType({})
    ) -> list[Example]:
        """The examples that the system has to answer here: of a shard its batches."""
        whole = scope(system, examples, only)
        return whole if self.shard is None else self.shard.own(whole, size_of(system, self.batch_size))
