"""The splits: manifest, preparation, the rules of `wesnoth` on a tiny game, and the real ones."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sightsound.bench import assets, splits
from sightsound.bench.core import media, pictures, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.registry import UnknownNameError
from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits import gestures
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import Row, SplitError
from sightsound.bench.splits.wesnoth import build as wesnoth
from sightsound.bench.splits.wesnoth.scenarios import picture_name, plain_text, read_scenarios

# ---- the manifest


def rows_in(folder: Path, ids: tuple[str, ...] = ("b", "a")) -> list[Row]:
    """Two examples that share a picture; texts with what CSV has to quote."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "p.png").write_bytes(b"picture")
    return [
        Row(
            Example(id=one, group="g", image=folder / "p.png", story=f'{one}: "so,\nit was', emotion="sad"),
            f"image=s {one} sha256:{'0' * 64}",
        )
        for one in ids
    ]


def edit(folder: Path, **changed: str) -> None:
    """Change columns of the first row, as someone with an editor could."""
    with (folder / manifest.NAME).open(newline="", encoding="utf-8") as file:
        records = list(csv.DictReader(file))
    records[0] |= changed
    with (folder / manifest.NAME).open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, manifest.COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(records)


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    rows = rows_in(tmp_path)
    content_hash = manifest.write(tmp_path, rows)
    examples, read_hash = manifest.read(tmp_path)
    assert examples == sorted((row.example for row in rows), key=lambda example: example.id)
    assert read_hash == content_hash and len(content_hash) == 64
    assert manifest.verify(tmp_path) == []


def test_the_hash_is_over_the_content_and_not_over_derived_bytes(tmp_path: Path) -> None:
    first = manifest.write(tmp_path / "1", rows_in(tmp_path / "1"))
    second = rows_in(tmp_path / "2", ("a", "b"))
    (tmp_path / "2" / "p.png").write_bytes(b"decoded by another library")
    assert manifest.write(tmp_path / "2", second) == first
    changed = [Row(second[0].example, "another cut"), second[1]]
    assert manifest.write(tmp_path / "2", changed) != first


@pytest.mark.parametrize("column", ["group", "story", "emotion", "source", "caption"])
def test_every_text_is_in_the_hash(tmp_path: Path, column: str) -> None:
    before = manifest.write(tmp_path, rows_in(tmp_path))
    edit(tmp_path, **{column: "other"})
    assert manifest.read(tmp_path)[1] != before


@pytest.mark.parametrize("bad", ["", "a/b", "..", "a..b", ".hidden", "a b", "a\\b", "a\n", "é", "a:b", "x" * 151])
def test_ids_that_are_no_file_names_are_refused(tmp_path: Path, bad: str) -> None:
    with pytest.raises(SplitError, match="is refused"):
        manifest.check_id(bad)
    with pytest.raises(SplitError, match="is refused"):
        manifest.write(tmp_path, rows_in(tmp_path, ("a", bad)))
    manifest.write(tmp_path, rows_in(tmp_path))
    edit(tmp_path, id=bad)
    with pytest.raises(SplitError, match="is refused"):
        manifest.read(tmp_path)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_an_accepted_id_stays_one_plain_name(example_id: str) -> None:
    try:
        manifest.check_id(example_id)
    except SplitError:
        return
    assert (Path("/base") / example_id).resolve() == Path("/base") / example_id
    assert example_id.isascii() and not set(example_id) & set("/\\ :\n") and not example_id.startswith(".")


def test_duplicate_ids_are_refused_whatever_their_case(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="is there twice"):
        manifest.write(tmp_path, rows_in(tmp_path, ("a", "A")))
    manifest.write(tmp_path, rows_in(tmp_path))
    edit(tmp_path, id="b")
    with pytest.raises(SplitError, match="twice"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("bad", ["../p.png", "/etc/passwd", "x/../../p.png", "..\\p.png", "link/p.png"])
def test_paths_that_lead_out_are_refused(tmp_path: Path, bad: str) -> None:
    folder = tmp_path / "split"
    manifest.write(folder, rows_in(folder))
    (tmp_path / "p.png").write_bytes(b"outside")
    (folder / "link").symlink_to(tmp_path)
    edit(folder, image=bad)
    for use in (manifest.read, manifest.verify):
        with pytest.raises(SplitError, match="leads out"):
            use(folder)


def test_a_file_outside_the_folder_is_not_written_into_a_manifest(tmp_path: Path) -> None:
    rows = rows_in(tmp_path / "a")
    (tmp_path / "b").mkdir()
    with pytest.raises(SplitError, match="not in the split's folder"):
        manifest.write(tmp_path / "b", rows)


def test_verify_finds_a_flipped_byte_and_a_missing_file(tmp_path: Path) -> None:
    manifest.write(tmp_path, rows_in(tmp_path))
    (tmp_path / "p.png").write_bytes(b"Picture")
    assert manifest.verify(tmp_path) == ["p.png: changed since the split was built"]
    (tmp_path / "p.png").unlink()
    assert manifest.verify(tmp_path) == ["p.png: missing"]
    with pytest.raises(SplitError, match=r"p\.png: missing"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("damage", ["", "id,group\n", "\xff", "cut"])
def test_a_damaged_manifest_is_one_clear_line(tmp_path: Path, damage: str) -> None:
    manifest.write(tmp_path, rows_in(tmp_path))
    path = tmp_path / manifest.NAME
    path.write_bytes(path.read_bytes()[:-120] if damage == "cut" else damage.encode("latin-1"))
    with pytest.raises(SplitError) as caught:
        manifest.read(tmp_path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


# ---- preparing and loading


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A split `small` of 20 examples, 5 of them with a picture; call it to set its card's hash."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))

    def set_card(content_hash: str = "") -> None:
        card = SplitCard(
            name="small",
            tasks=("story2music", "image2music"),
            entry=f"{__name__}:build_small",
            assets=(),
            licence="CC0",
            source="here",
            description="",
            hash=content_hash,
        )
        monkeypatch.setitem(registry.cards("split"), "small", card)

    set_card()
    return set_card


def build_small(folder: Path, found: dict[str, Path]) -> None:
    Image.new("RGB", (2, 2)).save(folder / "p.png")
    soundfile.write(folder / "a.wav", np.zeros(800), 8000)
    manifest.write(
        folder,
        [
            Row(
                Example(
                    id=f"e{index:02d}",
                    group=f"g{index // 2}",
                    image=folder / "p.png" if index % 4 == 0 else None,
                    story=f"story {index}",
                    audio=folder / "a.wav",
                ),
                f"example {index}",
            )
            for index in range(20)
        ],
    )


def test_load_filters_by_task(small: Callable[..., None]) -> None:
    assert len(splits.load("small").examples) == 20
    pictured = splits.load("small", task="multimodal2music").examples
    assert [example.id for example in pictured] == ["e00", "e04", "e08", "e12", "e16"]
    with pytest.raises(SplitError, match="serves image2music, story2music, multimodal2music, not video2music"):
        splits.load("small", task="video2music")
    with pytest.raises(UnknownNameError, match="story2music"):
        splits.load("small", task="story2musik")
    with pytest.raises(UnknownNameError, match="small"):
        splits.load("smal")


def test_limit_is_a_growing_sample_in_a_fixed_order(small: Callable[..., None]) -> None:
    before: set[str] = set()
    for limit in range(1, 25):
        ids = [example.id for example in splits.load("small", limit=limit).examples]
        assert ids == sorted(ids) and len(ids) == min(limit, 20)
        assert before < set(ids) or len(before) == 20
        before = set(ids)
    ten = [example.id for example in splits.load("small", limit=10).examples]
    assert ten != sorted(before)[:10]  # a sample, not the head
    pictured = splits.load("small", task="image2music", limit=2).examples
    assert len(pictured) == 2 and all(example.image for example in pictured)
    assert splits.load("small", limit=1).hash == splits.load("small").hash
    with pytest.raises(SplitError, match="must be 1 or more"):
        splits.load("small", limit=0)


def test_prepare_builds_once_and_repairs(small: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    assert splits.verify("small") == ["small: not prepared yet; `bench splits prepare small` makes it"]
    folder = splits.prepare("small")
    assert folder == cache_dir() / "splits" / "small"
    stamp = (folder / manifest.NAME).stat().st_mtime_ns
    assert splits.prepare("small") == folder and (folder / manifest.NAME).stat().st_mtime_ns == stamp
    assert splits.verify("small") == []
    (folder / "a.wav").write_bytes(b"Music")
    assert splits.verify("small") == ["a.wav: changed since the split was built"]
    (folder / "a.wav").unlink()
    splits.prepare("small")
    assert splits.verify("small") == []


def test_another_hash_than_the_cards_is_refused_and_leaves_nothing(small: Callable[..., None]) -> None:
    found = splits.load("small").hash
    small(found)
    assert splits.load("small").hash == found
    small("0" * 64)
    assert splits.verify("small") == [f"small: its content hash is {found[:8]}, its card says 00000000"]
    with pytest.raises(SplitError, match=f"came out as {found[:8]}, its card says 00000000"):
        splits.load("small")
    shutil.rmtree(cache_dir() / "splits" / "small")
    with pytest.raises(SplitError, match="came out as"):
        splits.load("small")
    assert [path.name for path in (cache_dir() / "splits").iterdir()] == [".small.lock"]


def test_what_a_killed_build_left_is_cleared(small: Callable[..., None]) -> None:
    left = cache_dir() / "splits" / ".small.building" / "small"
    left.mkdir(parents=True)
    (left / "p.png").write_bytes(b"half")
    assert splits.verify(splits.load("small").card.name) == []
    assert sorted(path.name for path in (cache_dir() / "splits").iterdir()) == [".small.lock", "small"]


def test_a_stale_split_is_built_again(small: Callable[..., None]) -> None:
    folder = splits.prepare("small")
    small(manifest.read(folder)[1])
    edit(folder, story="of an older version")
    assert splits.load("small").examples[0].story == "story 0"


# ---- the rules of `wesnoth`, on a tiny game


def track(path: Path, seconds: float, rate_hz: int = 8000) -> None:
    """Sound whose samples say where in the track they are: a ramp from 0 to 0.9."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(0, 0.9, round(seconds * rate_hz), dtype=np.float32)
    soundfile.write(path, ramp, rate_hz, format="WAV", subtype="FLOAT")  # libsndfile looks at content, not name


def picture(path: Path, colour: tuple[int, ...], mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (8, 6), colour).save(path)


MACROS = """
#define DEFAULT_MUSIC_PLAYLIST_NO_EVENT
    [music]
        name=one.ogg
    [/music]
    [music]
        name=two.ogg
        append=yes
    [/music]
#enddef
#define SCENARIO_MUSIC MUSIC
    [music]
        name=usual.ogg
    [/music]
    [event]
        name=prestart
        [music]
            name={MUSIC}
        [/music]
    [/event]
#enddef
#define INTRO_AND_SCENARIO_MUSIC INTRO MUSIC
    [music]
        name={INTRO}
        immediate=yes
    [/music]
    [event]
        name=prestart
        [music]
            name={MUSIC}
        [/music]
    [/event]
#enddef
"""
MAIN = """
[campaign]
    id=Tiny
    define=CAMPAIGN_TINY
[/campaign]
#ifdef CAMPAIGN_TINY
{campaigns/Tiny/scenarios}
#endif
"""


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A game with a campaign without scenarios yet; its music and pictures."""
    root = tmp_path / "game"
    for name in ("one", "two", "usual", "battle", "march", "page"):
        track(root / f"data/core/music/{name}.ogg", 70)
    track(root / "data/core/music/short.ogg", 40)
    track(root / "data/core/music/tiny.ogg", 5)
    (root / "data/core/music/broken.ogg").write_bytes(b"no sound")
    own = root / "data/campaigns/Tiny/images"
    picture(own / "story/scene.jpg", (200, 100, 50))
    picture(own / "story/other.png", (10, 100, 50))
    picture(own / "portraits/hero.png", (255, 255, 255, 0), "RGBA")
    picture(own / "maps/tiny.png", (1, 1, 1))
    (own / "story/broken.png").write_bytes(b"no picture")
    picture(root / "data/core/images/story/core.jpg", (0, 0, 90))
    (root / "data/core/macros").mkdir(parents=True)
    (root / "data/core/macros/music.cfg").write_text(MACROS)
    (root / "data/campaigns/Tiny/_main.cfg").write_text(MAIN)
    (root / "data/campaigns/Tiny/scenarios").mkdir()
    return root


def scenario(game: Path, name: str, story: str, music: str = "{SCENARIO_MUSIC battle.ogg}") -> None:
    text = f"[scenario]\nid={name}\n{music}\n[story]\n{story}\n[/story]\n[/scenario]\n"
    (game / f"data/campaigns/Tiny/scenarios/{name}.cfg").write_text(text)


def page(text: str, more: str = "") -> str:
    return f'[part]\nstory= _ "{text}"\n{more}\n[/part]\n'


def built(game: Path) -> tuple[dict[str, Example], list[str]]:
    """The examples by the game's id, and what was left out."""
    folder = game.parent / "built"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    wesnoth.build(folder, {"wesnoth": game})
    examples, _ = manifest.read(folder)
    assert manifest.verify(folder) == []
    lines = (folder / wesnoth.LEFT_OUT).read_text().splitlines()
    return {example.id.removeprefix("Tiny."): example for example in examples}, lines


def test_a_scenario_becomes_an_example(game: Path) -> None:
    scenario(
        game, "01_a", page("Once <i>upon</i> a time", "background=story/scene.jpg") + page("there &amp; then")
    )
    examples, left_out = built(game)
    (example,) = examples.values()
    assert example.id == example.group == "Tiny.01_a"
    assert example.story == "Once upon a time\n\nthere & then"
    assert example.image and example.image.name == "Tiny.story.scene.jpg"
    assert example.image.read_bytes() == (game / "data/campaigns/Tiny/images/story/scene.jpg").read_bytes()
    assert example.audio and example.audio.name == "battle.wav"
    assert left_out == []
    with (game.parent / "built/manifest.csv").open(newline="") as file:
        source = next(csv.DictReader(file))["source"]
    sha256 = media.file_sha256(game / "data/core/music/battle.ogg")
    assert source.startswith(
        f"audio=data/core/music/battle.ogg@30.000+10.0 sha256:{sha256}; image=data/campaigns/"
    )


@pytest.mark.parametrize(
    ("music", "first", "second", "expected"),
    [
        ("{SCENARIO_MUSIC battle.ogg}", "", "", "battle"),  # not usual.ogg, which nobody chose
        ("{INTRO_AND_SCENARIO_MUSIC march.ogg battle.ogg}", "", "", "march"),
        ("{INTRO_AND_SCENARIO_MUSIC march.ogg battle.ogg}", "music=page.ogg", "", "page"),
        ("{INTRO_AND_SCENARIO_MUSIC march.ogg battle.ogg}", "", "music=page.ogg", "page"),
        ("{INTRO_AND_SCENARIO_MUSIC silence.ogg battle.ogg}", "", "", "battle"),
        ("[music]\nname=march.ogg\n[/music]", "", "", "march"),
        ("[event]\nname=start\n[music]\nname=march.ogg\n[/music]\n[/event]", "", "", "march"),
        ("{DEFAULT_MUSIC_PLAYLIST_NO_EVENT}", "", "", None),
        ("{DEFAULT_MUSIC_PLAYLIST_NO_EVENT}", "music=page.ogg", "", "page"),
        ("", "", "", None),
        ("{SCENARIO_MUSIC gone.ogg}", "", "", None),
        ("{SCENARIO_MUSIC broken.ogg}", "", "", None),
        ("{SCENARIO_MUSIC tiny.ogg}", "", "", None),
    ],
)
def test_which_track(game: Path, music: str, first: str, second: str, expected: str | None) -> None:
    # the picture is on the second page: what plays there counts
    scenario(game, "a", page("one", first) + page("two", f"{second}\nbackground=story/scene.jpg"), music)
    examples, left_out = built(game)
    if expected is None:
        assert not examples and len(left_out) == 1 and left_out[0].startswith("Tiny.a: ")
    else:
        assert examples["a"].audio and examples["a"].audio.stem == expected
        assert not left_out


def test_without_a_picture_the_first_pages_track_counts(game: Path) -> None:
    scenario(game, "a", page("one", "music=march.ogg") + page("two", "music=page.ogg"))
    assert built(game)[0]["a"].audio.stem == "march"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (["background=maps/tiny.png"], None),
        (["background=story/x-map.png"], None),
        (["background=story/scene.jpg~BLIT(story/other.png)"], None),
        (["background=story/scene.jpg~SCALE(10,10)"], "Tiny.story.scene.jpg"),
        (["[background_layer]\nimage=maps/tiny.png\n[/background_layer]"], None),
        (["[background_layer]\nimage=story/other.png\n[/background_layer]"], "Tiny.story.other.png"),
        (["background=story/core.jpg"], "story.core.jpg"),
        (["background=data/campaigns/Tiny/images/story/scene.jpg"], "Tiny.story.scene.jpg"),
        (["background=portraits/hero.png", "background=story/scene.jpg"], "Tiny.story.scene.jpg"),
        (["background=portraits/hero.png"], "Tiny.portraits.hero.png"),
        (["background=story/shared.jpg", "background=story/scene.jpg"], "Tiny.story.scene.jpg"),
        (["background=story/other.png", "background=story/scene.jpg"], "Tiny.story.other.png"),
        (["background=../../../../out.jpg"], None),
    ],
)
def test_which_picture(game: Path, pages: list[str], expected: str | None) -> None:
    picture(game.parent / "out.jpg", (1, 2, 3))
    picture(game / "data/campaigns/Tiny/images/story/shared.jpg", (3, 3, 3))
    picture(game / "data/campaigns/Tiny/images/story/x-map.png", (3, 3, 3))
    scenario(game, "a", "".join(page(f"text {index}", more) for index, more in enumerate(pages)))
    scenario(game, "b", page("another story", "background=story/shared.jpg"))
    example = built(game)[0]["a"]
    assert (example.image.name if example.image else None) == expected


def test_a_picture_that_is_named_and_missing_is_said(game: Path) -> None:
    scenario(game, "a", page("one", "background=story/gone.jpg"))
    examples, left_out = built(game)
    assert examples["a"].image is None
    assert left_out == ["Tiny.a: the picture story/gone.jpg is not among the game's files"]


def test_broken_and_huge_pictures_are_left_out_by_name(game: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario(game, "a", page("one", "background=story/broken.png"))
    scenario(game, "b", page("two", "background=story/scene.jpg"))
    scenario(game, "c", page("three"))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 47)  # the pictures have 48
    examples, left_out = built(game)
    assert list(examples) == ["c"]
    assert [line.split(":")[0] for line in left_out] == ["Tiny.a", "Tiny.b"]
    assert "cannot be read as a picture" in left_out[0] and "over the limit" in left_out[1]


def test_alpha_is_laid_over_black(game: Path) -> None:
    scenario(game, "a", page("one", "background=portraits/hero.png"))
    written = Image.open(built(game)[0]["a"].image)  # type: ignore[arg-type]
    assert written.mode == "RGB" and written.getextrema() == ((0, 0), (0, 0), (0, 0))


@pytest.mark.parametrize(("name", "length_s", "start_s"), [("battle", 70, 30), ("short", 40, 15)])
def test_the_cut(game: Path, name: str, length_s: float, start_s: float) -> None:
    scenario(game, "a", page("one"), f"{{SCENARIO_MUSIC {name}.ogg}}")
    samples, rate_hz = soundfile.read(built(game)[0]["a"].audio)
    assert rate_hz == 8000 and len(samples) == 80000
    assert soundfile.info(built(game)[0]["a"].audio).subtype == "PCM_16"
    ramp = 0.9 * np.array([start_s, start_s + 10]) / length_s
    assert samples[[0, -1]] == pytest.approx(ramp, abs=1e-4)


def test_scenarios_share_a_clip_and_the_same_story_counts_once(game: Path) -> None:
    scenario(game, "a", page("one"))
    scenario(game, "b", page("two"))
    scenario(game, "c", page("one"))
    examples, left_out = built(game)
    assert examples["a"].audio == examples["b"].audio
    assert left_out == ["Tiny.c: the same story as Tiny.a"]


def test_conditional_pages_count_only_where_there_are_no_others(game: Path) -> None:
    branches = f"[if]\n[then]\n{page('won')}[/then]\n[else]\n{page('lost')}[/else]\n[/if]\n"
    scenario(game, "a", branches)
    scenario(game, "b", page("certain") + branches)
    examples, _ = built(game)
    assert examples["a"].story == "won" and examples["b"].story == "certain"


def test_notes_to_the_player_are_no_story(game: Path) -> None:
    scenario(game, "a", page("Note: save often.") + page("Once."))
    scenario(game, "b", page("Note: save often."))
    assert {name: example.story for name, example in built(game)[0].items()} == {"a": "Once."}


def test_difficulty(game: Path) -> None:
    scenario(
        game, "a", f"#ifdef HARD\n{page('hard')}#else\n{page('soft')}#endif\n#ifdef NORMAL\n{page('normal')}#endif"
    )
    assert built(game)[0]["a"].story == "soft\n\nnormal"


def test_ids_are_made_safe(game: Path) -> None:
    text = (
        f"[scenario]\nid=It's a/b..c\n{{SCENARIO_MUSIC battle.ogg}}\n[story]\n{page('x')}[/story]\n[/scenario]\n"
    )
    (game / "data/campaigns/Tiny/scenarios/x.cfg").write_text(text)
    assert list(built(game)[0]) == ["It_s_a_b_c"]


def test_building_twice_gives_the_same_bytes(game: Path) -> None:
    scenario(game, "a", page("one", "background=portraits/hero.png"))
    scenario(game, "b", page("two", "background=story/scene.jpg"))
    folder = game.parent / "built"
    contents = []
    for _ in range(2):
        built(game)
        contents.append({path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert contents[0] == contents[1] and len(contents[0]) == 5


def test_prepared_through_the_asset(game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario(game, "a", page("one"))
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    asked: list[str] = []

    def fetch(name: str, *rest: object) -> Path:
        asked.append(name)
        return game

    monkeypatch.setattr(assets, "fetch", fetch)
    with pytest.raises(SplitError, match="the media are not those"):
        splits.load("wesnoth")
    assert asked == ["wesnoth"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<span color='#bcb088'><b>Kalenz</b></span>\nMy  lords", "Kalenz\nMy lords"),
        (" a \n b ", "a\nb"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("“no” &lt;b&gt;", "“no” <b>"),
    ],
)
def test_markup(markup: str, text: str) -> None:
    assert plain_text(markup) == text


def test_picture_names() -> None:
    assert picture_name("misc/blank.png~BG(0,0,0)~BLIT(story/a.jpg,1,0)") == ""
    assert picture_name("low-map.png") == picture_name("maps/a.png") == picture_name("bigmap.jpg") == ""
    assert picture_name("story/the-mapmaker.png") == "story/the-mapmaker.png"


# ---- `gestures`


def test_gestures_needs_both_videos(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(media.MediaError, match=r"no pianist\.avi"):
        gestures.build(tmp_path / "out", {"gestures": tmp_path})
    (tmp_path / "pianist.avi").write_bytes(b"no video")
    with pytest.raises(media.MediaError, match="cannot be decoded"):
        gestures.build(tmp_path / "out", {"gestures": tmp_path})


# ---- the real splits (their media come from the package registries, once, into the shared cache)


def test_the_real_wesnoth() -> None:
    split = splits.load("wesnoth")
    assert split.hash == wesnoth.CARD.hash
    assert len(splits.load("wesnoth", task="story2music").examples) == 165
    pictured = splits.load("wesnoth", task="multimodal2music").examples
    assert len(pictured) == len(splits.load("wesnoth", task="image2music").examples) == 53
    assert splits.verify("wesnoth") == []
    assert len({example.audio for example in split.examples}) == 28
    assert len({example.image for example in pictured}) == 36
    stories = splits.load("wesnoth", task="story2music").examples
    assert len({example.group for example in stories}) == 28, "as many groups as tracks: no story is told twice"
    # tracks and pictures tie 40 of the 53 together
    sizes = Counter(example.group for example in splits.load("wesnoth", task="image2music").examples)
    assert sorted(sizes.values(), reverse=True)[:3] == [40, 2, 2] and len(sizes) == 12
    assert len({example.reference_group for example in pictured}) == 20
    assert len({example.input_group for example in pictured}) == 36, "as many inputs as pictures"
    for audio in {example.audio for example in split.examples}:
        samples, rate_hz = soundfile.read(audio)
        assert len(samples) == 10 * rate_hz
        assert np.sqrt(np.mean(samples**2)) > 0.03  # nothing silent
    for image in {example.image for example in pictured}:
        assert image and min(media.load_image(image).shape[:2]) >= 200
    assert not any(set("<>{}") & set(example.story or "") for example in split.examples)


def test_every_real_campaign_is_read() -> None:
    # grep finds 275 lines [scenario] below data/campaigns; one is of World_Conquest, a multiplayer campaign
    scenarios = read_scenarios(assets.fetch("wesnoth"))
    assert len(scenarios) == len({(scenario.campaign, scenario.id) for scenario in scenarios}) == 274
    assert len({scenario.campaign for scenario in scenarios}) == 17


def test_a_real_pair_is_the_one_the_campaign_shows() -> None:
    examples = {example.id: example for example in splits.load("wesnoth").examples}
    winter = examples["Descent_Into_Darkness.03_A_Haunting_in_Winter"]  # its [part] says music=transience.ogg
    assert winter.audio and winter.audio.stem == "transience"
    assert winter.image and winter.image.stem == "Descent_Into_Darkness.story.travel"
    assert winter.story and winter.story.startswith("Malin and Darken Volk spend the summer and fall traveling")


def test_the_real_gestures() -> None:
    split = splits.load("gestures", task="video2music")
    assert [example.group for example in split.examples] == ["dancer"] * 6 + ["pianist"] * 9
    assert split.hash == gestures.CARD.hash
    assert splits.verify("gestures") == []
    for example, frames in ((split.examples[0], 250), (split.examples[-1], 300)):
        assert example.video and media.frame_count(example.video) == frames
        with pytest.raises(media.MediaError, match="no audio"):  # the video to condition on is silent
            media.load_audio(example.video, [16000])
        assert media.probe_audio(example.audio) == (44100, 10.0)  # type: ignore[arg-type]
