"""The asset `wesnoth`: what stories, their pictures and their music need of the game's data folder."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_DEBIAN = "usr/share/games/wesnoth/1.16"
_UPSTREAM = (  # the release's tarball, then the same tag as the repository's host packs it
    "https://downloads.sourceforge.net/project/wesnoth/wesnoth-1.16/wesnoth-1.16.9/wesnoth-1.16.9.tar.bz2",
    "https://github.com/wesnoth/wesnoth/archive/refs/tags/1.16.9.tar.gz",
)

_CAMPAIGNS = {  # folder in data/campaigns: (Debian package, digest of the tree)
    "Dead_Water": ("dw", "91677696080b344251a3db36bbb119f6c993339d74c75644e96090faed68d93c"),
    "Delfadors_Memoirs": ("dm", "9a66d7357c70ebe6464b794ffc086d7f2e5332e883f70a64ae71d41f84d3f513"),
    "Descent_Into_Darkness": ("did", "ac8a7fd118c28641f327f79f1a54baeface186525f96fb84bc2f743ef56e2dd1"),
    "Eastern_Invasion": ("ei", "59a65c7ac0f7f8b88d04aa9e9cb344869c03eedf053ef457b534d803d19cf32c"),
    "Heir_To_The_Throne": ("httt", "7375f7fd8d2955f67ff3b4830f03cc73b73b21a5235e47f2e7b2ce21039051db"),
    "Legend_of_Wesmere": ("low", "1a23c4d08a86ba62fe00cf86cf2757cc25ab205b69caad7b1ea6010e047e1ca5"),
    "Liberty": ("l", "efa54d0454768561d925861251d589c043bf39196043624426c901e71f6863dc"),
    "Northern_Rebirth": ("nr", "59f4cf08fc5b3478af34d906b3cbb56a0b46c34d0227365939125ec01670b10b"),
    "Sceptre_of_Fire": ("sof", "a3213dd7e7ee6dc85883bcfbb9248f975169f20d134cbf3b10da13f13ff372af"),
    "Secrets_of_the_Ancients": ("sota", "a6e84f378e39939af2abb6f762e66ed5dd472b954cc9cba88502316986080c90"),
    "Son_Of_The_Black_Eye": ("sotbe", "b25f9d10ce5c8d5280fedc94b84eabf06971135551b5b93a82f254094c6f16f8"),
    "The_Hammer_of_Thursagan": ("thot", "f43f72da42332ae484563e69c2d69b3596602b3058fbbcf6f2bc607d64deb922"),
    "The_Rise_Of_Wesnoth": ("trow", "74c9571ee3a124d48968faf87cd0bfa2161fbf418a530a75449fcbae49f2430d"),
    "The_South_Guard": ("tsg", "edc8c6ec9b0f8990d41b1ba4c5b45fdfaa6d24cf018d0f2f77df65f863e9049e"),
    "Two_Brothers": ("ttb", "fe5d16ec132c11b6a93fa846d9dba0acc3e3a9c35dfc68ca2e952eb9380b861d"),
    "Under_the_Burning_Suns": ("utbs", "de9bc9cc62c3e8981118c7b217aae44908c954f0be399b38c73be6ad8ac5f81a"),
    "World_Conquest": ("data", "3884a3d3b0a2a556fa97aadd3983c761160c24aba46d97d08512809ee7cd823d"),
    "tutorial": ("data", "8314f0d599b2e328869551f5271b5d7d3f62d7ff70b9d39c986fb3dc1cad5880"),
}


def _tree(path: str, package: str, sha256: str, keep: tuple[str, ...], drop: tuple[str, ...] = ()) -> AssetFile:
    uris = (f"deb:wesnoth-1.16-{package}/{_DEBIAN}/{path}", *(f"{url}#wesnoth-1.16.9/{path}" for url in _UPSTREAM))
    return AssetFile(path, uris, (sha256,), keep, (*drop, "*/l10n/*"))  # l10n: the pictures in other languages


_CORE_IMAGES = ("story", "maps", "portraits", "attacks", "misc")  # those that the stories name

WESNOTH = Asset(
    name="wesnoth",
    files=(
        _tree(
            "data/",
            "data",
            "e579947708862989209093aca32328f0594a4299a49bb15cc254baacb1b86da3",
            keep=("*.cfg", "COPYING.txt", *(f"core/images/{folder}/*" for folder in _CORE_IMAGES)),
            drop=("campaigns/*", "core/music/*", "tools/*"),
        ),
        _tree(
            "data/core/music/",
            "music",
            "f94d64ed05d35e3114ba52df24f6b75b7dd7d9fc5cbf5bd28975be94a64ba2b6",
            keep=("*.ogg",),
        ),
        *(
            _tree(f"data/campaigns/{folder}/", package, sha256, keep=("*.cfg", "images/*", "music/*"))
            for folder, (package, sha256) in _CAMPAIGNS.items()
        ),
    ),
    licence="GPL-2.0-or-later",
    description="Battle for Wesnoth 1.16.9: scenarios, their pictures and music, as in the game's own folder",
    size_bytes=431_072_024,
)
