"""MusFlow's training: the mask, the stages' losses, and the command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from sightsound.baselines.musflow import CARD, layout, pipeline, stages, train
from sightsound.baselines.musflow.adapters import DIM
from sightsound.baselines.musflow.data import Prepared
from sightsound.baselines.musflow.stages import random_mask
from sightsound.baselines.parts import training
from sightsound.bench import assets
from sightsound.bench.core.types import Example
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import Row
from tests.baselines import made_quads
from tests.tiny import musflow as tiny


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
def quads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_quads.make(tmp_path_factory.mktemp("splits") / "quads")


def test_the_mask_keeps_every_part_of_what_is_there_as_often() -> None:
    generator = torch.Generator().manual_seed(0)
    kept = random_mask(torch.ones(14000, 3, dtype=torch.bool), generator)
    counts = torch.bincount((kept * torch.tensor([1, 2, 4])).sum(1), minlength=8)
    assert counts[0] == 0 and (counts[1:] - 2000).abs().max() < 200  # of deviation 41
    present = torch.tensor([[True, False, True], [False, True, False]]).repeat(3000, 1)
    kept = random_mask(present, generator)
    assert kept.any(1).all() and not (kept & ~present).any()
    counts = torch.bincount((kept[::2] * torch.tensor([1, 2, 4])).sum(1), minlength=8)
    assert counts[[1, 4, 5]].sum() == 3000 and (counts[[1, 4, 5]] - 1000).abs().max() < 150


def losses(folder: Path, stage: str) -> list[float]:
    """Of each step of a stage."""
    rows = [line.split(",") for line in (folder / stage / training.LOSSES).read_text().splitlines()]
    assert [int(step) for step, _ in rows] == list(range(len(rows)))
    return [float(loss) for _, loss in rows]


def test_training_from_a_folder_to_music(
    bench: Callable[..., Any], accepted: Path, quads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each stage's loss falls, and `bench` takes what was written, with nothing but that folder."""
    out = tmp_path / "out"
    words = ["--split", str(quads), "--weights", str(accepted), "--out", str(out), "--device", "cpu"]
    words += ["--epochs", "4", "6", "3", "--batch-size", "1"]
    train.main([*words, "--rate", "0.0005"])
    said = capsys.readouterr().out
    assert "12 + 18 + 9 steps on 3 examples of quads@" in said
    assert "1 left out (the first: e3: the example has none" in said
    fell = {stage: losses(out, stage) for stage in stages.STAGES}
    assert [len(fell[stage]) for stage in stages.STAGES] == [12, 18, 9]
    assert np.mean(fell["alignment"][-6:]) < 0.7 * np.mean(fell["alignment"][:2])
    assert np.mean(fell["generation"][-6:]) < 0.93 * np.mean(fell["generation"][:6])
    assert np.mean(fell["joint"][-6:]) < np.mean(fell["generation"][-6:])
    facts = json.loads((out / "musflow" / training.FACTS).read_text())
    assert facts["plan"]["data"].startswith("quads@") and facts["plan"]["system"] == "musflow joint"
    done = bench(
        *("generate", "--model", "musflow", "--task", "caption2music", "--split", quads, "--weights", out),
        *("--out", tmp_path / "run", "--device", "cpu", "--set", "steps=2"),
    )
    assert done.code == 0, done.err
    made = sorted((tmp_path / "run").glob("systems/*/outputs/*.wav"))
    assert [path.stem for path in made] == ["e0", "e1"] and soundfile.info(made[0]).duration == 10.0
    weights_now = (out / "musflow" / layout.UNET).read_bytes()
    train.main([*words, "--rate", "0.0005"])  # it is done: nothing changes
    assert (out / "musflow" / layout.UNET).read_bytes() == weights_now and losses(out, "joint") == fell["joint"]
    with pytest.raises(
        SystemExit, match=r"is another training's \(rate: 0\.0005, not 0\.0001\): give another --out"
    ):
        train.main(words)


@pytest.mark.parametrize(("guide", "model"), [("raw", "musflow:raw"), ("music", "musflow_heard")])
def test_the_ablations_have_no_adapters_and_one_stage(
    bench: Callable[..., Any],
    accepted: Path,
    quads: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    guide: str,
    model: str,
) -> None:
    """Figure 4: the encoders' own vectors, and the music's. Two splits are trained on as one."""
    other = made_quads.make(tmp_path / "others")
    out = tmp_path / "out"
    words = ["--split", str(quads), str(other), "--weights", str(accepted), "--out", str(out), "--device", "cpu"]
    train.main([*words, "--guide", guide, "--epochs", "4", "2", "3", "--batch-size", "3"])
    said = capsys.readouterr().out
    assert "0 + 4 + 0 steps on 6 examples of quads@" in said and " + others@" in said and model in said
    assert "2 left out (the first: quads@" in said
    name = stages.GUIDES[guide]
    facts = json.loads((out / name / training.FACTS).read_text())
    assert facts["plan"]["system"] == f"{name} generation"
    assert not list(out.rglob(layout.ADAPTERS))
    done = bench(
        *("generate", "--model", model, "--task", "caption2music", "--split", quads, "--weights", out),
        *("--out", tmp_path / "run", "--device", "cpu", "--set", "steps=2"),
    )
    assert done.code == 0, done.err
    assert len(list((tmp_path / "run").glob("systems/*/outputs/*.wav"))) == 2


def test_what_guides_is_the_mean_of_what_is_kept_or_the_music_itself(
    made_up: Prepared, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[torch.Tensor] = []

    def velocity(unet: Any, points: torch.Tensor, times: torch.Tensor, guide: torch.Tensor) -> torch.Tensor:
        told.append(guide)
        return points

    monkeypatch.setattr(stages, "velocity", velocity)
    items = [made_up.item(Example(name, "g")) for name in made_up.rows]
    for guide in ("raw", "music"):
        network = stages.Network(config, 0, guide)
        stages.loss_of("generation", network, 1.0)(items, torch.Generator().manual_seed(0))
    vectors = torch.from_numpy(made_up.vectors)
    kept = random_mask(~vectors[:, :3, 0].isnan(), torch.Generator().manual_seed(0))
    by_hand = torch.stack([row[:3][some].mean(0) for row, some in zip(vectors, kept, strict=True)])
    assert torch.allclose(told[0], by_hand, atol=1e-6)
    assert torch.equal(told[1], vectors[:, 3])


@pytest.fixture(scope="module")
def made_up() -> Prepared:
    """Five examples; the first has all conditions, the others one or two."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((5, 4, DIM)).astype(np.float32)
    vectors[1, 0], vectors[2, 1:3], vectors[3, 2], vectors[4, :2] = np.nan, np.nan, np.nan, np.nan
    latents = random.standard_normal((5, 4, 8, 8)).astype(np.float32)
    return Prepared({f"e{row}": row for row in range(5)}, vectors, latents, [])


@pytest.fixture(scope="module")
def config(weights: dict[str, Path]) -> dict[str, Any]:
    return layout.unet_config(weights["musicldm"] / layout.UNET_CONFIG)


def test_a_stage_trains_its_own_part_on_its_own_loss(made_up: Prepared, config: dict[str, Any]) -> None:
    """What the losses are, by hand, and which weights they give a gradient."""
    network = stages.Network(config, 0)
    items = [made_up.item(Example(name, "g")) for name in made_up.rows]
    found = {}
    for stage, trained in stages.STAGES.items():
        network.enter(stage)
        network.zero_grad()
        loss = stages.loss_of(stage, network, 0.25)(items, torch.Generator().manual_seed(5))
        loss.backward()
        found[stage] = loss.item()
        for part, moves in zip((network.adapters, network.unet), trained, strict=True):
            assert all((value.grad is not None) == moves for value in part.parameters())
    vectors, latents = torch.from_numpy(made_up.vectors), torch.from_numpy(made_up.latents)
    generator = torch.Generator().manual_seed(5)
    kept = random_mask(~vectors[:, :3].isnan().any(2), generator)
    time, noise = torch.rand(5, generator=generator), torch.randn(latents.shape, generator=generator)
    t = time[:, None, None, None]
    with torch.no_grad():
        guide = network.adapters(vectors[:, :3], kept)
        apart = (guide - vectors[:, 3]).square().mean().item()
        moved = network.unet(
            (1 - (1 - 1e-4) * t) * noise + t * latents, time * 1000, None, class_labels=guide
        ).sample
        flow = (moved - (latents - (1 - 1e-4) * noise)).square().mean().item()
    assert found["alignment"] == pytest.approx(apart, rel=1e-5)
    assert found["generation"] == pytest.approx(flow, rel=1e-4)
    assert found["joint"] == pytest.approx(flow + 0.25 * apart, rel=1e-4)


def test_new_weights_are_the_seed_s(config: dict[str, Any]) -> None:
    states = [stages.Network(config, seed).state_dict() for seed in (1, 1, 2)]
    same = [[torch.equal(states[0][name], other[name]) for name in states[0]] for other in states[1:]]
    assert all(same[0]) and not all(same[1])


def test_the_flow_learns_one_piece_by_heart(made_up: Prepared, config: dict[str, Any]) -> None:
    """After some hundred steps on one example, the solver carries any noise near it."""
    network = stages.Network(config, 0)
    network.enter("joint")
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    loss_of = stages.loss_of("joint", network, 1.0)
    items = [made_up.item(Example("e0", "g"))] * 4
    for step in range(200):
        optimizer.zero_grad()
        loss_of(items, torch.Generator().manual_seed(step)).backward()
        optimizer.step()
    flow = pipeline.Flow(network.adapters, network.unet.eval(), "cpu")
    vectors, there = torch.from_numpy(made_up.vectors[:1, :3]), torch.ones(1, 3, dtype=torch.bool)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(9))
    piece = torch.from_numpy(made_up.latents[:1])
    made = flow.latents(vectors, there, noise, 10, "midpoint")
    assert (made - piece).square().mean() < 0.1 * (noise - piece).square().mean()


def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    accepted: Path, quads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle of each stage, at a save and beyond it."""
    words = ["--split", str(quads), "--weights", str(accepted), "--device", "cpu", "--batch-size", "3"]
    words += ["--epochs", "3", "3", "3", "--save-every", "2", "--out"]
    (tmp_path / "stopped").mkdir()
    train.main([*words, str(tmp_path / "whole")])
    shutil.copytree(tmp_path / "whole/prepared", tmp_path / "stopped/prepared")
    run_step = training.Trainer._train_on
    for stage in stages.STAGES:

        def dies(self: Any, items: Any, stage: str = stage) -> float:
            if self.plan.system == f"musflow {stage}" and self.step == 2:
                raise KeyboardInterrupt
            return run_step(self, items)

        monkeypatch.setattr(training.Trainer, "_train_on", dies)
        with pytest.raises(SystemExit, match="the same command goes on"):
            train.main([*words, str(tmp_path / "stopped")])
        monkeypatch.setattr(training.Trainer, "_train_on", run_step)
    train.main([*words, str(tmp_path / "stopped")])
    for file in (layout.ADAPTERS, layout.UNET, training.FACTS):
        ends = [(tmp_path / name / "musflow" / file).read_bytes() for name in ("whole", "stopped")]
        assert ends[0] == ends[1]
    assert all(len(losses(tmp_path / "stopped", stage)) == 3 for stage in stages.STAGES)


def test_the_stages_share_the_steps_as_the_paper_s_epochs() -> None:
    assert stages.lengths(stages.EPOCHS, None, 1250) == (62500, 312500, 125000)
    assert stages.lengths(stages.EPOCHS, 80, 7) == (10, 50, 20)
    assert stages.lengths((0, 1, 0), 5, 7) == (0, 5, 0)
    for steps in range(1, 30):
        assert sum(stages.lengths(stages.EPOCHS, steps, 1)) == steps
    for epochs, steps in (((0, 0, 0), None), ((-1, 2, 2), None), ((1, 1, 1), 0)):
        with pytest.raises(ValueError, match="that is no training"):
            stages.lengths(epochs, steps, 3)


def test_what_the_training_cannot_use_is_told_in_a_line(accepted: Path, quads: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copyfile(quads / "3.wav", empty / "3.wav")
    manifest.write(empty, [Row(Example("e3", "g", audio=empty / "3.wav"), "audio=3")])
    words = ["--out", str(tmp_path / "out"), "--weights", str(accepted), "--steps", "1", "--device", "cpu"]
    for extra, message in (
        (["--split", "no_such"], "no split named 'no_such'"),
        (
            ["--split", str(empty)],
            "no example of the split can be trained on; the first: e3: the example has none",
        ),
        (["--split", str(quads), "--batch-size", "0"], "must be above 0"),
    ):
        with pytest.raises(SystemExit, match=message) as raised:
            train.main([*words, *extra])
        assert "\n" not in str(raised.value.code)
