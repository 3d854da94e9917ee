"""The first stage: a system's outputs for a split, journalled batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sightsound.bench.core import faults, media, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, one_line, printable
from sightsound.bench.core.files import copy_regular
from sightsound.bench.core.shard import Shard
from sightsound.bench.core.store import Journal, atomic
from sightsound.bench.core.types import Example, Generated, Model, Output, Report, Task
from sightsound.bench.engines.job import Engine, Flow, Lost
from sightsound.bench.engines.local import Local
from sightsound.bench.stages.asking import Answer, Asking, lost
from sightsound.bench.stages.batches import Batches, size_of
from sightsound.bench.stages.scope import scope, shown

LARGEST_BYTES = 2_000_000_000  # of an output file; an hour of music in stereo has 1.3 billion
ERRORS = "errors.log"  # beside the outputs: tracebacks of what the model raised
SUFFIX = {"audio": ".wav", "image": ".png", "text": ".txt"}


@dataclass(frozen=True)
class Generation:
    """A system's outputs while they are made."""

    outputs: dict[str, Output]
    """By example id: what is there already; when the block ends all of them."""
    flow: Flow | None
    """For an engine, what is missing; None where all is there."""
    opened: set[Path]
    """Of the files that are kept from the system those that it has opened in a worker, or handed over."""


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
    maker: str = "",
    timeout_s: float = 0.0,
    shard: Shard | None = None,
    engine: Engine | None = None,
    ahead: bool | None = None,
    loaded: Callable[[], None] = lambda: None,
    report: Report = lambda what, done, total: None,
) -> dict[str, Output]:
    """Outputs of `system` for `examples` under `folder`, by example id. `engine`: where the batches are worked on,
    None for this process. For the others and for errors see `generation`."""
    of = generation(
        system,
        task,
        examples,
        folder,
        make,
        seed=seed,
        device=device,
        batch_size=batch_size,
        retry=retry,
        maker=maker,
        timeout_s=timeout_s,
        shard=shard,
        ahead=ahead,
        loaded=loaded,
        report=report,
    )
    if engine is None or not spreads(system):
        engine = Local(device)
    with of as made:
        if made.flow is not None:
            engine.work([made.flow])
    return made.outputs


def spreads(system: registry.System) -> bool:
    """Whether workers are of use to it: not where it has its own process or is a row that computes nothing."""
    return system.home is None and not system.card.reference


@contextmanager
def generation(
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
    maker: str = "",
    timeout_s: float = 0.0,
    shard: Shard | None = None,
    withheld: Sequence[Path] = (),
    ahead: bool | None = None,
    loaded: Callable[[], None] = lambda: None,
    report: Report = lambda what, done, total: None,
) -> Iterator[Generation]:
    """While the block runs, an engine may work on what lacks of the outputs of `system` for `examples` under
    `folder`; what is there already is kept.

    Batches are fixed by the examples' order, and a batch that lacks one output is made again whole, so that a
    run that was killed ends with the same bytes as one that was not. While the model is at one batch, the one
    before it is written. `make` gives the model; it is called only when something is missing. A failure is a
    result too, and tried again only with `retry`, as is a file that is no longer what the journal says. `maker` is
    noted with each output. A `shard` makes its own batches of those alone. `withheld`: files that the system has
    no business to open. `loaded` is called each time a model was made. `ahead`: whether the captions and prompts
    of the next batch are made while the generator works at one (bench/stages/ahead.py), None: on a card, where no
    `timeout_s` must be kept. Raises MachineError where the machine failed; then nothing is written down.
    """
    if task.name not in system.card.tasks:
        raise BenchError(f"{system.label} cannot do {task.name}; it does {', '.join(system.card.tasks)}")
    journal = Journal(folder)
    journal.sweep()
    size = size_of(system, batch_size)
    whole = scope(system, examples)
    own = whole if shard is None else shard.own(whole, size)
    examples = [shown(system, task, example, seed) for example in own]
    done = answered(folder, retry)
    note = partial(Output, seed=seed, maker=maker)
    told = {example.id for example in examples if example.id in done}

    def heard(*names: str) -> None:
        """Progress goes by example, as the model hands them over."""
        told.update(names)
        report(f"generating by {system.label}", len(told), len(examples))

    heard()
    outputs, opened = dict[str, Output](), set[Path]()
    if system.home is not None and system.home.streams:
        missing = [example for example in examples if example.id not in done]
        keep = partial(_keep_all, journal=journal, task=task)
        for output in _one_by_one(make, missing, seed, keep, note, loaded):
            done[output.id] = output
            heard(output.id)
        yield Generation({example.id: done[example.id] for example in examples}, None, opened)
        return
    batches = Batches(folder, size, device, grow=batch_size is None and shard is None)
    limit_s = timeout_s if system.home is None else 0.0  # what runs elsewhere keeps to it by itself
    if ahead is None:
        ahead = device.startswith("cuda") and not limit_s  # a thread beside the main one cannot be interrupted
    job = Asking(system, make, seed, limit_s, gauged=batches.grow, withheld=withheld, ahead=int(ahead))

    def hear(message: tuple[Any, ...]) -> None:
        match message:
            case ("heard", name):
                heard(name)
            case ("report", what, so_far, total):
                report(what, so_far, total)
            case ("loaded",):
                loaded()
                heard()
            case ("traceback", name, text):
                _keep_traceback(folder, name, text)

    def groups() -> Iterator[Sequence[Sequence[Example]]]:
        for group in batches.groups(examples):
            yield [batch for batch in group if any(example.id not in done for example in batch)]

    kept: list[Future[list[Output]]] = []
    with ThreadPoolExecutor(1) as writer:  # one thread writes, batch after batch

        def take(batch: Sequence[Example], made: Answer | Lost) -> None:
            answer = lost(batch, made) if isinstance(made, Lost) else made
            if kept:
                kept[-1].result()  # no more than one batch waits to be written; what went wrong is raised
            batches.learn(answer.use)
            handed = {path.absolute() for each in answer.made if (path := each.path) is not None}
            opened.update(answer.opened, handed.intersection(withheld))
            share_s, spared_s = (round(each / len(batch), 6) for each in (answer.took_s, answer.spared_s))
            of_batch = partial(note, took_s=share_s, spared_s=spared_s)
            kept.append(writer.submit(_keep_all, answer.made, journal, task, of_batch))
            heard(*(example.id for example in batch))

        yield Generation(outputs, Flow(job, hear, groups, take), opened)
    done.update((output.id, output) for future in kept for output in future.result())
    outputs |= {example.id: done[example.id] for example in examples}


def _keep_traceback(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ERRORS).open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{name}\n{text}\n")


def answered(folder: Path, retry: bool) -> dict[str, Output]:
    """The answers in a system's folder that are kept, by example id; with `retry` neither failures nor files that
    are no longer what the journal says."""
    return {key: made for key, made in Journal(folder).read().items() if _is_there(folder, made, retry)}


def _one_by_one(
    make: Callable[[], Model],
    missing: Sequence[Example],
    seed: int,
    keep: Callable[..., list[Output]],
    note: Callable[..., Output],
    loaded: Callable[[], None],
) -> Iterator[Output]:
    """Ask for all that is missing at once and keep each answer as it comes; it took the time since the one
    before."""
    if not missing:
        return
    since = time.perf_counter()
    model = make()
    loaded()
    for answer in model.generate(missing, seed):
        now = time.perf_counter()
        yield from keep([answer], note=partial(note, took_s=round(now - since, 6)))
        since = now


def _is_there(folder: Path, output: Output, retry: bool) -> bool:
    if output.path is None:
        return not retry
    path = folder / output.path
    return path.is_file() and not (retry and media.file_sha256(path) != output.sha256)


def _keep_all(
    answers: Sequence[Generated], journal: Journal, task: Task, note: Callable[..., Output]
) -> list[Output]:
    """Write a batch's answers and note them."""
    outputs = [_keep(made, journal.folder, task, note) for made in answers]
    journal.append(outputs)
    return outputs


def _keep(made: Generated, folder: Path, task: Task, note: Callable[..., Output]) -> Output:
    """Write one answer under `outputs` and look at it whole; what is wrong with it is the example's own
    failure."""
    suffix = made.path.suffix.lower() if made.path else SUFFIX[task.output]
    target = folder / "outputs" / f"{made.id}{suffix}"
    facts: dict[str, str] = {}
    try:
        facts = {printable(str(key)): str(text) for key, text in made.notes.items()}
        if made.error is not None:
            return note(made.id, notes=facts, error=one_line(made.error))
        with atomic(target) as temporary:
            rate_hz, seconds = _write(made, temporary, task)
    except Exception as error:  # whatever a model handed over; faults of the machine are not the example's
        if fault := faults.of_machine(error):
            raise fault from error
        return note(made.id, notes=facts, error=named(error))
    name = target.relative_to(folder).as_posix()
    return note(
        made.id, path=name, sha256=media.file_sha256(target), rate_hz=rate_hz, seconds=seconds, notes=facts
    )


def _write(made: Generated, path: Path, task: Task) -> tuple[int, float]:
    """Write an answer; its sampling rate and length, 0 where it has none.

    What is given as a file is looked at first, so that the user's own file is named.
    """
    if made.path is not None:
        looked = media.check(made.path, task.output)
        path.unlink()  # the copy makes the file itself
        copy_regular(made.path, path, LARGEST_BYTES)
        return looked.rate_hz, looked.seconds
    if task.output == "audio" and made.audio is not None:
        return media.whole_rate(made.rate_hz), media.write_audio(path, made.audio, made.rate_hz)
    if task.output == "image" and made.image is not None:
        media.write_image(path, made.image)
        return 0, 0.0
    if task.output == "text" and made.text is not None:
        media.write_text(path, made.text)
        return 0, 0.0
    raise BenchError(f"the model gave no {task.output}")
