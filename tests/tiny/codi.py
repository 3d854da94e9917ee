"""A tiny CoDi in the published layout: every name of the parts that sound needs, the widths a fraction.

The names come from tests/parity/keys/codi_*.txt.gz, which were written from the authors' modules in their
published configuration; the weights are seeded by name, so that the authors' modules at these sizes can be given
the same.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from sightsound.metrics.networks.common.clip_bpe import FILE, MERGES
from tests.parity import seeded

KEYS = Path(__file__).parents[1] / "parity" / "keys"
PARTS = (
    "clip.",
    "clap.",
    "audioldm.encoder.",
    "audioldm.decoder.",
    "audioldm.post_quant_conv.",
    "audioldm.vocoder.",
)
UNET = "model.diffusion_model.unet_audio."
KEPT_LAYERS = 2  # of each tower and stage
DIM = 64  # of the common space, 768 as published
LETTERS = [
    chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100), *range(0x100, 0x144))
]
WINDOW = 8  # places a side of CLAP's windows


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of the authors' network that belongs into the file `codi_encoders` or
    `codi_audio`."""
    lines = gzip.decompress((KEYS / f"{name}.txt.gz").read_bytes()).decode().splitlines()
    table = dict(line.split() for line in lines)
    return {key: () if shape == "-" else tuple(map(int, shape.split("x"))) for key, shape in table.items()}


def make(folder: Path, *, dtype: torch.dtype = torch.float32) -> Path:
    """Write both files into `folder`, the same on every call. 35 MB in float32."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_cast(encoders(), dtype), folder / "CoDi_encoders.safetensors")
    save_file(_cast(diffuser(), dtype), folder / "CoDi_audio_diffuser_m.safetensors")
    return folder


def everything(folder: Path) -> dict[str, Path]:
    """The files of both variants and a list of merges; asset -> folder, as a variant's entry takes them."""
    make(folder)
    make(folder / "checkpoints_fp16", dtype=torch.float16)
    make_merges(folder)
    return dict.fromkeys(
        ("codi_encoders", "codi_audio", "codi_fp16_encoders", "codi_fp16_audio", "clip_bpe"), folder
    )


def encoders() -> dict[str, Tensor]:
    """The tensors of the tiny `CoDi_encoders`."""
    return {
        name: _tensor(name, small(name, shape))
        for name, shape in shapes("codi_encoders").items()
        if name.startswith(PARTS) and not _dropped(name)
    }


def diffuser() -> dict[str, Tensor]:
    """The tensors of the tiny `CoDi_audio_diffuser_m`, without the connectors, as the file of 1.26 GB is."""
    return {
        name: _tensor(name, small(name, shape))
        for name, shape in shapes("codi_audio").items()
        if "connecter" not in name
    }


def small(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape at the tiny size. The common space has 64 dimensions; each part shrinks by its own factor."""
    if name.startswith("clip."):
        return tuple(_clip(name, size) for size in shape)
    if name.startswith("clap."):
        if "audio_projection" in name or "audio_transform" in name:
            return tuple(128 if size == 2048 else DIM for size in shape)
        return tuple(size // 16 if size % 256 == 0 else size for size in shape)
    if name.startswith("audioldm.vocoder."):
        bands = name.endswith("conv_pre.weight")
        return tuple(
            size // 16 if (place == 0 and size > 1) or (place == 1 and not bands) else size
            for place, size in enumerate(shape)
        )
    if name.startswith("audioldm."):
        return tuple(size // 4 if size % 128 == 0 else size for size in shape)
    made = tuple(size // 6 if size % 192 == 0 else size for size in shape)
    return (made[0], DIM) if re.search(r"attn2\.to_[kv]\.weight$", name) else made


def _clip(name: str, size: int) -> int:
    """Vision is an eighth as wide, text a twelfth."""
    if "vision_model" in name:
        return {5460: 682, 2730: 341, 16: 2}.get(size, size // 8 if size % 512 == 0 else size)
    if name.endswith("visual_projection.weight"):
        return {1024: 128}.get(size, DIM)
    return size // 12 if size % 768 == 0 else size


def _dropped(name: str) -> bool:
    """Layers beyond the first two."""
    numbers = re.findall(r"(?:encoder\.layers|audio_branch\.layers\.\d+\.blocks)\.(\d+)\.", name)
    return any(int(number) >= KEPT_LAYERS for number in numbers)


def _tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    if name.endswith("num_batches_tracked"):
        return torch.ones((), dtype=torch.int64)
    if name.endswith("position_ids"):
        return torch.arange(shape[1])[None]
    if name.endswith("relative_position_index"):
        return _pairs()
    return seeded.tensor(name, shape)


def _pairs() -> Tensor:
    """Of each pair of places in a window the row of the table that holds their bias."""
    at = np.stack(np.meshgrid(np.arange(WINDOW), np.arange(WINDOW), indexing="ij")).reshape(2, -1)
    apart = at[:, :, None] - at[:, None] + WINDOW - 1
    return torch.from_numpy(apart[0] * (2 * WINDOW - 1) + apart[1])


def _cast(state: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in state.items()}


def make_merges(folder: Path) -> Path:
    """Write a list of merges of the published length, which makes tokens of letters and pairs of letters."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = [letter + "</w>" for letter in LETTERS]
    pairs = [f"{first} {second}" for first in LETTERS for second in (*ends, *LETTERS)]
    text = "\n".join(["#version: made for a test", *pairs[:MERGES], ""])
    (folder / FILE).write_bytes(gzip.compress(text.encode(), mtime=0))
    return folder
