"""The parts of `bench perf all`: what each measures, at which size, and about how long it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sightsound.bench.core.types import Report
from sightsound.bench.perf.metrics import Figure, stages


class Asked(NamedTuple):
    """What a part is told."""

    device: str
    tiny: bool
    """Whether only to look if all runs: the figures say nothing."""

    @property
    def card(self) -> bool:
        """Whether it is measured on one."""
        return self.device.startswith("cuda")


@dataclass(frozen=True)
class Part:
    """One part; it runs in a process of its own (bench/perf/apart.py)."""

    what: str
    """What it measures, in a line."""
    entry: str
    """`package.module:function`; function(Asked, Report) -> figures, as they come."""
    seconds: float | None
    """About how long it takes on two cores of a CPU; None: it is measured on a card alone."""
    card_seconds: float | None = None
    """The same on a machine with a card and 16 cores; None: it is left out there unless --only names it."""

    def about_s(self, asked: Asked) -> float | None:
        """About how long it takes; None where it is measured only if it is named."""
        return self.card_seconds if asked.card else self.seconds


def _part(name: str, what: str, seconds: float | None, card_seconds: float | None = None) -> Part:
    return Part(what, f"{__name__}:{name}", seconds, card_seconds)


def embedding(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/embedding.py."""
    from sightsound.bench.perf import embedding as measured

    amount = measured.TINY if asked.tiny else measured.CARD if asked.card else measured.USUAL
    return measured.measure(asked.device, amount, report)


def peers(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/peers.py."""
    from sightsound.bench.perf import peer_world
    from sightsound.bench.perf import peers as measured

    usual = peer_world.CARD if asked.card else peer_world.USUAL
    return measured.measure(asked.device, peer_world.TINY if asked.tiny else usual, report)


def metrics(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/metrics.py."""
    from sightsound.bench.perf import metrics as measured

    if asked.tiny:
        return [*measured.root_trace(dim=24), *measured.interval(clips=40, frames=4, dim=6)]
    return measured.metrics(report)


def engines(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/engines.py. VGGish on a card: a smaller network would leave it nothing to do."""
    from sightsound.bench.perf import engines as measured

    if asked.tiny:
        return measured.measure([2], 4, report, device=asked.device, seconds=3.0)
    if asked.card:
        return measured.measure([2], 1000, report, device=asked.device, network="vggish")
    return measured.measure([1, 2, 4], 1000, report, seconds=6.0)


def differences(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/differences.py."""
    from sightsound.bench.perf import differences as measured

    return measured.measure(asked.device, 2 if asked.tiny else 32, report)


def decoding(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/decoding.py. Figures of the one stay where the other fails."""
    from sightsound.bench.perf import decoding as measured

    small = asked.tiny or not asked.card
    steps = {
        "MusicGen": partial(measured.musicgen, asked.device, small),
        "LLaMA": partial(measured.llama, asked.device, small),
    }
    return stages(steps, report)


def generate(asked: Asked, report: Report) -> Iterator[Figure]:
    """The pocket pipeline, which needs its weights. See bench/perf/generate.py."""
    from sightsound.bench.perf import generate as measured
    from sightsound.bench.stages import choose
    from sightsound.bench.stages.options import Options

    options = Options(
        "image2music", model=("mozart:pocket_no_bridge",), limit=2 if asked.tiny else 16, device=asked.device
    )
    systems = choose.systems_for(options, references=False)
    yield from measured.measure(choose.request(options, systems, scores=False), report)


def systems(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/systems.py."""
    from sightsound.bench.perf import systems as measured

    return measured.measure(report, tiny=asked.tiny)


def store(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/store.py."""
    from sightsound.bench.perf import store as measured

    return measured.measure(60 if asked.tiny else 3000, report)


def folders(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/folders.py."""
    from sightsound.bench.perf import folders as measured

    return measured.measure(4 if asked.tiny else 500, report)


def again(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/again.py."""
    from sightsound.bench.perf import again as measured

    return measured.measure(6 if asked.tiny else 400, report)


def site(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/site.py."""
    from sightsound.bench.perf import site as measured

    return measured.measure(*((3, 10) if asked.tiny else (20, 2500)), report)


def scaling(asked: Asked, report: Report) -> Iterable[Figure]:
    """See bench/perf/scaling.py; without the largest size where a card is paid for."""
    from sightsound.bench.perf import scaling as measured

    sizes = (12,) if asked.tiny else measured.SIZES[:2] if asked.card else measured.SIZES
    return measured.figures(measured.measure(sizes, report))


PARTS: Mapping[str, Part] = {
    "embedding": _part("embedding", "clips to features, and how busy cores and card are", 90, 110),
    "decoding": _part("decoding", "MusicGen and LLaMA of random weights against the device", 30, 110),
    "generate": _part("generate", "clips a minute, and what is outside the model", 60),
    "peers": _part("peers", "FAD, KL and inception score against other packages' ways", 330, 70),
    "engines": _part("engines", "one worker process against several", 260, 45),
    "differences": _part("differences", "how far numbers are apart", 30, 30),
    "metrics": _part("metrics", "the metrics against what they replace", 120, 40),
    "systems": _part("systems", "systems and builders against the plain way", 180),
    "store": _part("store", "features kept and read again", 60, 15),
    "again": _part("again", "the same scoring a second time", 90),
    "folders": _part("folders", "two folders against decoding and the network alone", 240),
    "site": _part("site", "the pages of a large board", 60),
    "scaling": _part("scaling", "scoring of 250, 2,500 and 25,000 clips", 900, 45),
}
"""The parts, those that matter most first; `scaling`, which takes longest, is the last."""
