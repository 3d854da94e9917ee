"""The cards of the extractors, a file a kind. Imports no network and no torch, so that a listing is quick."""

from metrics.card import ExtractorCard
from metrics.extractors.cards import pocket

EXTRACTORS: dict[str, ExtractorCard] = {card.name: card for card in (*pocket.CARDS,)}
