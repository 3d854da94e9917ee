"""Card of the pitch and harmonics of music, which need no weights."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

CARDS = (
    ExtractorCard(
        name="harmonics",
        entry="sightsound.metrics.networks.pocket.harmonics:load",
        modality="audio",
        assets=(),
        outputs={
            "thd": "[frames, 1] float32, sqrt(V_2^2 + ... + V_10^2) / V_1 of a 128 ms frame every 64 ms, "
            "0 where unvoiced",
            "voiced": "[frames, 1] float32, 1 where a frame has a pitch and its fundamental, else 0",
        },
        licence="no weights",
        source="ratio: Hisariya et al. 2024; pitch: YIN, de Cheveigné, Kawahara 2002; see the module",
        rate_hz=16000,
        crop="2048fx1024,droprest",
        embedding="",
        hop_s=0.064,
    ),
)
