"""all-MiniLM-L6-v2: a 384-d sentence embedding.

Mean of the last layer's token vectors, then Euclidean length 1, as the model's own modules.json and
1_Pooling/config.json say (sentence-transformers/all-MiniLM-L6-v2). The model reads 256 tokens; longer texts are
cut into windows instead of losing their end (see `MiniLMExtractor`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoModel

from sightsound.metrics.networks.common.batching import checked_text, full_precision
from sightsound.metrics.networks.common.pretrained import in_dtype, tokenizer_of
from sightsound.metrics.networks.extractor import Features

MAX_TOKENS = 256  # [CLS] and [SEP] among them
VOCABULARY = 30522
DIM = 384
BUCKET = 32  # tokens
BATCH = {"cpu": 8, "cuda": 128}  # windows in one forward pass


def load(weights: Mapping[str, Path], device: str) -> MiniLMExtractor:
    """The network, from the asset `minilm`. ValueError if its vocabulary or width is not the model's."""
    folder = weights["minilm"]
    tokenizer = tokenizer_of(folder, VOCABULARY)
    model, report = AutoModel.from_pretrained(
        folder,
        local_files_only=True,
        attn_implementation="eager",
        output_loading_info=True,
        **in_dtype(torch.float32),
    )
    # the pooler is not used: mean pooling takes its place
    if missing := sorted(key for key in report["missing_keys"] if not key.startswith("pooler")):
        raise ValueError(f"{folder} lacks {missing[0]} and {len(missing) - 1} more tensors: fetch it again")
    if model.config.hidden_size != DIM:
        raise ValueError(f"{folder} is {model.config.hidden_size} wide, not {DIM}: fetch it again")
    return MiniLMExtractor(tokenizer, model, device)


class MiniLMExtractor:
    """See Extractor. Takes sentences.

    A text of more than 254 word pieces is cut into windows of 254 without overlap; its embedding is the mean over
    the tokens of all its windows, scaled to length 1. For a text of one window that is the model's own embedding.
    """

    def __init__(self, tokenizer: Any, model: Any, device: str) -> None:
        self._tokenizer = tokenizer
        self._model = model.to(device).eval()
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 384] of each text. ValueError for an empty text or what is not a text."""
        windows: list[list[int]] = []
        owner: list[int] = []
        for i, text in enumerate(clips):
            for window in self._windows(text):
                windows.append(window)
                owner.append(i)
        total = np.zeros((len(clips), DIM), dtype=np.float64)
        for rows, sums in self._sums(windows):
            np.add.at(total, [owner[row] for row in rows], sums)
        return [{"embedding": (row / np.linalg.norm(row)).astype(np.float32)[None]} for row in total]

    def _windows(self, text: Any) -> list[list[int]]:
        """Token ids of each window of a text, [CLS] and [SEP] included."""
        pieces = self._tokenizer(checked_text(text, "minilm"), add_special_tokens=False, verbose=False)[
            "input_ids"
        ]
        step = MAX_TOKENS - 2
        first, last = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        return [[first, *pieces[at : at + step], last] for at in range(0, max(1, len(pieces)), step)]

    def _sums(self, windows: list[list[int]]) -> Iterator[tuple[list[int], NDArray[np.float64]]]:
        """Windows' indices and the sums of their token vectors `[windows, 384]`, one batch after the other.

        A window is padded to its own next multiple of BUCKET and a batch filled up to its full size, so that a
        text meets the same kernels, and rounds the same, whatever texts stand beside it.
        """
        buckets: dict[int, list[int]] = {}
        for i, window in enumerate(windows):
            buckets.setdefault(-(-len(window) // BUCKET) * BUCKET, []).append(i)
        for length, members in sorted(buckets.items()):
            for at in range(0, len(members), self._batch):
                rows = members[at : at + self._batch]
                ids = torch.zeros(self._batch, length, dtype=torch.long)
                mask = torch.zeros_like(ids)
                mask[:, 0] = 1  # the rows that only fill up need a token to attend to
                for row, i in enumerate(rows):
                    ids[row, : len(windows[i])] = torch.tensor(windows[i])
                    mask[row, : len(windows[i])] = 1
                ids, mask = ids.to(self._device), mask.to(self._device)
                with torch.inference_mode(), full_precision():
                    tokens: Tensor = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
                    sums = (tokens * mask[..., None]).sum(dim=1, dtype=torch.float64)
                yield rows, sums[: len(rows)].cpu().numpy()
