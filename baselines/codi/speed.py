"""How much faster CoDi's UNet generates here than when it is computed as the authors' code does, in one run.

Nothing of theirs is needed: both sides are our network with random weights. The plain side makes one example at a
time, writes out the attention of all places to all, and computes queries and keys for the condition at every step,
though a condition is one vector and the answer always the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn import functional

from sightsound.baselines.codi import unet
from sightsound.baselines.codi.sampler import sample
from sightsound.baselines.codi.unet import Block, Heard, UNet

LATENT = (8, 256, 16)  # channels, frames, bands: 10.24 s
CONTEXT = 64
TARGET = 2.0


class Ratio(NamedTuple):
    """What was measured."""

    times: float
    """Processor time of the plain way by that of ours."""
    one_by_one: float
    """Processor time of ours one by one by that of ours in a batch: what batching itself gives."""
    apart: float
    """Largest difference between the latents, by the largest of them."""


def codi_ratio(examples: int = 2, width: int = 32, steps: int = 2) -> Ratio:
    """Latents of `examples` under guidance: ours in one batch, ours one by one, and the plain way one by one.

    Times are the process's, on one thread, so that a busy machine does not count.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(0)
            network = UNet(width, CONTEXT).eval()
            queries = {block: _Queries(block) for block in network.modules() if isinstance(block, Block)}
            noise, condition = torch.randn(examples, *LATENT), torch.randn(examples, CONTEXT)
            nothing = torch.randn(1, CONTEXT)

            def latents(size: int) -> Tensor:
                return torch.cat(
                    [
                        sample(network, some, told, nothing.expand_as(told), steps, 7.5)
                        for some, told in zip(noise.split(size), condition.split(size), strict=True)
                    ]
                )

            batch_s, ours = _timed(lambda: latents(examples))
            alone_s, _ = _timed(lambda: latents(1))
            with _plain(queries):
                plain_s, theirs = _timed(lambda: latents(1))
    finally:
        torch.set_num_threads(threads)
    return Ratio(plain_s / batch_s, alone_s / batch_s, float((ours - theirs).abs().max() / theirs.abs().max()))


class _Queries(nn.Module):
    """What the cross-attention of a block also has in the published network."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        width = block.norm1.normalized_shape[0]
        self.norm = nn.LayerNorm(width)
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(CONTEXT, width, bias=False)


@contextmanager
def _plain(queries: dict[Block, _Queries]) -> Iterator[None]:
    """Blocks that compute as the authors' do. What they are told of a condition is the condition itself."""

    def forward(block: Block, x: Tensor, heard: Tensor) -> Tensor:
        x = x + block.attn1(block.norm1(x))
        asking = queries[block]
        parts = asking.to_q(asking.norm(x)), asking.to_k(heard), block.attn2.to_v(heard)
        query, key, value = (part.unflatten(2, (unet.HEADS, -1)).transpose(1, 2) for part in parts)
        x = x + block.attn2.to_out(_written_out(query, key, value).transpose(1, 2).flatten(2))
        return x + block.ff(block.norm3(x))

    def hear(network: UNet, context: Tensor) -> Heard:
        return {block: context[:, None] for block in network.modules() if isinstance(block, Block)}

    with (
        mock.patch.object(Block, "forward", forward),
        mock.patch.object(UNet, "hear", hear),
        mock.patch.object(functional, "scaled_dot_product_attention", _written_out),
    ):
        yield


def _written_out(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    weights = (query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5).softmax(-1)
    return weights @ value


def _timed(make: Callable[[], Tensor]) -> tuple[float, Tensor]:
    started = time.process_time()
    made = make()
    return time.process_time() - started, made
