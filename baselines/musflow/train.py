"""Train MusFlow: `python -m sightsound.baselines.musflow.train --split SPLIT --out DIR`, see
docs/models/musflow.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from sightsound.baselines.musflow import ENCODERS, data, layout
from sightsound.baselines.musflow.adapters import KINDS
from sightsound.baselines.musflow.encoders import Encoders
from sightsound.baselines.musflow.sound import Sound
from sightsound.baselines.musflow.stages import ALIGNMENT, BATCH, EPOCHS, RATE, STAGES, Network, lengths, loss_of
from sightsound.baselines.parts.training import Plan, Trainer
from sightsound.baselines.parts.training_command import link, run
from sightsound.bench import assets, splits
from sightsound.bench.core import console
from sightsound.bench.core.media import CLIP_S
from sightsound.bench.core.types import Report, example_seed

PARTS = (*ENCODERS, "musicldm")


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(prog="python -m sightsound.baselines.musflow.train", description=__doc__)
    made.add_argument("--split", required=True, help="a split's name or a folder with a manifest")
    made.add_argument("--out", required=True, type=Path, help="folder; the same one goes on where it stopped")
    made.add_argument("--weights", type=Path, help="folder with weights, searched first, as of `bench run`")
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
    with console.progress() as report:
        split = splits.load(splits.resolve(options.split), mirror=options.weights, report=report)
        weights = {name: assets.fetch(name, options.weights, report) for name in PARTS}
        config = layout.unet_config(weights["musicldm"] / layout.UNET_CONFIG)
        sound = Sound(weights["musicldm"], options.device)
        _, frames, _ = sound.shape(CLIP_S, 2 ** (len(config["block_out_channels"]) - 1))
        made_of = {"split": split.hash, "frames": str(frames)}
        made_of |= {name: assets.digest(name, options.weights) for name in PARTS}

        def encoders() -> Encoders:
            return Encoders(options.device, weights, (*KINDS, "music"))

        found = data.prepare(options.out / "prepared", made_of, split.examples, encoders, sound, frames, report)
        del sound  # the memory is the training's
        for name, folder in weights.items():
            link(options.out / name, folder)
        network = Network(config, options.seed).to(options.device)

        def save(folder: Path) -> None:
            layout.save(folder, network.adapters.state_dict(), network.unet.state_dict(), config)

        examples = [example for example in split.examples if example.id in found.rows]
        steps = lengths(options.epochs, options.steps, -(-len(examples) // options.batch_size))
        for stage, count in zip(STAGES, steps, strict=True):
            seed = example_seed(options.seed, stage)  # so that no stage repeats what another drew
            weight = f"lambda {options.alignment}"
            plan = Plan(f"musflow {stage}", split.label, count, options.batch_size, options.rate, seed, weight)
            network.enter(stage)
            loss = loss_of(stage, network, options.alignment)
            trainer = Trainer(options.out / stage, plan, network, examples, found.item, loss)
            trainer.run(options.out / "musflow", save, options.save_every, _under(report, stage))
    left = f", {len(found.left_out)} left out (the first: {found.left_out[0]})" if found.left_out else ""
    return (
        f"{options.out}: {' + '.join(map(str, steps))} steps on {len(examples)} examples of {split.label}{left}; "
        f"bench run --model musflow --weights {options.out}"
    )


def _under(report: Report, stage: str) -> Report:
    """A bar of its own for a stage."""
    return lambda what, done, total: report(stage, done, total)


def main(words: Sequence[str] | None = None) -> None:
    """The command."""
    run("musflow", train, parser().parse_args(words))


if __name__ == "__main__":
    main()
