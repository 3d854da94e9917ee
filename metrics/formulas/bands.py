"""Band levels of a clip, made independent of how loud it is."""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Rows

SILENT_DB = -60.0  # of full scale: a clip that is quieter as a whole has no spectrum
DEPTH_DB = -40.0  # of the clip's own level: a coder with loss keeps little of what is quieter


def relative(bands: Rows) -> Rows:
    """Levels `[..., frames, bands]` against that of the whole clip, dB, DEPTH_DB at least and for a silent clip.

    >>> relative(np.array([[-20.0, -120.0], [-20.0, -23.0]])).round(1)
    array([[ -1., -40.],
           [ -1.,  -4.]])
    """
    whole = 10 * np.log10((10 ** (bands / 10)).sum(axis=-1, keepdims=True).mean(axis=-2, keepdims=True))
    return np.where(whole < SILENT_DB, DEPTH_DB, np.maximum(bands - whole, DEPTH_DB))


def profile(bands: Rows) -> Rows:
    """The same of the clip's mean power, `[..., bands]`: its long-term spectrum.

    >>> profile(np.array([[-20.0, -120.0], [-20.0, -23.0]])).round(1)
    array([-1., -7.])
    """
    mean = 10 * np.log10((10 ** (bands / 10)).mean(axis=-2, keepdims=True))
    only: Rows = relative(mean)[..., 0, :]
    return only
