"""From clips to batches and back: what every network here does around its forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from sightsound.metrics.networks.extractor import Features

Network = TypeVar("Network", bound=torch.nn.Module)


def checked_clip(clip: NDArray[Any], name: str) -> NDArray[np.float32]:
    """A mono clip `[samples]` as float32. ValueError if it is empty, not mono or not finite."""
    audio = np.asarray(clip, dtype=np.float32)
    if audio.ndim != 1:
        raise ValueError(f"{name} takes mono clips [samples], got the shape {audio.shape}: mix it down first")
    if audio.size == 0:
        raise ValueError(f"{name} got an empty clip: leave it out")
    if not np.isfinite(audio).all():
        raise ValueError(f"{name} got a clip with NaN or infinite samples: leave it out")
    return audio


def checked_text(text: Any, name: str) -> str:
    """The text. ValueError if it is none, or has no word."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} takes a text of at least one word, got {text!r}: leave it out")
    return text


def run_batches(
    forward: Callable[[torch.Tensor], dict[str, torch.Tensor]],
    items: Sequence[NDArray[Any]],
    batch: int,
    device: str,
) -> list[Features]:
    """Run `forward` over the rows of all items, `batch` rows at a time whatever item they come from.

    `items`: one array `[rows, ...]` a clip, rows of one shape; a strided view is copied only batch by batch.
    `forward`: takes `[batch, ...]` on the device, gives outputs `[batch, dim]`. The last batch is filled up
    with zeros: a kernel is chosen by the size of the batch, and another kernel rounds differently.
    Returns one dict of `[rows, dim]` float32 arrays for each item.
    """
    if not items:
        return []
    rows = (row for item in items for row in item)
    parts: dict[str, list[torch.Tensor]] = {}
    with torch.inference_mode(), full_precision():
        while chunk := list(islice(rows, batch)):
            full = np.zeros((batch, *chunk[0].shape), dtype=chunk[0].dtype)
            np.stack(chunk, out=full[: len(chunk)])
            for name, value in forward(_sent(full, device)).items():
                parts.setdefault(name, []).append(value[: len(chunk)].float())
    ends = np.cumsum([len(item) for item in items])[:-1]
    # a card is asked once, at the end: until then it works while the next batch is put together
    whole = {name: torch.cat(values).cpu().numpy() for name, values in parts.items()}
    split = {name: np.split(values, ends) for name, values in whole.items()}
    return [{name: values[i] for name, values in split.items()} for i in range(len(items))]


def _sent(rows: NDArray[Any], device: str) -> torch.Tensor:
    """The rows on the device; a card copies them while the next ones are put together."""
    tensor = torch.from_numpy(rows)
    if not device.startswith("cuda"):
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def channels_last(network: Network, device: str) -> Network:
    """The network on the device, ready to run, in the memory format in which small convolutions are faster."""
    network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    return network.eval()


@contextmanager
def one_thread() -> Iterator[None]:
    """Work with one thread on a CPU: where several would wait for one another, or would give other digits, as
    oneDNN cuts the sums of 1 x 1 convolutions by their number (docs/determinism.md)."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def in_threads(
    forward: Callable[[torch.Tensor], torch.Tensor], parts: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """`forward` of each part in inference, on a CPU: as many at once as torch has threads, each on one of them.

    For a forward pass of many short steps: where all threads share each step, they wait for one another after
    each, and for whatever else has the processor.
    """
    threads = min(torch.get_num_threads(), len(parts))
    if threads < 2:
        return [forward(part) for part in parts]

    def alone(part: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():  # is of a thread
            return forward(part)

    with one_thread(), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(alone, parts))


@contextmanager
def full_precision() -> Iterator[None]:
    """Keep CUDA's convolutions and matrix products in float32: TF32 moves a feature by about 1e-3."""
    matmul = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = matmul
