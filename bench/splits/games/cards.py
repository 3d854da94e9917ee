"""The cards of the split `games` and of its parts."""

from __future__ import annotations

from sightsound.bench.core.types import SplitCard
from sightsound.bench.splits.games.index import GAMES

_KNOWN = ""


def _card(name: str, entry: str, part: str, content_hash: str) -> SplitCard:
    return SplitCard(
        name=name,
        tasks=("image2music", "story2music", "multimodal2music"),
        entry=f"sightsound.bench.splits.games.build:{entry}",
        assets=tuple(game.name for game in GAMES),
        licence="by file (licences.csv): GPL, CC-BY-SA, CC-BY, GFDL, CC0, public domain",
        source="fillets-ng 1.0.1, hedgewars 1.0.2, naev 0.8.2, supertux 0.6.3, supertuxkart 1.4, wesnoth 1.16.9",
        description=f"{part}",
        known=_KNOWN,
        hash=content_hash,
    )


CARDS = (
    _card("games", "build", "", ""),
    _card("games_train", "build_train", "", ""),
    _card("games_validation", "build_validation", "", ""),
    _card("games_test", "build_test", "", ""),
)
"""The whole split and its parts."""
