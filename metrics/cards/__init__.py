"""The cards of the metrics, a file a kind. Imports no network and no torch, so that a listing is quick."""

from sightsound.metrics.card import MetricCard
from sightsound.metrics.cards import (
    audio,
    corrected,
    distances,
    image,
    joint,
    legacy,
    pe_av,
    pocket,
    pocket_image,
    text,
)

METRICS: dict[str, MetricCard] = {
    card.name: card
    for kind in (pocket, pocket_image, audio, image, joint, pe_av, legacy, text)
    for card in kind.CARDS
}
METRICS |= {card.name: card for card in (*corrected.of(METRICS.values()), *distances.of(METRICS.values()))}
