"""All cards of the measures: formulas, metrics with a card of their own, networks and what those load.

Imports no network and no torch, so that a listing is quick.
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset
from sightsound.metrics.card import ExtractorCard, FormulaCard, MetricCard
from sightsound.metrics.catalogue import Metrics
from sightsound.metrics.formulas import guard_cards, own_cards, rating_cards
from sightsound.metrics.formulas.cards import FORMULAS
from sightsound.metrics.legacy import own_cards as legacy_cards
from sightsound.metrics.legacy import spectrum_card
from sightsound.metrics.networks.audio import encodec_card, mert_card, panns_card, passt_card, vggish_card
from sightsound.metrics.networks.image import clip_stretched_card, inception_card, thumbnail_card
from sightsound.metrics.networks.joint import clap_card, clip_card, imagebind_card, pe_av_card, wav2clip_card
from sightsound.metrics.networks.pocket import (
    efficientnet_card,
    harmonics_card,
    minilm_card,
    musicnn_card,
    signal_card,
    yamnet_card,
)
from sightsound.metrics.networks.text import characters_card, roberta_card

Card = Asset | ExtractorCard | FormulaCard | MetricCard

NETWORKS = (
    *(musicnn_card, efficientnet_card, minilm_card, yamnet_card, harmonics_card, signal_card),
    *(vggish_card, panns_card, passt_card, encodec_card, mert_card),
    *(inception_card, clip_stretched_card, thumbnail_card),
    *(imagebind_card, clap_card, clip_card, pe_av_card, wav2clip_card),
    *(characters_card, roberta_card, spectrum_card),
)
"""The card modules of the networks: what each loads stands beside it."""

CARDS: tuple[Card, ...] = (
    *FORMULAS,
    *guard_cards.CARDS,
    *own_cards.CARDS,
    *rating_cards.CARDS,
    *legacy_cards.CARDS,
    *(card for module in NETWORKS for card in module.CARDS),
)
"""Every card of the measures."""

EXTRACTORS = {card.name: card for card in CARDS if isinstance(card, ExtractorCard)}
"""Our networks by name."""

METRICS = Metrics(FORMULAS, EXTRACTORS.values(), [card for card in CARDS if isinstance(card, MetricCard)])
"""Our metrics by name, those that are resolved from a formula and a network included."""
