"""The first stage: a system's outputs for a split, journalled batch by batch."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import media, memory, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import Journal, atomic
from sightsound.bench.core.types import Example, Generated, Model, Output, Report, Task
from sightsound.bench.stages.ask import Asker, one_line, too_little
from sightsound.bench.stages.batches import Batches
from sightsound.bench.stages.scope import scope, shown

SUFFIX = {"audio": ".wav", "image": ".png", "text": ".txt"}


def generate(
    system: registry.System,
    task: Task,
    examples: Sequence[Example],
    folder: Path,
    make: Callable[[], Model],
    *,
    seed: int,
    device: str = "cpu",
    batch_size: int | None = None,
    retry: bool = False,
    report: Report = lambda what, done, total: None,
) -> dict[str, Output]:
    """Outputs of `system` for `examples` under `folder`, by example id; what is there already is kept.

    Batches are fixed by the examples' order, and a batch that lacks one output is made again whole, so that a
    run that was killed ends with the same bytes as one that was not. While the model is at one batch, the one
    before it is written. `make` gives the model; it is called only when something is missing. A failure is a
    result too, and tried again only with `retry`.
    """
    if task.name not in system.card.tasks:
        raise BenchError(f"{system.label} cannot do {task.name}; it does {', '.join(system.card.tasks)}")
    journal = Journal(folder)
    journal.sweep()
    examples = [shown(system, task, example) for example in scope(system, examples)]
    done = {key: made for key, made in journal.read().items() if _is_there(folder, made, retry)}
    own = system.build.batch_size
    batches = Batches(
        folder, own if batch_size is None or own == 0 else batch_size, device, grow=batch_size is None
    )
    asker: Asker | None = None
    kept: list[Future[list[Output]]] = []
    reached = 0
    report(system.label, 0, len(examples))
    with ThreadPoolExecutor(1) as writer:  # one worker: batches reach the journal in their order
        for batch in batches.over(examples):
            if any(example.id not in done for example in batch):
                if asker is None:
                    asker = Asker(make(), system, device)
                    batches.loaded()
                started = time.perf_counter()
                answers = asker.ask(batch, seed)
                share_s = (time.perf_counter() - started) / len(batch)
                if kept:
                    kept[-1].result()  # no more than one batch waits to be written; what went wrong is raised
                kept.append(writer.submit(_keep_all, answers, journal, task, seed, round(share_s, 6)))
            reached += len(batch)
            report(system.label, reached, len(examples))
    done.update((output.id, output) for future in kept for output in future.result())
    return {example.id: done[example.id] for example in examples}


def build(system: registry.System, device: str, mirror: Path | None, report: Report) -> Model:
    """The system's model with its weights."""
    weights = {name: assets.fetch(name, mirror, report) for name in system.build.assets}
    factory = registry.load(system.build.entry)
    try:
        model: Model = factory(device, weights, **system.options)
    except TypeError as error:
        if not system.options:
            raise
        raise BenchError(f"{system.label}: an option is not known to it ({error})") from error
    except (ValueError, OSError) as error:
        raise BenchError(f"{system.label}: {one_line(error)}") from error
    except (RuntimeError, MemoryError) as error:
        if not memory.ran_out(error):
            raise
        raise BenchError(f"{system.label}: {too_little(system, device)}") from error
    return model


def _is_there(folder: Path, output: Output, retry: bool) -> bool:
    return not retry if output.path is None else (folder / output.path).is_file()


def _keep_all(
    answers: Sequence[Generated], journal: Journal, task: Task, seed: int, took_s: float
) -> list[Output]:
    """Write a batch's answers and note them."""
    outputs = [replace(_keep(made, journal.folder, task, seed), took_s=took_s) for made in answers]
    journal.append(outputs)
    return outputs


def _keep(made: Generated, folder: Path, task: Task, seed: int) -> Output:
    """Write one answer under `outputs`; a failure to do so is the example's own."""
    facts: Mapping[str, str] = dict(made.notes)
    if made.error is not None:
        return Output(made.id, seed=seed, notes=facts, error=one_line(made.error))
    suffix = made.path.suffix if made.path else SUFFIX[task.output]
    target = folder / "outputs" / f"{made.id}{suffix}"
    try:
        with atomic(target) as temporary:
            rate_hz, seconds = _write(made, temporary, task)
    except (BenchError, OSError) as error:
        return Output(made.id, seed=seed, notes=facts, error=one_line(error))
    name = target.relative_to(folder).as_posix()
    return Output(made.id, name, media.file_sha256(target), rate_hz, seconds, seed, facts)


def _write(made: Generated, path: Path, task: Task) -> tuple[int, float]:
    if made.path is not None:
        shutil.copyfile(made.path, path)
        return media.probe_audio(path) if task.output == "audio" else (0, 0.0)
    if task.output == "audio" and made.audio is not None:
        return made.rate_hz, media.write_audio(path, made.audio, made.rate_hz)
    if task.output == "image" and made.image is not None:
        media.write_image(path, made.image)
        return 0, 0.0
    if task.output == "text" and made.text is not None:
        path.write_text(made.text, encoding="utf-8")
        return 0, 0.0
    raise BenchError(f"the model gave no {task.output}")
