"""The split `wesnoth_reversed`: the rules on a tiny game, and the real one beside `wesnoth`."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

from sightsound.bench import splits
from sightsound.bench.core import media, registry
from sightsound.bench.core.types import Example
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.wesnoth import build as wesnoth
from sightsound.bench.splits.wesnoth import reversed as wesnoth_reversed
from tests.bench.test_splits import game, page, scenario

__all__ = ["game"]  # the fixture


def built(game: Path) -> tuple[dict[str, Example], list[str]]:
    """The examples by the game's id, and what was left out."""
    folder = game.parent / "built"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    wesnoth_reversed.build(folder, {"wesnoth": game})
    examples, _ = manifest.read(folder)
    assert manifest.verify(folder) == []
    lines = (folder / wesnoth.LEFT_OUT).read_text().splitlines()
    return {example.id.removeprefix("Tiny."): example for example in examples}, lines


def test_the_picture_and_its_page_are_the_references_and_the_track_the_condition(game: Path) -> None:
    scenario(
        game, "a", page("Once") + page("there was a <i>lake</i>", "background=story/scene.jpg") + page("and dried")
    )
    example = built(game)[0]["a"]
    assert example.reference_text == "there was a lake"
    assert example.reference_image and example.reference_image.name == "Tiny.story.scene.jpg"
    assert example.audio and example.audio.stem == example.group == "battle"
    assert example.image is None and example.story is None and example.caption is None
    with (game.parent / "built/manifest.csv").open(newline="") as file:
        source = next(csv.DictReader(file))["source"]
    sha256 = media.file_sha256(game / "data/campaigns/Tiny/images/story/scene.jpg")
    assert f"reference_image=data/campaigns/Tiny/images/story/scene.jpg sha256:{sha256}" in source
    assert source.startswith("audio=data/core/music/battle.ogg@30.000+10.0 sha256:")
    assert source.endswith("reference_text=data/campaigns/Tiny scenario a page 2")


def test_scenarios_of_one_track_are_one_group(game: Path) -> None:
    for name, track in (("a", "battle"), ("b", "battle"), ("c", "march")):
        scenario(game, name, page(name, "background=story/scene.jpg"), f"{{SCENARIO_MUSIC {track}.ogg}}")
    examples, _ = built(game)
    assert [examples[name].group for name in "abc"] == ["battle", "battle", "march"]


def test_a_scenario_without_a_picture_is_left_out_and_its_music_not_written(game: Path) -> None:
    scenario(game, "a", page("with", "background=story/scene.jpg"))
    scenario(game, "b", page("without"), "{SCENARIO_MUSIC march.ogg}")
    scenario(game, "c", page("a map", "background=maps/tiny.png"), "{SCENARIO_MUSIC march.ogg}")
    examples, left_out = built(game)
    assert list(examples) == ["a"]
    assert left_out == [f"Tiny.{name}: no picture but maps, or none at all" for name in "bc"]
    assert [path.name for path in (game.parent / "built/audio").iterdir()] == ["battle.wav"]


def test_it_serves_the_tasks_from_music_only(game: Path) -> None:
    scenario(game, "a", page("one", "background=story/scene.jpg"))
    (example,) = built(game)[0].values()
    assert {task for task in registry.cards("task") if splits.serves(example, task)} == {
        "music2image",
        "music2prompt",
    }
    assert set(wesnoth_reversed.CARD.tasks) == {"music2image", "music2prompt"}


# ---- the real one (its media come from the package registries, once, into the shared cache)


def test_the_real_split() -> None:
    split = splits.load("wesnoth_reversed", task="music2image")
    assert split.hash == wesnoth_reversed.CARD.hash
    assert len(split.examples) == len(splits.load("wesnoth_reversed", task="music2prompt").examples) == 53
    assert splits.verify("wesnoth_reversed") == []
    forth = {example.id: example for example in splits.load("wesnoth", task="image2music").examples}
    assert set(forth) == {example.id for example in split.examples}
    for example in split.examples:
        other = forth[example.id]
        assert example.audio and example.reference_image and other.audio and other.image
        assert example.audio.read_bytes() == other.audio.read_bytes()
        assert example.reference_image.read_bytes() == other.image.read_bytes()
        assert example.reference_text and other.story and example.reference_text in other.story
    sizes = Counter(example.group for example in split.examples)
    assert len(sizes) == 12 and max(sizes.values()) == 40, "tracks and pictures tie 40 of the 53 together"
    assert len({example.audio for example in split.examples}) == 20
    assert len({example.reference_image for example in split.examples}) == 36
    assert len({(example.audio, example.reference_image) for example in split.examples}) == 46
    tracks: dict[Path, set[Path]] = {}
    for example in split.examples:
        tracks.setdefault(example.reference_image, set()).add(example.audio)  # type: ignore[arg-type]
    assert sum(len(found) > 1 for found in tracks.values()) == 5
