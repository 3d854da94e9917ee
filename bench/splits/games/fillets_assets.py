"""The asset `fillets`: what the rooms of the game show, play and say in English."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:fillets-ng-data/usr/share/games/fillets-ng"
_UPSTREAM = "https://downloads.sf.net/fillets"


def _tree(path: str, sha256: str, *keep: str) -> AssetFile:
    upstream = f"{_UPSTREAM}/fillets-ng-data-1.0.1.tar.gz#fillets-ng-data-1.0.1/{path}"
    return AssetFile(path, (f"{_DEBIAN}/{path}", upstream), (sha256,), keep)


FILLETS = Asset(
    name="fillets",
    files=(
        _tree(
            "script/",
            "e863fbe351e999e53bb2b4a64db383c752d957c185c04e935421f8169762d77c",
            "*/models.lua",
            "*/code.lua",
            "*/dialogs_en.lua",
            "worlddesc.lua",
        ),
        _tree("images/", "b86ff7aed625d5e272e519aabd4a148a1ddac5a30bf5a15f00b8483b8a4ce726", "*.png"),
        _tree("music/", "8e987883491773ae1167757034605d2553e61609f445359a9dc19ce14c9fefbc", "*.ogg"),
    ),
    licence="GPL-2.0-only",
    description="Fish Fillets - Next Generation 1.0.1: rooms, their pictures, music and conversations",
    size_bytes=70_633_484,
)
