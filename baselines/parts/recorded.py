"""A decoding step of fixed shapes that is recorded once on CUDA and played back.

A step of a language model is a thousand small kernels; started one by one from Python they take longer than the
weights take to be read. A CUDA graph starts them all at once, if shapes and places in memory stay the same from
step to step: so keys and values lie in a cache of fixed size (a static one), and where the step is stands in a
tensor. Masked columns of such a cache change a result by rounding at most.

On a CPU nothing is gained and nothing recorded, but the same code runs: inputs are copied into one place, and the
results of a step lie where those of the one before it lay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Step = Callable[[Tensor], tuple[Tensor, ...]]


def pays(device: torch.device) -> bool:
    """Whether steps are worth recording there."""
    return device.type == "cuda"


class Recorded:
    """`step` for inputs like `given`. What it returns is overwritten by the next call."""

    def __init__(self, step: Step, given: Tensor, state: Sequence[Tensor]) -> None:
        """`state`: tensors that the step reads and moves on, such as how much of a cache is filled; recording puts
        them back. What else a step writes it must write again when it is played back, as a cache's next column."""
        self._step, self._given = step, given.clone()
        self._graph: torch.cuda.CUDAGraph | None = None
        self._made: tuple[Tensor, ...] | None = None
        if given.is_cuda:
            self._record(state)

    def __call__(self, given: Tensor) -> tuple[Tensor, ...]:
        """The step's results for an input of the same shape."""
        self._given.copy_(given)
        if self._graph is not None:
            self._graph.replay()
        elif self._made is None:
            self._made = self._step(self._given)
        else:
            for place, value in zip(self._made, self._step(self._given), strict=True):
                place.copy_(value)
        assert self._made is not None
        return self._made

    def _record(self, state: Sequence[Tensor]) -> None:
        before = [each.clone() for each in state]

        def put_back() -> None:
            for each, value in zip(state, before, strict=True):
                each.copy_(value)

        here = torch.cuda.current_stream(self._given.device)
        side = torch.cuda.Stream(self._given.device)
        side.wait_stream(here)
        with torch.cuda.stream(side):  # what is done once, such as the choice of kernels, is not recorded
            self._step(self._given)
        here.wait_stream(side)
        put_back()
        self._graph = torch.cuda.CUDAGraph()
        # another thread may be at work on the card meanwhile: what it does is no part of the recording
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._made = self._step(self._given)
        put_back()
