"""Card of texts as they are."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

CARDS = (
    ExtractorCard(
        name="characters",
        entry="sightsound.metrics.networks.text.characters:load",
        modality="text",
        assets=(),
        outputs={"code_points": "[characters + 1, 1] float32, the text's Unicode code points and a closing 0"},
        licence="no weights",
        source="defined here: the text itself, for the metrics that read words",
        embedding="",
    ),
)
