"""The reader of SuperTuxKart, and that of copyright files, on a small game folder made up here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightsound.bench.splits.games import copyright as packages
from sightsound.bench.splits.games.supertuxkart import scenes
from sightsound.bench.splits.media.errors import SplitError
from tests.bench.made_games import copyright_file, image, text, track

MUSIC = "Files: data/music/*\nCopyright: A. Composer\nLicense: CC-BY-SA-3.0\nComment: found\n by chance\n"


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """One race track, and music that others may use."""
    folder = tmp_path / "game"
    copyright_file(folder, MUSIC)
    track(folder / "data/music/sea.ogg")
    text(folder / "data/music/sea.music", '<?xml version="1.0"?>\n<music title="Sea" file = "sea.ogg"/>\n')
    race(folder, "abyss", 'name="Abyss" music="sea.music" screenshot="shot.png"')
    return folder


def race(folder: Path, name: str, attributes: str, picture: str = "shot.png") -> Path:
    """A race track."""
    place = folder / "data/tracks" / name
    text(place / "track.xml", f"<!-- <old music='x'/> -->\n<track  {attributes}\n>\n</track>\n")
    if picture:
        image(place / picture)
    return place


def test_a_track_is_its_picture_and_its_music(game: Path) -> None:
    (scene,), left_out = scenes(game)
    assert left_out == []
    assert (scene.game, scene.name, scene.text, scene.painted) == ("supertuxkart", "abyss", None, None)
    assert scene.picture == game / "data/tracks/abyss/shot.png"
    assert scene.picture_source == "data/tracks/abyss/shot.png"
    assert scene.music == game / "data/music/sea.ogg"
    assert scene.licence == "CC-BY-SA-3.0, GPL-3+"


def test_music_beside_the_track_comes_before_the_games_own(game: Path) -> None:
    own = game / "data/tracks/abyss"
    text(own / "sea.music", '<music title="Cats & <dogs>" file="own.ogg"/>')  # as in the game: a bare & and <
    track(own / "own.ogg")
    assert scenes(game)[0][0].music == own / "own.ogg"


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ('music="sea.music"', "no picture"),
        ('screenshot="shot.png"', "no music"),
        ('music="sea.music" screenshot="gone.png"', "data/tracks/b/gone.png is not among the game's files"),
        ('music="sea.music" screenshot="../../../../secret.png"', "is not among the game's files"),
        ('music="gone.music" screenshot="shot.png"', "its music gone.music is not among the game's files"),
        ('music="mute.music" screenshot="shot.png"', "mute.music names no sound file"),
        (
            'music="far.music" screenshot="shot.png"',
            "../../../secret.ogg is not among the game's files",
        ),
        ('music="empty.music" screenshot="shot.png"', "empty.music holds no element"),
    ],
)
def test_what_lacks_is_told(game: Path, attributes: str, why: str) -> None:
    image(game.parent / "secret.png")
    track(game.parent / "secret.ogg")
    text(game / "data/music/mute.music", '<music title="Mute"/>')
    text(game / "data/music/far.music", '<music file="../../../secret.ogg"/>')
    text(game / "data/music/empty.music", "nothing")
    race(game, "b", attributes)
    found, left_out = scenes(game)
    assert [scene.name for scene in found] == ["abyss"]
    assert len(left_out) == 1 and left_out[0].startswith("track b: ") and left_out[0].endswith(why)


# ---- copyright files


def test_the_last_stanza_that_matches_holds(tmp_path: Path) -> None:
    told = packages.read(
        copyright_file(tmp_path, MUSIC, "Files: a/b?.png\n c/*\nCopyright: X\nLicense: CC0\n text\n")
    )
    assert told.of("data/music/sea.ogg") == packages.Terms("CC-BY-SA-3.0", "A. Composer")
    assert told.of("data/other") == packages.Terms("GPL-3+", "2003 The makers; 2004 Others")
    assert told.of("a/b1.png").licence == told.of("c/d/e").licence == "CC0"


@pytest.mark.parametrize("content", ["", "free for all\n", "Files: *\n\nLicense: GPL\n", None])
def test_a_file_that_is_no_copyright_file_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        text(tmp_path / "copyright", content)
    with pytest.raises(SplitError, match=r"copyright: (has no stanza|cannot be read)"):
        packages.read(tmp_path / "copyright")


def test_a_path_of_which_nothing_is_said_is_refused(tmp_path: Path) -> None:
    text(tmp_path / "copyright", MUSIC)
    with pytest.raises(SplitError, match=r"src/a\.c: the package's copyright file has no word on it"):
        packages.read(tmp_path / "copyright").of("src/a.c")
