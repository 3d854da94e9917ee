"""The pocket bridge: a chat model of 135 million parameters, held to the subject.

SmolLM2-135M gets the paper's messages unchanged, but left alone it goes on describing the picture. So the
decoding, not the prompt, is adapted: the answer is begun for it, several are drawn, and the one that speaks of
music the most is kept, up to its first full stop or line end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sightsound.baselines.composer.words import find
from sightsound.baselines.mozart.prompts import AGGREGATE
from sightsound.baselines.parts.chat import LocalChat
from sightsound.baselines.parts.messages import ChatError, Message

CANDIDATES = 4
LONGEST = 200  # characters, the paper's "less than 200"
MUSIC_BEGINS = "Music in the genre of"
VIDEO_BEGINS = "The video shows"
KINDS = ("genre", "mood", "tempo", "mode", "instrument", "drums")  # tables of the composer


def music_words(text: str) -> tuple[int, int]:
    """What the composer hears in a text: how many kinds of musical word (genre, mood, tempo, mode, instrument,
    drums), and how many of them."""
    heard = {
        (found.table, found.name)
        for found in find(" ".join(re.findall(r"[a-z']+|[,.]", text.lower())))
        if found.table in KINDS and not found.denied
    }
    return len({table for table, _ in heard}), len(heard)


def shortened(text: str) -> str:
    """The first sentence of the first line, cut after a comma or else a word to stay below 200 characters."""
    lines = text.strip().splitlines() or [""]
    sentence = re.split(r"(?<=[.!?])\s", lines[0].strip(), maxsplit=1)[0]
    if len(sentence) < LONGEST:
        return sentence
    head = sentence[: LONGEST - 1]
    return (head.rpartition(",")[0] or head.rpartition(" ")[0] or head).rstrip(" ,;")


class PocketChat:
    """See baselines.parts.messages.Chat. Draws CANDIDATES answers for a bridge and one for a video's caption."""

    def __init__(self, chat: LocalChat) -> None:
        self.chat = chat

    def answer(
        self, turns: Sequence[Message], contents: Sequence[str], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """The answers in order; the first of equally good candidates is kept."""
        if turns is AGGREGATE:
            return [shortened(str(text)) for text in self.chat.answer(turns, contents, seeds, begin=VIDEO_BEGINS)]
        drawn = self.chat.answer(
            turns,
            [content for content in contents for _ in range(CANDIDATES)],
            [seed ^ number for seed in seeds for number in range(CANDIDATES)],
            begin=MUSIC_BEGINS,
        )
        texts = [shortened(str(text)) for text in drawn]
        groups = (texts[start : start + CANDIDATES] for start in range(0, len(texts), CANDIDATES))
        return [max(group, key=music_words) for group in groups]


def pocket_chat(device: str, folder: Path) -> PocketChat:
    """SmolLM2 from the folder of the asset `smollm2`, with the sampling that was found to keep it readable."""
    return PocketChat(
        LocalChat(device, folder, temperature=0.7, top_k=40, repetition_penalty=1.1, max_new_tokens=40)
    )
