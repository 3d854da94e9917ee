"""A toy world for tests of the harness: a split of tones, an extractor, metrics over it and models.

`python -m tests.toy ARGS` is the command `bench` in that world.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from sightsound.bench.core import cards as door
from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Generated, ModelCard, PresetCard, SplitCard, Variant, example_seed
from sightsound.bench.splits.media import manifest
from sightsound.metrics.card import ExtractorCard, MetricCard, Need
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 8000
SECONDS = float(os.environ.get("TOY_SECONDS", "2"))
EXAMPLES = int(os.environ.get("TOY_EXAMPLES", "12"))


def tone(pitch_hz: float, seconds: float = SECONDS) -> np.ndarray:
    """A quiet sine."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (0.3 * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


def pitch_hz(index: int) -> float:
    """Of an example."""
    return 200.0 + 40 * (index % 64)


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Examples in groups of two: a coloured picture, a story and a tone."""
    rows = []
    for index in range(EXAMPLES):
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / "audio").mkdir(exist_ok=True)
        Image.new("RGB", (32, 24), (index % 256, 90, 255 - index % 256)).save(folder / f"images/{index}.png")
        soundfile.write(folder / f"audio/{index}.wav", tone(pitch_hz(index)), RATE_HZ)
        example = Example(
            id=f"toy.{index:03d}",
            group=f"group{index // 2}",
            image=folder / f"images/{index}.png",
            audio=folder / f"audio/{index}.wav",
            story=f"The story of tone {index}.",
        )
        rows.append(manifest.Row(example, f"tone {index}"))
    manifest.write(folder, rows)


CARD = SplitCard(
    name="toy",
    tasks=("image2music", "story2music", "multimodal2music"),
    entry="tests.toy:build",
    assets=(),
    licence="CC0-1.0",
    source="made by the tests",
    description="tones",
)


class Spectrum:
    """Log energies of 16 bands of each half second, and the same as logits."""

    def __call__(self, clips: Sequence[np.ndarray]) -> list[Features]:
        """Features `[frames, 16]` of mono clips at 8 kHz."""
        return [self._one(clip) for clip in clips]

    def _one(self, clip: np.ndarray) -> Features:
        size = RATE_HZ // 2
        if len(clip) < size:
            raise ValueError(f"a clip of {len(clip)} samples is shorter than half a second")
        frames = clip[: len(clip) // size * size].reshape(-1, size)
        bands = np.abs(np.fft.rfft(frames, axis=1))[:, 1:].reshape(len(frames), 16, -1).mean(axis=2)
        energies = np.log(bands + 1e-3).astype(np.float32)
        return {"embedding": energies, "logits": energies}


def spectrum(weights: Mapping[str, Path], device: str) -> Spectrum:
    """Factory of the toy extractor."""
    return Spectrum()


class Echo:
    """A model: the example's tone with noise of the example's seed, and a wait for the kill test."""

    def __init__(self, device: str, weights: Mapping[str, Path], wait_s: str = "0", fail: str = "") -> None:
        self.wait_s, self.fail = float(wait_s), fail

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """A noisy tone an example; `fail` names the example that raises."""
        for example in examples:
            if example.id == self.fail:
                raise ValueError(f"{example.id}: cannot be done")
            time.sleep(self.wait_s)
            noise = np.random.default_rng(example_seed(seed, example.id)).standard_normal(round(SECONDS * RATE_HZ))
            pitch = tone(pitch_hz(int(example.id[-3:])))
            yield Generated(example.id, (pitch + 0.002 * noise).astype(np.float32), RATE_HZ)


MODEL = ModelCard(
    name="echo",
    tasks=("image2music", "story2music"),
    variants={
        "pocket": Variant("tests.toy:Echo", "noisy tones", batch_size=3),
        "pocket_twin": Variant("tests.toy:Echo", "the same", batch_size=3),
    },
    description="noisy tones",
    licence="CC0-1.0",
    presets={"pocket": ("pocket",)},
)


def register() -> None:
    """Add the toy's cards to those of this process; its preset takes the place of `pocket`."""
    spectrum = ExtractorCard(
        name="spectrum",
        entry="tests.toy:spectrum",
        modality="audio",
        assets=(),
        outputs={"embedding": "[frames, 16]", "logits": "[frames, 16]"},
        licence="CC0-1.0",
        source="tests",
        rate_hz=RATE_HZ,
    )
    generated = Need("generated", "spectrum", "embedding")
    reference = Need("reference", "spectrum", "embedding")
    measures = (
        MetricCard(
            "fad_toy",
            "sightsound.metrics.formulas.two_sets.frechet",
            "two_sets",
            False,
            (generated, reference),
            "FAD",
            "toy",
            2,
            low=0.0,
        ),
        MetricCard(
            "cosine_toy",
            "sightsound.metrics.formulas.paired.similarity",
            "paired",
            True,
            (generated, reference),
            "cosine",
            "toy",
            low=-1.0,
            high=1.0,
        ),
        MetricCard(
            "rank_toy",
            "sightsound.metrics.formulas.ranked.rank",
            "ranked",
            True,
            (),
            "rank",
            "toy",
            over="cosine_toy",
        ),
    )
    door.add([CARD, MODEL, spectrum, *measures], "tests.toy")
    registry.cards("preset")["pocket"] = PresetCard(
        "pocket", {"image2music": "toy", "story2music": "toy"}, ("fad_toy", "cosine_toy", "rank_toy"), "toy"
    )


if __name__ == "__main__":
    from sightsound.bench.commands.app import main

    register()
    os.environ.pop("SIGHTSOUND_MIRROR", None)
    try:
        main()
    finally:
        print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB", file=sys.stderr)
