"""The example pages, blind listening and the page alone in a headless Chromium, opened from the disk."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core import results
from tests.site import heard

Page = Any
"""Playwright's."""
PHONE = {"width": 360, "height": 740}
WIDER = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with heard.world(tmp_path_factory.mktemp("pages")) as found:
        yield found


@pytest.fixture(scope="module")
def site(world):
    assert world.bench("site", "--run", world.run, "--out", world.run.parent / "site") == 0
    return world.run.parent / "site"


@pytest.fixture(scope="module")
def alone(world):
    path = world.run.parent / "report.html"
    assert world.bench("report", world.run, "--out", path, "--examples", "6", "--example", heard.FAILED) == 0
    return path


class Watched:
    """A page, what it asked for and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page, self.complaints, self.asked = page, [], []
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else 0
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: Path, anchor: str = "", *, ready: str = ".example") -> Page:
        self.page.goto(path.as_uri() + anchor)
        self.page.wait_for_selector(ready, state="attached")
        return self.page


@pytest.fixture
def watched(chromium) -> Iterator[Watched]:
    context = chromium.new_context(accept_downloads=True)
    context.set_default_timeout(10000)
    found = Watched(context.new_page())
    yield found
    context.close()
    assert found.complaints == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in found.asked)
    assert not any("planted" in url or url.endswith("/x") for url in found.asked)


def slug(site: Path) -> str:
    found = re.search(r'"slug":"([^"]+)"', (site / "data/examples.js").read_text())
    assert found
    return found.group(1)


def in_time(page: Page, condition: str) -> None:
    """Wait until a condition holds. Playwright's own way evaluates a text in the page, which the page forbids."""
    until = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < until, f"never: {condition}"
        page.wait_for_timeout(50)


def test_a_deep_link_shows_its_example_with_all_that_belongs_to_it(site, watched):
    page = watched.open(site / "examples.html", f"#{slug(site)}/toy.007")
    assert page.locator(".example h2").inner_text() == "toy.007"
    assert page.locator(".answers .system").all_inner_texts() == ["echo:pocket", "echo:pocket_twin"]
    in_time(page, "document.querySelector('.condition img').naturalWidth === 32")
    in_time(page, "document.querySelector('.answer .spectrogram').naturalWidth === 300")
    in_time(page, "document.querySelector('.answer .wave').firstChild.shadowRoot.querySelector('canvas') !== null")
    assert "2.0 s" in page.locator(".answer .below").first.inner_text()
    assert page.locator(".example table tbody tr").count() >= 4
    page.get_by_role("link", name="next →").click()
    in_time(page, "document.querySelector('.example h2').textContent === 'toy.008'")
    assert page.url.endswith("/toy.008")


def test_play_plays_and_stops_what_played_before(site, watched):
    page = watched.open(site / "examples.html", f"#{slug(site)}/toy.000")
    page.get_by_role("button", name="Play echo:pocket for toy.000").click()
    in_time(page, "document.querySelectorAll('.answer audio')[0].currentTime > 0.2")
    page.get_by_role("button", name="Play echo:pocket_twin for toy.000").press("Enter")
    in_time(page, "document.querySelectorAll('.answer audio')[1].currentTime > 0.1")
    assert page.evaluate("document.querySelectorAll('.answer audio')[0].paused")
    place = page.get_by_role("slider", name="Position in echo:pocket for toy.000")
    place.focus()
    place.press("Home")
    in_time(page, "document.querySelectorAll('.answer audio')[0].currentTime === 0")


def test_what_is_missing_or_failed_says_so_and_markup_is_text(site, watched):
    page = watched.open(site / "examples.html", f"#{slug(site)}/{heard.GONE}")
    assert "gone" in page.locator(".answer .gone").inner_text()
    assert page.locator(".answer .player").count() == 1
    page = watched.open(site / "examples.html", f"#{slug(site)}/{heard.FAILED}")
    assert heard.WHY in page.locator(".answer .failed").inner_text()
    assert page.locator(".texts .words", has_text="<script>").count() == 1
    assert page.locator(".example script, .example [onerror]").count() == 0
    assert page.evaluate("window.planted") is None
    page.goto(f"{(site / 'examples.html').as_uri()}#{slug(site)}/nowhere")
    page.wait_for_selector("text=There is no example nowhere")


def test_a_file_that_was_deleted_from_the_site_costs_its_example_alone(site, watched, tmp_path):
    page = watched.open(site / "examples.html", f"#{slug(site)}/toy.001")
    in_time(page, "document.querySelector('.answer audio').src !== ''")
    played = Path(page.evaluate("document.querySelector('.answer audio').src").removeprefix("file://"))
    kept = played.rename(tmp_path / "kept.mp3")
    try:
        page.reload()
        page.get_by_role("button", name="Play echo:pocket for toy.001").click()
        page.wait_for_selector(".answer .player .gone")
        assert page.locator(".answer").count() == 2
        watched.complaints[:] = [text for text in watched.complaints if "ERR_FILE_NOT_FOUND" not in text]
    finally:
        kept.rename(played)


def test_search_and_order_lead_to_examples(site, watched):
    page = watched.open(site / "examples.html")
    page.get_by_label("Order").select_option("failed")
    assert page.locator("#rows a").all_inner_texts() == [f"{heard.FAILED}\n1 failed"]
    page.get_by_label("Order").select_option("worst")
    assert page.locator("#rows a").count() >= 5
    page.get_by_label("Search").fill("toy.009")
    assert "1 of 12" in page.locator("#count").inner_text() or "0 of 12" in page.locator("#count").inner_text()
    page.get_by_label("Order").select_option("in the split's order")
    page.locator("#rows a").first.press("Enter")
    in_time(page, "document.querySelector('.example h2').textContent === 'toy.009'")


def trial(page: Page) -> list[str]:
    """Plays both sounds of a trial; the addresses of the first and the second."""
    in_time(page, "document.querySelectorAll('#trial .player').length === 2")
    assert page.locator("#trial .choice:disabled").count() == 3
    assert not re.search("echo|twin|caption", page.locator("#trial").inner_text())
    for name in ("Play First", "Play Second"):
        page.get_by_role("button", name=name).click()
    in_time(page, "document.querySelectorAll('#trial .choice:disabled').length === 0")
    found: list[str] = page.evaluate("[...document.querySelectorAll('#trial audio')].map((each) => each.src)")
    return found


def begin(page: Page, seed: int) -> None:
    page.get_by_label("Your name").fill('=rater, "one"')
    page.get_by_label("Trials").fill("3")
    page.get_by_label("Seed").fill(str(seed))
    page.get_by_role("button", name="Begin").click()


def test_blind_listening_hides_names_and_exports_what_ratings_take(site, world, watched, tmp_path):
    orders = []
    for seed in (1, 1, 2):
        page = watched.open(site / "listen.html", ready="#one option")
        page.evaluate("localStorage.clear()")
        page.reload()
        page.wait_for_selector("#one option", state="attached")
        begin(page, seed)
        heard_now = []
        for answer in ("The first is better", "No difference", "The second is better"):
            heard_now.append(trial(page))
            page.get_by_role("button", name=answer).click()
        orders.append(heard_now)
        page.wait_for_selector("#results table")
    assert orders[0] == orders[1] and orders[0] != orders[2]
    assert "echo:pocket against echo:pocket_twin" in page.locator("#results").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this board's answers").click()
    download.value.save_as(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["rater", "example", "system", "question", "answer"]
    assert [line["answer"] for line in lines] == ["1", "0", "0.5", "0.5", "0", "1"]
    assert {line["rater"] for line in lines} == {'\'=rater, "one"'}
    assert {line["system"] for line in lines[:2]} == {"echo:pocket", "echo:pocket_twin"}
    assert len({line["example"] for line in lines} & {heard.GONE, heard.CHANGED, heard.FAILED}) == 0
    assert (
        world.bench("ratings", "import", tmp_path / "answers.csv", "--run", world.run, "--to", tmp_path / "r.csv")
        == 0
    )
    rows = results.rows(results.read(tmp_path / "r.csv"))
    assert {(row.metric, row.n) for row in rows} == {("preferred_share", 3)}
    for row in rows:
        own = [float(line["answer"]) for line in lines if line["system"] == results.label(row)]
        assert row.value == pytest.approx(sum(own) / 3)
    begin(page, 2)
    in_time(page, "document.querySelector('#note').textContent.startsWith('3 examples')")


def test_the_map_has_its_clips_and_says_its_axes(site, watched):
    page = watched.open(site / "maps.html", ready="#map svg")
    assert re.search(r"component 1 \(\d+% of variance\)", page.locator("#map").inner_html())
    systems = page.locator("#tables tbody").first.inner_text()
    assert "echo:pocket" in systems and "reference" in systems
    dots = "document.querySelectorAll('#map [data-mark=dot] *').length"
    before = page.evaluate(dots)
    page.get_by_role("checkbox", name="echo:pocket_twin").uncheck()
    assert page.evaluate(dots) == before - 12
    page.locator("#tables a").first.click()
    page.wait_for_selector(".example")


def test_the_page_alone_needs_nothing_from_outside(alone, watched, tmp_path):
    moved = tmp_path / "sent.html"
    moved.write_bytes(alone.read_bytes())
    page = watched.open(moved)
    assert {url for url in watched.asked if not url.startswith("data:")} == {moved.as_uri()}
    assert page.locator(".example").count() == 7
    assert heard.WHY in page.locator("main").inner_text()
    assert page.evaluate("window.planted") is None
    play = page.get_by_role("button", name="Play echo:pocket_twin").first
    play.click()
    in_time(page, "[...document.querySelectorAll('audio')].some((each) => each.currentTime > 0.2)")
    assert re.search(r"\d of 12 examples; sound coded anew \(MP3, 64 kbit/s", page.locator("main").inner_text())


@pytest.mark.parametrize("name", ["examples.html", "listen.html", "maps.html", "report"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_have_no_serious_fault_of_access(site, alone, watched, grave, name, scheme):
    page = watched.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(PHONE)
    ready = {"listen.html": "#one option", "maps.html": "#map svg"}.get(name, ".example")
    watched.open(alone if name == "report" else site / name, ready=ready)
    assert not page.evaluate(WIDER)
    assert grave(page) == []
