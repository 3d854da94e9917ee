"""The page of all examples, `examples.html#BOARD/EXAMPLE`; bench/site/example_data.py makes what it shows."""

from __future__ import annotations

from collections.abc import Iterator

from sightsound.bench.core import spectrogram
from sightsound.bench.site import example_data, map_pages
from sightsound.bench.site.collect import Site
from sightsound.bench.site.page import Data, Page, Part
from sightsound.bench.site.shelf import Shelf

WAVES = ("carried/wavesurfer/wavesurfer.min.js", "static/media.js", "static/player.js")
"""Scripts of a page with sound."""
STYLE = ("static/media.css",)
OTHERS = ("examples.html", "listen.html", "maps.html")
RULE = (
    "For each metric that gives single clips a value, a clip's standing is the share of all clips of systems "
    "under test that it beats. Best and worst go by the mean over metrics; a clip is disputed by the distance "
    "between its highest and its lowest standing: one metric has it among the best, another among the worst."
)


def parts(site: Site, shelf: Shelf) -> Iterator[Part]:
    """The pages, and the data and media of every board whose runs were given."""
    boards = [example_data.gathered(board, shelf.mirror) for board in site.boards if board.runs]
    if not boards:
        return
    for of in boards:
        yield from example_data.parts(of, shelf)
    listed = [{"slug": of.board.slug, "title": of.board.title} for of in boards]
    yield Data("data/examples.js", "examples", listed)
    yield Page(
        "examples.html",
        "examples.html",
        "Examples",
        values={
            "coding": shelf.coding.text,
            "low": f"{spectrogram.LOW_HZ:g}",
            "high": f"{spectrogram.HIGH_HZ:g}",
            "floor": f"{spectrogram.FLOOR_DB:g}",
            "rule": RULE,
            "others": OTHERS,
        },
        data=("data/examples.js",),
        scripts=(*WAVES, "static/example.js", "static/examples.js"),
        styles=STYLE,
        part="examples",
    )
    yield Page(
        "listen.html",
        "listen.html",
        "Listen blind",
        values={"others": OTHERS},
        data=("data/examples.js",),
        scripts=(*WAVES, "static/example.js", "static/listen.js"),
        styles=STYLE,
        part="examples",
    )
    yield from map_pages.parts(boards, OTHERS)
