"""What the site is made of: pages, data files and copied files. A maker yields them, `write` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """One HTML page."""

    path: str
    """Below the site's folder, with slashes: `boards/wesnoth.html`."""
    template: str
    """File in `templates/`; it extends `base.html`."""
    title: str
    """Heading and, before the site's name, the title of the window."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the template reads."""
    data: tuple[str, ...] = ()
    """Paths of data files that it loads, see `Data`."""
    scripts: tuple[str, ...] = ()
    """Scripts that it loads after its data, below `static/` or `carried/`, in order."""
    styles: tuple[str, ...] = ()
    """Style sheets beside `static/site.css`."""
    part: str = ""
    """Which entry of the navigation it belongs to: boards, metrics, systems, examples."""

    @property
    def root(self) -> str:
        """The way from the page up to the site's folder: empty, `../` or `../../`."""
        return "../" * self.path.count("/")


@dataclass(frozen=True)
class Data:
    """JSON that pages load: `sightsound.data[name]` once the script at `path` has run."""

    path: str
    """Below the site's folder: `data/wesnoth.js`."""
    name: str
    """Key under which scripts find it."""
    value: object
    """Numbers, texts, lists and mappings."""


@dataclass(frozen=True)
class Copy:
    """A file that the site takes as it is, or bytes that a maker made (a peak file, a thumbnail, an MP3)."""

    path: str
    """Below the site's folder: `media/1f/2e.wav`."""
    source: Path | bytes
    """File to copy, or what to write."""


Part = Page | Data | Copy
"""Whatever a maker yields."""

TABLE = ("carried/tabulator/tabulator.min.js",)
"""Scripts of the table with a virtual list: `Tabulator`."""
TABLE_STYLE = ("carried/tabulator/tabulator_simple.min.css", "static/table.css")
PLOT = ("carried/d3/d3.min.js", "carried/plot/plot.umd.min.js")
"""Scripts of the plots: `d3` and `Plot`."""
