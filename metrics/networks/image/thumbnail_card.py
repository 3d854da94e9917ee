"""Card of pictures made very small."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

CARDS = (
    ExtractorCard(
        name="thumbnail",
        entry="sightsound.metrics.networks.image.thumbnail:load",
        modality="image",
        assets=(),
        outputs={"pixels": "[1, 768] float32, means over 16 x 16 boxes of the picture, RGB, 0 to 255"},
        licence="no weights",
        source="defined here: what two files of one picture share",
        crop="box16x16",
        embedding="",
    ),
)
