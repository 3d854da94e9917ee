"""The split `wesnoth`: stories, pictures and music that the makers of a game put together.

One example a scenario of Battle for Wesnoth 1.16.9 that has a story and music; docs/splits.md has the rules in
prose. What the game says is read by scenarios.py; here it is chosen from, cut and written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sightsound.bench.core import media
from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits.media import excerpts, manifest
from sightsound.bench.splits.wesnoth.scenarios import Part, Scenario, read_scenarios

LEFT_OUT = "left_out.txt"

CARD = SplitCard(
    name="wesnoth",
    tasks=("image2music", "story2music", "multimodal2music"),
    entry="sightsound.bench.splits.wesnoth.build:build",
    assets=("wesnoth",),
    licence="GPL-2.0-or-later",
    source="Battle for Wesnoth 1.16.9: data/core, data/campaigns, images",
    description=(
        "165 scenarios of 15 campaigns, 53 of them with a picture: the text, the least shared picture that is no "
        "map, and the track that the game shows and plays before the scenario. Music: 10 s from 30 s on, of "
        "tracks under 60 s the middle."
    ),
    known=(
        "A loose match: one track goes with a whole story. 28 distinct tracks (revelation 22 times), 36 distinct "
        "pictures, each clip and picture shared by several scenarios, so groups are not fully independent. 12 "
        "pictures are portraits of who speaks. Stories hold names and events that no music can tell."
    ),
    hash="0fc938d9f48d8e6a08a1fd5d0ea1fd44e89c21de972d9f1f453e8889f3dd5894",
)


@dataclass(frozen=True)
class Choice:
    """A scenario that has what an example needs, and which of it is taken."""

    id: str
    """Campaign and scenario, as an example is called."""
    scenario: Scenario
    """What the game says."""
    page: int
    """Index of the page that the picture is on, or of the first page with text."""
    music: Path
    """The game's file of the track."""
    picture: Path | None
    """The game's file of the picture."""


@dataclass(frozen=True)
class Piece(Choice):
    """A choice whose files are in the split's folder."""

    audio: Path
    """The clip."""
    audio_source: str
    """Its track, cut and sha256."""
    image: Path | None
    """The picture."""
    image_source: str
    """Its file and sha256, or empty."""


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the split into `folder` from the game's files at `assets["wesnoth"]`.

    `left_out.txt` names each scenario with a story that is no example, and each picture that is missing, with
    the reason. Raises WmlError for WML that cannot be read and SplitError for ids that clash.
    """
    pieces, left_out = collect(folder, assets["wesnoth"])
    write(folder, map(_row, pieces), left_out)


def write(folder: Path, rows: Iterable[manifest.Row], left_out: Iterable[str]) -> None:
    """Write the manifest, and the list of what was left out beside it."""
    manifest.write(folder, rows)
    (folder / LEFT_OUT).write_text("".join(f"{line}\n" for line in sorted(left_out)), encoding="utf-8")


def collect(folder: Path, game: Path, *, pictured: bool = False) -> tuple[list[Piece], list[str]]:
    """Every scenario that can be an example, its files written into `folder`, and why the others cannot.

    With `pictured` only those that have a picture. Raises WmlError for WML that cannot be read.
    """
    game = game.resolve()
    chosen, left_out = choices(game, pictured=pictured)
    pieces: list[Piece] = []
    for choice in chosen:
        try:
            pieces.append(_piece(folder, game, choice))
        except media.MediaError as error:
            left_out.append(f"{choice.id}: {str(error).replace(f'{game}/', '')}")
    return pieces, left_out


def choices(game: Path, *, pictured: bool = False) -> tuple[list[Choice], list[str]]:
    """What every scenario that can be an example shows and plays, and why the others cannot be one.

    `game` is the asset's folder, resolved. Raises WmlError for WML that cannot be read.
    """
    scenarios = [scenario for scenario in read_scenarios(game) if scenario.story]
    shown = _times_shown(game, scenarios)
    chosen: list[Choice] = []
    left_out: list[str] = []
    stories: dict[str, str] = {}
    for scenario in scenarios:
        example_id = re.sub(r"[^A-Za-z0-9_-]+", "_", scenario.campaign) + "."
        example_id += re.sub(r"[^A-Za-z0-9_-]+", "_", scenario.id)
        try:
            if scenario.story in stories:
                raise _LeftOutError(f"the same story as {stories[scenario.story]}")
            chosen.append(_choose(game, scenario, example_id, shown, pictured))
            stories[scenario.story] = example_id
            named = {part.picture for part in scenario.parts if part.picture and part.text}
            missing = [name for name in named if not _find(game, name, "images", scenario.campaign)]
            left_out += [f"{example_id}: the picture {name} is not among the game's files" for name in missing]
        except _LeftOutError as error:
            left_out.append(f"{example_id}: {error}")
    return chosen, left_out


class _LeftOutError(Exception):
    """Why a scenario is no example."""


def _row(piece: Piece) -> manifest.Row:
    scenario = piece.scenario
    story = f"story=data/campaigns/{scenario.campaign} scenario {scenario.id}"
    example = Example(id=piece.id, group=piece.id, image=piece.image, story=scenario.story, audio=piece.audio)
    return manifest.Row(example, "; ".join(filter(None, (piece.audio_source, piece.image_source, story))))


def _choose(game: Path, scenario: Scenario, example_id: str, shown: Mapping[Path, int], pictured: bool) -> Choice:
    """What a scenario shows and plays. Raises _LeftOutError for one that cannot be an example."""
    index, picture = _choose_picture(game, scenario, shown)
    if picture is None:
        if pictured:
            raise _LeftOutError("no picture but maps, or none at all")
        index = next(index for index, part in enumerate(scenario.parts) if part.text)
    track = scenario.track_at(index)
    if not track:
        raise _LeftOutError("nobody chose music for it: it plays the game's default list, or nothing")
    music = _find(game, track, "music", scenario.campaign)
    if music is None:
        raise _LeftOutError(f"its music {track} is not among the game's files")
    return Choice(example_id, scenario, index, music, picture)


def _piece(folder: Path, game: Path, choice: Choice) -> Piece:
    """Write the files of one example. Raises MediaError for media that cannot be read."""
    music, picture = choice.music, choice.picture
    image = excerpts.write_picture(picture, folder / "image", _flat(game, picture)) if picture else None
    audio = folder / "audio" / f"{_flat(game, music)}.wav"
    start_s = excerpts.write_clip(music, audio)
    audio_source = f"audio={music.relative_to(game).as_posix()}@{start_s:.3f}+{excerpts.CLIP_S}"
    return Piece(
        **vars(choice),
        audio=audio,
        audio_source=f"{audio_source} sha256:{media.file_sha256(music)}",
        image=image,
        image_source=f"image={picture.relative_to(game).as_posix()} sha256:{media.file_sha256(picture)}"
        if picture
        else "",
    )


def _choose_picture(game: Path, scenario: Scenario, shown: Mapping[Path, int]) -> tuple[int, Path | None]:
    """The page and file of the picture that says most about the scenario: a scene before a portrait, then the one
    that the fewest scenarios show, then the first. No picture: (0, None)."""
    best: tuple[tuple[bool, int, int], Path] | None = None
    for index, part in enumerate(scenario.parts):
        if path := _picture(game, part, scenario.campaign):
            portrait = bool({"portraits", "characters"} & set(PurePosixPath(part.picture).parts[:-1]))
            rank = (portrait, shown[path], index)
            if best is None or rank < best[0]:
                best = rank, path
    return (best[0][2], best[1]) if best else (0, None)


def _times_shown(game: Path, scenarios: list[Scenario]) -> Counter[Path]:
    """How many scenarios show each picture."""
    return Counter(
        path
        for scenario in scenarios
        for path in {_picture(game, part, scenario.campaign) for part in scenario.parts}
        if path
    )


def _picture(game: Path, part: Part, campaign: str) -> Path | None:
    """The file of a page's picture, or None for none and for one that is not there."""
    if not part.picture or not part.text:
        return None
    return _find(game, part.picture, "images", campaign)


def _find(game: Path, name: str, kind: str, campaign: str) -> Path | None:
    """A file of the game as the game looks for it: in the campaign, in the core, beside the data folder; a name
    that begins with `data/` is the path itself."""
    places = [game] if name.startswith("data/") else []
    places += [game / "data/campaigns" / campaign / kind, game / "data/core" / kind, game / kind]
    for place in places:
        path = (place / name).resolve()
        if path.is_relative_to(game) and path.is_file():
            return path
    return None


def _flat(game: Path, path: Path) -> str:
    """One file name for a path below the game's folder: `Liberty.story.island`."""
    folders = path.relative_to(game).parts[:-1]
    kept = [folder for folder in folders if folder not in ("data", "core", "campaigns", "images", "music")]
    return re.sub(r"[^A-Za-z0-9._-]+", "_", ".".join([*kept, path.stem]))
