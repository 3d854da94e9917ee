"""A page a source of published figures: each beside its measured value, or apart with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from sightsound.bench.site.beside import figures
from sightsound.bench.site.board_pages import figure_values
from sightsound.bench.site.collect import Site
from sightsound.bench.site.links import source_path
from sightsound.bench.site.page import Page, Part


def parts(site: Site) -> Iterator[Part]:
    """The pages of all sources."""
    found = figures(site)
    for source, path in sources(site).items():
        mine = [figure_values(each) for each in found if str(each.row["run"]).partition("/")[0] == source]
        values = {
            "count": len(mine),
            "beside": [each for each in mine if each["board"]],
            "apart": [each for each in mine if not each["board"]],
        }
        yield Page(path, "published.html", f"Published: {source}", values, part="published")


def sources(site: Site) -> dict[str, str]:
    """Source -> its page."""
    names = sorted({str(row["run"]).partition("/")[0] for row in site.published})
    return {name: source_path(name) for name in names}
