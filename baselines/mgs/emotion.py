"""The emotion of a painting: ResNet-50, two bidirectional GRUs and attention over a sequence of one step.

Architecture and preprocessing of the authors' notebook (hisariyatani123/My-Projects at 20c2598d, main.ipynb);
names of the weights as its `state_dict` has them, ResNet-50's as torchvision publishes them. Their validation
accuracy is 55.5 %: nearly every second new painting gets a wrong word. Of the test list, four fifths of which it
was trained on, 110 of 117 got the right one (docs/models/mgs.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from sightsound.metrics.networks.common.checkpoint import filled, read_safetensors

EMOTIONS = ("angry", "fun", "happy", "neutral", "sad")
"""Class names in the order of the training folders, which are read by name."""
SIDE = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BATCH = 32
LAYERS = (3, 4, 6, 3)  # blocks of ResNet-50's four stages


class Emotions:
    """The likeliest emotion of each picture."""

    def __init__(self, device: str, folder: Path, layers: Sequence[int] = LAYERS) -> None:
        path = folder / "ResNet.safetensors"
        self.device = torch.device(device)
        self.network = filled(lambda: EmotionNetwork(layers), read_safetensors(path), path).to(self.device)

    @torch.inference_mode()
    def name(self, pictures: Sequence[NDArray[np.uint8]]) -> list[str]:
        """One of EMOTIONS for each RGB picture `[height, width, 3]`."""
        names: list[str] = []
        for start in range(0, len(pictures), BATCH):
            batch = np.stack([pixels(picture) for picture in pictures[start : start + BATCH]])
            logits = self.network(torch.from_numpy(batch).to(self.device))
            names += [EMOTIONS[index] for index in logits.argmax(1).tolist()]
        return names


def pixels(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`[3, 224, 224]`: the whole picture to the square, bilinear, normalised as ImageNet's are."""
    small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    mean, std = np.array(MEAN, np.float32), np.array(STD, np.float32)
    values: NDArray[np.float32] = (np.asarray(small, np.float32) / np.float32(255) - mean) / std
    return values.transpose(2, 0, 1)


class EmotionNetwork(nn.Module):
    """Pictures `[batch, 3, height, width]` -> logits `[batch, 5]`. Its dropout plays no part here."""

    def __init__(self, layers: Sequence[int] = LAYERS) -> None:
        super().__init__()
        self.resnet = ResNet(layers)
        self.gru1 = nn.GRU(2048, 256, batch_first=True, bidirectional=True)
        self.gru2 = nn.GRU(512, 128, batch_first=True, bidirectional=True)
        self.attention = nn.MultiheadAttention(256, 4)
        self.fc1 = nn.Linear(256, 128)
        self.fc2 = nn.Linear(128, len(EMOTIONS))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits."""
        sequence = self.resnet(pictures)[:, None]
        sequence = self.gru2(self.gru1(sequence)[0])[0].transpose(0, 1)
        attended, _ = self.attention(sequence, sequence, sequence)
        logits: Tensor = self.fc2(self.fc1(attended[0]))  # no activation between: so it was trained
        return logits


class ResNet(nn.Module):
    """ResNet with bottlenecks (He et al. 2016), stride in the 3 x 3 convolution as torchvision's has it, without
    the classifier: `[batch, 2048]`."""

    def __init__(self, layers: Sequence[int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, layers[0], 1)
        self.layer2 = _stage(256, 128, layers[1], 2)
        self.layer3 = _stage(512, 256, layers[2], 2)
        self.layer4 = _stage(1024, 512, layers[3], 2)

    def forward(self, x: Tensor) -> Tensor:
        """Mean over the last map."""
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 3, stride=2, padding=1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean((2, 3))


class _Bottleneck(nn.Module):
    def __init__(self, wide: int, narrow: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(wide, narrow, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(narrow)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(narrow)
        self.conv3 = nn.Conv2d(narrow, 4 * narrow, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * narrow)
        if stride > 1 or wide != 4 * narrow:
            self.downsample = nn.Sequential(
                nn.Conv2d(wide, 4 * narrow, 1, stride=stride, bias=False), nn.BatchNorm2d(4 * narrow)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        y = self.bn3(self.conv3(y))
        beside: Tensor = self.downsample(x) if hasattr(self, "downsample") else x
        return (y + beside).relu()


def _stage(wide: int, narrow: int, blocks: int, stride: int) -> nn.Sequential:
    rest: list[Any] = [_Bottleneck(4 * narrow, narrow, 1) for _ in range(blocks - 1)]
    return nn.Sequential(_Bottleneck(wide, narrow, stride), *rest)
