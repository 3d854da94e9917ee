"""The cards of the metrics, a file a kind. Imports no network and no torch, so that a listing is quick."""

from metrics.card import MetricCard
from metrics.cards import audio, corrected, distances, image, joint, legacy, pocket, text

METRICS: dict[str, MetricCard] = {
    card.name: card
    for card in (*pocket.CARDS, *audio.CARDS, *image.CARDS, *joint.CARDS, *legacy.CARDS, *text.CARDS)
}
METRICS |= {card.name: card for card in (*corrected.of(METRICS.values()), *distances.of(METRICS.values()))}
