"""`bench perf thd`: what harmonic distortion reads on tones of known ratio, and on sounds it is not made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.formulas.single import distortion
from sightsound.metrics.networks.pocket import harmonics

Samples = NDArray[np.float64]

DURATION_S = 10.0
TIME_S = np.arange(round(DURATION_S * harmonics.RATE_HZ)) / harmonics.RATE_HZ
PITCHES_HZ = (98.0, 131.3, 175.1, 220.5, 263.7, 329.6, 441.7, 659.3)
PLAIN, RICH = (1.0, 0.1, 0.05), (1.0, 0.5, 0.3, 0.2)  # amplitudes of harmonics; their ratios are 0.112 and 0.616
VIBRATO_HZ = 5.5
SEED = 0


class Reading(NamedTuple):
    """What one kind of sound reads over all pitches."""

    sound: str
    truth: float
    """Ratio of the harmonics that each tone of it is made of; NaN for a sound that has none."""
    least: float
    """The lowest value of a clip over the pitches, NaN when none has one."""
    most: float
    """The highest."""
    without: float
    """Share of the clips that have no value."""
    voiced: float
    """Mean share of voiced frames."""


def readings(pitches_hz: Sequence[float] = PITCHES_HZ) -> Iterator[Reading]:
    """One row a sound, 10 s long."""
    rng = np.random.default_rng(SEED)
    for name, amplitudes in (("sine", (1.0,)), ("plain tone", PLAIN), ("rich tone", RICH)):
        yield _reading(name, amplitudes, [tone(hz, amplitudes) for hz in pitches_hz])
    for name, amplitudes in (("plain", PLAIN), ("rich", RICH)):
        for cents in (10, 25, 50):
            clips = [tone(hz, amplitudes, cents=cents) for hz in pitches_hz]
            yield _reading(f"{name} tone, vibrato of {cents} cents either way", amplitudes, clips)
    for name, ratios in (
        ("with its octave", (1, 2)),
        ("with its fifth", (1, 3 / 2)),
        ("in a major triad", (1, 5 / 4, 3 / 2)),
        ("in a tempered triad", (1, 2 ** (4 / 12), 2 ** (7 / 12))),
    ):
        for of, amplitudes in (("plain", PLAIN), ("rich", RICH)):
            chords = [sum((tone(hz * ratio, amplitudes) for ratio in ratios), np.zeros(1)) for hz in pitches_hz]
            yield _reading(f"{of} tone {name}", amplitudes, chords)
    for share in (0.02, 0.05, 0.12, 0.5):
        clips = [_part(tone(hz, RICH), share) for hz in pitches_hz]
        yield _reading(f"rich tone in {share:.0%} of the clip, else silence", RICH, clips)
    for decibels in (10, 0):
        clips = [_in_noise(tone(hz, RICH), decibels, rng) for hz in pitches_hz]
        yield _reading(f"rich tone in white noise, {decibels} dB below it", RICH, clips)
    yield _reading("white noise", (), [rng.standard_normal(len(TIME_S)) for _ in pitches_hz])
    yield _reading("silence", (), [np.zeros(len(TIME_S))])


def tone(f0_hz: float, amplitudes: Sequence[float], *, cents: float = 0.0) -> Samples:
    """Harmonics of `f0_hz` with fixed phases, that don't peak together; the pitch swings by `cents` either way."""
    bent = 2 ** (cents / 1200 * np.sin(2 * np.pi * VIBRATO_HZ * TIME_S))
    phase = 2 * np.pi * f0_hz * np.cumsum(bent) / harmonics.RATE_HZ
    parts = [amplitude * np.sin(k * phase + k**2) for k, amplitude in enumerate(amplitudes, 1)]
    mixed: Samples = np.sum(parts, axis=0)
    return mixed


def _part(clip: Samples, share: float) -> Samples:
    return np.where(share * DURATION_S > TIME_S, clip, 0.0)


def _in_noise(clip: Samples, decibels: float, rng: np.random.Generator) -> Samples:
    noise = rng.standard_normal(len(clip)) * clip.std() * 10 ** (-decibels / 20)
    return clip + noise


def _reading(sound: str, amplitudes: Sequence[float], clips: Sequence[Samples]) -> Reading:
    found = [harmonics.measure((0.1 * clip).astype(np.float32)) for clip in clips]
    values = distortion.statistics([each["thd"] for each in found], [each["voiced"] for each in found])
    has_value = values[~np.isnan(values)]
    return Reading(
        sound,
        float(np.linalg.norm(amplitudes[1:]) / amplitudes[0]) if amplitudes else np.nan,
        float(has_value.min()) if len(has_value) else np.nan,
        float(has_value.max()) if len(has_value) else np.nan,
        float(np.isnan(values).mean()),
        float(np.mean([each["voiced"].mean() for each in found])),
    )
