"""Tiny weights of MusFlow: its own parts, and a CLIP and a LAION-CLAP that fit the extractors of the metrics.

CLAP has the published names and shapes: its weights are windows on short rows of random numbers, which torch saves
as those rows, so that a network of 190 million weights is a file of a few MB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from sightsound.baselines.musflow import layout
from sightsound.baselines.musflow.adapters import Adapters
from sightsound.bench.assets.digests import sha256
from sightsound.bench.core import registry
from sightsound.metrics.networks.joint.clap import MUSIC, VOCABULARY
from tests.parity import seeded
from tests.tiny import bpe, musicldm

KEYS = Path(__file__).parents[1] / "parity" / "keys" / "clap_htsat_base.txt"
WINDOW = 8  # places a side of CLAP's windows


def make(folder: Path) -> None:
    """A mirror with the family's assets but `clip_bpe`, which a package carries whole. About 10 MB."""
    pipeline = folder / "ircam-reach" / "musicldm"
    if not pipeline.exists():
        musicldm.make(pipeline)
    own(folder / "musflow", pipeline)
    clip(folder / "openai" / "clip-vit-base-patch32")
    roberta(folder / "FacebookAI" / "roberta-base")
    (folder / "lukewys" / "laion_clap").mkdir(parents=True, exist_ok=True)
    torch.save(clap(), folder / "lukewys" / "laion_clap" / MUSIC)


def own(folder: Path, pipeline: Path) -> None:
    """Adapters, and a UNet of the tiny MusicLDM's size, which the ablations beside it have too."""
    config = layout.unet_config(pipeline / layout.UNET_CONFIG)
    unet = seeded.filled(layout.build_unet(config).state_dict())
    layout.save(folder, seeded.filled(Adapters().state_dict()), unet, config)
    for name in ("musflow_raw", "musflow_music"):  # the ablations have no adapters
        layout.save(folder.parent / name, {}, unet, config)


PINNED = {"clap_music": "lukewys/laion_clap", "clip_vit_b32": "openai/clip-vit-base-patch32"}


def accept(patch: pytest.MonkeyPatch, mirror: Path, places: Mapping[str, str] = PINNED) -> None:
    """Let the tiny pickles of that mirror pass for the published ones, whose sha256 is pinned.

    `places`: asset -> its folder in the mirror.
    """
    for name, place in places.items():
        files = tuple(
            replace(file, sha256=(sha256(mirror / place / file.path),)) if file.sha256 else file
            for file in registry.cards("asset")[name].files
        )
        patch.setitem(registry.cards("asset"), name, replace(registry.cards("asset")[name], files=files))


def clip(folder: Path) -> None:
    """ViT-B/32 in transformers' layout, a layer deep and 16 wide."""
    side = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(text_config=side, vision_config={**side, "patch_size": 32}, projection_dim=512)
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    torch.save(seeded.filled(CLIPModel(config).state_dict()), folder / "pytorch_model.bin")


def roberta(folder: Path) -> None:
    """Byte tokens under RoBERTa's numbers, filled up to its vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = bpe.roberta(512)
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer.json"
    made = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = made["model"]["vocab"]
    vocabulary |= {f"<{number}>": number for number in range(len(vocabulary), VOCABULARY)}
    path.write_text(json.dumps(made), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"model_type": "roberta"}), encoding="utf-8")
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")


def clap() -> dict[str, Tensor]:
    """music_audioset_epoch_15_esc_90.14 with other weights."""
    rows = [line.partition(" ") for line in KEYS.read_text(encoding="utf-8").splitlines()]
    return {name: _weight(name, tuple(map(int, shape.split("x"))) if shape else ()) for name, _, shape in rows}


def _weight(name: str, shape: tuple[int, ...]) -> Tensor:
    if name.endswith("num_batches_tracked"):
        return torch.ones((), dtype=torch.int64)
    if name.endswith("position_ids"):
        return torch.arange(shape[1])[None]
    if name.endswith("relative_position_index"):
        return _pairs()
    if len(shape) < 2:
        return seeded.tensor(name, shape)
    inside = int(np.prod(shape[1:]))
    row = seeded.tensor(f"{name}.row", (shape[0] + inside - 1,))  # 0.1 wide, as one of one dimension is
    strides = [int(np.prod(shape[place + 1 :])) for place in range(1, len(shape))]
    return (row * 10 / inside**0.5).as_strided(shape, (1, *strides))


def _pairs() -> Tensor:
    """Of each pair of places in a window the row of the table that holds their bias."""
    down, across = np.divmod(np.arange(WINDOW**2), WINDOW)
    apart = [place[:, None] - place[None] + WINDOW - 1 for place in (down, across)]
    return torch.from_numpy(apart[0] * (2 * WINDOW - 1) + apart[1])
