"""How fast M2UGen's decoding is: against itself without a cache, and against the memory that it has to read.

Both on random weights, which take the same time as trained ones.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sightsound.baselines.m2ugen import llama
from sightsound.baselines.m2ugen.llama import Llama

PROMPT = 64  # tokens
RANK = 16


class Decoding(NamedTuple):
    """What was measured."""

    cached_s: float
    """Seconds for all tokens with keys and values kept."""
    uncached_s: float
    """Seconds with the whole sequence run again for every token, as the authors' loop does."""
    same: bool
    """Whether both chose the same tokens."""

    @property
    def ratio(self) -> float:
        """Times as fast."""
        return self.uncached_s / self.cached_s


class _Random:
    """Stands in for a checkpoint's file: the published names, any shape, random weights made on the device."""

    def __init__(self, width: int, hidden: int, layers: int, vocabulary: int, dtype: torch.dtype) -> None:
        sizes = SimpleNamespace(
            width=width, hidden=hidden, rank=RANK, vocabulary=vocabulary, layers=layers, heads=max(width // 128, 1)
        )
        table = llama.published(sizes)
        self.shapes = {name: torch.Size(shape) for name, shape in table.items()}
        self.dtypes = dict.fromkeys(table, dtype)

    def __iter__(self) -> Any:
        return iter(self.shapes)

    def take(self, name: str, device: Any = "cpu", dtype: torch.dtype | None = None) -> Tensor:
        """See sightsound.baselines.parts.mapped.MappedFile."""
        shape = self.shapes[name]
        made = torch.empty(shape, dtype=dtype or self.dtypes[name], device=device)
        return made.normal_(std=shape[-1] ** -0.5) if len(shape) > 1 else made.fill_(1.0)


def random_llama(
    width: int,
    hidden: int,
    layers: int,
    vocabulary: int = 32008,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Llama:
    """LLaMA with adapters of that size; 4096, 11008, 32 is the published one. 18 layers at least."""
    file: Any = _Random(width, hidden, layers, vocabulary, dtype)
    return Llama(file, device)


def decode_ratio(width: int = 128, layers: int = 20, tokens: int = 512) -> Decoding:
    """One example's greedy tokens on the CPU, first with and then without a cache."""
    torch.manual_seed(0)
    model = random_llama(width, 3 * width, layers, vocabulary=1000)
    started = time.perf_counter()
    kept = _greedy(model, tokens, cached=True)
    between = time.perf_counter()
    again = _greedy(model, tokens, cached=False)
    return Decoding(between - started, time.perf_counter() - between, kept == again)


@torch.inference_mode()
def _greedy(model: Llama, count: int, cached: bool) -> list[int]:
    """The loop of baselines.m2ugen.decoding without its tokenizer, so that random tokens end nothing."""
    ids = torch.arange(PROMPT)[None] + 3
    adapters = model.adapters([None] * 3)
    cache = model.cache([PROMPT], PROMPT + count)
    logits, _ = model(ids, cache, adapters, PROMPT)
    for end in range(PROMPT + 1, PROMPT + count):
        chosen = logits.argmax(-1, keepdim=True)
        ids = torch.cat([ids, chosen], dim=1)
        if cached:
            logits, _ = model(chosen, cache, adapters, end)
        else:
            logits, _ = model(ids, model.cache([end], end), adapters, end)
    return [*ids[0, PROMPT:].tolist(), int(logits.argmax())]


class Shape(NamedTuple):
    """Of a LLaMA with adapters."""

    name: str
    """For people."""
    width: int
    hidden: int
    layers: int
    vocabulary: int


SEVEN_B = Shape("LLaMA-7B", width=4096, hidden=11008, layers=32, vocabulary=32008)
"""As M2UGen's is published."""
TINY = Shape("LLaMA of 18 layers x 128", width=128, hidden=256, layers=18, vocabulary=1000)


class Bandwidth(NamedTuple):
    """Decoding against the memory that it must read."""

    tokens_a_second: float
    """Of all examples together."""
    times: float
    """Seconds of a step, as a multiple of what reading the matrices once takes at the speed of a copy."""


@torch.inference_mode()
def bandwidth(shape: Shape, device: str, batch: int = 1, tokens: int = 256) -> Bandwidth:
    """Greedy tokens after a prompt of PROMPT, bfloat16 on CUDA, else float32. Steps are recorded on CUDA."""
    from sightsound.baselines.m2ugen.decoding import steps

    place = torch.device(device)
    dtype = torch.bfloat16 if place.type == "cuda" else torch.float32
    model = random_llama(shape.width, shape.hidden, shape.layers, shape.vocabulary, device, dtype)
    columns = PROMPT + tokens + 1
    ids = torch.randint(3, shape.vocabulary, (batch, PROMPT), device=place)
    adapters, cache = model.adapters([None] * 3), model.cache([PROMPT] * batch, columns)
    logits, _ = model(ids, cache, adapters, PROMPT)
    step = steps(model, cache, adapters, columns, recorded=True)
    logits, _ = step(logits.argmax(-1, keepdim=True), PROMPT + 1)
    _settle(place)
    started = time.perf_counter()
    for end in range(PROMPT + 2, PROMPT + tokens + 1):
        logits, _ = step(logits.argmax(-1, keepdim=True), end)
    _settle(place)
    step_s = (time.perf_counter() - started) / (tokens - 1)
    matrices = [matrix for layer in model.layers for matrix, _ in (layer.qkv, layer.out, layer.up, layer.down)]
    weights = sum(matrix.numel() * matrix.element_size() for matrix in (*matrices, model.output))
    return Bandwidth(batch / step_s, step_s * _bytes_a_second(place) / weights)


def _bytes_a_second(device: torch.device) -> float:
    """How fast the device copies 4 GB, a CPU 64 MB, which few caches hold: bytes read and written."""
    size = 4 << 30 if device.type == "cuda" else 64 << 20
    source, target = (torch.zeros(size, dtype=torch.uint8, device=device) for _ in range(2))
    times = []
    for _ in range(5):
        _settle(device)
        started = time.perf_counter()
        target.copy_(source)
        _settle(device)
        times.append(time.perf_counter() - started)
    return 2 * size / min(times)


def _settle(device: torch.device) -> None:
    """Wait until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
