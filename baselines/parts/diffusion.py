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
    diffusers = quiet_diffusers()
    dtype = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    try:
        pipeline = getattr(diffusers, kind).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(dtype), **parts
        )
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{folder}: no {kind} could be read ({' '.join(str(error).split())[:200]})") from error
    pipeline.set_progress_bar_config(disable=True)  # the harness has its own
    return pipeline.to(device)


def quiet_diffusers() -> Any:
    """The library, which is an extra. ValueError where it is not installed."""
    try:
        import diffusers
    except ModuleNotFoundError as error:
        what = f"{error.name} is missing, a part of the extra for diffusion"
        raise ValueError(f"{what}: pip install 'sightsound-bench[diffusion]'") from error
    diffusers.utils.logging.set_verbosity_error()  # deprecations are not the user's concern
    diffusers.utils.logging.disable_progress_bar()
    return diffusers


def in_dtype(dtype: torch.dtype) -> dict[str, Any]:
    """What tells `from_pretrained` of diffusers the type of the weights; it has another name before 0.40."""
    import diffusers

    version = tuple(map(int, diffusers.__version__.split(".")[:2]))
    return {"dtype" if version >= (0, 40) else "torch_dtype": dtype}


def generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """One a sample, on the CPU: the same noise on every device."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]
