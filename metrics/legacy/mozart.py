"""Mozart's Touch (Li et al. 2025): what can be known of its figures, which no released code computes.

FAD (VGGish, "official implementation in PyTorch") and KL (1.05 to 1.88, as large as PaSST's; classifier not
named) have no code behind them. Its IB Rank is known by its sums: each column sums to 1 + 1/2 + ... + 1/N, so
it is the mean reciprocal position among the N systems of that table (`metrics.formulas.ranked.rank`), and figures
of tables with another N cannot be compared. Sums do not tell the rank from M2UGen's argsort
(`sightsound.metrics.legacy.m2ugen_rank`), except for N = 2, where they are the same and a figure is a share of
won comparisons: the ablation's 0.757 against 0.743 is 51.4%.
"""

from __future__ import annotations

from collections.abc import Sequence

ROUNDING = 0.0005  # of a figure with three decimals


def is_rank_column(figures: Sequence[float]) -> bool:
    """Whether the systems' figures sum to 1 + 1/2 + ... + 1/N, as far as three decimals tell.

    >>> is_rank_column([0.7, 0.633, 0.5]), is_rank_column([0.7, 0.6, 0.5])
    (True, False)
    """
    harmonic = sum(1 / place for place in range(1, len(figures) + 1))
    return abs(sum(figures) - harmonic) <= ROUNDING * len(figures)


def win_rate(ib_rank: float) -> float:
    """Share of clips, 0 to 1, on which a system with this IB Rank among two was first: 2 x - 1.

    Raises ValueError for a figure below 0.5 or above 1, which no system among two has.

    >>> round(win_rate(0.757), 3)
    0.514
    """
    if not 0.5 <= ib_rank <= 1:
        raise ValueError(f"IB Rank {ib_rank}: between two systems it lies in 0.5..1")
    return 2 * ib_rank - 1
