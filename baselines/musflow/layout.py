"""The weights on the disk. The authors published none, so the layout is ours (docs/models/musflow.md):

adapters.safetensors                        kinds.{image,story,caption}.{0,2,4,6}.{weight,bias}
unet/config.json                            as diffusers writes it
unet/diffusion_pytorch_model.safetensors    the same
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from sightsound.baselines.musflow.adapters import DIM, Adapters
from sightsound.baselines.parts.diffusion import quiet_diffusers
from sightsound.baselines.parts.training import save_whole
from sightsound.metrics.networks.common.checkpoint import filled, read_safetensors

ADAPTERS = "adapters.safetensors"
UNET = "unet/diffusion_pytorch_model.safetensors"
UNET_CONFIG = "unet/config.json"


def load_adapters(folder: Path) -> Adapters:
    """The MLPs. ValueError unless the file holds them and nothing else."""
    return filled(Adapters, read_safetensors(folder / ADAPTERS), folder / ADAPTERS)


def load_unet(folder: Path) -> Any:
    """The UNet in float32. ValueError unless its file holds just what its config describes."""
    config = unet_config(folder / UNET_CONFIG)
    return filled(lambda: build_unet(config), read_safetensors(folder / UNET), folder / UNET)


def unet_config(path: Path) -> dict[str, Any]:
    """The config of a UNet of MusicLDM's kind, for vectors of 512. ValueError where it is of none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["class_embed_type"] != "simple_projection" or not found["class_embeddings_concat"]:
            raise ValueError("it is not guided as MusicLDM's is")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no config of MusicLDM's kind of UNet ({error})") from error
    return {**found, "projection_class_embeddings_input_dim": DIM}


def build_unet(config: Mapping[str, Any]) -> Any:
    """A new UNet; a vector is put behind its embedding of the time and guides it."""
    return quiet_diffusers().UNet2DConditionModel.from_config(dict(config))


def save(
    folder: Path, adapters: Mapping[str, Tensor], unet: Mapping[str, Tensor], config: Mapping[str, Any]
) -> None:
    """Write the weights; each file is there whole or as it was."""
    (folder / UNET_CONFIG).parent.mkdir(parents=True, exist_ok=True)
    (folder / UNET_CONFIG).write_text(json.dumps(dict(config), indent=2) + "\n", encoding="utf-8")
    if adapters:  # an ablation has none
        save_whole(adapters, folder / ADAPTERS)
    save_whole(unet, folder / UNET)
