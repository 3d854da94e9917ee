"""The asset `songbook`: the sung scores of music21's corpus that are in the public domain.

The package is fetched for these files only; music21 itself is neither imported nor installed.
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_CORPUS = "pypi:music21==10.5.1/music21/corpus"


def _score(path: str, sha256: str) -> AssetFile:
    return AssetFile(path, (f"{_CORPUS}/{path}",), (sha256,))


SONGBOOK = Asset(
    "songbook",
    (
        AssetFile(
            "bach/",
            (f"{_CORPUS}/bach/",),
            ("54a40b91cc4e1ae56154a672f33644be820fb88c90944f1ee8b959706c827dd8",),
            keep=("bwv*.mxl",),
        ),
        _score(
            "beach/prayer_of_a_tired_child.musicxml",
            "fed47b8946dbe79dbd1e0f529b41c3a377695a03003d3350ec50f622e6e18c60",
        ),
        _score(
            "johnson_j_r/lift_every_voice.mxl", "7606a3f0797dc1c3917627411146af82fd1a161dae7ae5c1616bdc5615a600fb"
        ),
        _score(
            "leadSheet/fosterBrownHair.mxl", "d41e7d26d2d300a2dcbbeee97714474baa65d8e38e7875ea8cc97727659e1b8a"
        ),
        _score("liliuokalani/aloha_oe.mxl", "2730b6a7bb5f47364045d445ef704f7d9a646473e337e1c695c655f684412379"),
        _score(
            "schumann_robert/opus48no2.mxl", "c6cb6b24a0afcc87f1fadefa64f12ec095bbb5a61a96e49ba05663fe835a94f2"
        ),
    ),
    "words and tunes in the public domain; encodings distributed with music21 by permission, as each file says",
    "music21 10.5.1: Bach's chorales and four other composers' songs, with words, in MusicXML",
    20_118_992,
)
