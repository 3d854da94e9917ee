"""Student's t: its quantiles and tails, as scipy.stats has them, without the second that importing it takes."""

from __future__ import annotations

from scipy.special import stdtr, stdtrit


def quantile(p: float, freedom: float) -> float:
    """The number below which a share of `p` lies; `freedom`: degrees of freedom, > 0.

    >>> round(quantile(0.975, 10.0), 3)
    2.228
    """
    return float(stdtrit(freedom, p))


def above(x: float, freedom: float) -> float:
    """The share that lies above `x`.

    >>> round(above(2.228, 10.0), 3)
    0.025
    """
    return float(stdtr(freedom, -x))
