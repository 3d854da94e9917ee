"""How fast clips become features, how busy cores and card are, and FAD of thousands of clips on a card."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Report
from sightsound.bench.perf import clip_files, watch
from sightsound.bench.perf import peer_ways as ways
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.perf.peer_world import Sizes, World, distance, rounds
from sightsound.bench.perf.untrained import Untrained
from sightsound.bench.stages import embed

SETS = (("vggish",), ("vggish", "panns_16k", "passt"))
"""Networks that embed together: one whose clips are hardly worth their decoding, and those of a usual run."""
BUSY = 0.8  # least share of a card's time
TIMES = 50.0  # as fast as frechet-audio-distance's way, on a card
APART = 0.02  # by which a distance may differ: another resampler


@dataclass(frozen=True)
class Amount:
    """How much is embedded."""

    clips: int = 24
    seconds: float = 10.0
    theirs: tuple[int, int] = (0, 0)
    """Clips a side of both measurements of frechet-audio-distance's way; (0, 0): it is not measured."""


USUAL = Amount()
CARD = Amount(2500, theirs=(10, 60))
TINY = Amount(4, 2.0, (2, 4))


def measure(device: str, amount: Amount, report: Report) -> Iterator[Figure]:
    """Embedding by each of SETS; then, where `amount.theirs` says so, the distance of two sides of
    `amount.clips` from files."""
    with TemporaryDirectory() as name:
        sizes = Sizes(clips=amount.clips, theirs=max(amount.theirs), seconds=amount.seconds, rounds=1)
        report("writing clips", 0, 1)
        world = World(Path(name), device, sizes, clip_files.write)
        report("writing clips", 1, 1)
        seen = True
        for networks in SETS:
            use = _embedded(world.ours[0], networks, device, report)
            yield from _figures(use, amount, networks, device)
            seen &= device == "cpu" or use.device_busy is not None
        if any(amount.theirs):
            yield _against(world, amount, report)
    if not seen:
        raise BenchError(
            f"{watch.SMI} is not here or tells nothing of {device}: no share of its time was measured"
        )


@known()
def _embedded(folder: Path, networks: Sequence[str], device: str, report: Report) -> watch.Use:
    """One side, by the stage of a run: decoded once, embedded by all networks, kept in a store. Returns what that
    took."""
    items = [embed.file_item(path) for path in sorted(folder.iterdir())]
    extractors = Untrained(networks, device, None)
    with TemporaryDirectory() as first:  # loaded and warm
        embed.embed(items[:2], networks, extractors, FeatureStore(Path(first)))
    with TemporaryDirectory() as kept, watch.watched(device) as use:
        failures = embed.embed(items, networks, extractors, FeatureStore(Path(kept)), report)
    if failures:
        raise BenchError(f"{len(failures)} clips have no features: {next(iter(failures.values()))}")
    return use


def _figures(use: watch.Use, amount: Amount, networks: Sequence[str], device: str) -> Iterator[Figure]:
    clips = f"{amount.clips:,} clips of {amount.seconds:g} s"
    what = f"{clips} embedded by {', '.join(networks)} on {_kind(device)}"
    yield Figure(f"{what}: a second", amount.clips / use.seconds, 0.0, True)
    yield Figure(f"{what}: share of the time of all cores", use.cores_busy, 0.0, True)
    if use.device_busy is not None:
        target = BUSY if len(networks) > 1 else 0.0
        said = f"{what}: share of the time in which the card works"
        yield Figure(said, use.device_busy, target, use.device_busy >= target)


def _against(world: World, amount: Amount, report: Report) -> Figure:
    """FAD-VGGish of all clips from files, against frechet-audio-distance's way. Theirs is measured on two sizes;
    the line through both says how long it would take for all."""
    few, some = amount.theirs
    part = [_first(folder, few) for folder in world.theirs]
    report("FAD-VGGish, theirs", 0, 1)
    score = partial(world.fad.score, read=ways.in_threads)
    score(part)  # warm
    theirs = rounds({"few": partial(score, part), "some": partial(score, world.theirs)}, 2)
    report("FAD-VGGish, theirs", 1, 1)
    each_s = max(0.0, theirs["some"][0] - theirs["few"][0]) / (some - few)
    theirs_s = theirs["some"][0] + each_s * (amount.clips - some)
    report("FAD-VGGish, ours", 0, 1)
    same = copy.copy(world)
    same.ours = world.theirs
    apart = abs(distance(same) / theirs["some"][1] - 1)  # warm, and on the files that theirs has seen
    ours_s = rounds({"ours": partial(distance, world)}, 2)["ours"][0]
    report("FAD-VGGish, ours", 1, 1)
    what = (
        f"FAD-VGGish from files, 2 x {amount.clips:,} clips of {amount.seconds:g} s on {_kind(world.device)}, "
        f"against frechet-audio-distance's way (by a line through {2 * few} and {2 * some} clips), times as fast"
    )
    times = theirs_s / ours_s
    target = TIMES if world.device != "cpu" else 0.0
    return Figure(f"{what} (values {apart:.0e} apart)", times, target, times >= target and apart <= APART)


def _first(folder: Path, count: int) -> Path:
    """A folder with the first files of another."""
    some = folder.with_name(f"{folder.name}_{count}")
    some.mkdir()
    for path in sorted(folder.iterdir())[:count]:
        (some / path.name).hardlink_to(path)
    return some


def _kind(device: str) -> str:
    return device.partition(":")[0]
