"""What a metric is called at the head of a column, and what quality it speaks of.

Every table that people read, in the terminal, on the board, on the site and in a paper, takes both from here.
"""

from __future__ import annotations

from collections.abc import Iterable

from sightsound.bench.core.cards import cards, metrics
from sightsound.metrics.card import MetricCard

QUALITIES = {
    "music": "music",
    "image": "image",
    "text": "text",
    "match": "match with the condition",
    "rating": "human ratings",
    "check": "checks",
    "speed": "speed",
}
"""Quality -> its heading, in the order in which tables have them."""
SPEED = {"seconds": "Seconds", "seconds_per_example": "s / example"}
"""Columns of a row that are no metric's."""


def short(metric: str) -> str:
    """The name at the head of a column: a few words, in the field's spelling; the name itself where none is known.

    `metric`: what a row says, `NAME` or `NAME@FIELD`.

    >>> short("fad_vggish"), short("ib_rank"), short("clap_score@emotion")
    ('FAD VGGish', 'IB rank', 'CLAP score text @emotion')
    """
    if metric in SPEED:
        return SPEED[metric]
    name, at, field = metric.partition("@")
    card = _card(name)
    return f"{(card and card.short) or name}{' @' if at else ''}{field}"


def quality(metric: str) -> str:
    """One of QUALITIES: what a value of the metric speaks of.

    A metric that holds outputs against what they were made from speaks of the match with the condition; any other
    one of what was made: music, image or text.

    >>> [quality(name) for name in ("fad_vggish", "clap_score@emotion", "fid", "rougeL", "silent_share")]
    ['music', 'match', 'image', 'text', 'check']
    """
    if metric in SPEED:
        return "speed"
    name, _, field = metric.partition("@")
    card = _card(name)
    if card is None:
        return "music"
    if card.quality:
        return card.quality
    needs = card.needs or (metrics()[card.over].needs if card.over else ())
    if any(need.side in ("image", "text", "audio") for need in needs) or (field and field != "reference"):
        return "match"
    networks = cards("network")
    made = {networks[need.extractor].modality for need in needs if need.side == "generated"}
    return "image" if "image" in made else "text" if "text" in made else "music"


def in_order(names: Iterable[str]) -> list[str]:
    """Metrics by quality in the order of QUALITIES, each quality in the order given, none twice."""
    unique = list(dict.fromkeys(names))
    order = list(QUALITIES)
    return sorted(unique, key=lambda name: order.index(quality(name)))


def _card(name: str) -> MetricCard | None:
    found = metrics()
    return found.get(name) if name in found else None
