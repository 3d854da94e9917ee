"""Byte-level BPE tokenizers: a token a byte in RoBERTa's and CLIP's layouts, or trained on a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
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


def trained(text: Sequence[str], size: int, special: Sequence[str] = (), unknown: str | None = None) -> Tokenizer:
    """Merges learnt from `text`, `size` tokens with the special ones, which come first."""
    tokenizer = Tokenizer(models.BPE(unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), initial_alphabet=BYTES, show_progress=False
    )
    tokenizer.train_from_iterator(text, trainer)
    return tokenizer
