"""Pipelines of diffusers out of a folder: no network, no pickle, no code but diffusers' and transformers' own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch


def load(kind: str, folder: Path, device: str, **parts: Any) -> Any:
    """The pipeline of class `kind` in `folder`, float16 on CUDA, else float32; `parts` replace its own.

    ValueError where the folder is no such pipeline or lacks a file.
    """
    import diffusers

    diffusers.utils.logging.set_verbosity_error()  # deprecations are not the user's concern
    diffusers.utils.logging.disable_progress_bar()
    dtype = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    try:
        pipeline = getattr(diffusers, kind).from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, **parts
        )
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{folder}: no {kind} could be read ({' '.join(str(error).split())[:200]})") from error
    pipeline.set_progress_bar_config(disable=True)  # the harness has its own
    return pipeline.to(device)


def generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """One a sample, on the CPU: the same noise on every device."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]
