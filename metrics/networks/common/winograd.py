"""3 x 3 convolutions on a CPU with fewer multiplications, by Winograd's minimal filtering.

A tile of 4 x 4 outputs takes 36 multiplications a pair of channels instead of 144 (F(4 x 4, 3 x 3) of Lavin and
Gray 2016, arXiv:1509.09308). Tiles of 6 x 6 inputs and the weights are transformed, multiplied point by point,
which over all channels is 36 matrix products, and transformed back. oneDNN's direct convolutions work at the
processor's peak already, so that nothing else makes them faster.

Digits are lost by the points at which the polynomials are evaluated (Barabasz et al. 2020, arXiv:1803.10986). With
the usual 0, 1, -1, 2, -2 a sum is off by up to seven millionths of the largest, with those below by two.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import torch
from torch import Tensor, nn

TAPS = 3
POINTS = {
    4: (Fraction(0), Fraction(3, 4), Fraction(-3, 4), Fraction(3, 2), Fraction(-3, 2)),
    2: (Fraction(0), Fraction(1), Fraction(-1)),
}
"""Outputs of a tile, one way -> points beside infinity."""
FEWEST = 64  # channels
LARGEST = 512 * 512  # channels in times out, for tiles of 4 x 4
TILES = 96  # in one product: what lies between the steps then stays in a core's cache
LEAST = 8  # tiles in one product, filled up: with fewer than 4 rows MKL takes another kernel


class Winograd(nn.Module):
    """In the place of an `nn.Conv2d` of 3 x 3, stride 1 and padding 1, in inference.

    `[batch, in, height, width]` -> `[batch, out, height, width]`, float32, channels last.
    """

    weight: Tensor
    bias: Tensor
    into: Tensor
    back: Tensor

    def __init__(self, conv: nn.Conv2d, size: int = 4) -> None:
        """`size`: outputs of a tile either way, 4 or 2."""
        super().__init__()
        self._size = size
        into, weights, back = transforms(size)
        made = conv.weight.new_empty(len(into) ** 2, conv.in_channels, conv.out_channels)
        for some, of in zip(made.split(64, dim=1), conv.weight.detach().split(64, dim=1), strict=True):
            some.copy_(torch.einsum("ik,ockl,jl->ijco", weights, of.double(), weights).flatten(0, 1))
        bias = made.new_zeros(conv.out_channels) if conv.bias is None else conv.bias.detach()
        self.register_buffer("weight", made)  # [36, in, out] with tiles of 4
        self.register_buffer("bias", bias)
        self.register_buffer("into", torch.kron(into, into).float())  # [36, 36]
        self.register_buffer("back", torch.kron(back, back).float())  # [16, 36]

    def forward(self, x: Tensor) -> Tensor:
        size, points, outputs = self._size, len(self.into), len(self.bias)
        batch, channels, height, width = x.shape
        down, across = -(-height // size), -(-width // size)  # tiles
        images, rows = _chunk(batch, down, across)
        # all chunks have one size, the last one filled up with what was there: kernels are chosen by the size
        part = x.new_zeros(images, rows * size + 2, across * size + 2, channels)
        tiles = part.unfold(1, size + 2, size).unfold(2, size + 2, size).permute(4, 5, 0, 1, 2, 3)
        taken = x.new_empty(tiles.shape)
        moved = x.new_empty(points, images * rows * across, channels)
        product = x.new_empty(points, images * rows * across, outputs)
        made = x.new_empty(size, size, images, rows, across, outputs)
        out = x.new_empty(batch, down, size, across, size, outputs)
        x = x.permute(0, 2, 3, 1)
        for image in range(0, batch, images):
            some = x[image : image + images]
            for row in range(0, down, rows):
                first = row * size - 1
                top, bottom = max(first, 0), min(first + part.shape[1], height)
                part[:, : top - first] = 0
                part[: len(some), top - first : bottom - first, 1 : width + 1] = some[:, top:bottom]
                part[:, bottom - first :] = 0
                taken.copy_(tiles)
                torch.mm(self.into, taken.view(points, -1), out=moved.view(points, -1))
                torch.bmm(moved, self.weight, out=product)
                torch.mm(self.back, product.view(points, -1), out=made.view(size * size, -1))
                there = out[image : image + images, row : row + rows]
                found = made[:, :, : there.shape[0], : there.shape[1]].permute(2, 3, 0, 4, 1, 5)
                torch.add(found, self.bias, out=there)
        whole = out.view(batch, down * size, across * size, outputs)[:, :height, :width]
        return whole.permute(0, 3, 1, 2)


def _chunk(batch: int, down: int, across: int) -> tuple[int, int]:
    """Images, and rows of tiles of each, that make about TILES: whole images, or a strip of one."""
    whole = down * across
    if whole <= TILES:
        return max(min(batch, TILES // whole), -(-LEAST // whole)), down
    strips = -(-whole // TILES)
    return 1, -(-down // strips)


def replace(network: nn.Module) -> None:
    """Put Winograd in the place of the network's convolutions where it is faster on a CPU.

    With fewer than 64 channels the transforms take longer than what they spare. Weights of more than 512 x 512
    channels do not stay in a cache, so that the fewer ones of tiles of 2 x 2 are as fast.
    """
    for parent in list(network.modules()):
        for name, conv in parent.named_children():
            if isinstance(conv, nn.Conv2d) and _fits(conv) and min(conv.in_channels, conv.out_channels) >= FEWEST:
                small = conv.in_channels * conv.out_channels <= LARGEST
                setattr(parent, name, Winograd(conv, 4 if small else 2))


def _fits(conv: nn.Conv2d) -> bool:
    shape = conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups
    return shape == ((TAPS, TAPS), (1, 1), (1, 1), (1, 1), 1)


def transforms(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Matrices of the inputs `[n, n]`, weights `[n, 3]` and outputs `[size, n]` of a tile, n = size + 2, float64.

    By Toom and Cook: a row for each point p, and one for infinity. The weights are a polynomial, which is
    evaluated at p; the inputs are weighed by the polynomial that is 0 at the other points; an output is the sum
    of the products times powers of p.
    """
    points = POINTS[size]
    inputs, weights = [], []
    for p in points:
        others = [q for q in points if q != p]
        inputs.append([*_polynomial(others), Fraction(0)])
        height = prod(p - q for q in others)
        weights.append([p**power / height for power in range(TAPS)])
    inputs.append(_polynomial(points))
    weights.append([Fraction(power == TAPS - 1) for power in range(TAPS)])
    outputs = [[*(p**power for p in points), Fraction(power == size - 1)] for power in range(size)]
    into, filters, back = (
        torch.tensor([[float(number) for number in row] for row in matrix], dtype=torch.float64)
        for matrix in (inputs, weights, outputs)
    )
    return into, filters, back


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients of the product of all x - root, that of the lowest power first."""
    found = [Fraction(1)]
    for root in roots:
        found = [up - root * same for up, same in zip([Fraction(0), *found], [*found, Fraction(0)], strict=True)]
    return found
