"""Cards of what the guards look at: levels, bands, full scale. They need no weights."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

_AT = "sightsound.metrics.networks.pocket"

CARDS = (
    ExtractorCard(
        name="signal",
        entry=f"{_AT}.signal:load",
        modality="audio",
        assets=(),
        outputs={
            "level": "[frames, 1] float32, RMS of 100 ms in dB of full scale, -120 at least",
            "bands": "[frames, 21] float32, the same of the third-octave bands from 63 Hz to 6.3 kHz",
        },
        licence="no weights",
        source="bands: IEC 61260; frames chosen here, see the module",
        rate_hz=16000,
        crop="1600fx1600,zeropad,droprest",
        embedding="",
        hop_s=0.1,
    ),
    ExtractorCard(
        name="full_scale",
        entry=f"{_AT}.full_scale:load",
        modality="audio",
        assets=(),
        outputs={"longest": "[1, 1] float32, most consecutive samples at full scale on one side"},
        licence="no weights",
        source="defined here, see the module",
        embedding="",
    ),
)
