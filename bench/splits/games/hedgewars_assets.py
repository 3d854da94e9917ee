"""The asset `hedgewars`: what themes, maps and missions need of the game's data folder."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:hedgewars-data/usr/share/games/hedgewars/Data"
_UPSTREAM = "https://www.hedgewars.org/download/releases/hedgewars-src-1.0.2.tar.bz2"


def _file(path: str, sha256: str, *keep: str) -> AssetFile:
    """A file, or a tree where the path ends in `/`."""
    upstream = f"{_UPSTREAM}#hedgewars-src-1.0.2/share/hedgewars/Data/{path}"
    return AssetFile(path, (f"{_DEBIAN}/{path}", upstream), (sha256,), keep)


HEDGEWARS = Asset(
    name="hedgewars",
    files=(
        _file(
            "Themes/",
            "27edf5be00f3cf4a740ea0709386ff295da3175187064e4a4db62a234453bd75",
            *("*/theme.cfg", "*/credits.txt", "*/Sky*.png", "*/horizont*.png", "*/BlueWater.png", "*/SDWater.png"),
        ),
        _file(
            "Music/", "5f96b682acefafb6c81d9d8497aa7b7563a7d173bd790ccff7d8d215f37e4a0b", "*.ogg", "credits.txt"
        ),
        _file(
            "Maps/",
            "5f6102b8efd76d02bbbb9646a2779b84b33a1b31488e4765d93470d797020eeb",
            "*/map.cfg",
            "*/map.png",
            "*/credits.txt",
        ),
        _file("Missions/", "573cb06ab851c9d08a6d628a35d057f4337ea857c6fdee0a2675a4a10382952b", "*.lua"),
        _file(
            "Graphics/Missions/", "a639a413332fbf6064e3a0d941850d1f6e8e919bcf6b36ec325c09351b38cbee", "*@2x.png"
        ),
        _file("Graphics/BlueWater.png", "d8125d2b5da5a094faf083148d08455686d0271317d84371dbc235c38ebae455"),
        _file(
            "Graphics/SuddenDeath/SDWater.png", "a035b5af425e7fb47f5cd68c212a0c837f493d32b423fbf31bb9924d1253cbae"
        ),
        _file("Locale/missions_en.txt", "90f243334fd27902c2ff4852b1b4586595dc4c2dc56d6ba8b5699b30c01eb391"),
        _file("Locale/campaigns_en.txt", "28b42c4f60e75eb9a125f4a375872c69906d0a30c1916c1adc73303469aae4bd"),
        AssetFile(
            "copyright",
            ("deb:hedgewars-data/usr/share/doc/hedgewars-data/copyright",),
            ("1cb6c534e9cb98d87ff3d701c8bab7e8c82bee3c9140cda5b41b497bac870ba6",),
        ),
    ),
    licence="GPL-2.0-only; parts GFDL-1.3 (file copyright)",
    description="Hedgewars 1.0.2: themes, maps, missions and music, as in the game's own folder",
    size_bytes=145_330_284,
)
