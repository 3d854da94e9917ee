"""Cards of the other ways to compare two sets of music, beside the Fréchet audio distance over a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sightsound.metrics.card import MetricCard

BESIDE = ("fad_musicnn", "fad_vggish", "fad_panns", "fad_passt")
"""A board has no use for all of them over every network."""
FRAMES = ("fad_musicnn", "fad_vggish")
"""Networks that give a clip several frames, without which a clip has no covariance of its own."""

_KAD = (
    "100 times the unbiased MMD^2 of the frames of {fad}, pooled, with a Gaussian kernel as wide as the median "
    "distance of two reference frames; about 0 for sets from one source, may be negative."
)
_PER_SONG = (
    "Mean over generated clips of the Fréchet distance between a Gaussian fitted to that clip's frames of {fad} "
    "and one fitted to the whole reference."
)
_PRECISION = (
    "Share of generated clips that lie, by the mean of their frames of {fad}, within the ball of at least one "
    "reference clip out to its 3rd nearest neighbour, 0 to 1."
)
_RECALL = (
    "Share of reference clips that lie, by the mean of their frames of {fad}, within the ball of at least one "
    "generated clip out to its 3rd nearest neighbour, 0 to 1."
)
_DENSITY = (
    "Mean over generated clips of the number of reference balls that each lies inside, by 5; a ball reaches to "
    "the 5th nearest reference clip by the mean of the frames of {fad}; 1 is as dense as the reference."
)
_COVERAGE = (
    "Share of reference clips whose ball, out to the 5th nearest reference clip by the mean of the frames of "
    "{fad}, holds at least one generated clip, 0 to 1."
)
_PR, _DC = "Kynkäänniemi et al. 2019", "Naeem et al. 2020"


def of(cards: Iterable[MetricCard]) -> tuple[MetricCard, ...]:
    """KAD, precision, recall, density and coverage over the networks of BESIDE; per-song FAD over FRAMES."""
    made: list[MetricCard] = []
    for card in cards:
        if card.name not in BESIDE:
            continue
        network = card.name.removeprefix("fad_")
        made += [
            _card(card, f"kad_{network}", "kad", False, _KAD, "Chung et al. 2025", 2, "unbiased"),
            _card(card, f"precision_{network}", "manifold_precision", True, _PRECISION, _PR, 4),
            _card(card, f"recall_{network}", "manifold_recall", True, _RECALL, _PR, 4),
            _card(card, f"density_{network}", "manifold_density", True, _DENSITY, _DC, 6),
            _card(card, f"coverage_{network}", "manifold_coverage", True, _COVERAGE, _DC, 6),
        ]
        if card.name in FRAMES:
            made.append(_card(card, f"per_song_fad_{network}", "per_song", False, _PER_SONG, "Gui et al. 2023", 1))
    return tuple(made)


def _card(
    beside: MetricCard,
    name: str,
    module: str,
    higher_is_better: bool,
    definition: str,
    source: str,
    min_clips: int,
    estimator: str = "",
) -> MetricCard:
    return replace(
        beside,
        name=name,
        module=f"metrics.{module}",
        higher_is_better=higher_is_better,
        definition=definition.format(fad=beside.name),
        source=source,
        min_clips=min_clips,
        estimator=estimator,
    )
