"""Which tests `make quick` leaves out: those that were measured to be slow or to read downloaded files.

`pytest --measure` runs tests and writes both facts into tests/measured.csv (`make measure` does so for all);
conftest.py marks tests by that file. Nobody picks tests by hand; a test that is not in the file counts as quick.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core.cache import cache_dir

MEASURED = Path(__file__).parent / "measured.csv"
"""A line a test function or shared fixture that is slow or read downloaded files; the others are not listed."""
SLOW_S = 0.5
"""A test function that took longer, all its parameters together, is marked `slow`; so is every test that uses a
shared fixture that took longer."""


def mark(items: Iterable[pytest.Item]) -> None:
    """Give tests the markers `slow` and `downloads` by what was measured."""
    with MEASURED.open(encoding="utf-8", newline="") as file:
        rows = {row["what"]: row for row in csv.DictReader(file)}
    for item in items:
        found = [rows[what] for what in _parts(item) if what in rows]
        if any(float(row["seconds"]) > SLOW_S for row in found):
            item.add_marker("slow")
        if any(row["downloads"] for row in found) or item.get_closest_marker("network"):
            item.add_marker("downloads")


class Measure:
    """The pytest plugin that measures. A shared fixture's time is its own, not its first user's."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.downloads: set[str] = set()
        self._now: list[str] = []
        cache = cache_dir()
        mirror = os.environ.get("SIGHTSOUND_MIRROR")
        places = [cache / "assets", cache / "converted", cache / "splits", *([Path(mirror)] if mirror else [])]
        self._roots = tuple(f"{place.resolve()}{os.sep}" for place in places)
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Who opens a downloaded file, or one made of such, is noted."""
        if event == "open" and self._now and isinstance(arguments[0], str | os.PathLike):
            path = os.path.abspath(arguments[0])  # noqa: PTH100 -- a hook must be fast and open nothing itself
            if path.startswith(self._roots):
                self.downloads.update(self._now)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._now = [_function(item)]
        result = yield
        self._now = []
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        self._now.append(_fixture(fixturedef))
        start_s = time.perf_counter()
        try:
            return (yield)
        finally:
            took_s = time.perf_counter() - start_s
            self.seconds[self._now.pop()] += took_s
            self.seconds[self._now[-1]] -= took_s

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.partition("[")[0]] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Write what was measured, in the place of older figures of the same test files."""
        files = {what.partition("::")[0] for what in self.seconds}
        with MEASURED.open(encoding="utf-8", newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["what"].partition("::")[0] not in files]
        for what, seconds in self.seconds.items():
            if seconds > SLOW_S or what in self.downloads:
                downloads = "yes" if what in self.downloads else ""
                kept.append({"what": what, "seconds": f"{seconds:.1f}", "downloads": downloads})
        with MEASURED.open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, ["what", "seconds", "downloads"], lineterminator="\n")
            rows.writeheader()
            rows.writerows(sorted(kept, key=lambda row: str(row["what"])))


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _fixture(definition: pytest.FixtureDef[Any]) -> str:
    return f"{definition.baseid}::{definition.argname}"


def _parts(item: pytest.Item) -> list[str]:
    """The test function and the shared fixtures that it uses, those of fixtures included."""
    info: Any = getattr(item, "_fixtureinfo", None)  # pytest has no public way to ask
    used = info.name2fixturedefs.values() if info else ()
    return [_function(item), *(_fixture(definitions[-1]) for definitions in used)]
