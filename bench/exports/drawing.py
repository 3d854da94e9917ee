"""What all plots share: panels, points with intervals, labels that are no markup, the file."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sightsound.bench.core.console import say
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import printable
from sightsound.bench.exports import files

FORMATS = (".png", ".svg", ".pdf")
SYSTEM, REFERENCE = "#1f4e79", "#8a8a8a"
"""Colours; a reference row is grey."""
_MOST_IN_A_LINE = 3
_WIDTH = 3.2  # inches a panel
_STEADY = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
"""So that the same rows give the same file."""


def check(out: Path) -> None:
    """BenchError for a file of no format that plots are written in, and where matplotlib is not installed."""
    if out.suffix.lower() not in FORMATS:
        raise BenchError(f"{out}: a plot is written as {', '.join(FORMATS)}; name such a file")
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise BenchError("plots need matplotlib: pip install 'sightsound-bench[plot]'") from error


def panels(count: int, height: float) -> tuple[Any, list[Any]]:
    """A figure with `count` panels in lines of three, each `height` inches high, with a common vertical axis."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(count, _MOST_IN_A_LINE)
    lines = math.ceil(count / columns)
    figure = Figure(figsize=(_WIDTH * max(columns, 1.6) + 1.2, height * lines + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    places = list(figure.subplots(lines, columns, squeeze=False, sharey=count > 1).flat)
    for place in places[:count]:
        place.locator_params(axis="x", nbins=5)
    for place in places[count:]:
        place.remove()
    return figure, places[:count]


def point(
    place: Any,
    x: float,
    y: float,
    *,
    across: tuple[float, float] | None = None,
    up: tuple[float, float] | None = None,
    colour: str,
) -> None:
    """A value, with the ends of its interval along either axis."""
    if across is not None:
        place.plot(across, (y, y), color=colour, linewidth=1.2)
    if up is not None:
        place.plot((x, x), up, color=colour, linewidth=1.2)
    place.plot([x], [y], marker="o", markersize=4, color=colour)


def name_points(figure: Any, place: Any, points: Mapping[str, tuple[float, float]]) -> None:
    """A name beside each point, towards the middle; one that would cover another goes further down."""
    figure.canvas.draw()
    low, high = place.get_xlim()
    taken: list[Any] = []
    for name, (x, y) in sorted(points.items(), key=lambda each: -each[1][1]):
        right = x > (low + high) / 2
        shown = place.annotate(
            *(plain(name), (x, y)),
            xytext=(-4 if right else 4, 4), textcoords="offset points", fontsize="x-small",
            ha="right" if right else "left",
        )  # fmt: skip
        for step in range(len(points)):
            shown.set_position((shown.get_position()[0], 4 - 9 * step))
            box = shown.get_window_extent(figure.canvas.get_renderer())
            if not any(box.overlaps(other) for other in taken):
                break
        taken.append(box)


def plain(text: str) -> str:
    """Text that matplotlib does not read as mathematics.

    >>> plain("a$b$")
    'a\\\\$b\\\\$'
    """
    return printable(text).replace("$", r"\$")


def save(figure: Any, out: Path, title: str) -> None:
    """Write the figure at once, in the format of the file's ending."""
    figure.suptitle(plain_lines(title), fontsize="small")
    import matplotlib

    steady = _STEADY[out.suffix.lower()]
    with matplotlib.rc_context({"svg.hashsalt": "sightsound", "pdf.fonttype": 42}), _told_of_letters():
        files.file(out, lambda path: figure.savefig(path, dpi=150, metadata=steady))


@contextmanager
def _told_of_letters() -> Iterator[None]:
    """Letters that matplotlib's font lacks are said once, in the place of a warning each."""
    with warnings.catch_warnings(record=True) as found:
        yield
    if lacking := sorted({str(each.message) for each in found if "missing from font" in str(each.message)}):
        say(f"{len(lacking)} letters are not in matplotlib's font and are drawn as boxes")
    for each in found:
        if "missing from font" not in str(each.message):
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def plain_lines(text: str) -> str:
    """`plain` of each line."""
    return "\n".join(map(plain, text.split("\n")))
