"""The network of metrics/networks/image/inception.py, module names as in the published file.

As in torch-fidelity's and pytorch-fid's conversion of TensorFlow's graph, which departs from the paper (Szegedy et
al. 2016) where the graph does: averages leave out the padding, and the last block's pool branch takes the maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 1008


class _Conv(NamedTuple):
    """A convolution in a block: a stride of 1 keeps the size, a stride of 2 takes no padding."""

    name: str
    out: int
    kernel: int | tuple[int, int]
    stride: int = 1


_Pool = Callable[[Tensor], Tensor]
_Step = _Conv | _Pool | tuple[_Conv, _Conv]
"""A tuple: two convolutions side by side, their outputs one after another."""
_Branch = tuple[_Step, ...]


def _average(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def _maximum(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, stride=1, padding=1)


def _halved(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, stride=2)


def _a(pool: int) -> tuple[_Branch, ...]:
    return (
        (_Conv("branch1x1", 64, 1),),
        (_Conv("branch5x5_1", 48, 1), _Conv("branch5x5_2", 64, 5)),
        (_Conv("branch3x3dbl_1", 64, 1), _Conv("branch3x3dbl_2", 96, 3), _Conv("branch3x3dbl_3", 96, 3)),
        (_average, _Conv("branch_pool", pool, 1)),
    )


_B: tuple[_Branch, ...] = (
    (_Conv("branch3x3", 384, 3, stride=2),),
    (_Conv("branch3x3dbl_1", 64, 1), _Conv("branch3x3dbl_2", 96, 3), _Conv("branch3x3dbl_3", 96, 3, stride=2)),
    (_halved,),
)


def _c(inner: int) -> tuple[_Branch, ...]:
    return (
        (_Conv("branch1x1", 192, 1),),
        (_Conv("branch7x7_1", inner, 1), _Conv("branch7x7_2", inner, (1, 7)), _Conv("branch7x7_3", 192, (7, 1))),
        (
            _Conv("branch7x7dbl_1", inner, 1),
            _Conv("branch7x7dbl_2", inner, (7, 1)),
            _Conv("branch7x7dbl_3", inner, (1, 7)),
            _Conv("branch7x7dbl_4", inner, (7, 1)),
            _Conv("branch7x7dbl_5", 192, (1, 7)),
        ),
        (_average, _Conv("branch_pool", 192, 1)),
    )


_D: tuple[_Branch, ...] = (
    (_Conv("branch3x3_1", 192, 1), _Conv("branch3x3_2", 320, 3, stride=2)),
    (
        _Conv("branch7x7x3_1", 192, 1),
        _Conv("branch7x7x3_2", 192, (1, 7)),
        _Conv("branch7x7x3_3", 192, (7, 1)),
        _Conv("branch7x7x3_4", 192, 3, stride=2),
    ),
    (_halved,),
)


def _e(pool: _Pool) -> tuple[_Branch, ...]:
    return (
        (_Conv("branch1x1", 320, 1),),
        (
            _Conv("branch3x3_1", 384, 1),
            (_Conv("branch3x3_2a", 384, (1, 3)), _Conv("branch3x3_2b", 384, (3, 1))),
        ),
        (
            _Conv("branch3x3dbl_1", 448, 1),
            _Conv("branch3x3dbl_2", 384, 3),
            (_Conv("branch3x3dbl_3a", 384, (1, 3)), _Conv("branch3x3dbl_3b", 384, (3, 1))),
        ),
        (pool, _Conv("branch_pool", 192, 1)),
    )


_BLOCKS: dict[str, tuple[int, tuple[_Branch, ...]]] = {
    "Mixed_5b": (192, _a(32)),
    "Mixed_5c": (256, _a(64)),
    "Mixed_5d": (288, _a(64)),
    "Mixed_6a": (288, _B),
    "Mixed_6b": (768, _c(128)),
    "Mixed_6c": (768, _c(160)),
    "Mixed_6d": (768, _c(160)),
    "Mixed_6e": (768, _c(192)),
    "Mixed_7a": (768, _D),
    "Mixed_7b": (1280, _e(_average)),
    "Mixed_7c": (2048, _e(_maximum)),
}
"""Name -> channels in, branches."""


class InceptionV3(nn.Module):
    """`[batch, 3, 299, 299]`, RGB in -1..1 -> embedding `[batch, 2048]`, logits without bias `[batch, 1008]`."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _ConvNorm(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = _ConvNorm(32, 32, 3)
        self.Conv2d_2b_3x3 = _ConvNorm(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = _ConvNorm(64, 80, 1)
        self.Conv2d_4a_3x3 = _ConvNorm(80, 192, 3)
        for name, (channels, branches) in _BLOCKS.items():
            self.add_module(name, _Block(channels, branches))
        self.fc = nn.Linear(2048, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = _halved(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = _halved(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        for name in _BLOCKS:
            x = self.get_submodule(name)(x)
        embedding = x.mean(dim=(2, 3))
        return embedding, embedding @ self.fc.weight.T


class _ConvNorm(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(
        self,
        channels: int,
        out: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class _Block(nn.Module):
    """Branches over the same input, their outputs one after another."""

    def __init__(self, channels: int, branches: tuple[_Branch, ...]) -> None:
        super().__init__()
        self._branches = branches
        for branch in branches:
            width = channels
            for step in branch:
                convs = [step] if isinstance(step, _Conv) else step if isinstance(step, tuple) else []
                for conv in convs:
                    height, length = (conv.kernel,) * 2 if isinstance(conv.kernel, int) else conv.kernel
                    padding = (height // 2, length // 2) if conv.stride == 1 else 0
                    self.add_module(conv.name, _ConvNorm(width, conv.out, conv.kernel, conv.stride, padding))
                width = sum(conv.out for conv in convs) or width

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self._run(branch, x) for branch in self._branches], dim=1)

    def _run(self, branch: _Branch, x: Tensor) -> Tensor:
        for step in branch:
            if isinstance(step, _Conv):
                x = self.get_submodule(step.name)(x)
            elif isinstance(step, tuple):
                x = torch.cat([self.get_submodule(conv.name)(x) for conv in step], dim=1)
            else:
                x = step(x)
        return x
