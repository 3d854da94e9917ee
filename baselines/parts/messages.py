"""What is said to a chat model and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Message = dict[str, str]
"""{"role": "system", "user" or "assistant", "content": text}."""


class ChatError(ValueError):
    """One conversation got no answer; the message is one line."""


class Chat(Protocol):
    """Answers many conversations that begin with the same turns."""

    def answer(
        self, turns: Sequence[Message], contents: Sequence[str], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """The assistant's answer to `turns` followed by each of `contents` as the user's turn, in order.

        What is wrong with one conversation is returned in its place; what is wrong with all is raised."""
        ...
