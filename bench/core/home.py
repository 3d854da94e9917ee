"""Where a system runs that is not in this process: what the stages know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightsound.bench.core.types import Model, Task


@dataclass(frozen=True)
class Post:
    """What a model that runs elsewhere is made for."""

    label: str
    """The system's label, for messages."""
    entry: str
    """What its variant names: `package.module:Class`, or `exec:COMMAND`."""
    task: Task
    """The task that it does."""
    folder: Path
    """The system's folder in the run folder, absolute: its log and what passes between the processes."""
    timeout_s: float
    """Most seconds an example, 0 for no limit; the model keeps to it by itself."""


class Home(Protocol):
    """A command, or another interpreter."""

    @property
    def code(self) -> str:
        """sha256 of the code that runs there, as far as it is known."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Package -> version there, `python` among them; empty where nobody can tell."""

    @property
    def streams(self) -> bool:
        """Whether it is asked for all that is missing at once and each answer is kept as it comes; else it is
        asked by batches, like a model of this process."""

    def options(self, entry: str) -> Sequence[str] | None:
        """Names of the options that an entry there takes; None where nobody can tell before it is built."""

    def model(self, post: Post, device: str, weights: Mapping[str, Path], options: Mapping[str, str]) -> Model:
        """The model. What its constructor raised there is raised here; BenchError where it has gone."""
