"""Sound files in any number, made about as fast as a disk takes them: what embedding is measured on."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from sightsound.bench.core import media

RATE_HZ = 44100
KINDS = 8  # of sounds; each file is one of them from another moment on, at another loudness


def write(folder: Path, count: int, seconds: float = media.CLIP_S, seed: int = 0) -> list[Path]:
    """`count` stereo files of 16 bits at 44.1 kHz, chords that swell, in noise; no two alike, both channels the
    same."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    kinds = []
    for kind in range(KINDS):
        pitches = 110 * 2 ** (rng.integers(0, 48, 3) / 12)
        chord = sum(np.sin(2 * np.pi * pitch * time_s) for pitch in pitches)
        swell = np.abs(np.sin(np.pi * (1 + kind % 5) * time_s / seconds))
        kinds.append((0.1 * chord * swell + 0.03 * rng.standard_normal(len(time_s))).astype(np.float32))
    places, loud = rng.permutation(len(time_s)), rng.uniform(0.3, 1.0, count).astype(np.float32)

    def one(number: int) -> Path:
        path = folder / f"{number:06d}.wav"
        samples = loud[number] * np.roll(kinds[number % KINDS], places[number % len(places)])
        media.write_audio(path, np.stack([samples, samples]), RATE_HZ)
        return path

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(one, range(count)))
