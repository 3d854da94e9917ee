"""Published figures: all are there, none shares a key, and each joins the registry or says why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sightsound.bench.core import published, results
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row

FIGURES = {
    "art2mus_2024/1": 10,
    "art2mus_2024/3": 16,
    "art2mus_2024/4": 18,
    "mozarts_touch_2025/1a": 9,
    "mozarts_touch_2025/1b": 9,
    "mozarts_touch_2025/2": 8,
    "mozarts_touch_2025/3": 6,
    "musflow_2025/1": 54,
    "musflow_2025/3": 12,
    "musflow_2025/4": 6,
    "paintings_to_music_2024/II": 20,
    "resonating_visuals_2024/3.2": 3,
    "resonating_visuals_2024/4.2": 12,
    "resonating_visuals_2024/4.3": 78,
    "resonating_visuals_2024/5.1": 30,
    "resonating_visuals_2024/6.1": 15,
    "resonating_visuals_2024/6.2": 12,
}
"""Table -> its figures, counted in the papers; 318 in all."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return results.rows(results.read(results.CARRIED / "published.csv"))


def test_every_figure_of_the_papers_is_there_once(rows: list[Row]) -> None:
    assert Counter(row.run for row in rows) == FIGURES and len(rows) == 318
    keys = Counter(tuple(getattr(row, name) for name in results.KEY) for row in rows)
    assert [key for key, count in keys.items() if count > 1] == []
    identities = Counter((row.run, *(getattr(row, name) for name in results.IDENTITY)) for row in rows)
    assert max(identities.values()) == 1


def test_every_name_joins_the_registry_or_the_row_says_why_not(rows: list[Row]) -> None:
    """Prints how many join."""
    missing = {index: published.unknown(row) for index, row in enumerate(rows)}
    unexplained = [
        f"{row.run} {results.label(row)} {row.metric}: {why}"
        for row in rows
        for why in published.unexplained(row).values()
    ]
    joined = sum(not names for names in missing.values())
    codes = Counter(code for row in rows for code in row.apart.split())
    print(f"{joined} of {len(rows)} published rows join task, metric, split and variant; apart: {dict(codes)}")
    assert unexplained == []
    assert joined == 309, "nine have a code for it: three of a builder, six asked about a picture"


def test_every_code_is_known_and_every_known_code_is_used(rows: list[Row]) -> None:
    assert {code for row in rows for code in row.apart.split()} == set(published.REASONS)
    assert all(len(published.reasons(row)) == len(row.apart.split()) for row in rows)
    with pytest.raises(BenchError, match=r"column apart holds 'metric:odd'; it takes metric:network, "):
        published.reasons(replace(rows[0], apart="metric:odd"))


def test_n_is_what_was_scored(rows: list[Row]) -> None:
    found = {row.run: set() for row in rows}
    for row in rows:
        found[row.run].add(row.n)
    assert found["art2mus_2024/3"] == {1900} and found["paintings_to_music_2024/II"] == {117}
    assert found["art2mus_2024/1"] == {10_000} and found["resonating_visuals_2024/6.1"] == {25_000}
    assert found["mozarts_touch_2025/2"] == {15, 20} and found["musflow_2025/3"] == {50}
    assert all(("n:unstated" in row.apart) == (row.n == 0) for row in rows)


def test_the_pairs_of_art2mus_stand_apart_from_each_other(rows: list[Row]) -> None:
    chosen = {(row.competitors, results.label(row)): row.value for row in rows if row.metric == "preferred_of_10"}
    assert len({pair for pair, _ in chosen}) == 3
    assert all(sum(v for (of, _), v in chosen.items() if of == pair) == 10 for pair, _ in chosen)
    assert chosen["art2mus:1_token audioldm2:base", "audioldm2:base"] == 8
    assert chosen["art2mus:1_token audioldm2:base", "art2mus:1_token"] == 2


def figure(rows: list[Row], run: str, system: str, metric: str) -> Row:
    (found,) = (r for r in rows if (r.run, results.label(r), r.metric) == (run, system, metric))
    return found


def test_what_stands_beside_a_measured_row_and_what_does_not(rows: list[Row]) -> None:
    mgs = figure(rows, "paintings_to_music_2024/II", "mgs:lyrical", "fad_vggish")
    signature = "fad_vggish|n:117|ref:emotion_painting_music_test@abc123|x:vggish@1|sr:16000|len:full|v:1"
    ours = replace(
        mgs,
        source="measured",
        split="emotion_painting_music_test@abc123",
        signature=signature,
        apart="",
        value=5.2,
    )
    assert published.apart(mgs, ours) == []
    assert published.apart(mgs, replace(ours, n=116)) == ["n: 117 is not 116"]
    short = replace(ours, signature=signature.replace("len:full", "len:first10s"))
    assert published.apart(mgs, short) == ["len: full != first10s"]
    other = published.apart(mgs, replace(ours, split="wesnoth@1", metric="kad_vggish"))
    assert other == ["metric: fad_vggish is not kad_vggish", "split: emotion_painting_music_test is not wesnoth"]
    mozart = figure(rows, "mozarts_touch_2025/1a", "codi:fp32", "kl_passt")
    same = replace(mozart, split="muimage_eval@abbf8a", signature="kl_passt|n:2500", apart="")
    assert published.apart(mozart, same) == [published.REASONS["metric:inferred"]]
    rank = figure(rows, "mozarts_touch_2025/1a", "codi:fp32", "ib_rank")
    same = replace(rank, split="muimage_eval@abbf8a", signature="ib_rank|n:2500", apart="")
    assert published.apart(rank, replace(same, competitors="codi:fp32 m2ugen:x mozart:paper")) == []
    (why,) = published.apart(rank, replace(same, competitors="codi:fp32 mozart:paper"))
    assert why == "ranked among codi m2ugen mozart, not codi:fp32 mozart:paper"


def test_a_name_that_nobody_knows_is_told(rows: list[Row]) -> None:
    row = replace(rows[0], apart="")
    assert published.unexplained(row) == {}
    assert published.unexplained(replace(row, split="muimage_2500"))["split"] == "no split muimage_2500"
    assert "metric" in published.unexplained(replace(row, metric="kl_classifier"))
    assert published.unexplained(replace(row, variant="no_bridge"))["variant"] == "no system reference:no_bridge"
    assert "task" not in published.unexplained(replace(row, task="image2prompt", apart="task:builder"))
    assert "task" in published.unexplained(replace(row, task="image2prompt"))
