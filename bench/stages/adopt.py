"""Outputs that were made elsewhere: each file is looked at whole and noted in the journal where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.store import Journal
from sightsound.bench.core.types import Example, ModelCard, Output, Report, Task, Variant
from sightsound.bench.folders.names import some
from sightsound.bench.review.facts import Facts, look_at_all


def adopt(
    label: str,
    task: Task,
    examples: Sequence[Example],
    files: Mapping[str, Sequence[Path]],
    folder: Path,
    *,
    seed: int,
    maker: str,
    report: Report,
) -> None:
    """Note the files of a system, by example id, as its outputs; `folder`: the system's in the run folder.

    Nothing is copied: the journal has each file's path and sha256, and a file that changes later is noticed.
    """
    single = {example.id: files[example.id][0] for example in examples if len(files.get(example.id, ())) == 1}
    store = FeatureStore(cache_dir() / "features")
    facts = look_at_all(single.values(), task.output, store, report, f"looking at {label}")
    Journal(folder).append(
        _output(example.id, files.get(example.id, ()), facts, seed, maker) for example in examples
    )


def _output(
    example: str, files: Sequence[Path], facts: Mapping[Path, Facts | str], seed: int, maker: str
) -> Output:
    if not files:
        return Output(example, seed=seed, maker=maker, error="no file of that name")
    if len(files) > 1:
        error = f"several files: {some(path.name for path in files)}"
        return Output(example, seed=seed, maker=maker, error=error)
    found = facts[files[0]]
    if isinstance(found, str):
        return Output(example, seed=seed, maker=maker, error=found)
    return Output(
        id=example,
        path=str(files[0].absolute()),
        sha256=found.key,
        rate_hz=found.rate_hz,
        seconds=found.seconds,
        seed=seed,
        maker=maker,
    )


def card(name: str, variant: str) -> ModelCard:
    """The card of a system that is known by its files only."""
    return ModelCard(
        name=name,
        tasks=tuple(registry.names("task")),
        variants={variant: Variant("", "files given to `bench score`")},
        description="files given to `bench score`",
        licence="not known",
    )
