"""The reader of SuperTux and the painter of its levels, on a small game folder made up here."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sightsound.bench.splits.games.scene import Scene
from sightsound.bench.splits.games.sexp import SexpError, parse
from sightsound.bench.splits.games.supertux import scenes
from sightsound.bench.splits.games.supertux_painting import SCREEN, camera_of, tile_images
from tests.bench.made_games import copyright_file, image, text, track

RED, GREEN, BLUE, SKY = (200, 0, 0), (0, 200, 0), (0, 0, 200), (51, 102, 204)
GROUND = "(tilemap (solid #t) (width 60) (height 25) (tiles 1 2 " + "0 " * 1498 + "))"
BACKDROP = '(background (image "/images/background/hills/hills.png") (speed 0.5))'
PLAYS = '(sector (name "main") (music "music/ice/cold.ogg")'
START = '(spawnpoint (name "main") (x 0) (y 0))'


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """Tiles, a backdrop and music; one level that uses them."""
    folder = tmp_path / "game"
    copyright_file(folder, "Files: data/levels/*\nCopyright: L\nLicense: GPL-2+ or CC-BY-SA-3.0\n")
    text(
        folder / "images/tiles.strf",
        '(supertux-tiles (tile (id 1) (images (surface (diffuse-texture (file "tiles/water.png")))))\n'
        '(tiles (width 2) (height 1) (ids 2 3) (image "tiles/snow.png"))\n'
        '(tile (id 4) (images (region "tiles/snow.png" 32 0 32 32) "tiles/water.png")) (tile (id 5)))',
    )
    image(folder / "images/tiles/water.png", (32, 32), (*BLUE, 255))
    image(folder / "images/tiles/snow.png", (64, 32), (*GREEN, 255))
    image(folder / "images/background/hills/hills.png", SCREEN, (*RED, 255))
    image(folder / "images/background/misc/fog.png", (10, 10), (255, 255, 255, 0))
    track(folder / "music/ice/cold.ogg")
    text(folder / "music/ice/cold.music", '(supertux-music (file "cold.ogg") (loop-at 9))')
    level(folder, "first", BACKDROP)
    return folder


def level(folder: Path, name: str, *more: str, music: str = '(music (file "/music/ice/cold.music"))') -> None:
    """A level with ground, a place to begin and music."""
    sector = f'(sector (name "main") {START} {music} {GROUND} {" ".join(more)})'
    text(folder / f"levels/world/{name}.stl", f'(supertux-level (name (_ "A \\"name\\"")) {sector})')


def painted(game: Path, name: str) -> Image.Image:
    scene = one(game, name)
    assert scene.painted
    return scene.painted()


def one(game: Path, name: str) -> Scene:
    (scene,) = [scene for scene in scenes(game)[0] if scene.name == f"world_{name}"]
    return scene


def test_a_level_is_its_first_screen_and_the_music_of_its_main_sector(game: Path) -> None:
    (scene,), left_out = scenes(game)
    assert left_out == []
    assert (scene.game, scene.name, scene.text, scene.picture) == ("supertux", "world_first", None, None)
    assert scene.music == game / "music/ice/cold.ogg"
    assert scene.picture_source == "levels/world/first.stl | images/background/hills/hills.png"
    assert scene.licence == "GPL-3+, GPL-2+ or CC-BY-SA-3.0"
    picture = painted(game, "first")
    assert (picture.mode, picture.size) == ("RGB", SCREEN)
    assert [picture.getpixel(at) for at in ((0, 0), (31, 31), (32, 31), (63, 0), (64, 0), (0, 32))] == [
        *[BLUE] * 2,
        *[GREEN] * 2,
        *[RED] * 2,
    ]


def test_the_colour_gradient_lies_behind_and_light_tints_all(game: Path) -> None:
    level(game, "sky", "(gradient (top_color 0.2 0.4 0.8) (bottom_color 0.2 0.4 0.8))", '(background (image ""))')
    level(game, "plain", "(gradient)", music='(music (file "music/b.ogg"))')
    track(game / "music/b.ogg")
    level(game, "dusk", "(gradient (top_color 1 1 1)) (ambient-light (color 0.5 1 0.25))", BACKDROP)
    left = "(gradient (direction horizontal) (left_color 0 0 0) (right_color 1 1 1) (z-pos -100))"
    level(game, "right", left, BACKDROP)
    assert painted(game, "plain").getpixel((700, 0)) == (76, 102, 191)  # the game's own colours
    assert painted(game, "plain").getpixel((700, 799)) == (255, 255, 255)
    assert painted(game, "dusk").getpixel((700, 400)) == (100, 0, 0)
    assert [painted(game, "right").getpixel((x, 400)) for x in (0, 1279)] == [(0, 0, 0), (255, 255, 255)]


def test_backdrops_are_repeated_aligned_and_stacked(game: Path) -> None:
    for name, colour in (("top", GREEN), ("mid", RED), ("low", BLUE)):
        image(game / f"images/background/hills/{name}.png", (1280, 100), (*colour, 255))
    names = [
        f'({key} "images/background/hills/{name}.png")'
        for key, name in (("image", "mid"), ("image-top", "top"), ("image-bottom", "low"))
    ]
    level(game, "stack", f"(background {' '.join(names)} (speed 0.1))")
    level(game, "floor", f'(background {names[0]} (alignment "bottom") (speed 0))')
    level(game, "veil", f"(background {names[0]} (fill #t) (color 1 1 1 0.5) (z-pos -200))", BACKDROP)
    stack, floor, veil = (painted(game, name) for name in ("stack", "floor", "veil"))
    assert [stack.getpixel((900, y)) for y in (100, 349, 350, 449, 450, 799)] == [
        GREEN,
        GREEN,
        RED,
        RED,
        BLUE,
        BLUE,
    ]
    assert [floor.getpixel((900, y)) for y in (699, 700, 799)] == [(0, 0, 0), RED, RED]
    assert veil.getpixel((900, 400)) == RED


def test_what_moves_or_only_tints_the_light_is_not_painted(game: Path) -> None:
    tiles = "(width 60) (height 25) (tiles " + "2 " * 1500 + ")"
    lamp = f'(tilemap (solid #f) (draw-target "lightmap") {tiles})'
    level(game, "lift", f'(tilemap (solid #f) (path-ref "p") {tiles})', lamp, BACKDROP)
    assert painted(game, "lift").getpixel((900, 400)) == RED


def test_tiles_are_found_by_number(game: Path) -> None:
    assert tile_images(game) == {
        "1": ("tiles/water.png", None),
        "2": ("tiles/snow.png", (0, 0, 32, 32)),
        "3": ("tiles/snow.png", (32, 0, 64, 32)),
        "4": ("tiles/snow.png", (32, 0, 64, 32)),
    }


@pytest.mark.parametrize(
    ("start", "size", "camera"),
    [
        ((0, 0), (100, 50), (0, 0)),
        ((2000, 800), (100, 50), (2000 - 1280 / 3, 400)),
        ((3200, 1600), (100, 50), (1920, 800)),
        ((0, 0), (20, 25), (-320, 0)),
    ],
)
def test_the_camera_stays_in_the_level(
    start: tuple[int, int], size: tuple[int, int], camera: tuple[float, float]
) -> None:
    sector = parse(
        f"(sector (tilemap (solid #t) (width {size[0]}) (height {size[1]}))"
        f'(spawnpoint (name "main") (x {start[0]}) (y {start[1]})))'
    )
    assert camera_of(sector).start == pytest.approx(camera)


def test_veils_are_no_shared_picture_and_old_paths_are_found(game: Path) -> None:
    level(
        game,
        "old",
        '(background (image "images/background/hills.png")) (background (image "images/background/fog.png"))',
    )
    assert one(game, "old").picture_source == "levels/world/old.stl | images/background/hills/hills.png"


def test_a_level_of_tiles_alone_counts_only_where_its_track_has_no_other(game: Path) -> None:
    level(game, "bare")
    track(game / "music/b.ogg")
    level(game, "alone", music='(music (file "music/b.ogg"))')
    found, left_out = scenes(game)
    assert [scene.name for scene in found] == ["world_alone", "world_first"]
    assert left_out == ["level world_bare: no backdrop, and other levels with its track have one"]


@pytest.mark.parametrize(
    ("sector", "why"),
    [
        ('(sector (name "cave"))', "no sector to begin in"),
        ('(sector (name "main"))', "no music"),
        ('(sector (name "main") (music))', "no music"),
        ('(sector (name "main") (music (file "music/gone.ogg")))', "music/gone.ogg is not among the game's files"),
        ('(sector (name "main") (music "../../secret.ogg"))', "../../secret.ogg is not among the game's files"),
        ('(sector (name "main") (music "music/ice/cold.ogg"))', "no solid tiles"),
        (
            f'(sector (name "main") (music "music/ice/cold.ogg") {GROUND} (ambient-light 0 0 0.1))',
            "dark but for lamps",
        ),
        (f"{PLAYS} {GROUND} (ambient-light x))", "'x' is no number"),
        (
            f'(sector (name "main") (music "music/ice/cold.ogg") {GROUND} (background (image "../a.png")))',
            "../a.png",
        ),
        ("(sector", "a list or a text without its end"),
    ],
)
def test_what_lacks_is_told(game: Path, sector: str, why: str) -> None:
    track(game.parent.parent / "secret.ogg")
    text(game / "levels/world/bad.stl", f"(supertux-level {sector})")
    found, left_out = scenes(game)
    assert [scene.name for scene in found] == ["world_first"]
    assert len(left_out) == 1 and left_out[0].startswith("level world/bad.stl: ") and why in left_out[0]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("", "no list"),
        ("word", "no list"),
        (")", "no list"),
        ('(a "b)', "without its end"),
        ("(a (b)", "without its end"),
        ("(" * 101, "nested deeper than 100"),
    ],
)
def test_text_that_is_no_list_is_refused(wrong: str, why: str) -> None:
    with pytest.raises(SexpError, match=f"line 1: .*{why}"):
        parse(wrong)


def test_lists_are_read_as_the_game_reads_them() -> None:
    node = parse('; a comment (\n(a 1 (b (_ "x;\\"y\\"") -2.5) (b 3) (c) "" (d #t))')
    assert (node.name, node.items[0], node.word("b"), node.words("b")) == ("a", "1", 'x;"y"', ['x;"y"', "-2.5"])
    assert [one.numbers("e") for one in node.all("b")] == [[], []]
    assert (node.word("c", "default"), node.word("d"), node.number("e", 7)) == ("default", "#t", 7.0)
