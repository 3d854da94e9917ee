"""Byte-level BPE tokenizers without merges, a token a byte: RoBERTa's and CLIP's special tokens."""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import CLIPTokenizer, RobertaTokenizer

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


def roberta(length: int) -> Any:
    """RoBERTa's layout: <s> <pad> </s> <unk>, then bytes, then <mask>."""
    vocabulary = {
        token: number for number, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", *BYTES, "<mask>"])
    }
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return RobertaTokenizer(tokenizer_object=tokenizer, vocab=vocabulary, merges=[], model_max_length=length)


def clip(length: int) -> Any:
    """CLIP's layout: bytes, bytes that end a word, then the two special tokens."""
    tokens = [*BYTES, *(f"{byte}</w>" for byte in BYTES), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=length)
