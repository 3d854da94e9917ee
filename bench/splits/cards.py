"""The cards of our splits and of what they are made from: one line a data set."""

from __future__ import annotations

from sightsound.bench.core.types import SplitCard
from sightsound.bench.splits import gestures
from sightsound.bench.splits.games import assets as games_assets
from sightsound.bench.splits.games import cards as games
from sightsound.bench.splits.mu import cards as mu
from sightsound.bench.splits.published import (
    artmusic,
    artwork,
    assets,
    emotion,
    melbench,
    mmusset,
    music2image,
    music_videos,
    musiccaps,
)
from sightsound.bench.splits.songbook import assets as songbook_assets
from sightsound.bench.splits.songbook import build as songbook
from sightsound.bench.splits.wesnoth import assets as wesnoth_assets
from sightsound.bench.splits.wesnoth import build as wesnoth
from sightsound.bench.splits.wesnoth import reversed as wesnoth_reversed
from sightsound.metrics.asset import Asset

CARDS: tuple[SplitCard | Asset, ...] = (
    *(gestures.CARD, gestures.FILMS),
    *(*games.CARDS, *games_assets.ASSETS),
    *(mu.MUCAPS, mu.MUEDIT, mu.MUIMAGE, mu.MUIMAGE_EVAL, mu.MUVIDEO, mu.MUVIDEO_EVAL),
    *(songbook.CARD, songbook_assets.SONGBOOK),
    *(wesnoth.CARD, wesnoth_reversed.CARD, wesnoth_assets.WESNOTH),
    *music_videos.CARDS,
    artmusic.CARD,
    *(artwork.DESCRIPTION, artwork.DESCRIPTION_ALL, artwork.DESCRIPTION_STRATIFIED),
    *(artwork.DESCRIPTION_TRAINING, artwork.DESCRIPTION_SCORED, artwork.MUSIC_SCORED),
    *(artwork.MUSIC, artwork.ALL, artwork.MUSIC_TRAINING, artwork.MUSIC_STRATIFIED, artwork.MUSIC_VALIDATED),
    artwork.MUSIC_PRINTED,
    *(emotion.ALL, emotion.TEST),
    melbench.CARD,
    mmusset.EVAL,
    mmusset.TRAIN,
    music2image.CARD,
    musiccaps.CARD,
    *assets.ASSETS,
)
"""Every card of the data sets."""
