"""The asset `supertuxkart`: what the game's menu shows and plays of each track."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:supertuxkart-data/usr/share"
_UPSTREAM = "https://github.com/supertuxkart/stk-code/releases/download/1.4/SuperTuxKart-1.4-src.tar.gz"
_PACKAGING = "https://salsa.debian.org/games-team/supertuxkart/-/raw/debian/1.4%2Bdfsg-2/debian/copyright"


def _tree(path: str, sha256: str, *keep: str) -> AssetFile:
    inside = f"games/supertuxkart/{path}"
    return AssetFile(
        path, (f"{_DEBIAN}/{inside}", f"{_UPSTREAM}#SuperTuxKart-1.4-src/{path}"), (sha256,), keep=keep
    )


SUPERTUXKART = Asset(
    name="supertuxkart",
    files=(
        _tree("data/music/", "0", "*.music", "*.ogg"),
        _tree("data/tracks/", "0", "*/track.xml", "*.music", *SHOWN, *PLAYED),
        AssetFile("copyright", (f"{_DEBIAN}/doc/supertuxkart-data/copyright", _PACKAGING), ("0",)),
    ),
    licence="CC-BY-SA-3.0 and others by file (file copyright)",
    description="SuperTuxKart 1.4: tracks, arenas and cutscenes, their pictures and music",
    size_bytes=628_000_000,
)
