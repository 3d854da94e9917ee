"""The cards of the extractors, a file a kind. Imports no network and no torch, so that a listing is quick."""

from sightsound.metrics.card import ExtractorCard
from sightsound.metrics.networks.cards import audio, image, joint, legacy, pe_av, pocket, text

EXTRACTORS: dict[str, ExtractorCard] = {
    card.name: card
    for card in (*pocket.CARDS, *audio.CARDS, *image.CARDS, *joint.CARDS, *pe_av.CARDS, *legacy.CARDS, *text.CARDS)
}
