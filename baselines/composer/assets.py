"""The composer's instruments."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

CARDS = (
    Asset(
        "soundfont",
        (
            AssetFile(
                "TimGM6mb.sf2",
                ("pypi:pretty-midi==0.2.11.post0/pretty_midi/TimGM6mb.sf2",),
                ("82475b91a76de15cb28a104707d3247ba932e228bada3f47bba63c6b31aaf7a1",),
            ),
        ),
        "GPL-2.0",
        "TimGM6mb: a General MIDI soundfont by Tim Brechbill",
        5_597_222,
    ),
)
