"""Sampling inside a batch with a seed of its own for each example.

`generate` of transformers draws from one generator for the whole batch, so that an example's result would depend
on its neighbours. Here a logits processor makes the draw instead, by the Gumbel-max identity: the arg max of
log p + g with g standard Gumbel is an exact sample from p. `generate` is then run greedily over its choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor

_REJECTED = -1e9  # finite: the guidance step of MusicGen would turn the difference of two infinities into NaN


class SeededChoice(LogitsProcessor):
    """Replaces scores by the choice of one token a row: 0 for it, a large negative number for all others.

    `rows` is the number of rows of one example (4 codebooks for MusicGen, else 1). With `guidance` above 1 the
    scores hold the conditional rows and then the unconditional rows, and the choice is made from unconditional +
    guidance * (conditional - unconditional); both halves of the result are the same, which leaves the guidance
    step that `generate` itself adds afterwards without effect. `temperature` 0 chooses the likeliest token;
    `top_k` 0 keeps all tokens. With `top_p` below 1 a token is dropped when those that are likelier than it have
    more than this probability together.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        device: str | torch.device,
        temperature: float = 1.0,
        top_k: int = 0,
        rows: int = 1,
        guidance: float = 1.0,
        top_p: float = 1.0,
    ) -> None:
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
        self.temperature, self.top_k, self.rows, self.guidance = temperature, top_k, rows, guidance
        self.top_p = top_p

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """`scores` is `[examples * rows, tokens]`, or twice as many rows with guidance."""
        scores = self._guided(scores.float())
        result = torch.full_like(scores, _REJECTED).scatter_(1, self.choose(scores), 0.0)
        return torch.cat([result, result]) if self.guidance > 1 else result

    def pick(self, scores: torch.Tensor) -> torch.Tensor:
        """`choose` from scores that hold the unconditional rows too, where there is guidance."""
        return self.choose(self._guided(scores.float()))

    def _guided(self, scores: torch.Tensor) -> torch.Tensor:
        if self.guidance <= 1:
            return scores
        conditional, unconditional = scores.chunk(2)
        return unconditional + self.guidance * (conditional - unconditional)

    def choose(self, scores: torch.Tensor) -> torch.Tensor:
        """One sampled token a row, `[examples * rows, 1]`."""
        if self.temperature == 0:
            return scores.argmax(-1, keepdim=True)
        # Every example draws for every row and token at every step: its stream never depends on the others.
        shape = (self.rows, scores.shape[-1])
        draws = torch.cat([torch.empty(shape, device=scores.device).exponential_(generator=generator)
                           for generator in self.generators])  # fmt: skip
        gumbel = -draws.clamp_min(torch.finfo(torch.float32).tiny).log()
        scores = scores / self.temperature
        if 0 < self.top_k < scores.shape[-1]:
            scores = scores.masked_fill(scores < scores.topk(self.top_k).values[:, -1:], -torch.inf)
        if self.top_p < 1:
            likeliest, order = scores.softmax(-1).sort(dim=-1, descending=True)
            above = likeliest.cumsum(-1) - likeliest
            scores = scores.masked_fill((above > self.top_p).gather(-1, order.argsort(-1)), -torch.inf)
        return (scores + gumbel).argmax(-1, keepdim=True)
