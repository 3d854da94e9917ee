"""The asset `hedgewars`: what themes, maps and missions need of the game's data folder."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:hedgewars-data/usr/share/games/hedgewars/Data"


def _tree(path: str, sha256: str, *keep: str) -> AssetFile:
    return AssetFile(path, (f"{_DEBIAN}/{path}",), (sha256,), keep)


def _file(path: str, sha256: str) -> AssetFile:
    return AssetFile(path, (f"{_DEBIAN}/{path}",), (sha256,))


HEDGEWARS = Asset(
    name="hedgewars",
    files=(
        _tree(
            "Themes/",
            "@T@",
            *("*/theme.cfg", "*/credits.txt", "*/Sky*.png", "*/horizont*.png", "*/BlueWater.png", "*/SDWater.png"),
        ),
        _tree("Music/", "@M@", "*.ogg", "credits.txt"),
        _tree("Maps/", "@A@", "*/map.cfg", "*/map.png", "*/credits.txt"),
        _tree("Missions/", "@I@", "*.lua"),
        _tree("Graphics/Missions/", "@G@", "*@2x.png"),
        _file("Graphics/BlueWater.png", "@BW@"),
        _file("Graphics/SuddenDeath/SDWater.png", "@SW@"),
        _file("Locale/missions_en.txt", "@LM@"),
        _file("Locale/campaigns_en.txt", "@LC@"),
        AssetFile("copyright", ("deb:hedgewars-data/usr/share/doc/hedgewars-data/copyright",), ("@C@",)),
    ),
    licence="GPL-2.0-only; parts GFDL-1.3 (file copyright)",
    description="Hedgewars 1.0.2: themes, maps, missions and music, as in the game's own folder",
    size_bytes=145_330_284,
)
