"""Cards of the extractors that only legacy metrics read."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

CARDS = tuple(
    ExtractorCard(
        name=name,
        entry="sightsound.metrics.legacy.spectrum_db:load",
        modality="audio",
        assets=(),
        outputs={"summed": "[1, 1025] float32, decibels below the peak of the squared power, summed over time"},
        licence="no weights",
        source="src/art2mus/utils/train_test_utils.py of github.com/justivanr/art2mus_",
        rate_hz=rate_hz,
        embedding="",
    )
    for name, rate_hz in (("spectrum_db_16k", 16000), ("spectrum_db_44k", 44100))
)
