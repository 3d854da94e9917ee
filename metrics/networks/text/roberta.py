"""RoBERTa-large: an embedding of each token of a text, layer 17 of 24, as BERTScore reads it.

Liu et al. 2019. Layer and tokenisation as bert-score 0.3.13 has them for English (roberta-large, 17): a space
before the first word, at most 512 tokens with the marks <s> and </s>; what lies beyond is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, RobertaModel

from sightsound.metrics.networks.common.batching import full_precision
from sightsound.metrics.networks.common.pretrained import in_dtype, tokenizer_of
from sightsound.metrics.networks.extractor import Features

LAYERS = 17  # of 24; the best on WMT16, says bert-score
VOCABULARY = 50265
BUCKET = 32  # tokens
BATCH = {"cpu": 4, "cuda": 64}  # texts in one forward pass


def load(weights: Mapping[str, Path], device: str) -> RobertaExtractor:
    """The network, from the asset `roberta_large`. ValueError if its vocabulary or layers are not the model's."""
    return from_folder(weights["roberta_large"], device, layers=LAYERS, vocabulary=VOCABULARY)


def from_folder(folder: Path, device: str, *, layers: int, vocabulary: int) -> RobertaExtractor:
    """Any RoBERTa in transformers' layout, cut off after `layers` layers.

    ValueError when the tokenizer has not `vocabulary` entries, or a tensor is missing or of another shape.
    """
    tokenizer = tokenizer_of(folder, vocabulary)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type != "roberta" or config.num_hidden_layers < layers:
        raise ValueError(f"{folder} is a {config.model_type} of {config.num_hidden_layers} layers: fetch it again")
    config.num_hidden_layers = layers  # the layers above are not loaded
    try:
        model, report = _from_pretrained(
            folder,
            config=config,
            add_pooling_layer=False,
            local_files_only=True,
            use_safetensors=True,
            attn_implementation="eager",
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # told below, on one line
            **in_dtype(torch.float32),
        )
    except SafetensorError as problem:
        raise ValueError(f"{folder}: the weights are no safetensors file ({problem}): fetch it again") from problem
    # of another shape: names, in older versions of transformers, or names with both shapes
    mismatched = (key if isinstance(key, str) else key[0] for key in report["mismatched_keys"])
    wrong = sorted({*report["missing_keys"], *mismatched})
    if wrong:
        raise ValueError(f"{folder} lacks {wrong[0]} and {len(wrong) - 1} more tensors: fetch it again")
    return RobertaExtractor(tokenizer, model, device)


class _Lower(RobertaModel):
    """RoBERTa without what is above the layer that is read."""

    # the file's upper layers and head; what is missing is checked
    _keys_to_ignore_on_load_unexpected = ["."]  # noqa: RUF012  # transformers declares it so


# transformers' own annotation leaves out that it returns two things when asked for the report
_from_pretrained: Any = _Lower.from_pretrained


class RobertaExtractor:
    """See Extractor. Takes texts, empty ones as well."""

    def __init__(self, tokenizer: Any, model: Any, device: str) -> None:
        self._tokenizer = tokenizer
        self._model = model.to(device).eval()
        self._device = device
        self._batch = BATCH[torch.device(device).type]
        self._longest = model.config.max_position_embeddings - 2  # the first two positions are never used

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`tokens` [tokens + 2, 1024] of each text, those of <s> and </s> first and last. ValueError for no text.

        A text is filled up to the next multiple of BUCKET and a batch to its full size, so that it meets the same
        kernels, and rounds the same, whatever texts stand beside it.
        """
        texts = [self._ids(text) for text in clips]
        buckets: dict[int, list[int]] = {}
        for i, ids in enumerate(texts):
            buckets.setdefault(min(-(-len(ids) // BUCKET) * BUCKET, self._longest), []).append(i)
        found: dict[int, Features] = {}
        for length, members in sorted(buckets.items()):
            for at in range(0, len(members), self._batch):
                rows = members[at : at + self._batch]
                tokens = self._forward([texts[i] for i in rows], length)
                for i, row in zip(rows, tokens, strict=False):
                    found[i] = {"tokens": row[: len(texts[i])].cpu().numpy()}
        return [found[i] for i in range(len(clips))]

    def _ids(self, text: Any) -> list[int]:
        """Token ids with the marks."""
        if not isinstance(text, str):
            raise ValueError(f"roberta takes texts, got {text!r}: leave it out")
        stripped = text.strip()
        # the space that a word inside a sentence has; without it the first word is another token
        pieces = self._tokenizer(f" {stripped}", add_special_tokens=False, verbose=False)["input_ids"]
        first, last = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        return [first, *(pieces[: self._longest - 2] if stripped else []), last]

    def _forward(self, texts: Sequence[list[int]], length: int) -> torch.Tensor:
        ids = torch.full((self._batch, length), self._tokenizer.pad_token_id)
        mask = torch.zeros_like(ids)
        mask[:, 0] = 1  # the rows that only fill up need a token to attend to
        for row, text in enumerate(texts):
            ids[row, : len(text)] = torch.tensor(text)
            mask[row, : len(text)] = 1
        with torch.inference_mode(), full_precision():
            found: torch.Tensor = self._model(
                input_ids=ids.to(self._device), attention_mask=mask.to(self._device)
            ).last_hidden_state
        return found
