"""The reader of Hedgewars, on a small game folder made up here."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sightsound.bench.splits.games.hedgewars import scenes
from sightsound.bench.splits.games.hedgewars_assets import HEDGEWARS
from sightsound.bench.splits.games.scene import Scene

RED, GREEN, BLUE, WHITE = (200, 0, 0), (0, 200, 0), (0, 0, 200), (240, 240, 240)
LAKE = """; a comment = nothing
sky = 10, 20, 30
water-top = $FF, 100, $0a
water-bottom = 1, 2, 3
music = lake.ogg
object = tree, 1, 2, 3
"""


def image(path: Path, size: tuple[int, int], colour: tuple[int, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path)


def text(path: Path, content: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """One theme with a sky alone, and the folders that every game has."""
    folder = tmp_path / "game"
    text(folder / "Themes/Lake/theme.cfg", LAKE)
    image(folder / "Themes/Lake/Sky.png", (100, 300), RED)
    image(folder / "Graphics/BlueWater.png", (128, 48), (0, 0, 0, 0))
    image(folder / "Graphics/SuddenDeath/SDWater.png", (128, 48), (0, 0, 0, 0))
    for name in ("lake", "battle"):
        text(folder / f"Music/{name}.ogg")
    for name in ("Maps", "Missions"):
        (folder / name).mkdir()
    text(folder / "Locale/missions_en.txt", 'Dive.name=Dive!\nDive.desc="Under water, hedgehogs sink."\n')
    text(folder / "Locale/campaigns_en.txt", 'War.name="War"\nWar-one.name="Part 1"\nWar-one.desc="It begins."\n')
    return folder


def only(game: Path, name: str) -> Scene:
    found, _ = scenes(game)
    (scene,) = [scene for scene in found if scene.name == name]
    return scene


def picture(scene: Scene) -> Image.Image:
    assert scene.painted
    return scene.painted()


def test_a_theme_is_painted_from_its_sky_down_to_the_water(game: Path) -> None:
    scene = only(game, "theme_Lake")
    assert scene.music == game / "Music/lake.ogg"
    assert (scene.game, scene.text, scene.picture, scene.licence) == ("hedgewars", None, None, "GPL-2, GFDL-1.3")
    assert scene.picture_source == "Themes/Lake/Sky.png"
    painted = picture(scene)
    assert (painted.mode, painted.size) == ("RGB", (1024, 768))
    assert painted.getpixel((0, 0)) == (10, 20, 30)
    sky_top = 768 - 64 + 32 - 300
    assert painted.getpixel((5, sky_top - 1)) == (10, 20, 30)
    assert painted.getpixel((5, sky_top)) == painted.getpixel((1023, 703)) == RED
    assert painted.getpixel((5, 704)) == (255, 100, 10)
    assert painted.getpixel((5, 767)) == (1, 2, 3)


def test_a_side_of_the_sky_is_repeated_beside_the_middle_and_the_horizon_lies_over_it(game: Path) -> None:
    image(game / "Themes/Lake/SkyL.png", (10, 300), BLUE)
    image(game / "Themes/Lake/horizont.png", (40, 50), GREEN)
    image(game / "Themes/Lake/horizontL.png", (10, 50), BLUE)
    image(game / "Themes/Lake/horizontR.png", (10, 50), WHITE)
    painted = picture(only(game, "theme_Lake"))
    row = [painted.getpixel((x, 500)) for x in (0, 461, 462, 561, 562, 1023)]
    assert row == [BLUE, BLUE, RED, RED, BLUE, BLUE]
    row = [painted.getpixel((x, 700)) for x in (0, 491, 492, 531, 532, 1023)]
    assert row == [BLUE, BLUE, GREEN, GREEN, WHITE, WHITE]


def test_waves_are_the_themes_own_where_it_has_some(game: Path) -> None:
    image(game / "Themes/Lake/BlueWater.png", (16, 8), WHITE)
    scene = only(game, "theme_Lake")
    assert scene.licence == "GPL-2"
    painted = picture(scene)
    assert painted.getpixel((1000, 711)) == WHITE
    assert painted.getpixel((1000, 712)) != WHITE


def test_sudden_death_with_other_music_is_a_scene_of_its_own(game: Path) -> None:
    assert [scene.name for scene in scenes(game)[0]] == ["theme_Lake"]
    text(game / "Themes/Lake/theme.cfg", LAKE + "sd-music = battle.ogg\nsd-tint = $ff, $80, $00, $ff\n")
    scene = only(game, "sudden_death_Lake")
    assert scene.music.name == "battle.ogg"
    painted = picture(scene)
    assert painted.getpixel((0, 0)) == (10, 10, 0)
    assert painted.getpixel((5, 704)) == (182, 144, 201)  # the game's own, for the theme says none
    text(game / "Themes/Lake/theme.cfg", LAKE + "sd-music = lake.ogg\n")
    assert [scene.name for scene in scenes(game)[0]] == ["theme_Lake"]


def test_music_that_is_missing_is_replaced_by_the_fallback(game: Path) -> None:
    text(game / "Themes/Lake/theme.cfg", "music = gone.ogg\nfallback-music = battle.ogg\n")
    assert only(game, "theme_Lake").music.name == "battle.ogg"


@pytest.mark.parametrize(
    ("cfg", "why"),
    [
        ("music = gone.ogg", "gone.ogg is not among the game's files"),
        ("music = ../../secret.ogg", "../../secret.ogg is not among the game's files"),
        ("sky = 1, 2, 3", "its theme.cfg names no music"),
        ("music = lake.ogg\nsky = 1, 2, 256", "sky = '1, 2, 256' in its theme.cfg is no colour"),
        ("music = lake.ogg\nsd-tint = red", "sd-tint = 'red' in its theme.cfg is no colour"),
    ],
)
def test_a_theme_that_is_left_out_says_why(game: Path, cfg: str, why: str) -> None:
    text(game.parent / "secret.ogg")
    text(game / "Themes/Lake/theme.cfg", cfg)
    assert scenes(game) == ([], [f"theme Lake: {why}"])


def test_a_theme_without_sky_and_horizon_is_left_out(game: Path) -> None:
    (game / "Themes/Lake/Sky.png").unlink()
    assert scenes(game) == ([], ["theme Lake: neither a sky nor a horizon"])


def test_a_map_is_its_land_before_its_theme(game: Path) -> None:
    text(game / "Maps/My Island/map.cfg", "Lake\n8\n")
    image(game / "Maps/My Island/map.png", (2000, 600), (0, 0, 0, 0))
    land = Image.open(game / "Maps/My Island/map.png")
    land.paste((*GREEN, 255), (0, 500, 2000, 600))
    land.save(game / "Maps/My Island/map.png")
    scene = only(game, "map_My_Island")
    assert scene.music.name == "lake.ogg"
    assert scene.picture_source == "Themes/Lake/Sky.png | Maps/My Island/map.png"
    painted = picture(scene)
    assert painted.size == (1000, 332)  # half of 2000 by 600 and the water
    assert painted.getpixel((500, 240)) == RED
    assert painted.getpixel((500, 260)) == GREEN
    assert painted.getpixel((500, 331)) != GREEN


def test_maps_that_are_left_out_say_why(game: Path) -> None:
    text(game / "Maps/A/map.cfg", "Lake\n")
    text(game / "Maps/B/map.cfg", "Nowhere\n")
    image(game / "Maps/B/map.png", (8, 8), RED)
    (game / "Maps/C").mkdir()
    assert scenes(game)[1] == [
        "map A: no picture of its land: a script builds it",
        "map B: its theme 'Nowhere' is not among the game's themes",
        "map C: map.cfg is not among the game's files",
    ]


def test_missions_have_their_menus_picture_and_text(game: Path) -> None:
    for path in ("Scenario/Dive", "Campaign/War/one"):
        text(game / f"Missions/{path}.lua", 'function onGameInit()\n\tTheme = "Lake"\nend\n')
        image(game / f"Graphics/Missions/{path}@2x.png", (31, 26), RED)
    dive, one = only(game, "mission_Dive"), only(game, "mission_War-one")
    assert dive.text == "Dive!\nUnder water, hedgehogs sink."
    assert one.text == "Part 1\nIt begins."
    assert one.picture == game / "Graphics/Missions/Campaign/War/one@2x.png"
    assert one.painted is None
    assert (one.music.name, one.licence) == ("lake.ogg", "GPL-2, GFDL-1.3")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("Theme = themes[1]", "its script names 0 themes, not one"),
        ('Theme = "Lake"\n  Theme = "Hill"', "its script names 2 themes, not one"),
        ('-- Theme = "Lake"', "its script names 0 themes, not one"),
        ('Theme = "Hill"', "its theme 'Hill' is not among the game's themes"),
        ('Theme = "Lake"\nPlayMusicSound(sndRide)', "its script plays music of its own"),
    ],
)
def test_missions_that_are_left_out_say_why(game: Path, code: str, why: str) -> None:
    text(game / "Missions/Scenario/Dive.lua", code)
    image(game / "Graphics/Missions/Scenario/Dive@2x.png", (31, 26), RED)
    text(game / "Missions/Scenario/Untold.lua", 'Theme = "Lake"')
    assert scenes(game)[1] == [
        f"mission Scenario/Dive.lua: {why}",
        "mission Scenario/Untold.lua: the game's menu has no text for it",
    ]


def test_licences_go_by_folder(game: Path) -> None:
    (game / "Themes/Lake").rename(game / "Themes/Cave")
    image(game / "Themes/Cave/BlueWater.png", (16, 8), WHITE)
    assert only(game, "theme_Cave").licence == "GPL-2, GFDL-1.3"  # the music is under the first


def test_every_tree_of_the_asset_is_pinned() -> None:
    assert all(len(file.sha256) == 1 and len(file.sha256[0]) == 64 for file in HEDGEWARS.files)
    themes = HEDGEWARS.files[0]
    kept = ["Art/Sky.png", "Art/horizontL.png", "Art/theme.cfg"]
    assert [name for name in (*kept, "Art/LandTex.png", "Art/icon.png") if themes.keeps(name)] == kept
