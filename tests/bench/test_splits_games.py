"""The split `games`: which places are taken, what they share, how they are written and parted."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from sightsound.bench import assets, splits
from sightsound.bench.core import media, registry
from sightsound.bench.core.types import Example
from sightsound.bench.splits.games import build, collecting, count
from sightsound.bench.splits.games.copyright import Terms
from sightsound.bench.splits.games.files import joined
from sightsound.bench.splits.games.index import GAMES, Game
from sightsound.bench.splits.games.scene import Scene
from sightsound.bench.splits.games.thinning import Place, thin
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.errors import SplitError
from tests.bench.made_games import image, text, track


def scene(folder: Path, name: str, music: str, *pictures: str, **more: object) -> Scene:
    """A scene of the game `made`; with several pictures a painted one."""
    paths = [folder / one for one in pictures]
    given: dict[str, object] = {
        "game": "made",
        "name": name,
        "picture": paths[0] if len(paths) == 1 else None,
        "painted": None,
        "picture_source": joined(folder, paths),
        "music": folder / music,
        "text": None,
        "licence": "CC0",
    }
    return Scene(**given | more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A game's folder with tracks and pictures."""
    made = tmp_path / "made"
    for number, name in enumerate("abc"):
        track(made / f"music/{name}.ogg", 12, 300 + 100 * number)
        image(made / f"art/{name}.png", (8, 6), (10 * number, 90, 90))
    return made


Built = Callable[..., tuple[dict[str, Example], list[str], dict[str, str]]]


@pytest.fixture
def built(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """Builds a split of scenes; gives its examples by name, what was left out, and the parts by id."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))

    def make(found: Iterable[Scene], part: str = "", into: str = "split") -> tuple:  # type: ignore[type-arg]
        game = Game(
            "made", lambda _: (list(found), ["place x: no music"]), lambda _: lambda path: Terms("CC0", path)
        )
        target = tmp_path / into
        target.mkdir()
        build.write(target, {"made": folder}, part, [game])
        assert manifest.verify(target) == []
        with (target / "parts.csv").open(newline="") as file:
            parts = {row["id"]: row["part"] for row in csv.DictReader(file)}
        examples = {one.id.removeprefix("made."): one for one in manifest.read(target)[0]}
        return examples, (target / "left_out.txt").read_text().splitlines(), parts

    return make


# ---- what is written


def test_clip_picture_and_text_are_written_with_where_they_came_from(folder: Path, built: Built) -> None:
    examples, left_out, _ = built([scene(folder, "place", "music/a.ogg", "art/a.png", text="A lake;\nat dawn.")])
    example = examples["place"]
    assert left_out == ["made: place x: no music"]
    assert example.story == "A lake;\nat dawn." and example.audio and example.image
    assert (example.audio.name, example.image.name) == ("made.music.a.wav", "made.art.a.png")
    assert media.check(example.audio, "audio").seconds == 10.0
    assert example.image.read_bytes() == (folder / "art/a.png").read_bytes()
    with (example.audio.parents[1] / "manifest.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    music, picture = (media.file_sha256(folder / name) for name in ("music/a.ogg", "art/a.png"))
    assert row["source"].split("; ") == [
        f"audio=made/music/a.ogg@1.000+10.0 sha256:{music}",
        f"image=made/art/a.png sha256:{picture}",
        "story=made.place",
    ]


def test_a_painted_picture_is_written_and_pinned_by_all_that_it_shows(folder: Path, built: Built) -> None:
    whole = Image.new("RGB", (4, 4), "red")
    whole.putpixel((0, 0), (0, 0, 0))
    painted = scene(folder, "place", "music/a.ogg", "art/a.png", "art/b.png", painted=lambda: whole)
    one, _, _ = built([painted])
    assert one["place"].image and one["place"].image.name == "made.place.png"
    before = manifest.read(one["place"].image.parents[1])[1]
    image(folder / "art/b.png", (8, 6), (1, 2, 3))
    other, _, _ = built([painted], into="again")
    assert other["place"].image and manifest.read(other["place"].image.parents[1])[1] != before


def test_what_cannot_be_an_example_is_left_out_with_the_reason(folder: Path, built: Built) -> None:
    track(folder / "music/short.ogg", 9)
    track(folder / "music/still.ogg", 12, loud=0)
    text(folder / "music/chip.mod", "no sound that libsndfile reads")
    text(folder / "art/bad.png", "no picture")
    track(folder / "music/d.ogg", 12, 900)
    black = {"painted": partial(Image.new, "RGB", (4, 4))}
    examples, left_out, _ = built(
        [
            scene(folder, "good", "music/a.ogg"),
            scene(folder, "short", "music/short.ogg"),
            scene(folder, "still", "music/still.ogg"),
            scene(folder, "chip", "music/chip.mod"),
            scene(folder, "bad", "music/b.ogg", "art/bad.png"),
            scene(folder, "black", "music/c.ogg", "art/a.png", "art/b.png", **black),
        ]
    )
    assert list(examples) == ["good"] and examples["good"].image is None
    reasons = dict(line.removeprefix("made: ").split(": ", 1) for line in left_out)
    assert reasons["short"] == "music/short.ogg: 9.0 s, shorter than a clip of 10.0 s"
    assert reasons["still"] == "its clip is silent"
    assert reasons["chip"].startswith("music/chip.mod: cannot be decoded as audio")
    assert reasons["bad"].startswith("art/bad.png: cannot be read as a picture")
    assert reasons["black"] == "its picture is of one colour"
    assert str(folder) not in "\n".join(left_out)


def test_every_file_has_its_licence(folder: Path, built: Built) -> None:
    examples, _, _ = built(
        [scene(folder, "one", "music/a.ogg", "art/a.png"), scene(folder, "two", "music/a.ogg", "art/b.png")]
    )
    split = examples["one"].audio.parents[1]  # type: ignore[union-attr]
    with (split / "licences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "file": "audio/made.music.a.wav",
        "licence": "CC0",
        "credit": "music/a.ogg",
        "made_from": "made/music/a.ogg",
    }
    written = {path.relative_to(split).as_posix() for path in split.glob("*/*")}
    assert {row["file"] for row in rows} == written and len(rows) == len(written) == 3


def test_two_files_of_one_name_are_refused(folder: Path, built: Built) -> None:
    track(folder / "music/a_b.ogg")
    track(folder / "music/a b.ogg", pitch_hz=500)
    with pytest.raises(SplitError, match=r"audio/made\.music\.a_b\.wav: two files of the game come to this name"):
        built([scene(folder, "one", "music/a_b.ogg"), scene(folder, "two", "music/a b.ogg")])


# ---- which places are taken


def places(**given: str) -> list[Place]:
    """`a="t xy"`: place a plays track t and shows pictures x and y."""
    return [
        Place(name, said.split()[0], frozenset(said.split()[1] if " " in said else ""))
        for name, said in given.items()
    ]


def kept(found: list[Place], most: int) -> set[str]:
    return {one.id for one in found} - set(thin(found, most))


def test_a_track_has_only_so_many_places() -> None:
    found = places(a="t v", b="t w", c="t x", d="t y", e="u z")
    assert thin(found, 3) == {"d": "its track has 3 places already"}
    assert kept(found, 1) == {"a", "e"}


def test_a_picture_goes_with_one_track_unless_a_track_would_have_none() -> None:
    found = places(a="t x", b="t y", c="u x", d="u z")
    assert thin(found, 4) == {"c": "its picture is shown with another track too"}
    assert kept(places(a="t x", b="u x"), 4) == {"a", "b"}


def test_the_least_shared_picture_comes_first_and_no_picture_last() -> None:
    assert kept(places(a="t x", b="t y", c="u x", d="v x"), 1) == {"b", "c", "d"}
    assert kept(places(a="t", b="t x"), 1) == {"b"}
    assert kept(places(a="t", b="u"), 1) == {"a", "b"}


# ---- components and parts


def entries(folder: Path, *found: Scene) -> list[collecting.Entry]:
    game = Game("made", lambda _: (list(found), []), lambda _: lambda _: Terms("", ""))
    return collecting.collect({"made": folder}, [game])[0]


def test_what_shares_a_track_a_picture_or_a_text_is_one_component(folder: Path) -> None:
    shutil.copy(folder / "music/a.ogg", folder / "music/copy.ogg")
    for name in "de":
        track(folder / f"music/{name}.ogg", 12, ord(name))
    found = entries(
        folder,
        scene(folder, "p1", "music/a.ogg", "art/a.png"),
        scene(folder, "p2", "music/copy.ogg", "art/b.png"),
        scene(folder, "p3", "music/b.ogg", text="A lake"),
        scene(folder, "p4", "music/c.ogg", text="a  LAKE\n"),
        scene(folder, "p5", "music/d.ogg", "art/c.png"),
        scene(folder, "p6", "music/e.ogg"),
    )
    names = [name for name, _ in collecting.parts(found)]
    assert names == [f"made.{name}" for name in ("p1", "p1", "p3", "p3", "p5", "p6")]


def test_a_part_stays_where_it_is_whatever_comes_beside_it(folder: Path) -> None:
    first = scene(folder, "p1", "music/a.ogg", "art/a.png"), scene(folder, "p2", "music/b.ogg", "art/b.png")
    before = collecting.parts(entries(folder, *first))
    after = collecting.parts(entries(folder, *first, scene(folder, "a0", "music/c.ogg", "art/c.png")))
    assert after[1:] == before
    assert collecting.part_of(["b", "a"]) == collecting.part_of(["a", "b"])
    drawn = [collecting.part_of([f"track:{number}"]) for number in range(6)]
    assert drawn == ["training", "test", "training", "test", "test", "training"]  # never to change


def test_components_fall_into_parts_by_their_shares() -> None:
    drawn = [collecting.part_of([f"track:{number}"]) for number in range(4000)]
    shares = {name: drawn.count(name) / len(drawn) for name in set(drawn)}
    assert shares == pytest.approx({"training": 0.6, "validation": 0.1, "test": 0.3}, abs=0.03)


def test_the_parts_are_the_whole_and_share_nothing(tmp_path: Path, folder: Path, built: Built) -> None:
    for number in range(12):
        track(folder / f"music/{number}.ogg", 11, 200 + 20 * number)
    found = [
        scene(folder, f"p{number}", f"music/{number}.ogg", f"art/{'abc'[number % 3]}.png") for number in range(2)
    ]
    found += [scene(folder, f"p{number}", f"music/{number}.ogg") for number in range(2, 12)]
    whole, left_out, parts = built(found)
    pieces = {name: built(found, name, name)[0] for name in ("training", "validation", "test")}
    assert left_out == ["made: place x: no music"]
    assert {name: set(piece) for name, piece in pieces.items()} == {
        part: {one.removeprefix("made.") for one in parts if parts[one] == part} for part in pieces
    }
    assert sorted(one for piece in pieces.values() for one in piece) == sorted(whole) and len(whole) == 12
    assert all(pieces[parts[f"made.{name}"]][name].group == one.group for name, one in whole.items())
    clips = [{one.audio.read_bytes() for one in piece.values() if one.audio} for piece in pieces.values()]
    assert sum(map(len, clips)) == len(set().union(*clips)) == 12


def test_the_same_files_make_the_same_split(tmp_path: Path, folder: Path, built: Built) -> None:
    found = [scene(folder, name, f"music/{name}.ogg", f"art/{name}.png") for name in "abc"]
    built(found)
    built(list(reversed(found)), into="again")
    assert manifest.read(tmp_path / "split")[1] == manifest.read(tmp_path / "again")[1]


# ---- cards and counts


def test_the_cards_name_what_they_are_made_from() -> None:
    names = ("games", "games_train", "games_validation", "games_test")
    cards = [registry.split_cards()[name] for name in names]
    assert len({card.hash for card in cards}) == 4 and all(len(card.hash) == 64 for card in cards)
    for card in cards:
        assert callable(registry.load(card.entry))
        assert card.assets == tuple(game.name for game in GAMES)
        for name in card.assets:
            asset = registry.asset(name)
            assert asset.licence and asset.size_bytes > 1e6
            assert all(file.sha256 and file.uris[0].startswith("deb:") for file in asset.files)
            assert all(
                len(file.uris) == 1 if file.path == "copyright" else file.uris[1].startswith("https:")
                for file in asset.files
            )


def test_sizes_are_said_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    told = splits.downloads("games")
    total = sum(registry.asset(game.name).size_bytes for game in GAMES) / 1e6
    assert told.startswith(f"the split games is made from {total:,.0f} MB to download first (fillets 71 MB, ")
    assert splits.downloads("gestures").endswith("MB to download first")
    monkeypatch.setattr(assets, "locate", lambda name, mirror: tmp_path)
    assert splits.downloads("games") == ""
    (tmp_path / "splits/games").mkdir(parents=True)
    monkeypatch.setattr(assets, "locate", lambda name, mirror: None)
    assert splits.downloads("games") == ""


def test_the_table_counts_what_is_there(tmp_path: Path, folder: Path, built: Built) -> None:
    built(
        [
            scene(folder, "p1", "music/a.ogg", "art/a.png", text="once"),
            scene(folder, "p2", "music/a.ogg", "art/b.png"),
            scene(folder, "p3", "music/b.ogg", text="twice"),
        ]
    )
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in count.lines(tmp_path / "split")]
    table = {row[0]: row[1:] for row in rows}
    assert table["all"] == ["3", "2", "2", "2", "2", "2", "2", "1.8"]
    assert table["all, image2music"] == ["2", "2", "1", "1", "2", "1", "2", "1.0"]
    assert table["all, multimodal2music"] == ["1", "1", "1", "1", "1", "1", "1", "1.0"]
    assert table["wesnoth"] == ["0", "0", "0", "0", "0", "0", "0", "0"]
