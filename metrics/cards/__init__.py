"""The cards of the metrics, a file a kind. Imports no network and no torch, so that a listing is quick."""

from metrics.card import MetricCard
from metrics.cards import pocket

METRICS: dict[str, MetricCard] = {card.name: card for card in (*pocket.CARDS,)}
