"""The reader of Fish Fillets, on a small game folder made up here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightsound.bench.splits.games.fillets import paint, scenes, things
from tests.bench.made_games import image, text, track

MODELS = """
createRoom(4, 2, "images/"..codename.."/back.png")
room = addModel("item_fixed", 0, 0,
[[
X..X
]])
addItemAnim(room, "images/"..codename.."/walls.png")
-- addItemAnim(room, "images/"..codename.."/gone.png")
pipe = addModel("item_heavy", 2, 1,
[[
XX
]])
addItemAnim(pipe, "images/"..codename.."/pipe.png")
addItemAnim(pipe, "images/"..codename.."/pipe_moved.png")
fish = addModel("fish_small", 1, 1, [[X]])
"""
TALK = """
dialogId("a", "font_small", "What a \\"cave\\"!\\nAnd dark.")
dialogId("b", "font_big",
         "Yes.")
dialogStr("Yes.")
dialogId("c", "font_big", "Yes.")
"""


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """One room."""
    folder = tmp_path / "game"
    room(folder, "cave")
    text(
        folder / "script/worlddesc.lua",
        'worldmap_addDesc("cave", "cs", "Jeskyne", "x")\nworldmap_addDesc("cave", "en", "The Cave", "x")\n',
    )
    track(folder / "music/deep.ogg")
    return folder


def room(folder: Path, name: str, code: str = 'sound_playMusic("music/deep.ogg")') -> None:
    text(folder / f"script/{name}/models.lua", MODELS)
    text(folder / f"script/{name}/code.lua", f'-- sound_playMusic("music/old.ogg")\n{code}\n')
    text(folder / f"script/{name}/dialogs_en.lua", TALK)
    image(folder / f"images/{name}/back.png", (60, 30), (10, 20, 30))
    image(folder / f"images/{name}/walls.png", (15, 30), (200, 0, 0, 255))
    image(folder / f"images/{name}/pipe.png", (60, 15), (0, 200, 0, 255))


def test_a_room_is_painted_with_its_things_where_they_lie(game: Path) -> None:
    (scene,), left_out = scenes(game)
    assert left_out == [] and scene.painted
    picture = scene.painted()
    assert (picture.mode, picture.size) == ("RGB", (60, 30))
    assert [picture.getpixel(at) for at in ((5, 5), (20, 20), (31, 14), (31, 15), (59, 29))] == [
        (200, 0, 0),
        *[(10, 20, 30)] * 2,
        *[(0, 200, 0)] * 2,
    ]


def test_small_things_are_painted_and_not_named(game: Path) -> None:
    (scene,) = scenes(game)[0]
    assert scene.picture_source == "images/cave/back.png | images/cave/walls.png"
    assert [path.name for path, _, _ in things(game, "cave")] == ["back.png", "walls.png", "pipe.png"]
    assert (scene.game, scene.name, scene.licence) == ("fillets", "cave", "GPL-2")
    assert scene.music == game / "music/deep.ogg"


def test_the_text_is_the_name_and_each_line_of_talk_once(game: Path) -> None:
    assert scenes(game)[0][0].text == 'The Cave\n\nWhat a "cave"! And dark.\nYes.'


def test_a_room_without_talk_has_no_text(game: Path) -> None:
    text(game / "script/cave/dialogs_en.lua", "-- nobody speaks\n")
    assert scenes(game)[0][0].text is None
    (game / "script/cave/dialogs_en.lua").unlink()
    assert scenes(game)[0][0].text is None


def test_a_transparent_room_lies_over_black(game: Path) -> None:
    back = image(game / "images/cave/back.png", (60, 30), (200, 200, 200, 0))
    assert paint([(back, 0, 0)]).getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "plays 0 tracks"),
        ('sound_playMusic("music/deep.ogg")\nsound_playMusic("music/b.ogg")', "plays 2 tracks"),
        ('sound_playMusic("music/"..n..".ogg")', "or one that it computes"),
        ('sound_playMusic("music/gone.ogg")', "music/gone.ogg is not among the game's files"),
        ('sound_playMusic("../secret.ogg")', "../secret.ogg is not among the game's files"),
    ],
)
def test_music_that_is_not_one_track_by_name_leaves_the_room_out(game: Path, code: str, why: str) -> None:
    track(game.parent / "secret.ogg")
    room(game, "hall", code)
    found, left_out = scenes(game)
    assert [scene.name for scene in found] == ["cave"]
    assert len(left_out) == 1 and left_out[0].startswith("room hall: ") and why in left_out[0]


def test_a_missing_picture_and_a_missing_room_leave_it_out(game: Path) -> None:
    room(game, "hall")
    (game / "images/hall/pipe.png").unlink()
    room(game, "yard")
    text(game / "script/yard/models.lua", "createRoom(1, 1, picture)\n")
    room(game, "zoo")
    (game / "script/zoo/code.lua").write_bytes(b"\xff\xfe")
    assert scenes(game)[1] == [
        "room hall: images/hall/pipe.png is not among the game's files",
        "room yard: no picture of its room",
        "room zoo: script/zoo/code.lua is no UTF-8 text",
    ]
