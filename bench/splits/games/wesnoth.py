"""Scenes of Battle for Wesnoth: those of the split `wesnoth`, with their texts; not all have a picture."""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.splits.games.files import joined
from sightsound.bench.splits.games.scene import Scene
from sightsound.bench.splits.wesnoth import build

_LICENCE = "GPL-2.0-or-later"  # the packages' copyright file and upstream's copyrights.csv


def scenes(folder: Path) -> tuple[list[Scene], list[str]]:
    """The scenes of the game in `folder`, and a line for each place left out, with the reason."""
    game = folder.resolve()
    chosen, left_out = build.choices(game)
    return [
        Scene(
            game="wesnoth",
            name=one.id.replace(".", "-"),
            picture=one.picture,
            painted=None,
            picture_source=joined(game, [one.picture] if one.picture else []),
            music=one.music,
            text=one.scenario.story,
            licence=_LICENCE,
        )
        for one in chosen
    ], left_out
