"""Train Music2Prompt: `python -m sightsound.baselines.music2prompt.train --variant NAME --split SPLIT --out
DIR`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sightsound.baselines.music2prompt import ENCODERS, VARIANTS, encoders, writer
from sightsound.baselines.music2prompt.pipeline import LONGEST
from sightsound.baselines.music2prompt.writer import DECODER
from sightsound.baselines.parts import training_command as command
from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.baselines.parts.training import Plan, Trainer
from sightsound.bench import assets
from sightsound.bench.core import console
from sightsound.bench.core.types import Example

BATCH, RATE, STEPS = 32, 5e-5, 10_000  # ours: the thesis states none


def train(options: argparse.Namespace) -> str:
    """Train what is left; one line that says what there is now. The encoder stays as it was published."""
    with console.progress() as report:
        split = command.split(options, report)
        published = ENCODERS[options.variant.partition("_")[0]][1]
        folders = {name: assets.fetch(name, options.weights, report) for name in (published, "roberta_base")}
        encoder = encoders.load(folders[published], options.device)
        text = writer.begun(folders["roberta_base"], encoder.width, options.device, options.seed)
        tokenizer = load_tokenizer(folders["roberta_base"], text.decoder.config.vocab_size)
        examples = [e for e in split.examples if e.audio and (e.reference_text or "").strip()]
        if not examples:
            raise ValueError(f"{split.label}: no example has music and a reference_text to learn")

        def load(example: Example) -> tuple[Any, list[int]]:
            assert example.audio is not None and example.reference_text is not None
            said = " ".join(example.reference_text.split())
            ids = tokenizer(said, truncation=True, max_length=LONGEST)["input_ids"]
            return encoder.heard(example.audio), ids

        def loss(items: Sequence[tuple[Any, list[int]]], generator: torch.Generator) -> Tensor:
            return text.loss(encoder.states([clip for clip, _ in items]), [ids for _, ids in items])

        def save(folder: Path) -> None:
            text.save(folder)
            tokenizer.save_pretrained(folder / DECODER)
            encoder.save(folder / "encoder")

        name = f"music2prompt_{options.variant}"
        plan = Plan(name, split.label, options.steps, options.batch_size, options.rate, options.seed)
        trainer = Trainer(options.out, plan, text, examples, load, loss)
        trainer.run(options.out / name, save, options.save_every, report)
    left_out = [f"{name}: {why}" for name, why in sorted(trainer.left_out.items())]
    return command.done("music2prompt", options, trainer.step, split.label, left_out)


def main(words: Sequence[str] | None = None) -> None:
    """The command."""
    parser = command.parser("music2prompt", VARIANTS, BATCH, RATE, STEPS)
    command.run("music2prompt", train, parser.parse_args(words))


if __name__ == "__main__":
    main()
