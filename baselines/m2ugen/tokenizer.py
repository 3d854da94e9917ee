"""LLaMA-2's tokenizer with the eight audio tokens, from the hub's tokenizer.json.

Reads and writes text as transformers 4.35.2's LlamaTokenizer does, which the authors use: an added token stands
between spaces, and what follows a special token loses its first space.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

AUDIO = tuple(f"[AUD{i}]" for i in range(8))
SPECIAL = ("<unk>", "<s>", "</s>")  # ids 0, 1, 2
BEGIN = 1
NEWLINE = 13  # the byte 0x0A; the first 256 tokens after the special ones are bytes
_SPACE = "▁"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_EACH = (
    "sightsound-each-byte"  # Python puts one mark for several bytes that are no UTF-8, sentencepiece one for each
)
codecs.register_error(_EACH, lambda error: ("\ufffd", getattr(error, "start", 0) + 1))


class LlamaTokenizer:
    """Ids of text and text of ids. The audio tokens are the last eight."""

    def __init__(self, folder: Path, vocabulary: int) -> None:
        """ValueError unless the folder holds LLaMA's tokenizer.json, for a model of `vocabulary` tokens."""
        path = folder / "tokenizer.json"
        try:
            text = path.read_text(encoding="utf-8")
            json.loads(text)["model"]["vocab"]["<s>"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ValueError(f"{path} is missing or not LLaMA's: put LLaMA-2's tokenizer.json there") from error
        self._tokenizer = Tokenizer.from_str(text)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.add_tokens([AddedToken(token, normalized=False) for token in AUDIO])
        size = self._tokenizer.get_vocab_size()
        pieces = [self._tokenizer.id_to_token(i) for i in (*range(3), NEWLINE)]
        if size != vocabulary or pieces != [*SPECIAL, "<0x0A>"]:
            raise ValueError(
                f"{path} has {size - len(AUDIO)} tokens where the model has {vocabulary - len(AUDIO)}, or is not "
                "LLaMA's: put LLaMA-2's there"
            )
        self.audio = tuple(range(size - len(AUDIO), size))

    def encode(self, text: str) -> list[int]:
        """The ids, after that of the beginning."""
        return [BEGIN, *self._tokenizer.encode(text, add_special_tokens=False).ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The text, with special tokens written out."""
        parts: list[str] = []
        run: list[str] = []
        for token in (str(self._tokenizer.id_to_token(i)) for i in ids):
            if token in AUDIO:
                parts += [text for text in (_sentence(run),) if text] + [token]
                run = []
            else:
                run.append(token)
        return " ".join(parts + [text for text in (_sentence(run),) if text])


def _sentence(tokens: Sequence[str]) -> str:
    """Pieces to text as LlamaTokenizer.convert_tokens_to_string with legacy behaviour."""
    if not tokens:
        return ""
    tokens = [tokens[0].removeprefix(_SPACE), *tokens[1:]]
    text, after_special = "", False
    run: list[str] = []
    for i, token in enumerate(tokens):
        if token in SPECIAL:
            text += (" " if i and not after_special else "") + _pieces(run) + token
            run, after_special = [], True
        else:
            run.append(token)
            after_special = False
    return text + _pieces(run)


def _pieces(tokens: Sequence[str]) -> str:
    """sentencepiece's decoding: bytes become UTF-8, the first space is that of the beginning and goes."""
    raw = b""
    for token in tokens:
        byte = _BYTE.fullmatch(token)
        piece = bytes([int(byte[1], 16)]) if byte else token.replace(_SPACE, " ").encode()
        raw += piece.removeprefix(b" ") if not raw else piece
    return raw.decode("utf-8", errors=_EACH)
