"""MusFlow from conditions to music, by hand and by the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from sightsound.baselines.musflow import CARD, pipeline
from sightsound.baselines.musflow.encoders import Encoders
from sightsound.baselines.musflow.flow import SOLVERS
from sightsound.bench import assets
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.stages.scope import part
from tests.baselines import made_quads
from tests.tiny import musflow as tiny

STORY = "In the far north, where the foothills of the mountains come near to the coast, lies a bay. " * 9


@pytest.fixture(scope="module")
def accepted(mirror: Path) -> Iterator[Path]:
    """The mirror of tiny checkpoints, its pickles taken for the published ones."""
    with pytest.MonkeyPatch.context() as patch:
        tiny.accept(patch, mirror)
        yield mirror


@pytest.fixture(scope="module")
def weights(accepted: Path) -> dict[str, Path]:
    return {name: assets.fetch(name, accepted) for name in CARD.variants["paper"].assets}


@pytest.fixture(scope="module")
def system(weights: dict[str, Path]) -> pipeline.MusFlow:
    return pipeline.paper("cpu", weights, steps="3", seconds="1")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Every kind of condition alone, two together, and all three."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("one", "two"):
        pixels = np.random.default_rng(len(name) + ord(name[0])).integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    one, two = folder / "one.png", folder / "two.png"
    return [
        Example("image", "g", image=one),
        Example("story", "g", story="A quiet bay in the north."),
        Example("caption", "g", caption="slow piano"),
        Example("both", "g", image=one, story="A quiet bay in the north."),
        Example("all", "g", image=two, story=STORY, caption="rock"),
    ]


@pytest.fixture(scope="module")
def quads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_quads.make(tmp_path_factory.mktemp("splits") / "quads")


# ---- from conditions to music


def by_id(answers: Iterator[Generated]) -> dict[str, Generated]:
    return {answer.id: answer for answer in answers}


def test_together_is_as_alone_and_the_same_seed_gives_the_same_bytes(
    system: pipeline.MusFlow, examples: list[Example]
) -> None:
    together = by_id(system.generate(examples, 3))
    again = by_id(system.generate(examples, 3))
    for example in examples:
        audio = together[example.id].audio
        assert audio is not None and audio.shape == (16000,) and np.abs(audio).max() > 0.01
        assert np.array_equal(audio, again[example.id].audio)
        (alone,) = system.generate([example], 3)
        assert alone.audio is not None and alone.notes == together[example.id].notes
        assert np.abs(alone.audio - audio).max() < 1e-3 * np.abs(audio).max()
        (other,) = system.generate([example], 4)
        assert other.audio is not None and not np.allclose(other.audio, audio, atol=0.01)
    assert together["all"].notes["conditions"] == "image, story, caption"
    assert together["image"].notes == {"conditions": "image"}


def test_left_out_conditions_are_as_if_never_there(
    system: pipeline.MusFlow, weights: dict[str, Path], examples: list[Example]
) -> None:
    both = examples[3]
    chosen = pipeline.paper("cpu", weights, steps="3", seconds="1", conditions="story")
    (left_out,) = chosen.generate([both], 3)
    (never,) = system.generate([Example("both", "g", story=both.story)], 3)
    (whole,) = system.generate([both], 3)
    assert left_out.audio is not None and whole.audio is not None
    assert np.array_equal(left_out.audio, never.audio) and left_out.notes == {"conditions": "story"}
    assert not np.allclose(left_out.audio, whole.audio, atol=1e-3)
    answers = by_id(chosen.generate(examples, 3))
    assert {name for name, answer in answers.items() if answer.error} == {"image", "caption"}
    assert answers["image"].error == "the example has none of story"


def test_a_step_follows_the_unet_s_velocity(system: pipeline.MusFlow) -> None:
    """MusicLDM's call of the UNet: the time in 0..1000, no context, the vector as its class."""
    vectors, there = system._vectors([{"story": "a quiet bay"}, {"story": "rock"}])
    noise = torch.randn(2, 4, 16, 8, generator=torch.Generator().manual_seed(0))
    unet = system.flow.unet
    with torch.inference_mode():
        guide = system.flow.adapters(vectors, there)
        slope = unet(noise, 0, None, class_labels=guide).sample
        half = noise + unet(noise + slope / 4, torch.tensor(250.0), None, class_labels=guide).sample / 2
        slope_there = unet(half, torch.tensor(500.0), None, class_labels=guide).sample
        end = half + unet(half + slope_there / 4, torch.tensor(750.0), None, class_labels=guide).sample / 2
    made = {solver: system.flow.latents(vectors, there, noise, 2, solver) for solver in SOLVERS}
    assert torch.allclose(system.flow.latents(vectors, there, noise, 1, "euler"), noise + slope, atol=1e-4)
    assert torch.allclose(made["midpoint"], end, atol=1e-4)
    assert not torch.allclose(made["midpoint"], made["euler"], atol=1e-2)


def test_a_text_too_long_is_cut_at_a_stated_place(system: pipeline.MusFlow, weights: dict[str, Path]) -> None:
    (answer,) = system.generate([Example("a", "g", story=STORY, caption=STORY)], 0)
    whole = STORY.strip()
    story, caption = (system.encoders.read(kind, whole) for kind in ("story", "caption"))
    assert answer.notes["truncated"] == (
        f"story: {len(story)} of {len(whole)} characters were read; "
        f"caption: {len(caption)} of {len(whole)} characters were read"
    )
    encoders: Encoders = system.encoders
    for kind, read in (("story", story), ("caption", caption)):
        assert whole.startswith(read) and 0 < len(read) < len(whole)
        vectors = encoders(kind, [whole, read, read[:-8]])
        # the whole text is read no further than the read part, give or take the beginning of CLIP's next word
        assert np.abs(vectors[0] - vectors[1]).max() < np.abs(vectors[0] - vectors[2]).max()
    assert np.array_equal(*encoders("caption", [whole, caption]))
    assert encoders.read("story", "a 7 " + "7" * 400) == "a 7 " + "7" * 73


def test_a_bad_picture_costs_its_own_example(
    system: pipeline.MusFlow, examples: list[Example], tmp_path: Path
) -> None:
    answers = by_id(system.generate([Example("bad", "g", image=tmp_path / "none.png"), examples[2]], 0))
    assert "no such file" in (answers["bad"].error or "") and answers["caption"].error is None


@pytest.mark.parametrize(
    "options, message",
    [
        ({"solver": "dopri"}, "solver: 'dopri' is none of euler, midpoint, heun, rk4"),
        ({"steps": "0"}, "steps: '0' is no positive whole number"),
        ({"seconds": "x"}, "seconds: 'x' is no positive number"),
        ({"conditions": "image,video"}, "conditions: 'video' is none of image, story, caption"),
        ({"conditions": ""}, "conditions: '' is none of"),
    ],
)
def test_options_that_make_no_sense_are_told_before_anything_is_loaded(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pipeline.paper("cpu", {}, **options)


# ---- the command


@pytest.mark.parametrize("task", CARD.tasks)
def test_every_task_on_real_input(
    bench: Callable[..., Any], accepted: Path, quads: Path, tmp_path: Path, task: str
) -> None:
    """`wesnoth` has no captions, so for them a folder with some of its music."""
    split = quads if task in ("caption2music", "masked2music") else "wesnoth"
    done = bench(
        *("generate", "--model", "musflow", "--task", task, "--split", split, "--limit", 2, "--weights", accepted),
        *("--out", tmp_path / "run", "--device", "cpu", "--set", "steps=2", "--set", "solver=midpoint"),
    )
    assert done.code == 0, done.err
    (journal,) = (tmp_path / "run").glob("systems/*/outputs.jsonl")
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(records) == 2
    for record in records:
        shown = {"multimodal2music": "image, story"}.get(task, task.partition("2")[0])
        if task == "masked2music":
            drawn = part(("image", "caption", "story"), record["id"], 0)
            shown = ", ".join(kind for kind in ("image", "story", "caption") if kind in drawn)
        assert record["error"] is None and record["rate_hz"] == 16000 and record["seconds"] == 10.0
        assert record["notes"]["conditions"] == shown


def test_without_weights_one_line_says_how_to_come_by_them(bench: Callable[..., Any], tmp_path: Path) -> None:
    done = bench("run", "--model", "musflow", "--task", "image2music", "--limit", 1, "--weights", tmp_path)
    assert done.code == 2 and "Traceback" not in done.err
    told = done.err.strip().splitlines()[-1]
    assert told.startswith(
        "bench: musflow:paper: asset musflow: its authors published no weights; train them by `python"
    )
    assert "sightsound.baselines.musflow.train --split SPLIT --out DIR`" in told
    assert told.endswith("put it at DIR/musflow/adapters.safetensors and pass --weights DIR")
