"""The asset `supertuxkart`: what the game's menu shows and plays of each track."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:supertuxkart-data/usr/share"
_UPSTREAM = "https://github.com/supertuxkart/stk-code/releases/download/1.4/SuperTuxKart-1.4-src.tar.xz"


_SHOWN = (  # the pictures that track.xml names
    *("*/*screenshot*", "*/*sshot*", "*_postcard.png"),
    *("minigolf/minigolf.jpg", "olivermath/mathclass.jpg", "stk_enterprise/bild.png"),
)


def _tree(path: str, sha256: str, *keep: str) -> AssetFile:
    upstream = f"{_UPSTREAM}#SuperTuxKart-1.4-src/{path}"
    return AssetFile(path, (f"{_DEBIAN}/games/supertuxkart/{path}", upstream), (sha256,), keep=keep)


SUPERTUXKART = Asset(
    name="supertuxkart",
    files=(
        _tree(
            "data/music/", "7317d467df19ad24c1595431fe8472add1dd58c0dff5b971b7576e46da9bee83", "*.music", "*.ogg"
        ),
        _tree(
            "data/tracks/",
            "e5431f1881b8f9bd5514bf21281a241b34cbf4d2a52eb79c43e8f43d9bf8500c",
            "*/track.xml",
            "*.music",
            "*.ogg",
            *_SHOWN,
        ),
        AssetFile(
            "copyright",
            (f"{_DEBIAN}/doc/supertuxkart-data/copyright",),
            ("89819750869caf6b68455c0d492b8fe1a5efbd94cd0fb40469e17f4aeea84bad",),
        ),
    ),
    licence="CC-BY-SA-3.0 and others by file (file copyright)",
    description="SuperTuxKart 1.4: tracks, arenas and cutscenes, their pictures and music",
    size_bytes=627_742_860,
)
