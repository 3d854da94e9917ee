"""Where pages lie: one rule a kind of page, so that every link agrees with it."""

from __future__ import annotations

from sightsound.bench.core import store


def metric_path(metric: str) -> str:
    """The page of a metric, `NAME` or `NAME@FIELD`."""
    return f"metrics/{store.slug(metric)}.html"


def system_path(system: str) -> str:
    """The page of a system, `family:variant`."""
    return f"systems/{store.slug(system)}.html"


def source_path(source: str) -> str:
    """The page of published figures, as `source/table` names them."""
    return f"published/{store.slug(source.partition('/')[0])}.html"


def values_path(board: str) -> str:
    """The page of a board's values by example, by the board's slug."""
    return f"values/{board}.html"
