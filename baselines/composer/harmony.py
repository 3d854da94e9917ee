"""Scales, chords, progressions and voice leading, on pitch classes and MIDI keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
TUNE_SCALES: dict[str, tuple[int, ...]] = {  # scales of the melody that are not the mode's own
    "blues": (0, 3, 5, 6, 7, 10),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
}
MINOR_MODES = ("minor", "harmonic minor", "dorian", "phrygian")

# Degrees of the mode, one a chord; `d` makes it a dominant seventh (major third, minor seventh).
PROGRESSIONS: dict[str, tuple[str, ...]] = {
    "major": ("1 5 6 4", "1 6 4 5", "1 4 6 5", "4 1 5 6", "1 3 4 5", "1 4 1 5"),
    "lydian": ("1 2 1 2", "1 2 6 5", "1 5 2 1"),
    "mixolydian": ("1 7 4 1", "1 4 7 1", "1 1 7 4"),
    "dorian": ("1 4 1 7", "1 7 4 1", "1 3 4 1"),
    "minor": ("1 6 3 7", "1 6 4 5d", "1 4 6 5d", "1 7 6 7", "1 3 6 7", "6 7 1 5d"),
    "harmonic minor": ("1 4 5d 1", "1 6 5d 1", "1 5d 6 5d"),
    "phrygian": ("1 2 1 7", "1 2 3 2", "1 6 2 1"),
}
SIZES = {"power": (0, 4), "triad": (0, 2, 4), "seventh": (0, 2, 4, 6), "ninth": (0, 2, 6, 8), "add9": (0, 2, 4, 8)}


@dataclass(frozen=True)
class Chord:
    """A harmony and when it sounds."""

    start: float
    """In beats."""
    beats: float
    """How long."""
    root: int
    """Pitch class."""
    tones: tuple[int, ...]
    """Pitch classes, the root first."""


def chord(degree: str, tonic: int, mode: str, size: str) -> tuple[int, ...]:
    """Pitch classes of a chord on a degree (`2`, `5d`), stacked in thirds of the mode.

    >>> chord("5d", 9, "minor", "triad")
    (4, 8, 11, 2)
    """
    scale = SCALES[mode]
    step = int(degree[0]) - 1
    root = (tonic + scale[step]) % 12
    if degree.endswith("d"):
        return tuple((root + above) % 12 for above in (0, 4, 7, 10))
    return tuple((tonic + scale[(step + above) % 7]) % 12 for above in SIZES[size])


def nearest(key: float, pitch_classes: Iterable[int]) -> int:
    """The key of one of the pitch classes that is nearest to `key`, the lower of two.

    >>> nearest(61, (0, 4, 7))
    60
    """
    near = [round(key) + away for away in range(-6, 7)]
    return min((k for k in near if k % 12 in set(pitch_classes)), key=lambda k: (abs(k - key), k))


def voice(tones: Sequence[int], before: Sequence[int], centre: float, voices: int = 4) -> tuple[int, ...]:
    """Keys of a chord, low to high, that move least from the keys before and stay about `centre`.

    Every tone sounds once; the first tones are doubled where there are more voices than tones.

    >>> voice((5, 9, 0), (60, 64, 67), 64, 3)
    (60, 65, 69)
    """
    wanted = [tones[number % len(tones)] for number in range(voices)]
    options = [[nearest(centre + octave, [tone]) for octave in (-12, 0, 12)] for tone in wanted]
    spread = 4.0 * voices

    def cost(keys: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        ordered = sorted(keys)
        close = sum(1 for low, high in pairwise(ordered) if high - low < 3)
        moved = sum(min(abs(key - other) for other in before) for key in ordered) if before else 0
        wide = max(ordered[-1] - ordered[0] - spread, 0)
        away = abs(sum(ordered) / len(ordered) - centre)
        same = len(ordered) - len(set(ordered))
        return moved + 2.0 * close + 2.0 * wide + 0.7 * away + 20.0 * same, keys

    choices: list[tuple[int, ...]] = list(product(*options))
    best = min(choices, key=cost)
    return tuple(sorted(best))


def scale_keys(tonic: int, scale: Sequence[int], low: int, high: int) -> list[int]:
    """All keys of a scale from `low` to `high`."""
    return [key for key in range(low, high + 1) if (key - tonic) % 12 in scale]
