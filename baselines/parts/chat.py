"""A chat model on this machine, through transformers."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError
from transformers import AutoModelForCausalLM, DynamicCache, GenerationConfig, LogitsProcessorList

from sightsound.baselines.parts.messages import ChatError, Message
from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.baselines.parts.tokenizer import load_tokenizer
from sightsound.metrics.networks.common.pretrained import in_dtype


class LocalChat:
    """A chat model of transformers, in float32 on the CPU and bfloat16 on CUDA.

    The keys and values of the shared turns are computed once and reused for every conversation.
    """

    def __init__(
        self,
        device: str,
        folder: Path,
        temperature: float = 1.0,
        top_k: int = 0,
        repetition_penalty: float = 1.0,
        max_new_tokens: int = 256,
    ) -> None:
        self.device = torch.device(device)
        dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, **in_dtype(dtype)
        )
        self.model = model.to(self.device).eval()
        self.tokenizer = load_tokenizer(folder, model.config.vocab_size)
        self.tokenizer.padding_side = "left"
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        # The checkpoint's own sampling settings would be mixed into ours.
        self.model.generation_config = GenerationConfig(
            do_sample=False,
            max_new_tokens=max_new_tokens,
            repetition_penalty=repetition_penalty,
            eos_token_id=_stop_tokens(model.generation_config.eos_token_id, self.tokenizer.eos_token_id),
            pad_token_id=self.tokenizer.pad_token_id,
        )
        self.temperature, self.top_k = temperature, top_k
        self._prefixes: dict[tuple[int, ...], DynamicCache] = {}

    @torch.inference_mode()
    def answer(
        self, turns: Sequence[Message], contents: Sequence[str], seeds: Sequence[int], begin: str = ""
    ) -> list[str | ChatError]:
        """See baselines.parts.messages.Chat. One batch, padded on the left of what follows the shared turns.

        `begin` are the first words of every answer, which the model then goes on from. A template that has no
        place for a system message gets it before the user's first words."""
        apart = turns[0]["role"] != "system" or self._has_system_turn
        prefix = self._tokens(self._text(turns, prompt=False)) if apart else []
        rows = [self._folded([*turns, {"role": "user", "content": content}]) for content in contents]
        tokens = [self._tokens(self._text(row, prompt=True) + begin) for row in rows]
        if not all(row[: len(prefix)] == prefix for row in tokens):
            prefix = []  # a template that writes the last turn otherwise: nothing to share
        width = max(len(row) for row in tokens) - len(prefix)
        ids, mask = [], []
        for row in tokens:
            padding = width - (len(row) - len(prefix))
            ids.append(prefix + [self.tokenizer.pad_token_id] * padding + row[len(prefix) :])
            mask.append([1] * len(prefix) + [0] * padding + [1] * (len(row) - len(prefix)))
        answers = self._generate(ids, mask, seeds, self._cache(prefix, len(tokens)))
        return [(begin + answer).strip() for answer in answers]

    @torch.inference_mode()
    def converse(
        self, conversations: Sequence[Sequence[Message]], seeds: Sequence[int], begins: Sequence[str] = ()
    ) -> list[str | ChatError]:
        """The next answer in each of several conversations that share nothing; one batch, padded on the left.

        `begins` are the first words of each answer, which the model then goes on from; none: it begins itself.
        A template that has no place for a system message gets it before the user's first words."""
        begins = begins or [""] * len(conversations)
        rows = [
            self._tokens(self._text(self._folded(turns), prompt=True) + begin)
            for turns, begin in zip(conversations, begins, strict=True)
        ]
        width = max(map(len, rows))
        ids = [[self.tokenizer.pad_token_id] * (width - len(row)) + row for row in rows]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        answers = self._generate(ids, mask, seeds, None)
        return [(begin + answer).strip() for begin, answer in zip(begins, answers, strict=True)]

    def _generate(
        self, ids: list[list[int]], mask: list[list[int]], seeds: Sequence[int], cache: DynamicCache | None
    ) -> list[str]:
        """What follows each row of tokens."""
        choice = SeededChoice(seeds, self.device, self.temperature, self.top_k)
        output = self.model.generate(
            input_ids=torch.tensor(ids, device=self.device),
            attention_mask=torch.tensor(mask, device=self.device),
            past_key_values=cache,
            logits_processor=LogitsProcessorList([choice]),
        )
        return list(self.tokenizer.batch_decode(output[:, len(ids[0]) :], skip_special_tokens=True))

    def _folded(self, turns: Sequence[Message]) -> list[Message]:
        if turns[0]["role"] != "system" or self._has_system_turn:
            return list(turns)
        system, first, *rest = turns
        return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *rest]

    @cached_property
    def _has_system_turn(self) -> bool:
        """Whether the template writes a system message down: some refuse it, some leave it out."""
        probe = [{"role": "system", "content": "probe"}, {"role": "user", "content": "-"}]
        try:
            return "probe" in self._text(probe, prompt=True)
        except TemplateError:
            return False

    def _text(self, messages: Sequence[Message], prompt: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=prompt)
        )

    def _tokens(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _cache(self, prefix: list[int], copies: int) -> DynamicCache | None:
        """Keys and values of the shared turns, once for each conversation."""
        if not prefix:
            return None
        key = tuple(prefix)
        if key not in self._prefixes:
            ids = torch.tensor([prefix], device=self.device)
            self._prefixes[key] = self.model(ids, past_key_values=DynamicCache()).past_key_values
        cache = copy.deepcopy(self._prefixes[key])
        cache.batch_repeat_interleave(copies)
        return cache


def _stop_tokens(*ids: int | list[int] | None) -> list[int]:
    """All the ids that end an answer, from settings that hold one, several or none."""
    stops: list[int] = []
    for item in ids:
        stops += item if isinstance(item, list) else [] if item is None else [item]
    return sorted(set(stops))
