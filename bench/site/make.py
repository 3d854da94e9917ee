"""`bench site`: from what was collected to the files of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sightsound.bench.site import board_pages, index_page, metric_pages, published_pages, system_pages, value_pages
from sightsound.bench.site.collect import Site, collect
from sightsound.bench.site.page import Part
from sightsound.bench.site.write import write

MAKERS: tuple[Callable[[Site], Iterable[Part]], ...] = (
    index_page.parts,
    board_pages.parts,
    metric_pages.parts,
    system_pages.parts,
    published_pages.parts,
    value_pages.parts,
)
"""Each yields pages and the files that they need; a new kind of page is one more here."""


def make(results_folder: Path | None, runs: Sequence[Path], out: Path) -> tuple[Site, int]:
    """Write the site into `out`; returns what it shows and how many files it has.

    BenchError as `collect` and `write` raise it.
    """
    site = collect(results_folder, runs)
    return site, write(parts(site), out)


def parts(site: Site) -> Iterator[Part]:
    """All parts of a site."""
    for maker in MAKERS:
        yield from maker(site)
