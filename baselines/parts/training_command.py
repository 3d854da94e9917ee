"""The command line of a family's training: its options, its errors on one line, its parts beside the weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from sightsound.bench import splits
from sightsound.bench.core import memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report

Train = Callable[[argparse.Namespace], str]
"""Trains what is left and tells in one line what there is now."""


def parser(family: str, variants: Sequence[str], batch: int, rate: float, steps: int) -> argparse.ArgumentParser:
    """The options that every family's training has; the family adds its own."""
    made = argparse.ArgumentParser(
        prog=f"python -m baselines.{family}.train",
        description=f"Train {family} on a split, see docs/models/{family}.md",
    )
    made.add_argument("--variant", choices=variants, default=variants[0], help=f"default: {variants[0]}")
    made.add_argument("--split", required=True, help="a split's name or a folder with a manifest")
    made.add_argument("--out", required=True, type=Path, help="folder; the same one goes on where it stopped")
    made.add_argument("--weights", type=Path, help="folder with weights, searched first, as of `bench run`")
    made.add_argument("--steps", type=int, default=steps, help=f"batches; default: {steps}")
    made.add_argument("--batch-size", type=int, default=batch, help=f"default: {batch}")
    made.add_argument("--rate", type=float, default=rate, help=f"AdamW's learning rate; default: {rate}")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    made.add_argument("--save-every", type=int, default=1000, help="steps; default: 1000")
    return made


def split(options: argparse.Namespace, report: Report) -> splits.Split:
    """The split to train on. ValueError for numbers that make no sense, BenchError for no such split."""
    if min(options.steps, options.batch_size, options.save_every) < 1 or not options.rate > 0:
        raise ValueError("--steps, --batch-size, --save-every and --rate must be above 0")
    return splits.load(splits.resolve(options.split), mirror=options.weights, report=report)


def done(family: str, options: argparse.Namespace, steps: int, label: str, left_out: Sequence[str]) -> str:
    """What there is now, on one line."""
    some = f", {len(left_out)} examples left out (one: {left_out[0]})" if left_out else ""
    return (
        f"{options.out}: {steps} steps on {label}{some}; "
        f"bench run --model {family}:{options.variant} --weights {options.out}"
    )


def run(family: str, train: Train, options: argparse.Namespace) -> None:
    """The command: a wrong input is one line on standard error."""
    try:
        print(train(options))
    except (BenchError, ValueError, OSError) as error:
        sys.exit(f"{family}: {' '.join(str(error).split())}")
    except (RuntimeError, MemoryError) as error:
        if not memory.ran_out(error):
            raise
        sys.exit(f"{family}: {options.device} has too little memory; take a smaller --batch-size")
    except KeyboardInterrupt:
        sys.exit(f"{family}: stopped; the same command goes on from its last save")


def link(place: Path, folder: Path) -> None:
    """Put a part that was trained with beside the trained ones, so that `--weights` needs one folder."""
    if place.is_symlink():
        place.unlink()
    if not place.exists():
        place.symlink_to(folder.resolve(), target_is_directory=True)
