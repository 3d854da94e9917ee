"""From requests to what they take together. Nothing is fetched, loaded or asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sightsound.bench import assets, splits
from sightsound.bench.core import registry
from sightsound.bench.core.registry import System
from sightsound.bench.plan import machine, rates
from sightsound.bench.plan.made import Plan, Work
from sightsound.bench.splits.media import manifest
from sightsound.bench.stages import choose, fits, outputs, reading
from sightsound.bench.stages.generate import answered
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request

OUTPUT_BYTES = {"audio": 640_000, "image": 1_000_000, "text": 1_000}
"""About what an output takes: 10 s of 32 kHz in 16 bits, a PNG of 768 x 768, a prompt."""


def request(options: Options, *, scores: bool = True) -> Request:
    """What `bench run` would be asked with these options, for a plan. BenchError for names that are not known.

    `scores`: False where outputs are made and nothing is measured.
    """
    systems = choose.systems_for(options, references=scores, planned=True)
    return choose.request(options, systems, scores=scores, planned=True)


def plan(requests: Sequence[Request], here: machine.Machine | None = None) -> Plan:
    """What the runs take, those of one list together: what two of them need is fetched once.

    `here`: another machine than this one.
    """
    here = here or machine.machine()
    work = tuple(piece for each in requests for piece in _work(each, here))
    networks = list(dict.fromkeys(name for each in requests for name in reading.extractors(each.metrics)))
    wanted = {name: each.mirror for each in requests for name in assets_of(each)}
    needs = [need for name, mirror in wanted.items() for need in assets.needs([name], mirror)]
    outputs_bytes = sum(OUTPUT_BYTES[registry.task(piece.task).output] * (piece.examples or 0) for piece in work)
    made = Plan(
        work=work,
        downloads=tuple(need for need in needs if need.download_bytes),
        networks=tuple(networks),
        metrics=tuple(dict.fromkeys(card.name for each in requests for card in each.metrics)),
        outputs_bytes=outputs_bytes,
        bring=tuple(dict.fromkeys((*_weights(needs), *(line for each in requests for line in _media(each))))),
        gates=tuple(dict.fromkeys((*_gates(needs), *(line for each in requests for line in _asked(each))))),
        short=(),
        notes=tuple(dict.fromkeys(line for each in requests for line in _notes(each, here))),
        machine=here,
    )
    short = tuple(
        dict.fromkeys((*_no_room(made), *(line for each in requests for line in _too_small(each, here))))
    )
    return Plan(**(vars(made) | {"short": short}))


def assets_of(request: Request) -> Iterator[str]:
    """Names of all assets that a run reads, those of its split first where that is still to be prepared."""
    if request.scene is None and not splits.is_prepared(request.split):
        yield from splits.card(request.split).assets
    for system in _systems(request):
        yield from system.build.assets
    for network in reading.extractors(request.metrics):
        yield from registry.extractor(network).assets


def _systems(request: Request) -> list[System]:
    """The systems that make something: neither folders of the user's nor reference rows without weights."""
    given = request.scene.files if request.scene is not None else {}
    made = [each for each in request.systems if not each.card.reference or each.build.assets]
    return [each for each in made if each.label not in given]


def _work(request: Request, here: machine.Machine) -> Iterator[Work]:
    for system in _systems(request):
        total = _examples(request)
        done = len(answered(outputs.place(request.folder, system), request.retry)) if not request.remake else 0
        left = None if total is None else max(0, total - done)
        hours, rate = _hours(system, request, left, here)
        yield Work(
            system=system.label,
            task=request.task.name,
            split=request.split,
            examples=left,
            weights_bytes=sum(registry.asset(name).size_bytes for name in system.build.assets),
            memory_gb=system.build.memory_gb,
            hours=hours,
            rate=rate,
        )


def _examples(request: Request) -> int | None:
    """How many examples a run has, at most; None where only preparing the split will tell."""
    if request.scene is not None:
        return len(request.scene.split.examples)
    count = _serving(request) or splits.card(request.split).size or None
    if request.limit is None or count is None:
        return request.limit if count is None else count
    return min(request.limit, count)


def _serving(request: Request) -> int | None:
    """Examples of a prepared split that serve the task; None where it is not prepared, or is damaged."""
    try:
        examples = manifest.read(splits.folder_of(request.split))[0]
    except splits.SplitError:
        return None
    return sum(splits.serves(example, request.task.name) for example in examples)


def _hours(
    system: System, request: Request, examples: int | None, here: machine.Machine
) -> tuple[float | None, str]:
    card = here.card(request.device)
    device = card.name if card else "cpu"
    plain = f"{system.card.name}:{system.variant}".rstrip(":")
    known = rates.rate(system.label, request.task.name, device) or rates.rate(plain, request.task.name, device)
    if known is None:
        return None, f"no run of it on {device} is among the result files"
    seconds, source = known
    if examples is None:
        return None, f"{seconds:.2g} s an example ({source}); how many examples is seen when the split is prepared"
    return examples * seconds / 3600, f"{seconds:.2g} s an example ({source})"


def _weights(needs: Sequence[assets.Need]) -> Iterator[str]:
    for need in needs:
        if need.to_bring:
            yield f"weights {need.asset.name}, {assets.size(need.asset.size_bytes)}: {need.to_bring}"


def _media(request: Request) -> Iterator[str]:
    """The media of a split that is made from the user's."""
    if request.scene is None and not splits.is_prepared(request.split):
        card = splits.card(request.split)
        if card.media:
            yield f"media of {card.name}: {card.media}; `bench splits prepare {card.name} --media DIR`"


def _gates(needs: Sequence[assets.Need]) -> Iterator[str]:
    for need in needs:
        if need.gate:
            yield f"{need.asset.name}: {need.gate}"


def _asked(request: Request) -> Iterator[str]:
    """How access to a split's media is asked for."""
    if request.scene is None and not splits.is_prepared(request.split):
        card = splits.card(request.split)
        if card.gate:
            yield f"{card.name}: {card.gate}"


def _no_room(made: Plan) -> Iterator[str]:
    if made.disk_bytes > made.machine.free_bytes:
        yield (
            f"disk: {assets.size(made.disk_bytes)} are needed and {assets.size(made.machine.free_bytes)} free; "
            "make room, or name another disk in SIGHTSOUND_CACHE"
        )


def _too_small(request: Request, here: machine.Machine) -> Iterator[str]:
    card = here.card(request.device)
    if request.device.startswith("cuda") and card is None:
        yield f"card: --device {request.device} and no such card here; {here.why_none or 'take another machine'}"
        return
    have_gb, what = (card.gb, card.name) if card else (here.ram_gb, "the memory of this machine")
    kind = "card" if card else "RAM"
    for system in _systems(request):
        if fits.least_gb(system, request.mirror) > have_gb:
            yield (
                f"{kind}: {system.label} takes about {system.build.memory_gb:g} GB, {what} has {have_gb:.1f}; "
                "it cannot run here"
            )


def _notes(request: Request, here: machine.Machine) -> Iterator[str]:
    card = here.card(request.device)
    if request.device == "auto" and card is None and any(each.build.memory_gb for each in _systems(request)):
        yield f"no card is used, so all runs on the CPU{f'; {here.why_none}' if here.why_none else ''}"
    have_gb = card.gb if card else here.ram_gb
    for system in _systems(request):
        if fits.least_gb(system, request.mirror) <= have_gb < system.build.memory_gb:
            yield (
                f"{system.label} takes about {system.build.memory_gb:g} GB with batches of "
                f"{system.build.batch_size}, {have_gb:.1f} are here; batches become smaller by themselves"
            )
