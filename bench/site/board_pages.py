"""A page a board."""

from __future__ import annotations

from collections.abc import Iterator

from sightsound.bench.site.collect import Site
from sightsound.bench.site.page import Page, Part


def parts(site: Site) -> Iterator[Part]:
    """The pages of all boards with their data."""
    for board in site.boards:
        yield Page(board.path, "board.html", board.title, {"board": board}, part="boards")
