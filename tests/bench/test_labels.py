"""What metrics are called at the head of a column."""

from __future__ import annotations

from collections import defaultdict

from sightsound.bench.core import labels
from sightsound.bench.core.cards import cards, metrics


def test_no_two_metrics_of_one_kind_of_output_have_one_short_name() -> None:
    called = defaultdict(set)
    for name, card in metrics().items():
        needs = card.needs or (metrics()[card.over].needs if card.over else ())
        made = {cards("network")[need.extractor].modality for need in needs if need.own}
        called[labels.short(name), *made].add(name)
    assert not {short: sorted(names) for short, names in called.items() if len(names) > 1}


def test_every_metric_is_called_something_short() -> None:
    for name in metrics():
        short = labels.short(name)
        assert 2 < len(short) <= 42, name
        assert "_" not in short, name
        assert short.strip() == short, name


def test_every_metric_speaks_of_a_quality_that_tables_have() -> None:
    assert {labels.quality(name) for name in metrics()} == {"music", "image", "text", "match", "check", "rating"}


def test_what_no_card_names_keeps_its_name_and_columns_follow_qualities() -> None:
    assert labels.short("somebody.else") == "somebody.else"
    names = ["silent_share", "clap_score", "fad_vggish", "seconds", "kl_passt", "fad_vggish"]
    assert labels.in_order(names) == ["fad_vggish", "kl_passt", "clap_score", "silent_share", "seconds"]
