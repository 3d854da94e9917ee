"""A folder's own tokenizer, and no empty one in its place; how much of a text fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer


def load_tokenizer(folder: Path, vocabulary: int) -> Any:
    """The folder's own tokenizer. ValueError when it does not fit a model with `vocabulary` embeddings: from a
    folder that lacks its file, transformers can give a tokenizer of five tokens without a word."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if not 0.9 * vocabulary <= len(tokenizer) <= vocabulary:  # models pad their embeddings by at most 1 %
        raise ValueError(
            f"{folder}: the tokenizer has {len(tokenizer)} tokens and the model {vocabulary}; "
            "fetch the folder again with its tokenizer files"
        )
    return tokenizer


def cut(tokenizer: Any, text: str, length: int) -> str:
    """The text, or as much of its beginning as makes `length` tokens with the special ones, in its own letters."""
    if len(tokenizer(text, verbose=False)["input_ids"]) <= length:
        return text
    ends = tokenizer(text, truncation=True, max_length=length, return_offsets_mapping=True)["offset_mapping"]
    return text[: max(end for _, end in ends)].rstrip()
