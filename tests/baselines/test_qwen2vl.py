"""MusFlow's composer on a tiny Qwen2-VL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sightsound.baselines.qwen2vl import CARD
from sightsound.bench.core import registry
from sightsound.bench.core.loading import load
from sightsound.bench.core.types import Example
from tests.tiny import qwen2_vl


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qwen2vl") / "model"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        qwen2_vl.make(folder)
    return folder


def pictures(folder: Path) -> list[Example]:
    shades = (20, 120, 230)
    for shade in shades:
        Image.fromarray(np.full((56, 84, 3), shade, np.uint8)).save(folder / f"{shade}.png")
    return [Example(f"p{shade}", "g", image=folder / f"{shade}.png") for shade in shades]


@pytest.mark.parametrize("name", CARD.variants)
def test_a_caption_a_picture_and_the_story_is_read(weights: Path, tmp_path: Path, name: str) -> None:
    variant = CARD.variants[name]
    (asset,) = variant.assets
    model = load(variant.entry)("cpu", {asset: weights})
    model.viewer.part.model.generation_config.max_new_tokens = 6
    first, *others = pictures(tmp_path)
    told = Example("told", "g", image=first.image, story="A duel at dawn")
    broken = Example("broken", "g", image=tmp_path / "none.png")
    found = {each.id: each for each in model.generate([first, told, broken, *others], 0)}
    assert set(found) == {first.id, "told", "broken", *(each.id for each in others)}
    assert found["broken"].error and not found["broken"].text
    assert found["told"].notes["asked"].endswith("The story of the scene is: A duel at dawn")
    assert all(found[each.id].text for each in (first, told, *others))


def test_the_task_and_its_reference_rows() -> None:
    task = registry.task("image2caption")
    assert (task.output, task.reference, task.optional) == ("text", "caption", ("story",))
    rows = {system.card.name for system in registry.reference_systems() if task.name in system.card.tasks}
    assert rows == {"reference_caption"}
    of_music = registry.metric("clap_score@audio", task)
    assert {need.place for need in of_music.needs} == {"generated", "@audio"}
