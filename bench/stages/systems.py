"""The first stage over all systems of a run: who is asked in this process, one after another, and whose batches
share an engine's workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import provenance, state, store, watch
from sightsound.bench.core.home import Post
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example, Output, Report
from sightsound.bench.elsewhere import process
from sightsound.bench.engines.job import Engine
from sightsound.bench.engines.local import Local
from sightsound.bench.stages import outputs, ready
from sightsound.bench.stages.build import Build
from sightsound.bench.stages.generate import Generation, generation, spreads
from sightsound.bench.stages.request import Request


def generate(
    request: Request, systems: Sequence[System], examples: Sequence[Example], engine: Engine, report: Report
) -> dict[str, dict[str, Output]]:
    """Outputs by system and example. What workers are of use to shares those of the engine, as one queue of
    (system, batch); the others are asked after that, one by one."""
    shared = [] if isinstance(engine, Local) else [system for system in systems if spreads(system)]
    made: dict[str, dict[str, Output]] = {}
    with ExitStack() as stack:
        begun = [stack.enter_context(_begun(request, system, examples, report)) for system in shared]
        engine.work([each.flow for each in begun if each.flow is not None])
    made |= {system.label: each.outputs for system, each in zip(shared, begun, strict=True)}
    for system in systems:
        if system.label in made:
            continue
        kept_from = _withheld(request, system, examples)
        asks = ready.lacks(request, system, examples)
        with (
            state.restored(networks=asks),
            process.ended(),
            _begun(request, system, examples, report) as alone,
        ):
            if alone.flow is not None:
                with watch.watched(kept_from) as opened:
                    Local(request.device).work([alone.flow])
                alone.opened.update(opened)
        made[system.label] = alone.outputs
    return {system.label: made[system.label] for system in systems}


@contextmanager
def _begun(request: Request, system: System, examples: Sequence[Example], report: Report) -> Iterator[Generation]:
    """A system's generation in the run folder; what it opened of the references is noted at the end."""
    maker = ready.maker(request, system)
    wanted = [example.id for example in request.asked(system, examples)]
    outputs.claim(request.folder, system, maker, wanted, remake=request.remake)
    folder = outputs.place(request.folder, system)
    folder.mkdir(parents=True, exist_ok=True)
    post = Post(system.label, system.build.entry, request.task, folder, request.timeout_s)
    with generation(
        system,
        request.task,
        examples,
        folder,
        Build(system, request.device, request.mirror, report, post),
        seed=request.seed,
        device=request.device,
        batch_size=request.batch_size,
        retry=request.retry,
        maker=maker.digest,
        timeout_s=request.timeout_s,
        ahead=False if request.in_turn else None,
        shard=request.shard,
        withheld=_withheld(request, system, examples),
        loaded=partial(_note_versions, request, system),
        report=report,
    ) as made:
        yield made
    outputs.note_opened(request.folder, system, made.opened)


def _withheld(request: Request, system: System, examples: Sequence[Example]) -> list[Path]:
    """The references, which a system under test has no business to open."""
    if system.card.reference or not system.build.entry:
        return []
    found = [getattr(example, request.task.reference) for example in examples]
    read = {getattr(example, name) for example in examples for name in request.task.conditions}
    return [path for path in found if isinstance(path, Path) and path not in read]


def _note_versions(request: Request, system: System) -> None:
    """Note beside a system's outputs what its model was made of."""
    there = None if system.home is None else system.home.versions
    versions = provenance.versions(_digests(system, request.mirror), there)
    store.write_text(outputs.place(request.folder, system) / outputs.VERSIONS, versions + "\n")


def _digests(system: System, mirror: Path | None) -> dict[str, str]:
    return {name: assets.digest(name, mirror) for name in system.build.assets}
