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


@torch.inference_mode()
def bandwidth_ratio(batch: int = 1, tokens: int = 256) -> tuple[float, float]:
    """On CUDA, with LLaMA-2 7B's shape in bfloat16: seconds a token, and how many times that is what reading the
    weights once takes at the speed at which the device copies 4 GB."""
    from sightsound.baselines.m2ugen.decoding import steps

    model = random_llama(4096, 11008, 32, device="cuda", dtype=torch.bfloat16)
    columns = PROMPT + tokens + 1
    ids = torch.randint(3, 1000, (batch, PROMPT), device="cuda")
    adapters, cache = model.adapters([None] * 3), model.cache([PROMPT] * batch, columns)
    logits, _ = model(ids, cache, adapters, PROMPT)
    step = steps(model, cache, adapters, columns)
    torch.cuda.synchronize()
    started = time.perf_counter()
    for end in range(PROMPT + 1, PROMPT + tokens + 1):
        logits, _ = step(logits.argmax(-1, keepdim=True), end)
    torch.cuda.synchronize()
    took_s = (time.perf_counter() - started) / tokens
    matrices = [matrix for layer in model.layers for matrix, _ in (layer.qkv, layer.out, layer.up, layer.down)]
    weights = sum(matrix.numel() * matrix.element_size() for matrix in (*matrices, model.output))
    return took_s, took_s / (weights / _bytes_a_second())


def _bytes_a_second(size: int = 4 << 30) -> float:
    source, target = (torch.empty(size, dtype=torch.uint8, device="cuda") for _ in range(2))
    times = []
    for _ in range(5):
        torch.cuda.synchronize()
        started = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return 2 * size / min(times)  # read and written
