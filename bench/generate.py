"""The first stage: a system's outputs for a split, journalled batch by batch."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from bench import assets, media, registry
from bench.errors import BenchError
from bench.store import Journal, atomic
from bench.types import Example, Generated, Model, Output, Report, Task, chunks

SUFFIX = {"audio": ".wav", "image": ".png", "text": ".txt"}


def halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The examples of every other group and the rest, groups in order of name."""
    groups = sorted({example.group for example in examples})
    first = set(groups[::2])
    return [e for e in examples if e.group in first], [e for e in examples if e.group not in first]


def scope(system: registry.System, examples: Sequence[Example]) -> list[Example]:
    """The examples that the system has to answer."""
    return halves(examples)[0] if system.build.halves else list(examples)


def generate(
    system: registry.System,
    task: Task,
    examples: Sequence[Example],
    folder: Path,
    make: Callable[[], Model],
    *,
    seed: int,
    batch_size: int | None = None,
    retry: bool = False,
    report: Report = lambda what, done, total: None,
) -> dict[str, Output]:
    """Outputs of `system` for `examples` under `folder`, by example id; what is there already is kept.

    Batches are fixed by the examples' order, and a batch that lacks one output is made again whole, so that a
    run that was killed ends with the same bytes as one that was not. `make` gives the model; it is called only
    when something is missing. A failure is a result too, and tried again only with `retry`.
    """
    if task.name not in system.card.tasks:
        raise BenchError(f"{system.label} cannot do {task.name}; it does {', '.join(system.card.tasks)}")
    journal = Journal(folder)
    journal.sweep()
    examples = scope(system, examples)
    done = {key: made for key, made in journal.read().items() if _is_there(folder, made, retry)}
    size = system.build.batch_size if batch_size is None or system.build.batch_size == 0 else batch_size
    model: Model | None = None
    reached = 0
    report(system.label, 0, len(examples))
    for batch in chunks(examples, size):
        if any(example.id not in done for example in batch):
            model = model or make()
            started = time.perf_counter()
            outputs = [_keep(made, folder, task, seed) for made in _answers(model, system.label, batch, seed)]
            share = (time.perf_counter() - started) / len(batch)
            outputs = [Output(**{**output.__dict__, "took_s": round(share, 6)}) for output in outputs]
            journal.append(outputs)
            done.update((output.id, output) for output in outputs)
        reached += len(batch)
        report(system.label, reached, len(examples))
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
        raise BenchError(f"{system.label}: {_one_line(error)}") from error
    return model


def _is_there(folder: Path, output: Output, retry: bool) -> bool:
    return not retry if output.path is None else (folder / output.path).is_file()


def _answers(model: Model, label: str, batch: Sequence[Example], seed: int) -> list[Generated]:
    """One answer an example, in the batch's order. What a batch raises, each example is asked alone for."""
    try:
        return _match(model.generate(batch, seed), label, batch)
    except (ValueError, OSError, BenchError) as error:
        if len(batch) == 1:
            return [Generated(batch[0].id, error=_one_line(error))]
        return [answer for example in batch for answer in _answers(model, label, [example], seed)]


def _match(made: Iterable[Generated], label: str, batch: Sequence[Example]) -> list[Generated]:
    by_id: dict[str, Generated] = {}
    wanted = {example.id for example in batch}
    for answer in made:
        if answer.id not in wanted or answer.id in by_id:
            raise ValueError(f"{label} answered for {answer.id!r}, which was not asked or asked once only")
        by_id[answer.id] = answer
    return [by_id.get(e.id, Generated(e.id, error="the model gave no answer")) for e in batch]


def _keep(made: Generated, folder: Path, task: Task, seed: int) -> Output:
    """Write one answer under `outputs`; a failure to do so is the example's own."""
    facts: Mapping[str, str] = dict(made.notes)
    if made.error is not None:
        return Output(made.id, seed=seed, notes=facts, error=_one_line(made.error))
    suffix = made.path.suffix if made.path else SUFFIX[task.output]
    target = folder / "outputs" / f"{made.id}{suffix}"
    try:
        with atomic(target) as temporary:
            rate_hz, seconds = _write(made, temporary, task)
    except (BenchError, OSError) as error:
        return Output(made.id, seed=seed, notes=facts, error=_one_line(error))
    name = target.relative_to(folder).as_posix()
    return Output(made.id, name, media.file_sha256(target), rate_hz, seconds, seed, facts)


def _write(made: Generated, path: Path, task: Task) -> tuple[int, float]:
    if made.path is not None:
        shutil.copyfile(made.path, path)
        return media.probe_audio(path) if task.output == "audio" else (0, 0.0)
    if task.output == "audio" and made.audio is not None:
        return made.rate_hz, media.write_audio(path, made.audio, made.rate_hz)
    if task.output == "text" and made.text is not None:
        path.write_text(made.text, encoding="utf-8")
        return 0, 0.0
    raise BenchError(f"the model gave no {task.output}")


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:500] or type(error).__name__
