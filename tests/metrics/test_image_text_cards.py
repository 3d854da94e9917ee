"""The cards of the metrics of pictures and prompts, and of the other distances of music."""

from __future__ import annotations

import dataclasses
from importlib import import_module

import numpy as np
import pytest

from sightsound.bench.core import registry
from sightsound.bench.stages.measures import serves
from sightsound.metrics.cards import EXTRACTORS, METRICS
from sightsound.metrics.formulas.text import encoded
from sightsound.metrics.torchmetric import AsTorchMetric

ORDERED = {
    "sightsound.metrics.formulas.single.inception_splits",
    "sightsound.metrics.formulas.two_sets.kid_subsets",
}
"""As published, these depend on the order of the clips."""
OVER_INCEPTION = {"fid", "kid", "kid_subsets"} | {
    f"image_{name}"
    for name in ("inception_score", "inception_score_splits", "precision", "recall", "density", "coverage")
}
OVER_CLIP = {
    f"{name}_clip" for name in ("inception_score", "fid", "kid", "kid_subsets", "precision", "recall")
} | {"inception_score_clip_splits"}
PICTURES = OVER_INCEPTION | OVER_CLIP
TEXTS = {
    *("rouge1", "rouge2", "rougeL", "rougeL_condition", "jaccard_corpus", "jaccard_reference"),
    *("bertscore_precision", "bertscore_recall", "bertscore_f1", "bertscore_f1_condition"),
    *("cosine_reference_minilm", "cosine_condition_minilm"),
}
MUSIC = {
    f"{formula}_{network}"
    for formula in ("kad", "precision", "recall", "density", "coverage", "per_song_fad")
    for network in ("musicnn", "vggish", "panns", "passt")
    if formula != "per_song_fad" or network in ("musicnn", "vggish")
}
MINE = {
    name: METRICS.get_for(name, "text" if name in TEXTS else "audio") for name in sorted(PICTURES | TEXTS | MUSIC)
}


def test_all_are_registered():
    assert all(name == card.name for name, card in MINE.items())
    assert {"kad_musicnn", "per_song_fad_vggish", "coverage_passt"} <= set(MINE)
    assert "per_song_fad_passt" not in METRICS  # one frame a clip has no covariance


@pytest.mark.parametrize("card", MINE.values(), ids=MINE)
def test_a_card_fits_its_module_and_its_extractors(card):
    module = import_module(card.module)
    assert callable(module.statistics) and callable(module.aggregate)
    assert "\n" not in card.definition and card.definition.endswith(".")
    generated = {EXTRACTORS[need.extractor].modality for need in card.needs if need.side == "generated"}
    assert len(generated) == 1
    assert all(need.output in EXTRACTORS[need.extractor].outputs for need in card.needs)


def test_which_task_each_serves():
    def names(task):
        return {card.name for card in MINE.values() if serves(card, registry.cards("task")[task])}

    assert names("music2image") == PICTURES
    assert names("lyrics2prompt") == TEXTS
    assert names("music2prompt") == {
        name for name in TEXTS if not name.endswith(("_condition", "_condition_minilm"))
    }


@pytest.mark.parametrize("name", ["rouge1", "rouge2", "rougeL", "jaccard_reference"])
def test_a_text_metric_runs_from_its_card(name):
    card = METRICS[name]
    module = import_module(card.module)
    sides = [[encoded(text) for text in ("a red cat", "two dogs run")] for _ in card.needs]
    if card.kind == "two_sets":
        rows = [module.statistics(side, **card.options) for side in sides]
        assert module.aggregate(rows[0], np.ones(2), rows[1], np.ones(2)) == 1
    else:
        assert module.aggregate(module.statistics(*sides, **card.options), np.ones(2)) == 1


@pytest.mark.parametrize(
    "card", [card for card in MINE.values() if card.kind == "two_sets"], ids=lambda card: card.name
)
def test_too_few_clips_give_nan_or_need_more(card):
    """What `min_clips` promises: with as many clips on both sides there is a value."""
    if card.min_clips > 100 or card.module == "sightsound.metrics.formulas.two_sets.jaccard":
        return
    module = import_module(card.module)
    frames = [np.random.default_rng(clip).normal(size=(3, 4)) for clip in range(2 * card.min_clips)]
    rows = [module.statistics(side) for side in (frames[: card.min_clips], frames[card.min_clips :])]
    assert np.isfinite(module.aggregate(rows[0], np.ones(len(rows[0])), rows[1], np.ones(len(rows[1]))))


def test_cards_are_unlike():
    keys = [(card.module, card.needs, tuple(card.options.items())) for card in MINE.values()]
    assert len(set(keys)) == len(keys)
    assert all(
        dataclasses.replace(card, name="x") != METRICS["fid"] for card in MINE.values() if card.name != "fid"
    )


def features(card, seed, clips=14):
    """Features of `clips` clips that suit the card's extractor."""
    rng = np.random.default_rng(seed)
    if card.needs[0].extractor == "characters":
        return [encoded(" ".join(rng.choice(["red", "blue", "cat", "dog"], 3))) for _ in range(clips)]
    return [rng.normal(size=(5, 6)).astype(np.float32) for _ in range(clips)]


@pytest.mark.parametrize(
    "card", [card for card in MINE.values() if card.module not in ORDERED], ids=lambda card: card.name
)
def test_shards_merged_equal_one_pass(card):
    sides = [features(card, seed) for seed in range(len(card.needs))]
    whole, one, other = (AsTorchMetric(card) for _ in range(3))
    whole.update(*sides)
    one.update(*[side[:5] for side in sides])
    one.update(*[side[5:6] for side in sides])
    other.update(*[side[6:] for side in sides])
    one.merge_state(other)
    assert one.compute().item() == pytest.approx(whole.compute().item(), rel=1e-9)
