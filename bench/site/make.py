"""`bench site`: from what was collected to the files of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sightsound.bench.core.types import Report
from sightsound.bench.site import (
    board_pages,
    example_pages,
    index_page,
    metric_pages,
    published_pages,
    system_pages,
    value_pages,
)
from sightsound.bench.site.collect import Site, collect
from sightsound.bench.site.page import Part
from sightsound.bench.site.shelf import Shelf
from sightsound.bench.site.sound import Coding
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


MEDIA_MAKERS: tuple[Callable[[Site, Shelf], Iterable[Part]], ...] = (example_pages.parts,)
"""The same for pages with media of runs."""


def make(
    results_folder: Path | None,
    runs: Sequence[Path],
    out: Path,
    *,
    coding: Coding = Coding(),  # noqa: B008 - frozen
    originals: bool = False,
    mirror: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> tuple[Site, int]:
    """Write the site into `out`; returns what it shows and how many files it has.

    Raises BenchError as `collect` and `write`.
    `coding`: how sound is coded; `originals`: copy every file as it is, too; `mirror`: folder with assets, for a
    split that is read again.
    """
    site = collect(results_folder, runs)
    shelf = Shelf(out, coding, originals=originals, mirror=mirror, report=report)
    return site, write(parts(site, shelf), out, _nav(site))


def _nav(site: Site) -> dict[str, str]:
    """What the head of every page leads to."""
    of_index = {part: f"index.html#{part}" for part in ("boards", "published", "metrics", "systems")}
    heard = any(board.runs for board in site.boards)
    return of_index | ({"examples": "examples.html"} if heard else {})


def parts(site: Site, shelf: Shelf) -> Iterator[Part]:
    """All parts of a site."""
    for maker in MAKERS:
        yield from maker(site)
    for maker_of_media in MEDIA_MAKERS:
        yield from maker_of_media(site, shelf)
