"""Feature sets of the reference figures in this folder, made anew by any test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cloud(seed: int, n: int = 60, dim: int = 24, shift: float = 0.0) -> NDArray[np.float64]:
    """Correlated Gaussian points `[n, dim]`, each moved by `shift` in every dimension."""
    mix = np.random.default_rng(dim).standard_normal((dim, dim)) / np.sqrt(dim)
    return np.random.default_rng(seed).standard_normal((n, dim)) @ mix + shift
