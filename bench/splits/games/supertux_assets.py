"""The asset `supertux`: levels, what their first screens are painted of, and their music."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:supertux-data/usr/share"
_UPSTREAM = "https://github.com/SuperTux/supertux/releases/download/v0.6.3/SuperTux-v0.6.3-Source.tar.gz"


def _tree(path: str, sha256: str, *keep: str) -> AssetFile:
    upstream = f"{_UPSTREAM}#SuperTux-v0.6.3-Source/data/{path}"
    return AssetFile(path, (f"{_DEBIAN}/games/supertux2/{path}", upstream), (sha256,), keep=keep)


SUPERTUX = Asset(
    name="supertux",
    files=(
        _tree("levels/", "e4bd3db5c3b70c8d1f813f56f3a145ea9056e2db7a6348fbcf744d42e33a5ef5", "*.stl"),
        _tree("music/", "d0b14e97b23462b2a4a1ce9aa1d90e0350243c5af6c00595503c16188cbaa022", "*.music", "*.ogg"),
        _tree(
            "images/",
            "4b8acafa1b9b00a79049cf2c2f41f203c193bf1479e998a2f7a1e8f037d356d1",
            "tiles.strf",
            "background/*",
            "tiles/*",
            "objects/*.png",
            "creatures/*.png",
            "particles/*.png",
        ),
        AssetFile(
            "copyright",
            (f"{_DEBIAN}/doc/supertux-data/copyright",),
            ("ef539834c5ea7018f94714facdb5b74e9db1d65f9a0d7c3946b1876d5ce82b07",),
        ),
    ),
    licence="GPL-3.0-or-later, music GPL-2.0-or-later, levels GPL-2.0-or-later or CC-BY-SA (file copyright)",
    description="SuperTux 0.6.3: levels, backgrounds, tiles and music",
    size_bytes=161_647_984,
)
