"""Train MusFlow: `python -m sightsound.baselines.musflow.train --split SPLIT --out DIR`, see
docs/models/musflow.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from sightsound.baselines.musflow import ENCODERS, data, layout
from sightsound.baselines.musflow.adapters import KINDS
from sightsound.baselines.musflow.encoders import Encoders
from sightsound.baselines.musflow.sound import Sound
from sightsound.baselines.musflow.stages import (
    ALIGNMENT,
    BATCH,
    EPOCHS,
    GUIDES,
    RATE,
    STAGES,
    Network,
    lengths,
    loss_of,
)
from sightsound.baselines.parts.training import Plan, Trainer
from sightsound.baselines.parts.training_command import link, run
from sightsound.bench import assets, splits
from sightsound.bench.core import console
from sightsound.bench.core.media import CLIP_S
from sightsound.bench.core.types import Example, Report, example_seed

PARTS = (*ENCODERS, "musicldm")
MODELS = {"aligned": "musflow", "raw": "musflow:raw", "music": "musflow_heard"}
"""What guides the UNet -> the system that it makes."""


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(prog="python -m sightsound.baselines.musflow.train", description=__doc__)
    made.add_argument("--split", required=True, nargs="+", help="splits' names or folders with a manifest")
    made.add_argument("--out", required=True, type=Path, help="folder; the same one goes on where it stopped")
    made.add_argument("--weights", type=Path, help="folder with weights, searched first, as of `bench run`")
    made.add_argument(
        "--guide", choices=list(GUIDES), default="aligned", help="raw and music: figure 4's ablations"
    )
    made.add_argument("--epochs", type=int, nargs=3, default=EPOCHS, metavar=tuple(STAGES), help="50 250 100")
    made.add_argument("--steps", type=int, help="so many in all, shared among the stages as epochs are")
    made.add_argument("--batch-size", type=int, default=BATCH)
    made.add_argument("--rate", type=float, default=RATE, help="AdamW's learning rate")
    made.add_argument("--alignment", type=float, default=ALIGNMENT, help="lambda of the joint stage")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    made.add_argument("--save-every", type=int, default=1000, help="steps")
    return made


def train(options: argparse.Namespace) -> str:
    """Prepare what is missing, train what is left; one line that says what there is now.

    ValueError, OSError or BenchError for what is wrong with the input."""
    if min(options.batch_size, options.save_every) < 1 or not options.rate > 0:
        raise ValueError("--batch-size, --save-every and --rate must be above 0")
    name = GUIDES[options.guide]
    with console.progress() as report:
        found = [
            splits.load(splits.resolve(each), mirror=options.weights, report=report) for each in options.split
        ]
        label = " + ".join(split.label for split in found)
        examples, config, prepared = _prepared(options, found, report)
        network = Network(config, options.seed, options.guide).to(options.device)

        def save(folder: Path) -> None:
            layout.save(folder, network.adapters.state_dict(), network.unet.state_dict(), config)

        # without adapters there is nothing to align: one stage, as long as the paper's second
        epochs = options.epochs if options.guide == "aligned" else (0, options.epochs[1], 0)
        steps = dict(
            zip(STAGES, lengths(epochs, options.steps, -(-len(examples) // options.batch_size)), strict=True)
        )
        for stage in (stage for stage, count in steps.items() if count):
            seed = example_seed(options.seed, stage)  # so that no stage repeats what another drew
            weight = f"lambda {options.alignment}"
            plan = Plan(f"{name} {stage}", label, steps[stage], options.batch_size, options.rate, seed, weight)
            network.enter(stage)
            loss = loss_of(stage, network, options.alignment)
            folder = options.out / (stage if options.guide == "aligned" else f"{options.guide}-{stage}")
            trainer = Trainer(folder, plan, network, examples, prepared.item, loss)
            trainer.run(options.out / name, save, options.save_every, _under(report, stage))
    lost = prepared.left_out
    left = f", {len(lost)} left out (the first: {lost[0]})" if lost else ""
    return (
        f"{options.out}: {' + '.join(map(str, steps.values()))} steps on {len(examples)} examples of {label}"
        f"{left}; bench run --model {MODELS[options.guide]} --weights {options.out}"
    )


def _prepared(
    options: argparse.Namespace, found: Sequence[splits.Split], report: Report
) -> tuple[list[Example], dict[str, Any], data.Prepared]:
    """The examples that can be trained on, the UNet's config, and what all of them are once encoded."""
    weights = {name: assets.fetch(name, options.weights, report) for name in PARTS}
    config = layout.unet_config(weights["musicldm"] / layout.UNET_CONFIG)
    sound = Sound(weights["musicldm"], options.device)
    _, frames, _ = sound.shape(CLIP_S, 2 ** (len(config["block_out_channels"]) - 1))
    made_of = {"split": " ".join(split.hash for split in found), "frames": str(frames)}
    made_of |= {name: assets.digest(name, options.weights) for name in PARTS}

    def encoders() -> Encoders:
        return Encoders(options.device, weights, (*KINDS, "music"))

    examples = together(found)
    prepared = data.prepare(options.out / "prepared", made_of, examples, encoders, sound, frames, report)
    for name, folder in weights.items():
        link(options.out / name, folder)
    return [example for example in examples if example.id in prepared.rows], config, prepared


def together(found: Sequence[splits.Split]) -> list[Example]:
    """The examples of all splits; where there are several, an id says which one it is of."""
    if len(found) == 1:
        return list(found[0].examples)
    return [replace(e, id=f"{split.label}/{e.id}") for split in found for e in split.examples]


def _under(report: Report, stage: str) -> Report:
    """A bar of its own for a stage."""
    return lambda what, done, total: report(stage, done, total)


def main(words: Sequence[str] | None = None) -> None:
    """The command."""
    run("musflow", train, parser().parse_args(words))


if __name__ == "__main__":
    main()
