"""The files, the networks and the ways of ours that `bench perf peers` measures, and how it takes the time."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sightsound.bench.core import media, registry
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Example
from sightsound.bench.perf import peer_ways as ways
from sightsound.bench.perf import untrained
from sightsound.bench.stages import choose, embed, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.networks.audio.panns import PannsExtractor
from sightsound.metrics.networks.audio.vggish import Vggish, VggishExtractor, windows

RATE_HZ = 44100  # of the clips that are made
WHOLE = ("fad_vggish", "kl_panns", "inception_score_panns")
Clip = NDArray[np.float32]


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    clips: int = 10
    """Clips a side that ours is measured on."""
    theirs: int = 10
    """Of these, those that the others are measured on."""
    seconds: float = media.CLIP_S
    rows: int = 2500
    """Feature rows for the Fréchet distance and the inception score of features."""
    dim: int = 2048
    rounds: int = 3
    workers: int = ways.READERS
    """Processes that fadtk starts, and audioldm_eval's; 0: none, all in this one."""
    loaders: int = ways.LOADERS


USUAL = Sizes()
CARD = Sizes(clips=60, theirs=60, rounds=1)
TINY = Sizes(clips=3, theirs=3, seconds=2.0, rows=60, dim=12, rounds=1, workers=0, loaders=0)
"""For a look at whether everything runs; its ratios say nothing."""


def _clips(folder: Path, number: int, seconds: float, seed: int) -> list[Path]:
    """Chords that swell, in noise; both channels the same, so that no rule for channels changes a value."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    paths = []
    for index in range(number):
        pitches = 110 * 2 ** (rng.integers(0, 48, 3) / 12)
        chord = sum(np.sin(2 * np.pi * pitch * time_s) for pitch in pitches)
        swell = np.abs(np.sin(np.pi * (1 + index % 5) * time_s / seconds))
        samples = 0.1 * chord * swell + 0.03 * rng.standard_normal(len(time_s))
        paths.append(folder / f"{index:05d}.wav")
        media.write_audio(paths[-1], np.stack([samples, samples]), RATE_HZ)
    return paths


class World:
    """The files of both sides, and the networks."""

    def __init__(
        self,
        folder: Path,
        device: str,
        sizes: Sizes,
        write: Callable[[Path, int, float, int], list[Path]] = _clips,
    ) -> None:
        """`write`: puts so many clips of so many seconds into a folder, by a seed."""
        self.folder, self.device, self.sizes = folder, device, sizes
        self.ours = [folder / side for side in ("reference", "generated")]
        self.theirs = [folder / f"{side}_for_theirs" for side in ("reference", "generated")]
        for seed, (whole, some) in enumerate(zip(self.ours, self.theirs, strict=True)):
            some.mkdir(parents=True)
            for path in write(whole, sizes.clips, sizes.seconds, seed)[: sizes.theirs]:
                (some / path.name).hardlink_to(path)
        self.vggish, self.cnn14 = Vggish().eval(), untrained.cnn14()
        self.weights = folder / "vggish.pt"
        torch.save(self.vggish.state_dict(), self.weights)
        self.extractor = VggishExtractor(copy.deepcopy(self.vggish), windows, device)  # ours change the layout
        self.tagger = PannsExtractor(copy.deepcopy(self.cnn14), device)
        self.cnn14.to(device)
        self.fad = ways.Fad(self.vggish, device)

    def classify(self, waveform: torch.Tensor) -> torch.Tensor:
        """Logits of one clip `[1, samples]`, as audioldm_eval asks for them."""
        logits: torch.Tensor = self.cnn14(waveform)[1]
        return logits


def distance(world: World) -> float:
    """Ours, from files."""
    sides = [list(decoded(folder)) for folder in world.ours]
    found = [each["embedding"] for each in world.extractor([clip for side in sides for clip in side])]
    reference, rows = (frechet.statistics(side) for side in (found[: len(sides[0])], found[len(sides[0]) :]))
    return frechet.aggregate(rows, np.ones(len(rows)), reference, np.ones(len(reference)))


class _Untrained(embed.Extractors):
    """The networks of the metrics with the world's weights."""

    def __init__(self, names: Sequence[str], world: World) -> None:
        super().__init__(names, world.device, None)
        self._loaded = {name: world.extractor if "vggish" in name else world.tagger for name in names}

    def signature(self, name: str) -> str:
        """One that no published weights have."""
        return f"{name}|w:untrained"


def suite(world: World, folder: Path) -> tuple[float, float, float]:
    """Values by the stages of a run, from an empty store: hashed, decoded, embedded, kept, scored."""
    cards = [registry.metric(name) for name in WHOLE]
    names = list(dict.fromkeys(need.extractor for card in cards for need in card.needs))
    system = choose.given("clips")
    extractors, store = _Untrained(names, world), FeatureStore(folder)
    items = [[embed.file_item(path) for path in sorted(side.iterdir())] for side in world.ours]
    embed.embed([item for side in items for item in side], names, extractors, store)
    examples = [Example(id=path.stem, group=path.stem) for path in sorted(world.ours[1].iterdir())]
    keys = [{e.id: item.key for e, item in zip(examples, side, strict=True)} for side in items]
    stored = FeatureSet(
        examples=examples,
        split="made@0",
        keys={"reference": keys[0]},
        outputs={system.label: keys[1]},
        feature=lambda name, key, output: store.get(extractors.signature(name), key, output),
        extractor_signature=extractors.signature,
        facts={system.label: {"run": "perf"}},
    )
    rows = {row.metric: row.value for row in score.score(stored, [system], cards, "text2music").rows}
    return rows[WHOLE[0]], rows[WHOLE[1]], rows[WHOLE[2]]


def decoded(*folders: Path) -> Iterator[Clip]:
    """The clips of the folders, one by one; as in a run, threads decode the next ones meanwhile."""
    paths = [path for folder in folders for path in sorted(folder.iterdir())]
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        loaded = pool.map(lambda path: media.load_audio(path, [ways.RATE_HZ]), paths)
        yield from (found[ways.RATE_HZ] for found in loaded)


Found = Mapping[str, tuple[float, Any]]
"""Way -> seconds of its fastest round, and its result."""


def rounds(measured: Mapping[str, Callable[[], Any]], times: int) -> Found:
    """Every way once a round, one after the other, so that other work on the machine meets all of them."""
    took_s: dict[str, list[float]] = {name: [] for name in measured}
    results: dict[str, Any] = {}
    for _ in range(times):
        for name, way in measured.items():
            start = time.perf_counter()
            results[name] = way()
            took_s[name].append(time.perf_counter() - start)
    return {name: (min(each), results[name]) for name, each in took_s.items()}


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Torch and BLAS with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with threadpool_limits(number, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)
