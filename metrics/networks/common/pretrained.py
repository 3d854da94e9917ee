"""Published folders in transformers' layout, read alike by its versions from 4.51 on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoTokenizer

VERSION = tuple(map(int, transformers.__version__.split(".")[:2]))
"""The library's, e.g. (4, 51)."""


def in_dtype(dtype: torch.dtype) -> dict[str, Any]:
    """What tells `from_pretrained` the type of the weights; it has another name before transformers 4.56."""
    return {"dtype" if VERSION >= (4, 56) else "torch_dtype": dtype}


def tokenizer_of(folder: Path, vocabulary: int) -> Any:
    """The tokenizer of a folder. ValueError unless it has `vocabulary` entries."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, TypeError, ImportError):  # the last two: versions 4, where a file is missing
        have = 0
    else:
        have = len(tokenizer)  # without its files there are the few special tokens, and no error
    if have != vocabulary:
        raise ValueError(f"{folder} gives a vocabulary of {have} tokens, not {vocabulary}: fetch it again")
    return tokenizer
