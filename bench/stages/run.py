"""The chain of the stages: generate, embed, score, in one run folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench import assets, splits
from sightsound.bench.core import registry, results, store
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.media import MediaError
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Model, Output, Report, Task
from sightsound.bench.stages import corpus, embed, folder, provenance, score
from sightsound.bench.stages.generate import build, generate, scope
from sightsound.metrics.card import MetricCard

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("story", "caption", "lyrics")  # fields of Example that the side `text` of a metric reads


@dataclass(frozen=True)
class Request:
    """What a run is asked to do."""

    task: Task
    """Task."""
    split: str
    """Split name, or the absolute path of a folder with a manifest."""
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
    mirror: Path | None = None
    """Folder with assets, searched first."""
    retry: bool = False
    """Try again what failed."""
    corpus: Path | None = None
    """File of texts, one a line, for the metrics that compare with a corpus."""


def run(request: Request, report: Report) -> pd.DataFrame:
    """Generate what is missing, then score; the rows are also in `rows.csv` of the run folder."""
    with store.locked(request.folder):
        split = _claim(request, report)
        _fetch_extractors(request, report)
        for system in request.systems:
            _generate(request, system, split.examples, report)
        return _score(request, split, report)


def generate_only(request: Request, report: Report) -> dict[str, dict[str, Output]]:
    """The first stage alone: outputs by system and example."""
    with store.locked(request.folder):
        examples = _claim(request, report).examples
        return {each.label: _generate(request, each, examples, report) for each in request.systems}


def adopt(request: Request, system: System, files: Path, report: Report) -> pd.DataFrame:
    """Score a folder of files named by example id as the outputs of `system`, one of the request's."""
    with store.locked(request.folder):
        split = _claim(request, report)
        _fetch_extractors(request, report)
        shutil.rmtree(_place(request, system), ignore_errors=True)  # a copy of files that may have changed
        for each in request.systems:
            make = partial(folder.Folder, files, request.task.output) if each == system else None
            _generate(request, each, split.examples, report, make)
        return _score(request, split, report)


def _claim(request: Request, report: Report) -> splits.Split:
    split = splits.load(
        request.split, mirror=request.mirror, task=request.task.name, limit=request.limit, report=report
    )
    plan = {
        "task": request.task.name,
        "split": request.split,
        "split_hash": split.hash,
        "seed": request.seed,
        "limit": request.limit,
        "systems": [system.label for system in request.systems],
        "metrics": [card.name for card in request.metrics],
    }
    store.claim(request.folder, plan)
    return split


def _fetch_extractors(request: Request, report: Report) -> None:
    """Weights that the metrics need, before hours are spent on generating."""
    for name in score.extractors(request.metrics):
        for asset in registry.extractor(name).assets:
            assets.fetch(asset, request.mirror, report)


def _place(request: Request, system: System) -> Path:
    return request.folder / "systems" / store.slug(system.label)


def _generate(
    request: Request,
    system: System,
    examples: Sequence[Example],
    report: Report,
    make: Callable[[], Model] | None = None,
) -> dict[str, Output]:
    return generate(
        system,
        request.task,
        examples,
        _place(request, system),
        make or partial(_build, request, system, report),
        seed=request.seed,
        device=request.device,
        batch_size=request.batch_size,
        retry=request.retry,
        report=report,
    )


def _build(request: Request, system: System, report: Report) -> Model:
    """The model; what it was made of is noted beside its outputs."""
    model = build(system, request.device, request.mirror, report)
    versions = provenance.versions(system.build.assets, request.mirror)
    store.write_text(_place(request, system) / "versions.txt", versions + "\n")
    return model


def _score(request: Request, split: splits.Split, report: Report) -> pd.DataFrame:
    facts = {system.label: _facts(request, system) for system in request.systems}
    read = replace(scene(request, split, report), facts=facts)
    rows = score.score(read, request.systems, request.metrics, request.task.name)
    table = results.frame(rows)
    results.write(request.folder / "rows.csv", table)
    return table


def scene(request: Request, split: splits.Split, report: Report) -> score.Scene:
    """What the metrics read of the outputs in the request's folder; features that are missing are made."""
    networks = embed.Extractors(score.extractors(request.metrics), request.device, request.mirror)
    features = store.FeatureStore(cache_dir() / "features")
    outputs = {system.label: _outputs(request, system, split.examples) for system in request.systems}
    sides = _sides(request, split.examples)
    words = corpus.read(request.corpus) if request.corpus else None
    if words:
        sides["corpus"] = {str(index): item for index, item in enumerate(words.items)}
    failures = _embed(request, networks, features, outputs, sides, report)

    def feature(extractor: str, key: str, output: str) -> Any:
        if (extractor, key) in failures:
            return None
        return features.get(networks.signature(extractor), key, output)

    return score.Scene(
        examples=split.examples,
        split=split.label,
        keys={side: _keys(items) for side, items in sides.items()},
        outputs={label: _keys(items) for label, items in outputs.items()},
        feature=feature,
        extractor_signature=networks.signature,
        corpus=words.label if words else "",
        video="video" in request.task.conditions,
    )


def _outputs(request: Request, system: System, examples: Sequence[Example]) -> dict[str, embed.Item]:
    """The system's outputs that are there, by example id; by the bytes that the files hold now."""
    place = _place(request, system)
    journal = store.Journal(place).read()
    found = {}
    for example in scope(system, examples):
        path = journal[example.id].path if example.id in journal else None
        if path is not None and (place / path).is_file():
            found[example.id] = _output_item(request.task, place / path)
    return found


def _output_item(task: Task, path: Path) -> embed.Item:
    return embed.text_item(path.read_text(encoding="utf-8")) if task.output == "text" else embed.file_item(path)


def _sides(request: Request, examples: Sequence[Example]) -> dict[str, dict[str, embed.Item]]:
    """The items of the reference and of the conditions that the metrics read, by side and example id."""
    read = {need.side for card in request.metrics for need in score.needs(card)}
    sides: dict[str, dict[str, embed.Item]] = {side: {} for side in read - {"generated", "corpus"}}
    for example in examples:
        for side, items in sides.items():
            # A condition that cannot be read leaves its example out; the model's own failure is counted.
            with suppress(OSError, MediaError):
                if item := _item(request.task, example, side):
                    items[example.id] = item
    return sides


def _item(task: Task, example: Example, side: str) -> embed.Item | None:
    if side == "reference":
        reference = getattr(example, task.reference)
        return embed.text_item(reference) if task.output == "text" else embed.file_item(reference)
    if side == "text":
        return embed.text_item(getattr(example, next(c for c in task.conditions if c in TEXTS)))
    if "video" in task.conditions:
        return embed.video_item(example.video) if example.video else None
    return embed.file_item(example.image) if example.image else None


def _keys(items: Mapping[str, embed.Item]) -> dict[str, str]:
    return {example_id: item.key for example_id, item in items.items()}


def _embed(
    request: Request,
    networks: embed.Extractors,
    features: store.FeatureStore,
    outputs: Mapping[str, Mapping[str, embed.Item]],
    sides: Mapping[str, Mapping[str, embed.Item]],
    report: Report,
) -> dict[tuple[str, str], str]:
    """Put every feature that the metrics read into the store; why not, by extractor and content."""
    jobs: dict[str, tuple[list[str], list[embed.Item]]] = {}
    for card in request.metrics:
        for need in score.needs(card):
            names, _ = jobs.setdefault(_kind(request.task, need.side), ([], []))
            if need.extractor not in names:
                names.append(need.extractor)
    failures: dict[tuple[str, str], str] = {}
    for kind, (names, items) in sorted(jobs.items()):
        for side, found in sides.items():
            if kind == _kind(request.task, side):
                items += found.values()
        if kind == request.task.output:
            for found in outputs.values():
                items += found.values()
        failures |= embed.embed(items, names, networks, features, report)
    return failures


def _kind(task: Task, side: str) -> str:
    """Of the items on a side: `audio`, `image`, `video` or `text`."""
    if side in ("generated", "reference"):
        return task.output
    if side == "corpus":
        return "text"
    return "video" if side == "image" and "video" in task.conditions else side


def _facts(request: Request, system: System) -> dict[str, Any]:
    place = _place(request, system)
    journal = store.Journal(place).read()
    noted = place / "versions.txt"
    return {
        "run": request.folder.name,
        "seed": request.seed,
        "device": provenance.device_name(request.device),
        "versions": noted.read_text(encoding="utf-8").strip()
        if noted.is_file()
        else provenance.versions((), None),
        "commit": provenance.commit(),
        "seconds": round(sum(output.took_s for output in journal.values()), 3),
    }


def truncated(request: Request) -> dict[str, int]:
    """How many outputs of each system were made from a text that had to be cut; those of none are left out."""
    journals = {each.label: store.Journal(_place(request, each)).read() for each in request.systems}
    counts = {
        label: sum("truncated" in made.notes for made in found.values()) for label, found in journals.items()
    }
    return {label: count for label, count in counts.items() if count}


def failed(outputs: Mapping[str, Mapping[str, Output]]) -> int:
    """How many outputs are failures."""
    return sum(output.error is not None for found in outputs.values() for output in found.values())
