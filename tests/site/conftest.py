"""Pages in a real browser: `visit(path)` opens one from the disk, and no page may say anything on the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import browsers

Visit = Callable[..., Any]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests of a process."""
    browsers.require()
    from sightsound.bench.perf.chromium import browser

    with browser() as started:
        yield started


@pytest.fixture
def visit(chromium: Any) -> Iterator[Visit]:
    """`visit(file, hash="", width=1280, scheme="light")` -> the page; it must stay without an error to the end."""
    said: list[str] = []
    pages = []

    def open_page(file: Path, hash: str = "", *, width: int = 1280, scheme: str = "light") -> Any:  # noqa: A002
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        pages.append(page)
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("requestfailed", lambda request: said.append(f"not loaded: {request.url}"))
        page.goto(file.as_uri() + (f"#{hash}" if hash else ""))
        return page

    yield open_page
    for page in pages:
        page.close()
    assert said == []


@pytest.fixture(scope="session")
def grave() -> Callable[[Any], list[str]]:
    """What axe finds serious or critical on a page."""

    def found(page: Any) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        # styles are not fetched again: the page's own policy forbids every request. Of what passes a check one
        # example is named, not every cell of a table: the browser would be busy for minutes with telling them.
        options = {"preload": False, "resultTypes": ["violations"]}
        violations = Axe().run(page, options=options).response["violations"]
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:120]}"
            for each in violations
            if each["impact"] in ("serious", "critical")
        ]

    return found
