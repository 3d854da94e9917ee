"""`bench perf site`: how quick and how large the pages of 20 systems on 2,500 examples are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sightsound.bench.core.types import Report
from sightsound.bench.perf import made_board, made_run
from sightsound.bench.perf.chromium import browser
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.site.make import make

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

PAINT_MS, SORT_MS, SIZE_MB = 1000.0, 100.0, 20.0  # most
REPEATS = 5
SORT = """(column) => new Promise((done) => {
  const heads = [...document.querySelectorAll(".tabulator-col button.sort")];
  const started = performance.now();
  heads[column].click();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
})"""
"""From the click on a heading until the next picture is drawn."""
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()[0].startTime))
  .observe({ type: "paint", buffered: true }))"""
SHOWN = "() => performance.getEntriesByName('table')[0]?.startTime"
"""Milliseconds from the start of the page until its table has rows."""

EXAMPLE = "() => performance.getEntriesByName('example')[0].startTime"
"""The same until an example is drawn."""
ORDER = """() => new Promise((done) => {
  const order = document.getElementById("order");
  const started = performance.now();
  order.value = "worst";
  order.dispatchEvent(new Event("change"));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
})"""
"""From another order of the list until the next picture is drawn."""


def measure(systems: int, examples: int, report: Report) -> list[Figure]:
    """Medians over REPEATS fresh pages, of a made board; in a headless Chromium, from the disk."""
    with TemporaryDirectory() as name, browser() as chromium:
        folder = Path(name)
        report("making a board", 0, 1)
        made_board.write(folder, systems=systems, examples=examples)
        made_run.write(folder, folder / made_board.RUN, *made_run.names(folder))
        started = time.perf_counter()
        site, _ = make(folder, [folder / made_board.RUN], folder / "site")
        took_s = time.perf_counter() - started
        report("making a board", 1, 1)
        files = [path for path in (folder / "site").rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files if path.relative_to(folder).parts[1] != "media") / 1e6
        what = f"{systems} systems on {examples:,} examples"
        figures = [
            Figure(f"{what}: seconds to make the site", took_s, 0.0, True),
            Figure(f"{what}: MB without media", size, SIZE_MB, size < SIZE_MB),
        ]
        pages = {"board": f"boards/{site.boards[0].slug}.html", "values": f"values/{site.boards[0].slug}.html"}
        for done, (page, path) in enumerate(pages.items()):
            report("pages", done, len(pages) + 1)
            figures += _page(chromium, page, folder / "site" / path)
        figures += _examples(chromium, folder / "site/examples.html")
        report("pages", len(pages) + 1, len(pages) + 1)
        return figures


def _examples(chromium: Browser, path: Path) -> Iterator[Figure]:
    painted, shown, ordered = [], [], []
    for _ in range(REPEATS):
        page = chromium.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".example")
        painted.append(float(page.evaluate(PAINTED)))
        shown.append(float(page.evaluate(EXAMPLE)))
        ordered.append(float(page.evaluate(ORDER)))
        page.close()
    yield Figure("examples: ms to the first paint", median(painted), PAINT_MS, median(painted) < PAINT_MS)
    yield Figure("examples: ms until one is there", median(shown), PAINT_MS, median(shown) < PAINT_MS)
    yield Figure("examples: ms for another order", median(ordered), SORT_MS, median(ordered) < SORT_MS)


def _page(chromium: Browser, what: str, path: Path) -> Iterator[Figure]:
    painted, shown, sorted_, busy = [], [], [], []
    for _ in range(REPEATS):
        page = chromium.new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(path.as_uri())
        page.wait_for_selector(".tabulator-row .tabulator-cell")
        painted.append(float(page.evaluate(PAINTED)))
        shown.append(float(page.evaluate(SHOWN)))
        for column in (1, 2, 2):
            before = _busy_ms(session)
            sorted_.append(float(page.evaluate(SORT, column)))
            busy.append(_busy_ms(session) - before)
        page.close()
    yield Figure(f"{what}: ms to the first paint", median(painted), PAINT_MS, median(painted) < PAINT_MS)
    yield Figure(f"{what}: ms until its table is there", median(shown), PAINT_MS, median(shown) < PAINT_MS)
    yield Figure(f"{what}: ms for a sort", median(sorted_), SORT_MS, median(sorted_) < SORT_MS)
    yield Figure(f"{what}: ms of the page's thread for a sort", median(busy), 0.0, True)


def _busy_ms(session: CDPSession) -> float:
    """Processor time of the page's thread so far: on a busy machine it says more than the clock."""
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1000
