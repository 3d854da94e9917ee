"""M2UGen's text: the prompt goes on until "\n###", and the hidden states of its eight audio tokens are gathered.

M2UGen/llama/m2ugen.py, generate: temperature 0.6, the most likely tokens up to a probability of 0.8, 512 tokens at
most and 1024 with the prompt. The authors run the whole sequence again for every token; here keys and values are
kept, a batch is decoded together and every example draws with its own seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sightsound.baselines.m2ugen.llama import LONGEST, Cache, Llama
from sightsound.baselines.m2ugen.tokenizer import NEWLINE, LlamaTokenizer
from sightsound.baselines.parts.recorded import Recorded, pays

TEMPERATURE = 0.6  # generate_m2ugen.py of all three evaluations, and inference.py
TOP_P = 0.8
MOST = 512
STOP = "\n###"

Choose = Callable[[Tensor], Tensor]
"""Logits `[batch, vocabulary]` -> a token a row, `[batch]`."""


@dataclass
class Answer:
    """What the language model said for one example."""

    ids: list[int]
    """New tokens, those of the end included."""
    hidden: Tensor | None
    """`[8, width]` before the final norm, at the positions that foretell the audio tokens; None without the
    eight."""
    audio_tokens: int
    """How many audio tokens were gathered: 8 where there is music."""

    def text(self, tokenizer: LlamaTokenizer) -> str:
        """As the authors cut it: up to the first line's end, audio tokens and all."""
        end = self.ids.index(NEWLINE) if NEWLINE in self.ids else len(self.ids)
        return tokenizer.decode(self.ids[:end])


class _Row:
    """One example's way through the decoding."""

    def __init__(self, prompt: Sequence[int], tokenizer: LlamaTokenizer, most: int) -> None:
        self.ids: list[int] = []
        self.gathered: list[Tensor] = []
        self._next = 0  # which audio token is awaited
        self._prompt, self._tokenizer = list(prompt), tokenizer
        self._room = min(LONGEST - len(prompt), most)
        self.done = False

    def add(self, token: int, hidden: Tensor) -> None:
        """One more token, and the hidden state that it was chosen from. Others may stand between the audio tokens,
        and a first one after all eight begins anew: so in the authors' loop."""
        self.ids.append(token)
        if token == self._tokenizer.audio[self._next]:
            if self._next == 0:
                self.gathered = []
            self.gathered.append(hidden)
            self._next = (self._next + 1) % len(self._tokenizer.audio)
        tail = (self._prompt[-2:] + self.ids)[-3:]
        self.done = len(self.ids) >= self._room or self._tokenizer.decode(tail) == STOP

    def answer(self) -> Answer:
        whole = len(self.gathered) == len(self._tokenizer.audio)
        return Answer(self.ids, torch.stack(self.gathered) if whole else None, len(self.gathered))


@torch.inference_mode()
def decode(
    model: Llama,
    tokenizer: LlamaTokenizer,
    prompts: Sequence[Sequence[int]],
    features: Sequence[Tensor | None],
    choose: Choose,
    most: int = MOST,
    cached: bool = True,
    recorded: bool | None = None,
) -> list[Answer]:
    """An answer for each prompt. `features` of audio, image and video, `[batch, width]` each or None.

    Without `cached` the whole batch is run again for every token, as the authors do; the answers are the same.
    `recorded`: whether steps are recorded (baselines/parts/recorded.py), None: where it pays.
    ValueError for a prompt of 1024 tokens or more.
    """
    longest = max(len(prompt) for prompt in prompts)
    if longest >= LONGEST:
        raise ValueError(f"a prompt of {longest} tokens leaves no room in {LONGEST}")
    rows = [_Row(prompt, tokenizer, most) for prompt in prompts]
    adapters = model.adapters(features)
    columns = longest + min(most, LONGEST - min(len(prompt) for prompt in prompts))
    padded = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    tokens = torch.tensor(padded, device=model.device)
    lengths = [len(prompt) for prompt in prompts]
    cache = model.cache(lengths, columns)
    logits, hidden = model(tokens, cache, adapters, longest)
    step = steps(model, cache, adapters, columns, recorded) if cached else None
    for end in range(longest, columns + 1):
        chosen = choose(logits)
        states = hidden.clone()  # a recorded step writes the next ones into the same place
        for row, token, state in zip(rows, chosen.tolist(), states, strict=True):
            if not row.done:
                row.add(token, state)
        if all(row.done for row in rows):
            break
        if step is not None:
            logits, hidden = step(chosen[:, None], end + 1)
        else:
            tokens = torch.cat([tokens, chosen[:, None]], dim=1)
            logits, hidden = model(tokens, model.cache(lengths, end + 1), adapters, end + 1)
    return [row.answer() for row in rows]


def steps(
    model: Llama, cache: Cache, adapters: Sequence[Tensor | None], columns: int, recorded: bool | None = None
) -> Callable[[Tensor, int], tuple[Tensor, ...]]:
    """step(tokens `[batch, 1]`, columns filled then). One that is recorded looks at all columns; None: where it
    pays."""
    if not (pays(model.device) if recorded is None else recorded):
        return lambda tokens, end: model(tokens, cache, adapters, end)
    given = torch.zeros((len(cache.padding), 1), dtype=torch.int64, device=model.device)
    step = Recorded(lambda tokens: model(tokens, cache, adapters, columns), given, [cache.filled])
    return lambda tokens, end: step(tokens)
