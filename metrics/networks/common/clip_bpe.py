"""The byte-pair tokens of CLIP, which ImageBind and its kin read text with.

Vocabulary and rule after Radford et al. 2021 (github.com/openai/CLIP, clip/simple_tokenizer.py): lower case, words
by a regular expression, the bytes of a word as printable characters, merges in the order of the published file.
Run by the `tokenizers` library. The authors also repair mis-decoded text with ftfy; of that, the curly quotes are
straightened here and nothing else.
"""

from __future__ import annotations

import gzip
import html
import zlib
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

FILE = "bpe_simple_vocab_16e6.txt.gz"
CONTEXT = 77  # tokens, the start and the end among them
MERGES = 49152 - 256 - 2  # of the file, the rest is not used
START, END = 49406, 49407  # ids
_QUOTES = str.maketrans({"‘": "'", "’": "'", "‛": "'", "“": '"', "”": '"', "‟": '"', "„": '"', "‚": "'"})
_WORD = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class ClipBpe:
    """Text to token ids.

    tokens = ClipBpe(path)("a piano in the rain")   # 77 ids
    """

    def __init__(self, path: Path) -> None:
        """`path`: the published list of merges. ValueError if it isn't that."""
        try:
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
            raise ValueError(f"{path} is not CLIP's list of merges ({problem}): fetch it again") from problem
        merges = [tuple(line.split()) for line in lines[1 : MERGES + 1]]
        if len(merges) != MERGES or any(len(merge) != 2 for merge in merges):
            raise ValueError(f"{path} is not CLIP's list of {MERGES} merges: fetch it again")
        letters = _byte_letters()
        words = [*letters, *(letter + "</w>" for letter in letters), *("".join(merge) for merge in merges)]
        model = models.BPE(
            vocab={word: index for index, word in enumerate(words)},
            merges=[(first, second) for first, second in merges],
            end_of_word_suffix="</w>",
        )
        self._tokenizer = Tokenizer(model)
        self._tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
        )
        self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )

    def __call__(self, text: str) -> list[int]:
        """77 ids: the start, the text, the end, zeros. Of a longer text the first 75 tokens are kept."""
        clean = html.unescape(html.unescape(text)).translate(_QUOTES).strip()
        ids = [START, *self._tokenizer.encode(clean).ids[: CONTEXT - 2], END]
        return ids + [0] * (CONTEXT - len(ids))


def _byte_letters() -> list[str]:
    """A printable character for each byte, in the order of the vocabulary: the printable bytes first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(others))]
