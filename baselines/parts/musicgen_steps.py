"""MusicGen's decoder a step at a time over a static cache, as transformers' own loop computes it.

What transformers does at every step in Python (masks, positions, a growing cache, 30 modules a layer) takes many
times what a card takes for the step. Here a step is one function of the tokens, which can be recorded
(baselines/parts/recorded.py); weights are the model's own. tests/baselines/test_recorded.py holds its logits and
its sound against transformers'. Copet et al., NeurIPS 2023, arXiv:2306.05284.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from sightsound.baselines.parts.recorded import Recorded

BLOCK = 256  # columns of the cache by which a step looks at more of it; each time it is recorded anew

Choose = Callable[[Tensor], Tensor]
"""Logits `[rows * books, codes]` -> a code an example and book, `[examples * books, 1]`."""


class Decoder:
    """The decoder of a MusicGen of one channel, without a melody."""

    def __init__(self, model: Any) -> None:
        """`model`: transformers' MusicgenForConditionalGeneration."""
        self.model, self._own = model, model.decoder.model.decoder
        config = model.config.decoder
        self.books, self.heads, self.width = config.num_codebooks, config.num_attention_heads, config.hidden_size

    @torch.inference_mode()
    def generate(self, states: Tensor, mask: Tensor, length: int, choose: Choose, guided: bool) -> Tensor:
        """Codes `[examples, books, frames]`, `length` steps less those that the books' delays take.

        `states` `[rows, tokens, width]` of the text and their `mask`, rows being the examples or, `guided`, the
        examples and then as many that are told nothing."""
        examples = len(states) // (2 if guided else 1)
        pad = int(self.model.generation_config.pad_token_id)
        first = torch.full((examples * self.books, 1), pad, dtype=torch.int64, device=states.device)
        ids, pattern = self.model.decoder.build_delay_pattern_mask(first, pad, max_length=length + 1)
        begun = Begun(self, states, mask, length, guided)
        for end in range(ids.shape[1], length + 1):
            tokens = self.model.decoder.apply_delay_pattern_mask(ids, pattern)[:, -1]
            logits = begun.step(tokens.view(examples, self.books), end)
            ids = torch.cat([ids, choose(logits)], dim=1)
        ids = self.model.decoder.apply_delay_pattern_mask(ids, pattern)
        return ids[ids != pad].view(examples, self.books, -1)


class Begun:
    """A batch under way."""

    def __init__(self, decoder: Decoder, states: Tensor, mask: Tensor, length: int, guided: bool) -> None:
        """See Decoder.generate."""
        self._decoder, self._own, self._guided = decoder, decoder._own, guided
        columns = -(-length // BLOCK) * BLOCK
        shape = (len(self._own.layers), 2, len(states), decoder.heads, columns, decoder.width // decoder.heads)
        self._cache = torch.zeros(shape, dtype=states.dtype, device=states.device)
        self._filled = torch.zeros(1, dtype=torch.int64, device=states.device)
        told = [
            (self._split(layer.encoder_attn.k_proj(states)), self._split(layer.encoder_attn.v_proj(states)))
            for layer in self._own.layers
        ]
        self._told = told
        heard = mask.bool()
        # who is told nothing attends to zeros: no softmax over nothing
        self._heard = (heard | ~heard.any(1, keepdim=True))[:, None, None]
        positions = self._own.embed_positions
        if columns > len(positions.weights):
            positions.make_weights(columns, positions.embedding_dim)
        self._positions = positions.weights.to(states.device, states.dtype)
        self._recorded: Recorded | None = None
        self._limit = 0

    def step(self, tokens: Tensor, end: int) -> Tensor:
        """Logits `[rows * books, codes]` after `tokens` `[examples, books]`, which fill the cache to column `end`.
        The next step overwrites them."""
        if self._recorded is None or end > self._limit:
            self._limit = -(-end // BLOCK) * BLOCK
            self._recorded = Recorded(self._step, tokens, [self._filled])
        return self._recorded(tokens)[0]

    def _step(self, tokens: Tensor) -> tuple[Tensor]:
        own = self._own
        x: Tensor = sum(embed(tokens[:, book]) for book, embed in enumerate(own.embed_tokens))
        if self._guided:
            x = torch.cat([x, x])
        x = (x + self._positions.index_select(0, self._filled))[:, None]
        seen = (torch.arange(self._limit, device=x.device) <= self._filled)[None, None, None]
        for layer, cache, told in zip(own.layers, self._cache, self._told, strict=True):
            attention, normed = layer.self_attn, layer.self_attn_layer_norm(x)
            for place, project in zip(cache, (attention.k_proj, attention.v_proj), strict=True):
                place.index_copy_(2, self._filled, self._split(project(normed)))
            keys, values = cache[:, :, :, : self._limit]
            x = x + self._attend(attention, normed, keys, values, seen)
            normed = layer.encoder_attn_layer_norm(x)
            x = x + self._attend(layer.encoder_attn, normed, *told, self._heard)
            x = x + layer.fc2(layer.activation_fn(layer.fc1(layer.final_layer_norm(x))))
        self._filled += 1
        x = own.layer_norm(x)[:, 0]
        return (torch.stack([head(x) for head in self._decoder.model.decoder.lm_heads], dim=1).flatten(0, 1),)

    def _attend(self, attention: Any, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        query = self._split(attention.q_proj(x))
        mixed = functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
        projected: Tensor = attention.out_proj(mixed.transpose(1, 2).flatten(2))
        return projected

    def _split(self, x: Tensor) -> Tensor:
        """`[rows, columns, width]` -> `[rows, heads, columns, head width]`."""
        return x.unflatten(2, (self._decoder.heads, -1)).transpose(1, 2)
