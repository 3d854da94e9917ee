"""Cases whose value follows on paper, and on which a reference package is wrong."""

from __future__ import annotations

import numpy as np

FLAT_X = np.array([[0.0, 2.0], [2.0, 0.0]])
FLAT_Y = np.array([[0.0, 0.0], [2.0, 2.0]])
FLAT = 8.0
"""Fréchet distance of X and Y, one embedding a clip. Both means are (1, 1); the covariances are
[[2, -2], [-2, 2]] and [[2, 2], [2, 2]], whose product is zero, so the traces add up: 4 + 4. Laid end to end,
both sets would be the numbers 0, 0, 2, 2."""

FEW = np.random.default_rng(3).standard_normal((20, 512))
SAME = 0.0
"""Fréchet distance of a set from itself, here of fewer frames than dimensions: zero, and never below it."""

_TIME_S = np.arange(480_000) / 48_000
LONG = np.concatenate([0.5 * np.sin(2 * np.pi * 440 * _TIME_S), 0.1 * FEW[0, np.arange(480_000) // 97 % 512]])
SAME_EACH_TIME = 0.0
"""Distance between two embeddings of LONG, a clip of 20 s at 48 kHz: a tone and then something else."""

CAPTIONS = {"bright": (1.0, 0.0), "dark": (0.0, 1.0)}
PAIRED = 1.0
"""Mean cosine when each clip has the embedding of its own caption."""
