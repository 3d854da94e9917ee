"""Winograd's convolutions against torch's in float64: digits, company, threads, and which layers take them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sightsound.metrics.networks.common import winograd
from sightsound.metrics.networks.common.winograd import TILES, Winograd


def conv(inputs, outputs, bias=True):
    torch.manual_seed(0)
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)


def pictures(*shape):
    made = torch.randn(shape, generator=torch.Generator().manual_seed(1)).relu()
    return made.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def off(found, layer, x):
    """The largest difference from the sum in float64, as a share of the largest output."""
    wanted = nn.functional.conv2d(x.double(), layer.weight.double(), layer.bias.double(), padding=1)
    assert found.shape == wanted.shape and found.dtype == torch.float32
    return float((found - wanted).abs().max() / wanted.abs().max())


@given(
    size=st.sampled_from([2, 4]), batch=st.integers(1, 5), height=st.integers(1, 70), width=st.integers(1, 30)
)  # images that are no multiple of a tile, many to a chunk and many chunks to an image
@settings(max_examples=40, deadline=None)
@torch.inference_mode()
def test_equals_the_sum_in_float64(size, batch, height, width):
    layer, x = conv(8, 5), pictures(batch, 8, height, width)
    assert off(Winograd(layer, size)(x), layer, x) < 3e-6


@pytest.mark.parametrize(("size", "share"), [(4, 3e-6), (2, 1e-6)])
@torch.inference_mode()
def test_loses_few_digits_with_many_channels(size, share):
    layer, x = conv(512, 64), pictures(4, 512, 12, 8)
    assert off(Winograd(layer, size)(x), layer, x) < share


def test_the_usual_points_would_lose_more(monkeypatch):
    monkeypatch.setitem(winograd.POINTS, 4, tuple(map(winograd.Fraction, (0, 1, -1, 2, -2))))
    layer, x = conv(512, 64), pictures(4, 512, 12, 8)
    with torch.inference_mode():
        assert 4e-6 < off(Winograd(layer)(x), layer, x) < 2e-5  # right all the same


def test_the_transforms_are_exact():
    """A filter of one tap hands its input on; in fractions of two no digit is lost."""
    for size, points in winograd.POINTS.items():
        into, weights, back = winograd.transforms(size)
        assert into.shape == (len(points) + 1, size + 2)
        for tap in range(3):
            taken = back @ torch.diag(weights[:, tap]) @ into
            torch.testing.assert_close(taken, torch.eye(size + 2).double()[tap : tap + size], rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("down", "across"), [(1, 1), (2, 3), (TILES, 2)]
)  # tiles: less than a kernel takes, several pictures to a chunk, several chunks to a picture
@torch.inference_mode()
def test_a_picture_has_the_same_bits_in_any_company_and_by_any_number_of_threads(down, across):
    x, layer = pictures(19, 64, 4 * down - 1, 4 * across), Winograd(conv(64, 64))
    together = layer(x)
    for some in (slice(0, 3), slice(5, 19), slice(18, 19)):
        assert torch.equal(layer(x[some]), together[some])
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            assert torch.equal(layer(x), together)
    finally:
        torch.set_num_threads(before)


def test_takes_only_what_it_can_and_where_it_pays():
    plain = {"kernel_size": 3, "padding": 1}
    network = nn.ModuleDict(
        {
            "taken": nn.Conv2d(64, 64, **plain),
            "large": nn.Conv2d(512, 1024, **plain),
            "few": nn.Conv2d(1, 64, **plain),
            "strided": nn.Conv2d(64, 64, **plain, stride=2),
            "grouped": nn.Conv2d(64, 64, **plain, groups=2),
            "bare": nn.Conv2d(64, 64, 3),
            "wide": nn.Conv2d(64, 64, 5, padding=1),
            "within": nn.Sequential(nn.Conv2d(64, 128, **plain, bias=False)),
        }
    )
    winograd.replace(network)
    winograd.replace(network)  # once more changes nothing
    found = {name for name, module in network.named_modules() if isinstance(module, Winograd)}
    assert found == {"taken", "large", "within.0"}
    assert len(network["taken"].weight) == 36 and len(network["large"].weight) == 16
