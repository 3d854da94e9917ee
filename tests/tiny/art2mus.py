"""A tiny Art2Mus in the layout of a mirror: AudioLDM 2, ImageBind and the two projections, weights seeded by name.

So the authors' modules at these sizes can be given the same weights; what is made of AudioLDM 2's spectrograms
(autoencoder, vocoder) is drawn at random.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from sightsound.baselines.art2mus.pipeline import FILES
from sightsound.baselines.art2mus.projection import ImageProjection
from sightsound.bench.core import registry
from sightsound.metrics.networks.joint import imagebind_network
from sightsound.metrics.networks.joint.imagebind import WEIGHTS
from sightsound.metrics.networks.joint.imagebind_network import DIM, Tower, TowerSize, published
from tests.parity import seeded
from tests.tiny import audioldm2

SEEDED = ("unet", "text_encoder", "text_encoder_2", "projection_model", "language_model")
SIZES: Mapping[str, TowerSize] = {
    "vision": TowerSize(16, 1, 2),
    "audio": TowerSize(16, 1, 2),
    "text": TowerSize(8, 1, 2),
}
TOKENS = {"1_token": 1, "4_tokens": 4}


def make(folder: Path) -> None:
    """Add Art2Mus to a mirror, the same on every call. 4 MB."""
    hub = folder / "cvssp" / "audioldm2"
    audioldm2.make(hub, t5_width=DIM)  # the authors' code only runs where T5 is as wide as ImageBind
    for part in SEEDED:
        (path,) = (hub / part).glob("*.safetensors")
        save_file(seeded.filled(load_file(path)), path, metadata={"format": "pt"})
    (folder / "imagebind").mkdir(parents=True, exist_ok=True)
    torch.save(_imagebind(), folder / "imagebind" / WEIGHTS)
    for name, tokens in TOKENS.items():
        place = folder / f"art2mus_{name}"
        place.mkdir(exist_ok=True)
        save_file(projection(tokens, audioldm2.GPT2_WIDTH), place / f"{FILES[name]}.safetensors")


def projection(tokens: int, width: int) -> dict[str, Tensor]:
    """The tensors of a projection."""
    return seeded.filled(ImageProjection(tokens, width).state_dict())


def accept(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the tiny ImageBind of that mirror pass for the published one, whose sha256 and sizes are pinned."""
    asset = registry.cards("asset")["imagebind"]
    (file,) = asset.files
    digest = hashlib.sha256((folder / "imagebind" / WEIGHTS).read_bytes()).hexdigest()
    pinned = dataclasses.replace(asset, files=(dataclasses.replace(file, sha256=(digest,)),))
    patch.setitem(registry.cards("asset"), "imagebind", pinned)
    patch.setattr(imagebind_network, "HUGE", SIZES)


def _imagebind() -> dict[str, Tensor]:
    made = {}
    for modality, size in SIZES.items():
        for ours, value in Tower(modality, size).state_dict().items():
            name = published(modality, ours)
            kept = name.endswith(("log_logit_scale", "text.mask"))
            made[name] = value if kept else seeded.tensor(name, tuple(value.shape))
    return made
