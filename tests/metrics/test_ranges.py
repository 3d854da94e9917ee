"""The range on a card holds: for what the formulas give of made features, of every metric, and for stored rows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench.core import results
from sightsound.metrics.card import MetricCard
from sightsound.metrics.cards import EXTRACTORS, METRICS
from sightsound.metrics.formulas.text import encoded

CLIPS, FRAMES, WIDTH = 14, 3, 6
ROOT = Path(__file__).parents[2]
WORDS = ["a", "slow", "song", "of", "the", "sea,", "and", "a", "fast", "one", "of", "fire;", "piano"]
Make = Callable[[np.random.Generator, int, float], np.ndarray]


def kind(card: MetricCard) -> tuple[object, ...]:
    """Metrics that are computed by the same lines in the same way, whatever the network."""
    options = tuple(sorted({**card.options, **card.aggregate_options}.items()))
    return card.module, options, card.kind, tuple(_made_as(card, place) for place in range(len(card.needs)))


def _made_as(card: MetricCard, place: int) -> str:
    need = card.needs[place]
    network = EXTRACTORS[need.extractor]
    special = {"harmonics", "signal", "full_scale", "characters", "thumbnail", "roberta_large"}
    if need.extractor in special or need.extractor.startswith("spectrum_db"):
        return f"{need.extractor}.{need.output}"
    return f"{network.posterior}.classes" if need.output == network.classes else "embedding"


MADE: dict[str, Make] = {
    "harmonics.thd": lambda rng, frames, scale: np.abs(rng.standard_normal((frames, 1))) * scale,
    "harmonics.voiced": lambda rng, frames, scale: (rng.random((frames, 1)) < 0.7).astype(np.float64),
    "signal.level": lambda rng, frames, scale: rng.uniform(-120, 0, (frames, 1)),
    "signal.bands": lambda rng, frames, scale: rng.uniform(-60, -10, (max(frames, 100), 21)),
    "full_scale.longest": lambda rng, frames, scale: rng.integers(0, 9, (1, 1)).astype(np.float64),
    "characters.code_points": lambda rng, frames, scale: encoded(" ".join(rng.choice(WORDS, frames + 1))),
    "thumbnail.pixels": lambda rng, frames, scale: rng.uniform(0, 255, (1, WIDTH)),
    # RoBERTa's tokens point nearly one way: cosines around 0.8
    "roberta_large.tokens": lambda rng, frames, scale: 2 + rng.standard_normal((frames + 2, WIDTH)),
    "spectrum_db_16k.summed": lambda rng, frames, scale: -rng.uniform(1, 9, (1, WIDTH)),
    "spectrum_db_44k.summed": lambda rng, frames, scale: -rng.uniform(1, 9, (1, WIDTH)),
    "scores.classes": lambda rng, frames, scale: rng.random((frames, WIDTH)),
}
"""What a network gives, where it is not any numbers."""


def features(how: str, rng: np.random.Generator, scale: float, frames: int) -> list[np.ndarray]:
    make = MADE.get(how, lambda rng, frames, scale: scale * rng.standard_normal((frames, WIDTH)))
    return [make(rng, frames, scale).astype(np.float32) for _ in range(CLIPS)]


def values(card: MetricCard, seed: int) -> list[float]:
    """Of outputs that are like the others, unlike them, and the very same."""
    module, rng = import_module(card.module), np.random.default_rng(seed)
    hows = kind(card)[3]
    found = []
    for scale, same in ((1.0, False), (30.0, False), (1.0, True)):
        frames = 1 if "m2ugen" in card.module else FRAMES
        sides = [features(how, rng, scale if place == 0 else 1.0, frames) for place, how in enumerate(hows)]
        if same and len(sides) == 2 and hows[0] == hows[1]:
            sides[0] = sides[1]
        found.append(_value(card, module, sides))
    return found


def _value(card: MetricCard, module: object, sides: Sequence[list[np.ndarray]]) -> float:
    ones = np.ones(CLIPS)
    statistics, aggregate = module.statistics, module.aggregate  # type: ignore[attr-defined]
    if card.kind == "rated":
        most = card.high / float(card.aggregate_options.get("times", "1"))
        answers = statistics(np.linspace(card.low, most, CLIPS), **card.options)
        return float(aggregate(answers, ones, **card.aggregate_options))
    if card.kind == "ranked":
        ranks = statistics(np.random.default_rng(len(sides)).standard_normal((CLIPS, 4)), **card.options)
        return float(aggregate(ranks[:, 0], ones, **card.aggregate_options))
    if card.kind == "two_sets":
        mine, others = (statistics(side, **card.options) for side in sides)
        return float(aggregate(mine, ones, others, ones, **card.aggregate_options))
    rows = statistics(*sides, **card.options)
    rows = rows[~np.isnan(rows.reshape(len(rows), -1)).all(axis=1)]
    return float(aggregate(rows, np.ones(len(rows)), **card.aggregate_options)) if len(rows) else math.nan


KINDS = {kind(card): card for card in reversed(list(METRICS.values()))}
"""One metric of each kind; the others are the same lines over another network."""
NOT_MADE = {"kid_subsets"}
"""Formulas that take a thousand outputs and more; they are means of another one that is here."""


@pytest.mark.parametrize("card", KINDS.values(), ids=lambda card: card.name)
def test_what_a_formula_gives_lies_in_the_range_of_its_card(card):
    found = [value for seed in range(3) for value in values(card, seed)] if not _large(card) else []
    known = [value for value in found if not math.isnan(value)]
    assert known or _large(card) or (card.name.startswith("fad") and "corrected" in card.name)
    for value in known:
        slack = 1e-6 * max(1.0, abs(value))
        assert card.low - slack <= value <= card.high + slack, (value, card.low, card.high)


def _large(card: MetricCard) -> bool:
    return any(card.module.endswith(name) for name in NOT_MADE)


def test_every_metric_has_the_range_of_its_kind():
    assert len(METRICS) > 600
    for name, card in METRICS.items():
        assert card.low < card.high, name
        like = KINDS[kind(card)]
        assert (card.low, card.high) == (like.low, like.high), (name, like.name)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("kl_musicnn", 0, math.inf),
        ("fad_vggish", 0, math.inf),
        ("kad_vggish", -math.inf, math.inf),
        ("fad_vggish_corrected", -math.inf, math.inf),
        ("silent_share", 0, 1),
        ("clap_score", -1, 1),
        ("ib_rank", 0, 1),
        ("inception_score_musicnn", 1, math.inf),
        ("recall_clip", 0, 1),
        ("density_clip", 0, math.inf),
    ],
)
def test_ranges_are_what_the_definitions_say(name, low, high):
    assert (METRICS[name].low, METRICS[name].high) == (low, high)


def test_a_definition_that_states_a_range_states_the_card_s():
    told = 0
    for name, card in METRICS.items():
        if stated := re.search(r", (-?\d+) to (\d+)\b", card.definition):
            told += 1
            assert (card.low, card.high) == (int(stated[1]), int(stated[2])), name
    assert told > 200


@pytest.mark.parametrize("file", ["measured.csv", "baseline.csv"])
def test_stored_rows_lie_in_their_ranges(file):
    rows = results.rows(results.read(ROOT / "results" / file))
    inside = [METRICS[row.metric].low - 1e-6 <= row.value <= METRICS[row.metric].high + 1e-6 for row in rows
              if not math.isnan(row.value)]  # fmt: skip
    assert len(inside) > 100 and all(inside)
