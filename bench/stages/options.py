"""What the user asked for, before names and presets are looked up. Light: the command line reads it at each
start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightsound.bench.core.errors import BenchError

SECRET = re.compile(r"key|token|secret|passw|credential", re.IGNORECASE)
"""Names of options whose values must not be written down."""


@dataclass(frozen=True)
class Options:
    """The options that the commands share, as the user gave them; bench/commands/options.py has their help."""

    task: str
    model: Sequence[str] = ()
    split: str | None = None
    preset: str = "pocket"
    metrics: str | None = None
    limit: int | None = None
    seed: int = 0
    device: str = "auto"
    batch_size: int | None = None
    engine: str = ""
    workers: int | None = None
    gpu_share: float = 1.0
    out: Path | None = None
    mirror: Path | None = None
    settings: Sequence[str] | None = None
    python: str | None = None
    corpus: Path | None = None
    reference: str | None = None
    length: str = "first10s"
    retry: bool = False
    remake: bool = False
    timeout: float = 0.0
    in_turn: bool = False
    allow_missing_metrics: bool = False
    shard: str | None = None
    notes: list[str] = field(default_factory=list)
    """Filled on the way: what the user should know before the work starts."""
    problems: list[BenchError] = field(default_factory=list)
    """Filled on the way: what is wrong, raised together before the work starts."""
    command: str = "run"
    """The command that was given them, for run.toml."""
    own: dict[str, Any] = field(default_factory=dict)
    """What that command was told beside them, by the name of its parameter, for run.toml."""
