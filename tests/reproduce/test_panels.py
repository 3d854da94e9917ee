"""A figure of examples: what is drawn, what is said where nothing can be drawn, and text that stays text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Output
from sightsound.bench.reproduce import markup, panels, recipe
from sightsound.bench.reproduce.panels import Panel
from tests.bench.made_media import video

TONES_HZ = (300, 3000)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Two tones, a picture and a video."""
    time_s = np.arange(16000) / 16000
    for pitch_hz in TONES_HZ:
        soundfile.write(tmp_path / f"{pitch_hz}.wav", 0.5 * np.sin(2 * np.pi * pitch_hz * time_s), 16000)
    Image.fromarray(np.full((300, 600, 3), 90, np.uint8)).save(tmp_path / "wide.png")
    video(tmp_path / "film.mp4", 1)
    return tmp_path


def run(task: str, **more: object) -> recipe.Run:
    return recipe.Run("one", task, "mine", {"mine:b": "mine:b"}, (), figure=True, **more)  # type: ignore[arg-type]


def test_sound_is_drawn_on_one_scale_beside_what_was_given(media: Path) -> None:
    example = Example("a b", "g", image=media / "wide.png", audio=media / "300.wav")
    notes = {"caption": "a <b>cliff</b> | [sea](x) *", "prompt": "slow", "seed": "not asked for"}
    made = {"mine:b": (media, {"a b": Output("a b", "3000.wav", notes=notes)})}
    found = panels.panels(run("image2music", notes=("caption", "prompt")), media / "out", [example], made)
    assert [panel.system for panel in found] == ["given", "reference", "mine:b"]
    assert [*found[2].texts] == ["caption", "prompt"] and not found[0].texts
    low, high = (np.asarray(Image.open(media / "out" / panel.picture).convert("L"), float) for panel in found[1:])
    brightest = [picture.mean(axis=1).argmax() for picture in (low, high)]
    assert brightest[1] < brightest[0] - 10, "high pitches are on top"
    assert Image.open(media / "out" / found[0].picture).size == (256, 128)
    heading, table = markup.figure(found)
    assert heading == "## Figure of one" and table.count("\n") == 2
    assert "&lt;b>cliff&lt;/b> &#124; &#91;sea](x) &#42;" in table and "| given | reference | mine:b |" in table


def test_a_video_is_its_middle_frame_and_a_text_is_said(media: Path) -> None:
    (found, *_) = panels.panels(
        run("video2music"), media / "out", [Example("v", "g", video=media / "film.mp4")], {}
    )
    assert found.picture.endswith("given/v.png") and not found.error
    (media / "p.txt").write_text("a calm\n sea ")
    example = Example("s", "g", lyrics="I sailed", reference_text="a ship")
    made = {"mine:b": (media, {"s": Output("s", "p.txt", notes={"theme": "sea"})})}
    given, reference, ours = panels.panels(run("lyrics2prompt", notes=("theme",)), media, [example], made)
    assert (given.texts, reference.texts) == ({"lyrics": "I sailed"}, {"reference_text": "a ship"})
    assert ours.texts == {"theme": "sea", "text": "a calm\n sea"} and not ours.picture


def test_what_cannot_be_shown_says_why(media: Path) -> None:
    (media / "broken.wav").write_bytes(b"no sound")
    outputs = {"a": Output("a", "broken.wav"), "b": Output("b", error="out of memory")}
    examples = [Example(name, "g", image=media / "wide.png") for name in ("a", "b", "c")]
    found = panels.panels(run("image2music"), media / "out", examples, {"mine:b": (media, outputs)})
    broken, failed, missing = (panel for panel in found if panel.system == "mine:b")
    assert "broken.wav" in broken.error and not broken.picture
    assert failed.error == "out of memory" and missing.error == "it was not made"
    assert "out of memory" in markup.figure(found)[1]


def test_an_example_that_a_run_lacks_leaves_its_place_empty() -> None:
    found = [Panel("one", "a", "given", texts={"x": "y"}), Panel("one", "b", "mine", error="gone")]
    (lines,) = [[[bool(panel) for panel in line] for line in lines] for _, _, lines in panels.grids(found)]
    assert lines == [[True, False], [False, True]]


def test_a_run_of_which_nothing_would_be_seen_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    lines = ['title = "t"', 'paper = "p"', 'published = "x/1"', "[[run]]", 'name = "one"', 'task = "image2music"']
    path.write_text("\n".join([*lines, 'split = "wesnoth"', "metrics = []", "[run.systems]", '"a" = "a"']) + "\n")
    with pytest.raises(BenchError, match="run one: has neither metrics nor figure"):
        recipe.read(str(path))
