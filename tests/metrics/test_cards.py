import subprocess
import sys
from importlib import import_module

import pytest

from sightsound.metrics.cards import EXTRACTORS, METRICS

POCKET = {
    "fad_musicnn",
    "fad_musicnn_mtt",
    "kl_musicnn",
    "kl_yamnet",
    "inception_score_musicnn",
    "inception_score_yamnet",
    "thd",
    "thd_coverage",
    "cosine_labels_tags_minilm",
    "rank_labels_tags_minilm",
    "cosine_story_tags_minilm",
    "rank_story_tags_minilm",
}


def test_the_metrics_of_the_pocket_run():
    assert set(METRICS) >= POCKET
    assert all(name == card.name for name, card in METRICS.items())


@pytest.mark.parametrize("card", METRICS.values(), ids=METRICS)
def test_a_card_is_complete_and_its_module_has_both_functions(card):
    module = import_module(card.module)
    assert callable(module.statistics) and callable(module.aggregate)
    assert card.definition.endswith(".") and card.source and "\n" not in card.definition
    assert bool(card.needs) == (card.kind != "rated"), "only people's answers need no features"
    assert card.blind.endswith(".") and "\n" not in card.blind and "{" not in card.blind


@pytest.mark.parametrize(
    "card", [card for card in METRICS.values() if card.kind != "rated"], ids=lambda card: card.name
)
def test_a_card_reads_what_an_extractor_gives(card):
    generated = {EXTRACTORS[need.extractor].modality for need in card.needs if need.side == "generated"}
    assert len(generated) == 1, "a system makes one kind of output"
    for need in card.needs:
        assert need.output in EXTRACTORS[need.extractor].outputs
        if need.side not in ("generated", "reference"):
            of_side = "text" if need.side == "corpus" else need.side
            assert EXTRACTORS[need.extractor].modality == of_side


@pytest.mark.parametrize(
    "card", [card for card in METRICS.values() if card.kind == "ranked"], ids=lambda card: card.name
)
def test_a_rank_is_over_a_paired_metric_and_reads_the_same(card):
    assert METRICS[card.over].kind == "paired"
    assert METRICS[card.over].needs == card.needs


def test_only_ranks_name_another_metric():
    assert all(bool(card.over) == (card.kind == "ranked") for card in METRICS.values())


def test_the_cards_import_nothing_heavy():
    code = (
        "import sys, sightsound.metrics.cards; print([m for m in ('numpy', 'scipy', 'torch') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
