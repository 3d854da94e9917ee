"""The split `wesnoth_reversed`: the same scenarios read the other way round, from the music to its picture.

What a scenario shows, plays and tells, and which of it is chosen, is build.py's; here is only what is the
condition, what the reference, and what depends on what. docs/splits-reversed.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.wesnoth import build as wesnoth

CARD = SplitCard(
    name="wesnoth_reversed",
    tasks=("music2image", "music2prompt"),
    entry="sightsound.bench.splits.wesnoth.reversed:build",
    assets=("wesnoth",),
    licence="GPL-2.0-or-later",
    source="Battle for Wesnoth 1.16.9: data/core, data/campaigns, images",
    description=(
        "The 53 scenarios of `wesnoth` that have a picture: 10 s of the track, the picture as the reference of "
        "music2image, and as that of music2prompt the text of the page that the picture illustrates. The group is "
        "the track."
    ),
    known=(
        "The reference text is the prose that the picture was drawn for, no image prompt. 20 distinct tracks "
        "(revelation 14 times), 36 distinct pictures, 46 distinct pairs: one clip has up to 14 references, and 5 "
        "pictures belong to several tracks, so groups are not fully independent. 12 pictures are portraits of who "
        "speaks. No music can tell names and events."
    ),
    hash="fb209c6284fbc74aaeedad1f26d4a0606743334210eec56f0ae342fe85727352",
)


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the split into `folder` from the game's files at `assets["wesnoth"]`; errors as in wesnoth.build."""
    pieces, left_out = wesnoth.collect(folder, assets["wesnoth"], pictured=True)
    wesnoth.write(folder, map(_row, pieces), left_out)


def _row(piece: wesnoth.Piece) -> manifest.Row:
    scenario, text = piece.scenario, piece.scenario.parts[piece.page].text
    example = Example(
        id=piece.id, group=piece.audio.stem, audio=piece.audio, reference_image=piece.image, reference_text=text
    )
    page = f"reference_text=data/campaigns/{scenario.campaign} scenario {scenario.id} page {piece.page + 1}"
    return manifest.Row(example, "; ".join((piece.audio_source, f"reference_{piece.image_source}", page)))
