"""A page a system."""

from __future__ import annotations

from collections.abc import Iterator

from sightsound.bench.site.collect import Site
from sightsound.bench.site.page import Part


def parts(site: Site) -> Iterator[Part]:
    """The pages of all systems with a row."""
    yield from ()
