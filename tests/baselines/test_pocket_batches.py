"""The pocket pipeline's bytes don't depend on the size of its batches, nor on what runs ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sightsound.bench import splits
from sightsound.bench.core import registry
from sightsound.bench.stages.build import build
from sightsound.bench.stages.generate import generate
from tests.baselines.whole import facts


@pytest.mark.network
def test_pocket_bytes_by_any_batch(tmp_path: Path) -> None:
    (system,) = registry.systems("mozart:pocket+seconds=1", "pocket")
    task = registry.task("image2music")
    examples = splits.load("wesnoth", mirror=None, task=task.name, limit=3).examples
    model: Any = build(system, "cpu", None, lambda what, done, total: None)
    model.chat.part.chat.model.generation_config.max_new_tokens = 10  # as many as show it
    made = [
        facts(
            generate(
                system, task, examples, tmp_path / f"{size}", lambda: model, seed=0, batch_size=size, ahead=ahead
            )
        )
        for size, ahead in ((3, False), (2, True))
    ]
    assert made[0] == made[1] and not any(error for _, _, error in made[0].values())
