"""What is said of a split that is wrong."""

from __future__ import annotations

from sightsound.bench.core.errors import BenchError


class SplitError(BenchError):
    """A split that cannot be built, read or used."""
