"""Cards of what people are asked: scales and preferences. The wording is the questionnaire's (docs/ratings.md)."""

from __future__ import annotations

from sightsound.metrics.card import MetricCard

_ASKED = {
    "ovl": ("overall quality", "says nothing of whether the music fits"),
    "rel": ("relevance to what the music was made for", "says little of how good the music is"),
}
_SCALES = {"likert5": ("1", "5"), "100": ("0", "100")}
_SOURCE = {
    "likert5": "Likert 1932; as OVL and REL in Kreuk et al. 2023 (AudioGen)",
    "100": "OVL and REL of Kreuk et al. 2023 (AudioGen), as MusFlow has them",
}
_WHO = "Depends on who was asked, what they heard before and how it was put"


def _scale(asked: str, scale: str) -> MetricCard:
    what, blind = _ASKED[asked]
    least, most = _SCALES[scale]
    return MetricCard(
        name=f"{asked}_{scale}",
        module="sightsound.metrics.formulas.rated.answers",
        kind="rated",
        higher_is_better=True,
        needs=(),
        definition=f"Mean of the raters' answers on {what}, {least} to {most}; each rating counts once.",
        source=_SOURCE[scale],
        options={"least": least, "most": most},
        short=f"{asked.upper()} {least}-{most}",
        quality="rating",
        blind=f"{_WHO}; {blind}.",
        low=float(least),
        high=float(most),
    )


def _preference(name: str, times: str, most: str, short: str, source: str) -> MetricCard:
    return MetricCard(
        name=name,
        module="sightsound.metrics.formulas.rated.answers",
        kind="rated",
        higher_is_better=True,
        needs=(),
        definition="How often raters chose the system of the two that they heard, "
        f"0 to {most}; neither counts half. The row names the other system as its competitor.",
        source=source,
        options={"least": "0", "most": "1"},
        aggregate_options={"times": times},
        short=short,
        quality="rating",
        blind=f"{_WHO}; does not see how much better, nor any third system.",
        low=0.0,
        high=float(most),
    )


CARDS = (
    *(_scale(asked, scale) for scale in _SCALES for asked in _ASKED),
    _preference("preferred_share", "1", "1", "Preferred", "paired comparison (Thurstone 1927)"),
    _preference(
        "preferred_of_10", "10", "10", "Preferred of 10", "Rinaldi et al. 2024 (Art2Mus), table 4: 10 participants"
    ),
)
"""Every card of ratings."""
