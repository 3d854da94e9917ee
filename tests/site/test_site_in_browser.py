"""The site in a headless Chromium, from the disk: sort, search, filter, links, phone, dark, axe, planted text."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from sightsound.bench.core import results
from sightsound.bench.perf import site as perf_site
from sightsound.bench.site.make import make
from tests.site import made

BOARD, VALUES = "boards/image2music-made-000000.html", "values/image2music-made-000000.html"
KL = ("KL musicnn ↓", "KL YAMNet ↓", "KL PaSST ↓")
"""Heads of two columns over pocket networks and one over a published one."""
NAMES = ".tabulator-tableholder .tabulator-row .tabulator-frozen a"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    make(made.small(folder / "results"), (), folder / "site")
    return folder / "site"


def shown(page):
    """What is in the table's first column, in order."""
    page.wait_for_selector(NAMES)
    return page.locator(NAMES).all_text_contents()


def address(page):
    """What stands behind the # now; `page.url` learns of it later."""
    return page.evaluate("location.hash.slice(1)")


def value(page, row):
    """The first value of a row."""
    return page.locator(".tabulator-tableholder .tabulator-row").nth(row).locator(".figures").first.text_content()


def test_sorting_by_a_heading_goes_into_the_address_and_comes_back(visit, site):
    page = visit(site / BOARD)
    assert shown(page) == [f"system0{k}:paper" for k in range(3)] + ["reference:silence", "reference:white_noise"]
    page.get_by_role("button", name="FAD VGGish ↓", exact=True).click()
    best_first = shown(page)
    rows = results.read(site.parent / "results/measured.csv").query("metric == 'fad_vggish'").sort_values("value")
    assert best_first == [f"{row.model}:{row.variant}" for row in rows.itertuples()]
    assert "sort=fad_vggish%3Aasc" in address(page)
    page.get_by_role("button", name="FAD VGGish ↓", exact=True).press("Enter")  # the keyboard sorts too
    assert shown(page) == best_first[::-1]
    again = visit(site / BOARD, address(page))
    assert shown(again) == best_first[::-1]
    assert again.locator('[role=columnheader][aria-sort="descending"]').count() == 1


def test_headings_and_values_scroll_together(visit, site):
    page = visit(site / BOARD, width=600)
    shown(page)
    page.get_by_role("button", name="s / example ↓", exact=True).focus()
    page.wait_for_timeout(100)
    ends = [
        page.locator(f".{name}").evaluate("(node) => node.scrollLeft")
        for name in ("tabulator-header-contents", "tabulator-tableholder")
    ]
    assert ends[0] == ends[1] > 500


def test_search_filters_and_groups_of_columns(visit, site):
    page = visit(site / BOARD)
    shown(page)
    page.get_by_label("Search").fill("silence")
    assert shown(page) == ["reference:silence"] and "1 of 5 systems" in page.locator("#count").text_content()
    page.get_by_label("Search").fill("")
    page.get_by_label("reference rows").uncheck()
    assert shown(page) == [f"system0{k}:paper" for k in range(3)]
    page.get_by_role("button", name="music", exact=True).click()
    assert not page.get_by_role("button", name="FAD VGGish ↓", exact=True).is_visible()
    assert page.get_by_role("button", name="s / example ↓", exact=True).is_visible()
    page.get_by_text("More filters").click()
    page.get_by_label("Metric of the condition").select_option("seconds_per_example")
    page.get_by_label("Bound of the condition").fill("1")
    assert shown(page) == ["system00:paper"]
    again = visit(site / BOARD, address(page))
    assert shown(again) == ["system00:paper"]
    again.get_by_role("button", name="Show all").click()
    assert len(shown(again)) == 5 and address(again) == ""


def test_columns_over_pocket_and_published_networks(visit, site):
    def heads(page):
        shown(page)
        return [page.get_by_role("button", name=name, exact=True).is_visible() for name in KL]

    page = visit(site / BOARD)
    assert heads(page) == [True, True, True]
    page.get_by_label("Networks").select_option("pocket")
    assert heads(page) == [True, True, False] and address(page) == "nets=pocket"
    page.get_by_label("Networks").select_option("published")
    assert heads(page) == [False, False, True]
    assert heads(visit(site / BOARD, address(page))) == [False, False, True]
    page.get_by_label("Networks").select_option("all")
    assert heads(page) == [True, True, True] and address(page) == ""


def test_an_address_that_names_nothing_shows_all(visit, site):
    page = visit(site / BOARD, "sort=nothing:up&show=nothing&where=nothing le x&q=")
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == 5


def test_definitions_and_details_are_one_tap_away(visit, site):
    page = visit(site / BOARD)
    shown(page)
    page.get_by_role("button", name="What FAD VGGish ↓ is").click()
    about = page.locator("#about")
    assert "Fréchet" in about.text_content() and "fad_vggish|n:40" in about.text_content()
    page.keyboard.press("Escape")
    assert not about.is_visible()
    page.locator(".tabulator-tableholder").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "system01:paper" in about.text_content() and "n = 40 in 20 groups" in about.text_content()


def test_plots_are_drawn_when_they_are_seen(visit, site):
    page = visit(site / BOARD)
    shown(page)
    page.locator("#forest figure").last.scroll_into_view_if_needed()
    page.locator("#forest figure").last.locator("svg").wait_for()
    label = page.locator("#forest figure svg").last.get_attribute("aria-label")
    assert label.startswith("s / example: system00:paper")


def test_values_by_example(visit, site):
    page = visit(site / VALUES)
    page.wait_for_selector(".tabulator-row")
    assert "40 of 40 examples" in page.locator("#count").text_content()
    page.get_by_role("button", name="Range", exact=True).click()
    ranges = [float(value(page, row)) for row in range(5)]
    assert ranges == sorted(ranges, reverse=True)
    page.get_by_role("combobox", name="Metric").select_option("thd")
    page.wait_for_url(lambda url: "metric=thd" in url, wait_until="commit")
    page.get_by_label("Search").fill("example_0007")
    again = visit(site / VALUES, address(page))
    again.wait_for_selector(".tabulator-row")
    assert "1 of 40 examples" in again.locator("#count").text_content()
    assert again.get_by_role("combobox", name="Metric").input_value() == "thd"


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        *((BOARD, "light"), (BOARD, "dark"), (VALUES, "dark"), ("index.html", "light")),
        *(("metrics/fad_vggish.html", "light"), ("systems/system00.paper.html", "dark")),
    ],
)
def test_axe_finds_nothing_grave_and_a_phone_needs_no_sideways_scroll(visit, grave, site, path, scheme):
    page = visit(site / path, scheme=scheme, width=360)
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    assert dark == (scheme == "dark")
    assert grave(page) == []


def test_the_theme_is_kept_from_page_to_page(visit, site):
    page = visit(site / "index.html")
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("link", name="image2music on made").click()
    page.wait_for_selector(NAMES)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_board_prints_whole(visit, site):
    page = visit(site / BOARD)
    shown(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    printed = page.locator("table.tabulator-print-table")
    assert printed.is_visible() and "system02:paper" in printed.text_content()
    assert not page.locator(".tools").first.is_visible()
    assert page.locator("#forest svg").count() == page.locator("#forest figure").count()


def test_planted_scripts_do_nothing(visit, tmp_path):
    make(made.hostile(tmp_path / "results"), (), tmp_path / "site")
    pages = [path for path in (tmp_path / "site").rglob("*.html") if "planted" in path.read_text(encoding="utf-8")]
    assert {path.parent.name for path in pages} >= {"site", "boards", "systems", "metrics", "published"}
    one_each = {path.parent.name: path for path in pages}  # of each kind of page
    for path in [*one_each.values(), tmp_path / "site" / VALUES]:
        page = visit(path, width=360)
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path  # long names too
        if path.parent.name in ("boards", "values"):
            page.wait_for_selector(".tabulator-row")
            assert made.PLANTED[:20] in page.locator("#table").text_content()
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("typeof planted") == "undefined"
        assert page.locator("script:not([src]), main img").count() == 0


def test_pages_are_timed(chromium, monkeypatch):
    monkeypatch.setattr(perf_site, "REPEATS", 1)
    monkeypatch.setattr(perf_site, "browser", lambda: nullcontext(chromium))
    figures = perf_site.measure(3, 12, lambda *_: None)
    assert len(figures) == 13 and all(figure.value > 0 for figure in figures)
    assert [figure.target for figure in figures if figure.what.endswith("ms for a sort")] == [100.0, 100.0]
