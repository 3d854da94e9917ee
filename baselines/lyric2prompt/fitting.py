"""Texts cut to what fits: the lyrics before they are told, the fused prompt to what a diffusion model reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sightsound.metrics.networks.common.clip_bpe import END, FILE, ClipBpe

LONGEST_LYRICS = 4000  # characters; a long song's words, about 1,000 tokens
TOKENS = 75  # the fused prompt stays below; CLIP's text encoder reads 75 and two marks
_QUOTES = "\"'“”‘’ "


def cut_lyrics(lyrics: str) -> tuple[str, int]:
    """The lyrics up to the last whole word below LONGEST_LYRICS characters, and how many words were dropped.

    >>> cut_lyrics(" la la ")
    ('la la', 0)
    """
    lyrics = lyrics.strip()
    if len(lyrics) < LONGEST_LYRICS:
        return lyrics, 0
    kept = re.sub(r"\s\S*$", "", lyrics[:LONGEST_LYRICS])
    return kept, len(lyrics.split()) - len(kept.split())


class Fitting:
    """Cuts an image prompt to below TOKENS tokens of CLIP, which Stable Diffusion reads it with."""

    def __init__(self, merges: Path) -> None:
        """`merges`: the folder of the asset `clip_bpe`. ValueError if its file is not CLIP's."""
        self._tokens = ClipBpe(merges / FILE)

    def fits(self, text: str) -> bool:
        """Whether the text has fewer than TOKENS tokens."""
        return self._tokens(text).index(END) - 1 < TOKENS

    def cut(self, prompt: str) -> tuple[str, int]:
        """The prompt on one line, without quotes around it, cut behind the last whole word that fits; and how many
        words were dropped. A first word that is too long by itself is cut inside."""
        words = prompt.strip(_QUOTES).split()
        whole = self._most(words, " ")
        if whole == len(words):
            return " ".join(words), 0
        kept = " ".join(words[:whole]) or words[0][: self._most(words[0], "")]
        return kept.rstrip(" ,;:-") or kept, len(words) - whole

    def _most(self, pieces: Sequence[str], between: str) -> int:
        """How many of the pieces fit together, from the first on."""
        low, high = 0, len(pieces)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.fits(between.join(pieces[:middle])) else (low, middle - 1)
        return low
