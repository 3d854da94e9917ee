"""MERT v1: what each layer of a transformer trained on music makes of a clip, as means over time.

Network after github.com/yizhilll/MERT, scripts/mert_hf/modeling_MERT.py (Li et al. 2024, arXiv:2306.00107), which
is transformers' HuBERT with other settings; the weights' own remote code is neither needed nor run. Row 0 of
`layers` is what enters the first layer, row k what leaves the k-th; in the 330M model the last row has passed the
final norm, as in the authors' `hidden_states`. `embedding` is the last row before the mean. Its `attention_relax`
shifts the scores before a softmax, which changes nothing but rounding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.common.checkpoint import filled, read_pickle, read_safetensors
from sightsound.metrics.networks.common.lengths import run_by_length
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 24000
SHORTEST = 400  # samples under one frame; a frame starts every 320
KERNELS, STRIDES = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)
CHANNELS = 512
POSITION_KERNEL, POSITION_GROUPS = 128, 16
BATCH = {"cpu": 1, "cuda": 16}  # clips of one length in one forward pass


@dataclass(frozen=True)
class Shape:
    """What differs between the published models."""

    layers: int
    width: int
    heads: int
    norm_first: bool
    """Norms before attention and perceptron, and one at the end (`do_stable_layer_norm`)."""


def load_95m(weights: Mapping[str, Path], device: str) -> MertExtractor:
    """MERT-v1-95M, from the asset `mert_95m`."""
    return _load(weights["mert_95m"], device)


def load_330m(weights: Mapping[str, Path], device: str) -> MertExtractor:
    """MERT-v1-330M, from the asset `mert_330m`."""
    return _load(weights["mert_330m"], device)


class MertExtractor:
    """See Extractor. Takes mono clips at 24 kHz."""

    def __init__(self, network: Mert, normalise: bool, device: str) -> None:
        self._network = network.to(device)
        self._normalise = normalise
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`layers` [layers + 1, width] and `embedding` [frames, width] of each clip.

        ValueError for one of less than 400 samples.
        """
        whole = [[_prepared(clip, self._normalise)] for clip in clips]
        return run_by_length(self._forward, whole, self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        states = self._network.states(audio)
        return {"layers": means(states), "embedding": states[-1]}


class Mert(nn.Module):
    """`[batch, samples]` -> means over time `[batch, layers + 1, width]`; layers named as published."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.masked_spec_embed = nn.Parameter(torch.empty(shape.width))  # of the training; does not run
        self.feature_extractor = _Convolutions()
        self.feature_projection = nn.ModuleDict(
            {"layer_norm": nn.LayerNorm(CHANNELS), "projection": nn.Linear(CHANNELS, shape.width)}
        )
        self.encoder = _Encoder(shape)

    def forward(self, audio: Tensor) -> Tensor:
        return means(self.states(audio))

    def states(self, audio: Tensor) -> list[Tensor]:
        """What enters the first layer and what leaves each, `[batch, frames, width]` for `[batch, samples]`."""
        x = self.feature_extractor(audio).transpose(1, 2)
        x = self.feature_projection["projection"](self.feature_projection["layer_norm"](x))
        found: list[Tensor] = self.encoder(x)
        return found


def means(states: Sequence[Tensor]) -> Tensor:
    """The layers' means over time, `[batch, layers + 1, width]`."""
    return torch.stack([state.mean(dim=1) for state in states], dim=1)


class _Convolutions(nn.Module):
    """`[batch, samples]` -> `[batch, 512, frames]`, 75 frames a second; the first layer is normed over time."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList()
        for kernel, stride in zip(KERNELS, STRIDES, strict=True):
            channels = CHANNELS if len(self.conv_layers) else 1
            conv = nn.Conv1d(channels, CHANNELS, kernel, stride, bias=False)
            norm = {} if len(self.conv_layers) else {"layer_norm": nn.GroupNorm(CHANNELS, CHANNELS)}
            self.conv_layers.append(nn.ModuleDict({"conv": conv, **norm}))

    def forward(self, audio: Tensor) -> Tensor:
        x = audio[:, None]
        for layer in self.conv_layers:
            for part in layer.values():  # type: ignore[operator]  # a ModuleDict each, which ModuleList forgets
                x = part(x)
            x = functional.gelu(x)
        return x


class _Encoder(nn.Module):
    """`[batch, frames, width]` -> what enters the first layer and what leaves each, of that shape."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.pos_conv_embed = nn.ModuleDict({"conv": _Positions(shape.width)})
        self.layer_norm = nn.LayerNorm(shape.width)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self._norm_first = shape.norm_first

    def forward(self, x: Tensor) -> list[Tensor]:
        x = x + self.pos_conv_embed["conv"](x)
        states = [x if self._norm_first else self.layer_norm(x)]
        for layer in self.layers:
            states.append(layer(states[-1]))
        if self._norm_first:
            states[-1] = self.layer_norm(states[-1])
        return states


class _Positions(nn.Module):
    """A convolution over 128 frames in place of position embeddings.

    Its weight is published as a direction and, for each tap, a length (weight norm); torch has named the two
    differently over the years, so they are multiplied here.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(width))
        self.weight_g = nn.Parameter(torch.empty(1, 1, POSITION_KERNEL))
        self.weight_v = nn.Parameter(torch.empty(width, width // POSITION_GROUPS, POSITION_KERNEL))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight_v * (self.weight_g / self.weight_v.norm(dim=(0, 1), keepdim=True))
        x = functional.conv1d(
            x.transpose(1, 2), weight, self.bias, padding=POSITION_KERNEL // 2, groups=POSITION_GROUPS
        )
        return functional.gelu(x[..., :-1]).transpose(1, 2)  # an even kernel leaves one frame too many


class _Layer(nn.Module):
    """A transformer layer, its norms before or after attention and perceptron."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = _Attention(shape)
        self.layer_norm = nn.LayerNorm(shape.width)
        self.feed_forward = nn.ModuleDict(
            {
                "intermediate_dense": nn.Linear(shape.width, 4 * shape.width),
                "output_dense": nn.Linear(4 * shape.width, shape.width),
            }
        )
        self.final_layer_norm = nn.LayerNorm(shape.width)
        self._norm_first = shape.norm_first

    def forward(self, x: Tensor) -> Tensor:
        if self._norm_first:
            x = x + self.attention(self.layer_norm(x))
            return x + self._perceptron(self.final_layer_norm(x))
        x = self.layer_norm(x + self.attention(x))
        return torch.as_tensor(self.final_layer_norm(x + self._perceptron(x)))

    def _perceptron(self, x: Tensor) -> Tensor:
        hidden = functional.gelu(self.feed_forward["intermediate_dense"](x))
        return torch.as_tensor(self.feed_forward["output_dense"](hidden))


class _Attention(nn.Module):
    """Self-attention, written out: CUDA's fused kernels may leave float32."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.k_proj = nn.Linear(shape.width, shape.width)
        self.v_proj = nn.Linear(shape.width, shape.width)
        self.q_proj = nn.Linear(shape.width, shape.width)
        self.out_proj = nn.Linear(shape.width, shape.width)
        self._heads = shape.heads

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            project(x).unflatten(2, (self._heads, -1)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        weight = (q * q.shape[-1] ** -0.5 @ k.transpose(2, 3)).softmax(dim=-1)
        return torch.as_tensor(self.out_proj((weight @ v).transpose(1, 2).flatten(2)))


def _prepared(clip: NDArray[Any], normalise: bool) -> NDArray[np.float32]:
    audio = checked_clip(clip, "mert")
    if len(audio) < SHORTEST:
        raise ValueError(f"mert takes {SHORTEST} samples or more, got {len(audio)}: leave the clip out")
    if normalise:  # transformers' Wav2Vec2FeatureExtractor with do_normalize
        audio = (audio - audio.mean()) / np.sqrt(audio.var() + np.float32(1e-7))
    return audio


def _load(folder: Path, device: str) -> MertExtractor:
    """The network in a folder with config.json, preprocessor_config.json and the weights in either format."""
    shape, normalise = read_shape(folder)
    path = folder / "model.safetensors"
    if path.exists():
        state = read_safetensors(path)
    else:
        path = folder / "pytorch_model.bin"
        state = read_pickle(path)
    return MertExtractor(filled(lambda: Mert(shape), state, path), normalise, device)


def read_shape(folder: Path) -> tuple[Shape, bool]:
    """What the folder's two JSON files say: the shape, and whether a clip is brought to mean 0 and variance 1.

    ValueError for a setting of the MERT family that the published v1 models do not use.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        normalise = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))["do_normalize"]
        shape = Shape(
            config["num_hidden_layers"],
            config["hidden_size"],
            config["num_attention_heads"],
            bool(config["do_stable_layer_norm"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder} lacks MERT's settings ({error!r}): fetch it again") from error
    expected = {
        "conv_kernel": list(KERNELS),
        "conv_stride": list(STRIDES),
        "conv_dim": [CHANNELS] * len(KERNELS),
        "conv_bias": False,
        "feat_extract_norm": "group",
        "feat_proj_layer_norm": True,
        "feature_extractor_cqt": False,
        "deepnorm": False,
        "num_conv_pos_embeddings": POSITION_KERNEL,
        "num_conv_pos_embedding_groups": POSITION_GROUPS,
        "intermediate_size": 4 * shape.width,
        "layer_norm_eps": 1e-5,
    }
    for name, value in expected.items():
        if config.get(name, value) != value:
            raise ValueError(f"{path}: {name} is {config[name]!r}, only {value!r} is supported")
    return shape, bool(normalise)
