"""EfficientNet-Lite0: 1000 ImageNet classes and a 1280-d embedding of a picture.

Architecture after Tan & Le (arXiv:1905.11946) and its Lite variant without squeeze-and-excitation and with ReLU6
(github.com/tensorflow/tpu, models/official/efficientnet/lite/efficientnet_lite_builder.py), evaluation crop and
normalisation after the same repository's preprocessing.py and the builder's MEAN_RGB = 127, STDDEV_RGB = 128.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.batching import channels_last, one_thread, run_batches
from sightsound.metrics.networks.extractor import Features

SIZE = 224  # pixels
CROP = 224 / (224 + 32)  # of the shorter side
CLASSES = 1000
BATCH = {"cpu": 4, "cuda": 128}  # pictures in one forward pass
WEIGHTS = "efficientnet-lite0-57934424.pth"

# repeats, kernel, stride of the first, expansion, channels out
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def load(weights: Mapping[str, Path], device: str) -> EfficientNetExtractor:
    """The network, from the asset `efficientnet_lite0`. ValueError unless the file is its, key by key."""
    return EfficientNetExtractor(_network(weights["efficientnet_lite0"] / WEIGHTS), device)


def class_names(folder: Path) -> list[str]:
    """Names of the 1000 columns of `logits`, WordNet's synonyms of each as `tabby, tabby cat`.

    `folder`: the asset's, which has timm's `imagenet_synsets.txt` (one WordNet id a class, in order) and
    `imagenet_synset_to_lemma.txt` (id, tab, names). ValueError if a class has no name.
    """
    lines = (folder / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
    lemmas = dict(line.split("\t", 1) for line in lines if "\t" in line)
    synsets = (folder / "imagenet_synsets.txt").read_text(encoding="utf-8").split()
    if len(synsets) != CLASSES:
        raise ValueError(f"{folder}/imagenet_synsets.txt names {len(synsets)} classes, not 1000: fetch it again")
    if missing := [synset for synset in synsets if synset not in lemmas]:
        raise ValueError(f"{folder}/imagenet_synset_to_lemma.txt has no name for {missing[0]}: fetch it again")
    return [lemmas[synset] for synset in synsets]


class EfficientNetExtractor:
    """See Extractor. Takes uint8 RGB pictures `[height, width, 3]`."""

    def __init__(self, network: EfficientNetLite0, device: str) -> None:
        self._network = channels_last(network, device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 1280] and `logits` [1, 1000] of each picture."""
        pictures = [crop(picture)[None] for picture in clips]
        with one_thread():
            return run_batches(self._forward, pictures, self._batch, self._device)

    def _forward(self, pixels: Tensor) -> dict[str, Tensor]:
        embedding, logits = self._network((pixels.permute(0, 3, 1, 2).float() - 127) / 128)
        return {"embedding": embedding, "logits": logits}


def crop(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """The central square of 7/8 of the shorter side, bicubic to 224 x 224 with antialiasing: uint8.

    `[height, width, 3]` -> `[224, 224, 3]`. ValueError for anything but a uint8 RGB picture of at least one pixel.
    """
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise ValueError(
            f"efficientnet_lite0 takes uint8 RGB pictures [height, width, 3], got {picture.dtype} {picture.shape}"
        )
    height, width = picture.shape[:2]
    side = max(1, round(CROP * min(height, width)))
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(square.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


class EfficientNetLite0(nn.Module):
    """`[batch, 3, 224, 224]`, RGB in -1..1 -> embedding `[batch, 1280]` and logits `[batch, 1000]`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _ConvNorm(3, 32, 3, stride=2)
        blocks: list[nn.Module] = []
        channels = 32
        for repeats, kernel, stride, expansion, out in _STAGES:
            for i in range(repeats):
                blocks.append(_Block(channels, out, kernel, stride if i == 0 else 1, expansion))
                channels = out
        self.blocks = nn.Sequential(*blocks)
        self.top = _ConvNorm(channels, 1280, 1)
        self.head = nn.Linear(1280, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.blocks(functional.relu6(self.stem(x)))
        embedding = functional.relu6(self.top(x)).mean(dim=(2, 3))
        return embedding, self.head(embedding)


class _ConvNorm(nn.Module):
    """Convolution with TensorFlow's `same` padding, then batch norm."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out, eps=1e-3)
        total = kernel - stride  # every size here is a multiple of its stride
        self.pad = (total // 2, total - total // 2) * 2 if total > 0 else None

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x if self.pad is None else functional.pad(x, self.pad)))


class _Block(nn.Module):
    """Inverted residual: 1 x 1 up, depthwise, 1 x 1 down; added to its input where the shapes agree."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = _ConvNorm(channels, wide, 1) if expansion > 1 else None
        self.depthwise = _ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.project = _ConvNorm(wide, out, 1)
        self.residual = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.residual else y


# the published file's names -> ours
_OUTSIDE = {
    "_conv_stem": "stem.conv",
    "_bn0": "stem.norm",
    "_conv_head": "top.conv",
    "_bn1": "top.norm",
    "_fc": "head",
}
_IN_BLOCK = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}


def _our_name(name: str) -> str:
    """`_blocks.3._bn1.weight` -> `blocks.3.depthwise.norm.weight`. KeyError for a name that is not the file's."""
    parts = name.split(".")
    if parts[0] == "_blocks":
        return ".".join(["blocks", parts[1], _IN_BLOCK[parts[2]], *parts[3:]])
    return ".".join([_OUTSIDE[parts[0]], *parts[1:]])


# what torch's unpickler and load_state_dict raise for a file of another kind, cut short or of another network
_UNREADABLE = (
    *(pickle.UnpicklingError, struct.error, EOFError, RuntimeError),
    *(AttributeError, LookupError, TypeError, ValueError),
)


def _network(path: Path) -> EfficientNetLite0:
    """The network with a published file's weights. The asset pins its sha256; only tensors are unpickled."""
    network = EfficientNetLite0()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict({_our_name(name): value for name, value in state.items()}, strict=True)
    except _UNREADABLE as problem:
        reason = " ".join(str(problem).split())[:200] or type(problem).__name__
        raise ValueError(f"{path} is not the published EfficientNet-Lite0 ({reason}): fetch it again") from problem
    return network
