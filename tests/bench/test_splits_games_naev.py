"""The reader of Naev, on a small galaxy made up here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from sightsound.bench.splits.games.files import LeftOutError
from sightsound.bench.splits.games.naev import FLIGHTS_PER_TRACK, scenes
from sightsound.bench.splits.games.naev_assets import NAEV
from sightsound.bench.splits.games.naev_galaxy import planets, strongest, systems
from sightsound.bench.splits.games.naev_licences import read_licences
from sightsound.bench.splits.games.naev_music import flight_track, landing_track
from sightsound.bench.splits.games.naev_painting import NEBULAE, nebula_of, paint

RED, BLUE = (200, 0, 0), (0, 0, 200)
ART = """- Ann <ann@example.org>:
   license: PD
   planet:
     exterior:
       - dry.png
     space:
       - {graphics}
   bkg:
       - {nebulae}
- Bob: the second:
   licence: CC-by 3.0
   intro:
     - first.png
   loading:
     - ship.png
"""


def planet(
    game: Path,
    name: str,
    *,
    exterior: str = "dry.png",
    space: str = "",
    kind: str = "A",
    services: str = "land bar",
) -> None:
    """A planet; with a landing it has a description."""
    tags = "".join(f"<{service}/>" for service in services.split())
    about = f"<description>{name} is\n  dry.</description>" if "land" in services else ""
    (game / f"dat/assets/{name}.xml").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><asset name="{name}">'
        f"<GFX><space>{space or name + '.png'}</space><exterior>{exterior}</exterior></GFX>"
        f"<general><class>{kind}</class><population>5</population><services>{tags}</services>{about}</general></asset>"
    )


def ruler(game: Path, name: str, faction: str, value: float, reach: int = 0) -> None:
    """A virtual asset that makes a faction present."""
    (game / f"dat/assets/{name}.xml").write_text(
        f'<asset name="{name}"><virtual/><presence><faction>{faction}</faction><value>{value}</value>'
        f"<range>{reach}</range></presence></asset>"
    )


def system(game: Path, name: str, *inside: str, jumps: str = "", nebula: float = 0) -> None:
    """A star system; `jumps` are targets, `x` after a target hides the way there."""
    ways = [way.partition("-") for way in jumps.split()]
    tags = "".join(
        f'<jump target="{to}"><autopos/>{"<hidden/>" if hidden else ""}</jump>' for to, _, hidden in ways
    )
    assets = "".join(f"<asset>{planet}</asset>" for planet in inside)
    (game / f"dat/ssys/{name}.xml").write_text(
        f'<ssys name="{name}"><general><nebula volatility="0">{nebula}</nebula></general>'
        f"<assets>{assets}</assets><jumps>{tags}</jumps></ssys>"
    )


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A game without planets: its pictures, its music, its licences and its introduction."""
    folder = tmp_path / "game"
    graphics = [f"{name}.png" for name in "ABCDEFGHIJ"]
    pictures = [f"planet/space/{name}" for name in graphics] + [f"bkg/{name}" for name in NEBULAE]
    for name in ("planet/exterior/dry.png", "intro/first.png", "loading/ship.png", *pictures):
        path = folder / "dat/gfx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), RED).save(path)
    art = ART.format(graphics="\n       - ".join(graphics), nebulae="\n       - ".join(NEBULAE))
    (folder / "dat/gfx/ARTWORK_LICENSE.yaml").write_text(art)
    tracks = {flight_track(f"system {number}", faction) for number in range(200) for faction in (None, "Thurion")}
    tracks |= {"agriculture", "ocean", "snow", "cosmostation", "upbeat", "intro", "machina"}
    (folder / "dat/snd/music").mkdir(parents=True)
    for track in tracks:
        (folder / f"dat/snd/music/{track}.ogg").write_bytes(b"")
    names = "\n     - ".join(f"{track}.ogg" for track in sorted(tracks))
    (folder / "dat/snd/SOUND_LICENSE.yaml").write_text(f"- Cid:\n   license: CC0\n   music:\n     - {names}\n")
    (folder / "dat/intro").write_text("\nLong ago.\n[fadein gfx/intro/first.png]\nThen.\n[fadeout]\n")
    for name in ("assets", "ssys"):
        (folder / "dat" / name).mkdir()
    return folder


# ---- scenes


def test_introduction_and_loading_screen(game: Path) -> None:
    found, left_out = scenes(game)
    introduction, loading = found
    assert introduction.text == "Long ago.\nThen."
    assert introduction.picture == game / "dat/gfx/intro/first.png"
    assert introduction.music.name == "intro.ogg"
    assert introduction.licence == "CC-by 3.0 (Bob: the second), CC0 (Cid), GPL-3+ (text)"
    assert (loading.picture_source, loading.music.name) == ("dat/gfx/loading/ship.png", "machina.ogg")
    assert (loading.text, loading.licence) == (None, "CC-by 3.0 (Bob: the second), CC0 (Cid)")
    assert left_out == ["0 planets: nowhere to land, or no description"]


def test_a_landing_picture_is_shown_once_with_what_most_of_its_planets_play(game: Path) -> None:
    for name, kind in (("A", "O"), ("B", "M"), ("C", "M"), ("D", "P")):
        planet(game, name, kind=kind)
    planet(game, "E", services="")
    found, left_out = scenes(game)
    (landing,) = [scene for scene in found if scene.name.startswith("land_")]
    shown = landing.name.removeprefix("land_")
    assert shown in "BC"
    assert landing.music.name == "agriculture.ogg"
    assert landing.text == f"{shown} is dry."
    assert landing.picture == game / "dat/gfx/planet/exterior/dry.png"
    assert landing.licence == "PD (Ann <ann@example.org>), CC0 (Cid), GPL-3+ (text)"
    assert "1 planets: nowhere to land, or no description" in left_out
    others = set("ABCD") - {shown}
    assert {f"landing on {name}: shows dry.png like {shown}" for name in others} <= set(left_out)


def test_a_flight_shows_a_planet_before_the_nebula(game: Path) -> None:
    planet(game, "A", services="")
    planet(game, "B")
    planet(game, "C")
    system(game, "Sol's End", "A", "B", "C")
    found, _ = scenes(game)
    (landing,) = [scene for scene in found if scene.name.startswith("land_")]
    (flight,) = [scene for scene in found if scene.name.startswith("flight_")]
    other = ({"B", "C"} - {landing.name.removeprefix("land_")}).pop()  # described, and not shown in the landing
    assert flight.name == "flight_Sol_s_End"
    assert flight.text == f"{other} is dry."
    assert flight.picture is None
    assert flight.painted
    assert flight.painted().size == (800, 600)
    nebula = nebula_of("Sol's End")
    assert flight.picture_source == f"dat/gfx/bkg/{nebula} | dat/gfx/planet/space/{other}.png"
    assert flight.music.stem == flight_track("Sol's End", None)


def test_no_graphic_is_shown_twice_and_a_planet_without_text_gives_none(game: Path) -> None:
    planet(game, "A", services="")
    planet(game, "B", space="A.png", services="")
    system(game, "One", "A", "nothing of that name")
    system(game, "Two", "B")
    system(game, "Void")
    system(game, "Mist", "A", nebula=200)
    found, left_out = scenes(game)
    (flight,) = [scene for scene in found if scene.name.startswith("flight_")]
    assert flight.text is None
    assert "text" not in flight.licence
    missed = ({"One", "Two"} - {flight.name.removeprefix("flight_")}).pop()
    for name in (missed, "Void"):
        assert f"flight in {name}: no planet that looks like none shown elsewhere" in left_out
    assert "flight in Mist: a nebula fills it, which the game computes" in left_out


def test_a_track_has_a_few_flights_at_most(game: Path) -> None:
    track = flight_track("system 0", None)
    names = [name for name in (f"system {n}" for n in range(200)) if flight_track(name, None) == track]
    letters = "ABCDEFGHIJ"[: FLIGHTS_PER_TRACK + 2]
    for name, letter in zip(names, letters, strict=False):
        planet(game, letter, services="")
        system(game, name, letter)
    found, left_out = scenes(game)
    assert sum(scene.name.startswith("flight_") for scene in found) == FLIGHTS_PER_TRACK
    assert sum(line.endswith(f"enough others play {track}") for line in left_out) == 2


def test_what_has_no_file_or_no_licence_is_left_out(game: Path) -> None:
    planet(game, "A", exterior="../../../../secret.png", kind="M")
    planet(game, "B", exterior="gone.png", kind="M")
    planet(game, "C", space="unnamed.png", services="")
    system(game, "One", "C")
    for path in ("dat/gfx/planet/space/unnamed.png", "../secret.png"):
        Image.new("RGB", (8, 8)).save(game / path)
    found, left_out = scenes(game)
    assert {scene.name for scene in found} == {"introduction", "loading"}
    assert {
        "landing on A: gfx/planet/exterior/../../../../secret.png is not among the game's files",
        "landing on B: gfx/planet/exterior/gone.png is not among the game's files",
        "flight in One: the game's tables name no licence of gfx/planet/space/unnamed.png",
    } <= set(left_out)


# ---- music


def test_the_landing_track_goes_by_class_then_by_inhabitants(game: Path) -> None:
    for name, kind, services in (
        ("A", "M", "land bar"),
        ("B", "O", "land"),
        ("C", "P", "land"),
        ("D", "K", "land"),
    ):
        planet(game, name, kind=kind, services=services)
    planet(game, "E", kind="K", services="land refuel")
    tracks = {name: landing_track(planet) for name, planet in planets(game / "dat/assets").items()}
    assert [tracks[name] for name in "ABCD"] == ["agriculture", "ocean", "snow", "agriculture"]
    assert tracks["E"] in ("cosmostation", "upbeat")


def test_the_draws_of_the_script_keep_their_shares() -> None:
    played = Counter(flight_track(f"system {number}", "Empire") for number in range(2000))
    own = played["empire1"] + played["empire2"]
    assert 0.36 < own / 2000 < 0.44  # the script plays neutral music in 60% of cases
    assert 0.45 < played["empire1"] / own < 0.55
    assert len(played) == 2 + 12
    assert {flight_track(f"system {number}", "Collective") for number in range(50)} == {"collective1", "automat"}
    assert flight_track("system 1", "Frontier") == flight_track("system 1", None)  # no music of its own


def test_presence_is_felt_in_the_systems_around(game: Path) -> None:
    ruler(game, "empire", "Empire", 100, reach=2)
    ruler(game, "pirates", "Pirate", 40)
    ruler(game, "ghosts", "Ghosts", -5)
    system(game, "A", "empire", jumps="B D-x")
    system(game, "B", "pirates", jumps="A C")  # half of the Empire's 100: more than 40
    system(game, "C", "pirates", jumps="B E")  # a third: less
    system(game, "D", "ghosts", jumps="A")  # the way there is hidden
    system(game, "E", jumps="C")  # three jumps: out of reach
    galaxy = systems(game / "dat/ssys")
    assert strongest(galaxy, planets(game / "dat/assets")) == {"A": "Empire", "B": "Empire", "C": "Pirate"}


# ---- files


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><asset name="x">&b;</asset>',
        '<!ENTITY b SYSTEM "file:///etc/passwd"><asset name="x"/>',
    ],
)
def test_xml_with_a_document_type_is_refused(game: Path, content: str) -> None:
    (game / "dat/assets/x.xml").write_text(content)
    with pytest.raises(LeftOutError, match=r"x\.xml: declares a document type or an entity; refused"):
        planets(game / "dat/assets")


def test_xml_that_is_broken_is_named(game: Path) -> None:
    (game / "dat/ssys/x.xml").write_bytes("<!DOCTYPE a []><a/>".encode("utf-16"))
    with pytest.raises(LeftOutError, match=r"x\.xml: not XML in UTF-8"):
        systems(game / "dat/ssys")
    (game / "dat/assets/y.xml").write_text("<!-- a comment is none --><asset name='y'><GFX></asset>")
    with pytest.raises(LeftOutError, match=r"y\.xml: not XML in UTF-8 \(mismatched tag"):
        planets(game / "dat/assets")


def test_tables_of_licences(tmp_path: Path) -> None:
    table = tmp_path / "table.yaml"
    lines = ["- A:", "   license: PD", "   things:", "     - space:", "       - a.png", "     - b.png"]
    table.write_text("\n".join([*lines, "   # c", "   more:", "     - d.png", ""]))
    assert read_licences(table) == {
        "things/space/a.png": "PD (A)",
        "things/b.png": "PD (A)",
        "more/d.png": "PD (A)",
    }
    table.write_text("- A:\n   things:\n     - a.png\n")
    with pytest.raises(LeftOutError, match=r"table\.yaml: the line '- a\.png' cannot be read"):
        read_licences(table)


def test_the_view_lays_the_planet_over_the_nebula(tmp_path: Path) -> None:
    Image.new("RGBA", (1000, 400), (*BLUE, 255)).save(tmp_path / "nebula.png")
    Image.new("RGBA", (100, 100), (*RED, 255)).save(tmp_path / "planet.png")
    view = paint(tmp_path / "nebula.png", tmp_path / "planet.png")
    pixels = [view.getpixel(place) for place in ((0, 99), (0, 100), (350, 250), (449, 349), (450, 349))]
    assert pixels == [(0, 0, 0), BLUE, RED, RED, BLUE]


def test_every_tree_of_the_asset_is_pinned() -> None:
    assert all(len(file.sha256) == 1 and len(file.sha256[0]) == 64 for file in NAEV.files)
