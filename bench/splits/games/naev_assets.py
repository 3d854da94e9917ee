"""The asset `naev`: what landings and flights need of the game's data folder."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "deb:naev-data/usr/share/naev"
_UPSTREAM = "https://github.com/naev/naev/releases/download/v0.8.2/naev-0.8.2-source.tar.gz"


def _file(path: str, sha256: str, *keep: str) -> AssetFile:
    """A file, or a tree where the path ends in `/`."""
    upstream = f"{_UPSTREAM}#naev-0.8.2/{path}"
    return AssetFile(path, (f"{_DEBIAN}/{path}", upstream), (sha256,), keep)


NAEV = Asset(
    name="naev",
    files=(
        _file("dat/assets/", "ad8fd9ebc7b86afdf2a851b5f3618bb5690b489f25233c980195f1ffb59dd685", "*.xml"),
        _file("dat/ssys/", "898dd9aa607a857271dd588a8773d56e36bcd184cc2f00125fa707d881526566", "*.xml"),
        _file("dat/snd/music/", "0d42853b954d2ba294efef49801b82cd1001d8c3b89d1dd1d28f2591dffc5fe5", "*.ogg"),
        _file(
            "dat/gfx/planet/exterior/", "d49b06b39b9a9d0148863a1d50b6daf4e477e4255f7b8a6149170bf79943465b", "*.png"
        ),
        _file(
            "dat/gfx/planet/space/", "8fde71e746a8413b8c151d7b9918fecead420bc0521617d54b4ecdc440be18fb", "*.png"
        ),
        _file("dat/gfx/bkg/", "e2d129df1d58d5b7d000f5c87ecfa3f632f7a2341e10261315d8fd7d1c967809", "nebula*.png"),
        _file("dat/gfx/intro/", "d910d81f3542f65e45281527506252927b3536f7c1e6d3aae953d00e6c97191d", "*.png"),
        _file("dat/gfx/loading/", "89587087a4eca3ba69e8db2565a422a060f987e6529926bca06cc6bf89bf29e4", "*.png"),
        _file("dat/intro", "0b002b85dcae31ab62addcdf26057baf7989e5e073509ad95eecc898e381b65f"),
        _file("dat/gfx/ARTWORK_LICENSE.yaml", "5944464ea5fd7b3c0a961e330c6a02e92f5ce95df8ee9bc7b6b3069f6776861c"),
        _file("dat/snd/SOUND_LICENSE.yaml", "57d3c38c72a221438af04d504da3b60726d709391d6d1ace331d90f8d239d4f1"),
        AssetFile(
            "copyright",
            ("deb:naev-data/usr/share/doc/naev-data/copyright",),
            ("981428fd566fe19e56ef6e6743b96c9bafdbb1289887c6013da705c218b5ffb3",),
        ),
    ),
    licence="GPL-3.0-or-later; pictures and music by file: PD, CC0, CC-BY, CC-BY-SA, GPL (see its two tables)",
    description="Naev 0.8.2: planets, systems, pictures and music, as in the game's own folder",
    size_bytes=349_549_836,
)
