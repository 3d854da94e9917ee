"""The cards of the split `games` and of its parts."""

from __future__ import annotations

from sightsound.bench.core.types import SplitCard
from sightsound.bench.splits.games.index import GAMES

_DESCRIPTION = (
    "Places of six games (rooms, themes, missions, planets, levels, race tracks, scenarios), each with the "
    "picture, the text and the track that its makers put together, at most 4 a track. Music: 10 s from 30 s on, "
    "of tracks under 60 s the middle. The group is the component of all that shares track, picture or text."
)
_KNOWN = (
    "A loose match: a track goes with a whole place or with a kind of places. Pictures of fillets, of supertux, "
    "of flights in naev and of themes and maps in hedgewars are put together by rules after the games' sources, "
    "without creatures, effects and lamps. Hardly a picture is a photograph, all music is game music. Tiles, "
    "props, water and veils recur in several pictures of a game and count as nothing shared; rooms of fillets are "
    "variants of one another, some under different tracks. Texts of fillets are talk, those of hedgewars say what "
    "to do. Parts are drawn by component, so their shares only come near 60, 10 and 30%. The games are public: a "
    "model trained on web data may have heard the tracks."
)
_HASHES = {
    "games": "fc85b5381106631439d3cb87a8885612d1a73613b91c56a4dd619beedb0e385e",
    "games_train": "254258ceae85508dc99fe182b61982ffd3b2bf7602aa820d3454d5a01d646b29",
    "games_validation": "859f61ec427e95c34c8f749c324a59978b2c2f7a46d4f6033dd9112ec38e3191",
    "games_test": "2c8ed865947a88e5f3b1f71534f204cabb8dea89ded43283fbfdd41ab4dc520e",
}


def _card(name: str, entry: str, description: str) -> SplitCard:
    return SplitCard(
        name=name,
        tasks=("image2music", "story2music", "multimodal2music"),
        entry=f"sightsound.bench.splits.games.build:{entry}",
        assets=tuple(game.name for game in GAMES),
        licence="by file (licences.csv): GPL, CC-BY-SA, CC-BY, GFDL, CC0, public domain",
        source=(
            "Fish Fillets 1.0.1, Hedgewars 1.0.2, Naev 0.8.2, SuperTux 0.6.3, SuperTuxKart 1.4, "
            "Battle for Wesnoth 1.16.9"
        ),
        description=description,
        known=_KNOWN,
        hash=_HASHES[name],
    )


CARDS = (
    _card("games", "build", _DESCRIPTION),
    _card("games_train", "build_train", f"Of `games` the part for training, about 60% of it. {_DESCRIPTION}"),
    _card(
        "games_validation", "build_validation", f"Of `games` the part for validation, about 10%. {_DESCRIPTION}"
    ),
    _card("games_test", "build_test", f"Of `games` the part for tests, about 30% of it. {_DESCRIPTION}"),
)
"""The whole split and its parts."""
