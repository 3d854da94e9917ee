"""The chat models that answer the steps: any as it is, and the pocket one with its decoding helped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sightsound.baselines.parts.chat import LocalChat
from sightsound.baselines.parts.kept import Talks, talks
from sightsound.baselines.parts.messages import ChatError, Message

BEGINS = {
    "theme": "This song is about",
    "vibe": "The vibe is",
    "palette": "Shades of",
    "metaphor": "A picture of",
    "sentiment": "A feeling of",
    "prompt": "A painting of",
}
"""First words of the pocket model's answers."""


class Talker(Protocol):
    """A chat model as sightsound.baselines.parts has them."""

    def converse(self, conversations: Sequence[Sequence[Message]], seeds: Sequence[int]) -> list[str | ChatError]:
        """The next answer in each conversation."""
        ...


class Plain:
    """See pipeline.Chat. The model's answers as they come."""

    def __init__(self, model: Talker) -> None:
        self.model = model

    def ask(
        self, steps: Sequence[str], conversations: Sequence[Sequence[Message]], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """The next answer in each conversation."""
        return self.model.converse(conversations, seeds)


class Pocket:
    """See pipeline.Chat. SmolLM2-135M gets the thesis's messages unchanged, but left alone it talks on about
    lyrics and songs. So each answer is begun for it and kept up to its first full stop or line end."""

    def __init__(self, model: Talks) -> None:
        self.model = model

    def ask(
        self, steps: Sequence[str], conversations: Sequence[Sequence[Message]], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """The first sentence of each answer."""
        answers = self.model.converse(conversations, seeds, [BEGINS[step] for step in steps])
        return [first_sentence(str(answer)) for answer in answers]


def first_sentence(text: str) -> str:
    """The first line up to its first full stop, question or exclamation mark.

    >>> first_sentence("A painting of a lake. It is dark.")
    'A painting of a lake.'
    """
    lines = text.strip().splitlines() or [""]
    return re.split(r"(?<=[.!?])\s", lines[0].strip(), maxsplit=1)[0]


def pocket_chat(device: str, weights: Mapping[str, Path]) -> Pocket:
    """SmolLM2, asset `smollm2`, with the sampling that was found to keep it readable."""
    sampling = {"temperature": 0.7, "top_k": 40, "repetition_penalty": 1.1, "max_new_tokens": 40}
    return Pocket(talks(LocalChat, device, weights, "smollm2", **sampling))
