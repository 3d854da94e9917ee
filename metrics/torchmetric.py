"""Any metric as a `torchmetrics.Metric`, for a training loop: update with batches of features, then compute.

In a module of its own because scoring needs neither torch nor torchmetrics.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from sightsound.metrics.card import MetricCard
from sightsound.metrics.rows import Rows

AXES = 3  # of a clip's row, at most; a row of fewer has -1 in their place, so that every process has one width
Batch = Sequence[Tensor] | Tensor


class AsTorchMetric(Metric):
    """The metric of a card over the card's own `statistics` and `aggregate`.

    A side's state is its rows, laid end to end, and each row's shape: rows of clips of different lengths
    concatenate, so states of several processes merge. Memory grows with the rows, not with the audio.

    >>> from sightsound.metrics.cards import METRICS
    >>> fad = AsTorchMetric(METRICS["fad_vggish"])
    >>> for batch in torch.tensor([[[0.0], [2.0]], [[4.0], [6.0]]]):  # embeddings `[clips, dim]`
    ...     fad.update(batch, batch + 3)  # generated, reference
    >>> fad.compute()
    tensor(9., dtype=torch.float64)
    """

    is_differentiable = False
    full_state_update = False

    def __init__(self, card: MetricCard, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.card = card
        module = import_module(card.module)
        self._statistics: Callable[..., Rows] = partial(module.statistics, **card.options)
        self._aggregate: Callable[..., float] = partial(module.aggregate, **card.aggregate_options)
        self._sides = ("", "reference_") if card.kind == "two_sets" else ("",)
        for side in self._sides:
            self.add_state(f"{side}values", default=[], dist_reduce_fx="cat")
            self.add_state(f"{side}shapes", default=[], dist_reduce_fx="cat")
        # A MetricCollection takes metrics with equal states for one, and two guards are both 0 at first. What the
        # rows are made of is a state too: only metrics that aggregate the same rows share them.
        made_of = repr((card.module, sorted(card.options.items()), card.needs)).encode()
        digest = torch.tensor(list(hashlib.sha256(made_of).digest()))
        self.add_state("made_of", default=digest, dist_reduce_fx="max")

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override]  # the card decides, not the class
        """Direction, from the card."""
        return self.card.higher_is_better

    def update(self, *features: Batch, real: bool | None = None) -> None:
        """Add a batch: one argument for each feature that `statistics` takes, in the order of `card.needs`.

        Each is a sequence over clips of `[frames, dim]` or a tensor `[clips, frames, dim]` or `[clips, dim]`.
        two_sets: generated, reference, either may be empty; or one of them with `real`, True for the reference.
        single: nothing is read with `real=True`. ranked: one tensor of scores `[clips, systems]`.
        """
        if self.card.kind == "ranked":
            (scores,) = features
            self._add("", self._statistics(_array(scores)))
        elif self.card.kind == "two_sets":
            for side, batch in self._by_side(features, real):
                if len(batch):
                    self._add(side, self._statistics(_clips(batch)))
        elif self.card.kind == "paired" and real is not None:
            raise ValueError(f"{self.card.name} compares clip by clip: give both sides together, without real=")
        elif not real:
            self._add("", self._statistics(*map(_clips, features)))

    def _by_side(self, features: Sequence[Batch], real: bool | None) -> list[tuple[str, Batch]]:
        """The batches of a distance between two sets, with the sides that they belong to."""
        if len(features) != (2 if real is None else 1):
            raise ValueError(
                f"{self.card.name} takes two sides, generated and reference, or one with real=True or real=False; "
                f"it got {len(features)} and real={real}"
            )
        return list(zip(self._sides if real is None else [self._sides[real]], features, strict=True))

    def compute(self) -> Tensor:
        """The value so far, float64; one for each system when ranked. NaN, with a warning, for too few clips."""
        sides = [self._rows(side) for side in self._sides]
        if (few := min(map(len, sides))) < max(self.card.min_clips, 1):
            warnings.warn(f"{self.card.name} needs {self.card.min_clips} clips, has {few}", stacklevel=2)
            return torch.tensor(torch.nan, dtype=torch.float64)
        if self.card.kind == "ranked":
            rows = sides[0]
            values = [self._aggregate(column, np.ones(len(rows))) for column in rows.T]
            return torch.tensor(values, dtype=torch.float64)
        arguments = [part for rows in sides for part in (rows, np.ones(len(rows)))]
        return torch.tensor(self._aggregate(*arguments), dtype=torch.float64)

    def plot(self, val: Any = None, ax: Any = None) -> Any:
        """Figure and axes of a value, or of a list of values over steps; without one, of `compute`.

        ModuleNotFoundError where matplotlib is not installed.
        """
        axes: Any
        figure, axes = self._plot(val, ax)
        axes.set(title=self.card.name, ylabel="")  # torchmetrics writes the name of the class
        return figure, axes

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Gather the rows of all processes. One that has seen nothing takes part with rows of length 0."""
        for side in self._sides:
            if not len(getattr(self, f"{side}shapes")):
                self._add(side, np.empty((0,)))
        super().sync(*args, **kwargs)

    def _add(self, side: str, rows: Rows) -> None:
        flat = torch.from_numpy(rows.reshape(-1)).to(self.device)
        axes = rows.ndim - 1
        shapes = torch.tensor([[*row.shape, *[-1] * (AXES - axes)] for row in rows], dtype=torch.int64)
        getattr(self, f"{side}values").append(flat)
        getattr(self, f"{side}shapes").append(shapes.reshape(len(rows), AXES).to(self.device))

    def _rows(self, side: str) -> Rows:
        """All rows of a side, padded with NaN to the longest."""
        if not len(getattr(self, f"{side}shapes")):
            return np.empty(0)
        values = dim_zero_cat(getattr(self, f"{side}values")).cpu().numpy()
        padded = dim_zero_cat(getattr(self, f"{side}shapes")).cpu().numpy()
        if not len(padded):
            return np.empty(0)
        shapes = padded[:, : (padded[0] >= 0).sum()]
        rows = np.full((len(shapes), *shapes.max(axis=0)), np.nan)
        ends = np.cumsum([0, *(prod(shape) for shape in shapes.tolist())])
        for clip, (shape, (start, end)) in enumerate(zip(shapes.tolist(), pairwise(ends), strict=True)):
            here: tuple[int | slice, ...] = (clip, *(slice(length) for length in shape))
            rows[here] = values[start:end].reshape(shape)
        return rows


def _clips(batch: Iterable[Tensor] | Tensor) -> list[Rows]:
    """Each clip's features as `[frames, dim]`; a clip of one frame may come as `[dim]`."""
    return [np.atleast_2d(_array(clip)) for clip in batch]


def _array(values: Any) -> Rows:
    tensor = values.detach().cpu() if isinstance(values, Tensor) else torch.as_tensor(values)
    return tensor.to(torch.float64).numpy()
