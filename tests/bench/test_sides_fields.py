"""Every field of an example as the side of a metric, for every kind of output: a joint space in which a sound, a
picture, a video and a text each say one digit, so that the value tells which field was read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsound.bench.core import cards as door
from sightsound.bench.core import media
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from sightsound.bench.splits.media import manifest
from sightsound.metrics.card import ExtractorCard
from tests.bench.test_video import write as write_video

DIGITS = 5
EXAMPLES = 4
SHIFTS = {"image": 1, "video": 2, "emotion": 3, "story": 0, "caption": 0, "lyrics": 4}
"""Field -> by how much its digit is away from the example's."""


def sound(digit: int) -> np.ndarray:
    """A second at a level that says the digit."""
    return np.full(8000, digit / 10, np.float32)


def picture(digit: int) -> np.ndarray:
    """A grey that says it."""
    return np.full((32, 48, 3), 50 * digit, np.uint8)


class _Digit:
    """Clip -> the digit that it says, as a vector with a single one."""

    def __init__(self, weights: object, device: str) -> None:
        pass

    def __call__(self, clips: Sequence) -> list[dict[str, np.ndarray]]:
        return [{"embedding": np.eye(DIGITS, dtype=np.float32)[[self.digit(clip)]]} for clip in clips]


class Hears(_Digit):
    digit = staticmethod(lambda clip: round(10 * float(clip.mean())))


class Sees(_Digit):
    digit = staticmethod(lambda clip: round(float(clip.mean()) / 50))


class Reads(_Digit):
    digit = staticmethod(lambda clip: int((re.findall(r"\d", clip) or [DIGITS - 1])[0]))


class Half:
    """Answers with the example's digit for two examples of four, else with one that no field has."""

    def __init__(self, device: str, weights: object, of: str) -> None:
        self.of = of

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        for example in examples:
            number = int(example.id[-1])
            digit = number if number < 2 else (number + 1) % EXAMPLES
            text = f"digit {digit}"
            made = {"audio": sound(digit), "rate_hz": 8000} if self.of == "audio" else {}
            made |= {"image": picture(digit)} if self.of == "image" else {}
            made |= {"text": text} if self.of == "text" else {}
            yield Generated(example.id, **made, notes={"own": f"digit {number}"})


@pytest.fixture
def digits(toy_world: Path) -> Path:
    """A split that has every field, the networks of the space, and the model."""
    folder = toy_world / "digits"
    for name in ("audio", "image", "reference_image", "video"):
        (folder / name).mkdir(parents=True)
    rows = []
    for number in range(EXAMPLES):
        at = {field: (number + shift) % DIGITS for field, shift in SHIFTS.items()}
        files = {
            "audio": folder / f"audio/{number}.wav",
            "image": folder / f"image/{number}.png",
            "reference_image": folder / f"reference_image/{number}.png",
            "video": folder / f"video/{number}.mp4",
        }
        soundfile.write(files["audio"], sound(number), 8000)
        media.write_image(files["image"], picture(at["image"]))
        media.write_image(files["reference_image"], picture(number))
        write_video(files["video"], [50 * at["video"]] * 30)
        texts = {field: f"{field} {at[field]}" for field in ("caption", "story", "emotion", "lyrics")}
        example = Example(f"e{number}", f"g{number}", **files, **texts, reference_text=f"reference {number}")
        rows.append(manifest.Row(example, "made"))
    manifest.write(folder, rows)
    cards = [
        ExtractorCard(
            name=f"digit_{modality}",
            entry=f"tests.bench.test_sides_fields:{entry}",
            modality=modality,
            assets=(),
            outputs={"embedding": f"[1, {DIGITS}]"},
            licence="",
            source="tests",
            rate_hz=8000 if modality == "audio" else 0,
            spaces=("digit",),
        )
        for modality, entry in (("audio", "Hears"), ("image", "Sees"), ("text", "Reads"))
    ]
    variants = {kind: Variant("tests.bench.test_sides_fields:Half", kind) for kind in ("audio", "image", "text")}
    model = ModelCard("half", ("image2music", "video2music", "music2image", "music2prompt"), variants, "", "")
    door.add([*cards, model], "tests")
    return toy_world


@pytest.mark.parametrize("task", ["image2music", "video2music", "music2image", "music2prompt"])
def test_the_named_field_is_read_whatever_is_made(digits, bench, task):
    output = {"music2image": "image", "music2prompt": "text"}.get(task, "audio")
    fields = ["reference", "caption", "story", "lyrics", "emotion", "image", "video"]
    fields += ["audio", "reference_image", "reference_text", "note.own"]
    names = [f"cosine_text_digit@{field}" for field in fields]
    done = bench(
        *("run", "--task", task, "--split", "./digits", "--device", "cpu", "--out", "r", "--json"),
        *("--model", f"half:{output}", "--set", f"of={output}", "--metrics", ",".join(names)),
    )
    assert done.code == 0, done.err
    rows = [row for row in json.loads(done.out) if row["model"] == "half"]
    values = {row["metric"].partition("@")[2]: row["value"] for row in rows}
    # the field that is the task's reference goes by that name
    own = {"audio": "audio", "image": "reference_image", "text": "reference_text"}[output]
    expected = {field: _share(SHIFTS.get(field, 0)) for field in fields if field != own}
    assert values == pytest.approx(expected)
    assert {row["n"] for row in rows} == {EXAMPLES} and {row["n_failed"] for row in rows} == {0}
    signatures = {row["metric"].partition("@")[2]: row["signature"] for row in rows}
    assert "|cond:middleframe|" in signatures["video"] and "|video:video|" in signatures["video"]
    assert "|text:emotion|" in signatures["emotion"] and "cond:" not in signatures["emotion"]
    assert "|image:image|" in signatures["image"] and "cond:" not in signatures["image"]


def _share(shift: int) -> float:
    """Of the examples for which the model says the digit of a field that is `shift` away."""
    made = [number if number < 2 else (number + 1) % EXAMPLES for number in range(EXAMPLES)]
    return float(np.mean([digit == (number + shift) % DIGITS for number, digit in enumerate(made)]))


def test_clip_score_of_pictures_and_of_prompts(digits, bench):
    """`clip_score` has no side in a task from music until one is named."""
    for task, output, name in (
        ("music2image", "image", "clip_score_digit@caption"),
        ("music2image", "image", "clip_score_digit@note.own"),
        ("music2prompt", "text", "clip_score_digit@reference_image"),
        ("music2prompt", "text", "clip_score_digit@note.own:reference_image"),
    ):
        done = bench(
            *("run", "--task", task, "--split", "./digits", "--device", "cpu", "--out", task, "--json"),
            *("--model", f"half:{output}", "--set", f"of={output}", "--metrics", name),
        )
        assert done.code == 0, done.err
        (row,) = (row for row in json.loads(done.out) if row["model"] == "half")
        assert row["metric"] == name and row["value"] == (1.0 if ":" in name else 0.5)
