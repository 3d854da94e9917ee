"""The games of the split, each with its reader and what tells the licences of its files.

Their assets have their names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sightsound.bench.splits.games import (
    copyright as packages,
)
from sightsound.bench.splits.games import (
    fillets,
    hedgewars,
    naev,
    naev_licences,
    supertux,
    supertuxkart,
    wesnoth,
)
from sightsound.bench.splits.games.copyright import Terms
from sightsound.bench.splits.games.scene import Scene

TermsOf = Callable[[str], Terms]
"""The terms of a file, by its path in the asset's folder."""


@dataclass(frozen=True)
class Game:
    """One game."""

    name: str
    """Of the game and of its asset."""
    scenes: Callable[[Path], tuple[list[Scene], list[str]]]
    """Reads its scenes out of the asset's folder; the second are those left out, a line each with the reason."""
    terms: Callable[[Path], TermsOf]
    """Reads the licences of its files out of the asset's folder."""


def _packaged(root: str, folder: Path) -> TermsOf:
    """By the package's copyright file; `root` is the path of the asset's folder in the source package."""
    told = packages.read(folder / packages.NAME)
    return lambda path: told.of(root + path)


def _naev(folder: Path) -> TermsOf:
    """By the game's own tables."""
    told = naev_licences.read_all(folder)

    def terms(path: str) -> Terms:
        licence, _, author = told[path.removeprefix("dat/")].partition(" (")
        return Terms(licence, author.removesuffix(")"))

    return terms


def _one(licence: str, credit: str, folder: Path) -> TermsOf:
    """All files alike."""
    return lambda path: Terms(licence, credit)


GAMES = (
    Game(
        "fillets", fillets.scenes, partial(_one, "GPL-2", "ALTAR interactive, Ivo and Pavel Danihelka and others")
    ),
    Game("hedgewars", hedgewars.scenes, partial(_packaged, "share/hedgewars/Data/")),
    Game("naev", naev.scenes, _naev),
    Game("supertux", supertux.scenes, partial(_packaged, "data/")),
    Game("supertuxkart", supertuxkart.scenes, partial(_packaged, "")),
    Game("wesnoth", wesnoth.scenes, partial(_one, "GPL-2.0-or-later", "")),
)
"""By name."""
