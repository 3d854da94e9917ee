"""A browser for measurements and tests of pages: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightsound.bench.core.errors import BenchError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VARIABLE = "SIGHTSOUND_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)
"""Nothing but the pages is loaded."""
HOW = f"Debian's package chromium has one, or {VARIABLE} names the program"


def find() -> Path | None:
    """The program; None where there is none. BenchError where the variable names what is not there."""
    if given := os.environ.get(VARIABLE):
        if not Path(given).is_file():
            raise BenchError(f"{VARIABLE} is {given!r}, where no program is")
        return Path(given)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser. BenchError where there is none, or no playwright."""
    program = find()
    if program is None:
        raise BenchError(f"no Chromium is here; {HOW}")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise BenchError("playwright is missing; pip install 'sightsound-bench[dev]'") from error
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()
