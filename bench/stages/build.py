"""A system's model with its weights, in this process or in a worker's."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import faults, memory, registry
from sightsound.bench.core.errors import STOPS, BenchError
from sightsound.bench.core.faults import named
from sightsound.bench.core.home import Post
from sightsound.bench.core.types import Model, Report
from sightsound.bench.stages import fits, settings


@dataclass(frozen=True)
class Build:
    """`build` with all that it needs but the device: it can be sent to a worker, which has one of its own."""

    system: registry.System
    """What to build."""
    device: str
    """Torch device."""
    mirror: Path | None
    """Folder with assets, searched first."""
    report: Report
    """Told that it loads."""
    post: Post
    """What it is for."""

    def __call__(self) -> Model:
        """The model."""
        return build(self.system, self.device, self.mirror, self.report, self.post)

    def at(self, device: str, report: Report) -> Build:
        """The same on another device."""
        return replace(self, device=device, report=report)

    def __reduce__(self) -> tuple[object, ...]:
        """Without the report, which is the driver's."""
        return Build, (self.system, self.device, self.mirror, _silent, self.post)


def _silent(what: str, done: int, total: int | None) -> None:
    """A Report that tells nobody."""


def build(
    system: registry.System, device: str, mirror: Path | None, report: Report, post: Post | None = None
) -> Model:
    """The system's model with its weights; `post`: what it is for, where it runs elsewhere.

    BenchError, one line, for whatever its constructor raises, and for weights that the device has not the memory
    for, before they are read.
    """
    fits.check(system, device, mirror)
    loading = f"loading {system.label}"
    report(loading, 0, 1)
    weights = {name: assets.fetch(name, mirror, report) for name in system.build.assets}
    elsewhere = partial(system.home.model, post) if system.home is not None and post is not None else None
    factory = elsewhere or registry.load(system.build.entry)
    try:
        with redirect_stdout(sys.stderr):
            options = {key: settings.revealed(key, value) for key, value in system.options.items()}
            model: Model = factory(device, weights, options) if elsewhere else factory(device, weights, **options)
    except STOPS:
        raise
    except BaseException as error:  # a stranger's constructor may raise anything
        if fault := faults.of_machine(error):
            raise fault from error
        if memory.ran_out(error):
            raise BenchError(f"{system.label}: {fits.too_little(system, device)}") from error
        if isinstance(error, TypeError) and system.options:
            raise BenchError(f"{system.label}: an option is not known to it ({error})") from error
        raise BenchError(f"{system.label}: could not be built: {named(error)}") from error
    report(loading, 1, 1)
    return model
