"""The first page: all boards, metrics and systems."""

from __future__ import annotations

from collections.abc import Iterator

from sightsound.bench.site.collect import Site
from sightsound.bench.site.page import Page, Part


def parts(site: Site) -> Iterator[Part]:
    """The page."""
    yield Page("index.html", "index.html", "Results", {"boards": site.boards, "missing": site.missing})
