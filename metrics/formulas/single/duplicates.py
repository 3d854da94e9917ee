"""How many of a system's outputs are the same as another of its outputs.

Two clips are the same where their third-octave levels, 100 ms by 100 ms, differ by `within` dB or less (root mean
square), each against the level of its own clip: so the same recording at another rate, in another format or louder
counts, another performance does not. Silent clips are all the same. Of 20 tracks of Wesnoth, copies at a tenth of
Vorbis' quality or 10 ms later are 1.6 dB away at most, copies 20 dB quieter 0.02; white noises of two seeds are
2.9 dB away or more (tests/metrics/test_guards.py).

Two pictures: `within` of the 255 steps of grey (root mean square) between their means over 16 x 16 boxes. Two
texts: equal but for capitals and blanks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from sightsound.metrics.formulas.bands import DEPTH_DB, relative
from sightsound.metrics.formulas.nearest import nearest
from sightsound.metrics.formulas.text import decoded
from sightsound.metrics.rows import Clips, Rows, by_shape, weighted_mean

FRAMES = 95  # of 100 ms: of a clip of 10 s, so that a copy that lacks half a second at its end counts
INTERVAL = False  # a clip's value hangs on all others: docs/statistics.md


def statistics(features: Clips, *, of: str = "sound", within: str = "1") -> Rows:
    """Fingerprints `[clips, dim]`; two outputs are the same where these are 1 apart (Euclidean) or nearer.

    `of`: `sound`, features band levels `[frames, bands]` in dB; `picture`, `[1, dim]`; `text`, code points.
    """
    return by_shape(_FINGERPRINTS[of], features) / float(within)


def by_clip(rows: Rows) -> Rows:
    """1 for a clip that has the same again among the others, else 0, `[clips]`."""
    found: Rows = (nearest(rows) <= 1).astype(np.float64)
    return found


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted share of the clips that have the same again among all of `rows`, 0..1.

    Who has one is decided over all rows whatever their weights, so that counting a clip twice makes no duplicate.

    >>> aggregate(np.array([[0.0], [0.1], [5.0], [9.0]]), np.ones(4))
    0.5
    """
    return weighted_mean(by_clip(rows), weights)


def _sound(bands: Rows) -> Rows:
    levels = relative(bands)[:, :FRAMES]
    whole = np.pad(levels, ((0, 0), (0, FRAMES - levels.shape[1]), (0, 0)), constant_values=DEPTH_DB)
    return _flat(whole)


def _picture(pixels: Rows) -> Rows:
    return _flat(pixels)


def _flat(clips: Rows) -> Rows:
    flat = clips.reshape(len(clips), -1)
    return np.asarray(flat / np.sqrt(flat.shape[1]))


def _text(code_points: Rows) -> Rows:
    plain = [" ".join(text.casefold().split()) for text in decoded(list(code_points))]
    digests = b"".join(hashlib.sha256(text.encode()).digest() for text in plain)
    return np.frombuffer(digests, np.uint32).astype(np.float64).reshape(len(plain), -1)


_FINGERPRINTS: dict[str, Callable[[Rows], Rows]] = {"sound": _sound, "picture": _picture, "text": _text}
