"""`bench perf generate`: how many clips a minute a system makes, and the share of time outside it.

The harness decodes nothing for a model and writes one batch while the model makes the next, so almost all of
the time should be spent inside `Model.generate`. Loading the weights is not counted: it happens once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sightsound.bench import splits
from sightsound.bench.core import texts
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Generated, Model, Report
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.stages.ahead import staged
from sightsound.bench.stages.build import build
from sightsound.bench.stages.generate import generate, scope
from sightsound.bench.stages.request import Request

OUTSIDE = 0.03
"""Largest share of the time that may be spent outside the model."""


class Timed:
    """A model whose time is measured. Everything it yields is there when the clock stops."""

    def __init__(self, model: Model) -> None:
        self.model, self.seconds = model, 0.0

    def generate(self, examples: Sequence[Example], seed: int) -> list[Generated]:
        """See sightsound.bench.core.types.Model."""
        started = time.perf_counter()
        made = list(self.model.generate(examples, seed))
        self.seconds += time.perf_counter() - started
        return made


def measure(request: Request, report: Report) -> list[Figure]:
    """Figures of each of the request's systems over its split, its outputs thrown away.

    On CUDA also how much faster the system's batches are than one example at a time."""
    split = splits.load(request.split, mirror=request.mirror, task=request.task.name, limit=request.limit)
    figures = []
    for system in request.systems:
        if system.home is not None:
            raise BenchError(f"{system.label}: runs elsewhere; what is measured here are models of this process")
        model = Timed(build(system, request.device, request.mirror, report))
        examples = as_many(scope(system, split.examples), request.limit)
        _once(replace(request, limit=1), system, examples[:1], model)  # warm-up: kernels and caches
        total_s, model_s = _once(request, system, examples, model)
        count = f"{system.label}, {len(examples)} examples on {request.device}"
        figures.append(Figure(f"{count}: a minute", 60 * len(examples) / total_s, 0.0, True))
        outside = max(0.0, 1 - model_s / total_s)
        figures.append(
            Figure(f"{count}: share of the time outside the model", outside, OUTSIDE, outside <= OUTSIDE)
        )
        if request.device.startswith("cuda"):
            alone_s, _ = _once(replace(request, batch_size=1), system, examples, model)
            told = f"{count}: batched against one at a time, times as fast"
            figures.append(Figure(told, alone_s / total_s, 0.0, True))  # the target is MusicGen's, in decoding.py
            figures += ahead(request, system, examples, model, total_s)
        report(system.label, 1, 1)
    return figures


def as_many(examples: Sequence[Example], count: int | None) -> list[Example]:
    """So many examples: where there are fewer, they are taken again under other ids. None: as they are."""
    rounds = -(-count // len(examples)) if count and examples else 1
    again = [
        replace(example, id=f"{example.id}.{turn}" if turn else example.id)
        for turn in range(rounds)
        for example in examples
    ]
    return again[:count] if count else again


def ahead(
    request: Request, system: System, examples: Sequence[Example], model: Timed, in_turn_s: float
) -> list[Figure]:
    """How much faster prompts a batch ahead are (bench/stages/ahead.py); nothing for a model of one stage."""
    if not staged(model.model):
        return []
    at_once_s, _ = _once(request, system, examples, model, ahead=True)
    what = f"{system.label}, {len(examples)} examples on {request.device}: prompts a batch ahead, times as fast"
    return [Figure(what, in_turn_s / at_once_s, 0.0, True)]


def _once(
    request: Request, system: System, examples: Sequence[Example], model: Timed, ahead: bool = False
) -> tuple[float, float]:
    """Seconds of one whole generation, and of the model in it where its stages are asked in turn."""
    model.seconds = 0.0
    with TemporaryDirectory() as folder, texts.unused():  # else a second round captions nothing
        started = time.perf_counter()
        generate(
            system,
            request.task,
            examples,
            Path(folder) / "system",
            lambda: model.model if ahead else model,
            seed=request.seed,
            device=request.device,
            batch_size=request.batch_size,
            ahead=ahead,
        )
        return time.perf_counter() - started, model.seconds
