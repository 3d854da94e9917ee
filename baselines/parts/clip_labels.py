"""Phrases ranked by CLIP's similarity to a picture; the phrases of a list are read by CLIP once and remembered."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.bench.core.cache import cache_dir
from sightsound.metrics.networks.common.clip_bpe import FILE, ClipBpe
from sightsound.metrics.networks.joint.clip import ClipImageExtractor, load_model

BATCH = {"cpu": 256, "cuda": 2048}  # phrases in one forward pass


class Clip:
    """A CLIP of transformers' layout with OpenAI's tokens; vectors of length 1."""

    def __init__(self, device: str, folder: Path, merges: Path, patch: int, dim: int) -> None:
        model = load_model(folder, patch, dim)
        self.device = torch.device(device)
        self.tokens = ClipBpe(merges / FILE)
        self._text, self._projection = model.text_model.to(device), model.text_projection.to(device)
        self._pictures = ClipImageExtractor(model, device)

    def pictures(self, pictures: Sequence[Any]) -> NDArray[np.float32]:
        """`[pictures, dim]` of uint8 RGB pictures."""
        found = np.concatenate([features["embedding"] for features in self._pictures(pictures)])
        unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """`[texts, dim]`, in float16 as they are remembered; 100,970 phrases take 200 MB."""
        made = []
        for start in range(0, len(texts), BATCH[self.device.type]):
            rows = [self.tokens(text) for text in texts[start : start + BATCH[self.device.type]]]
            width = max(int(np.count_nonzero(row)) for row in rows)  # what follows the end is not read
            ids = torch.tensor([row[:width] for row in rows], device=self.device)
            vectors: Tensor = self._projection(self._text(input_ids=ids).pooler_output)
            made.append(torch.nn.functional.normalize(vectors, dim=1).half().cpu().numpy())
        return np.concatenate(made)

    def signature(self) -> str:
        """Tells one set of weights from another."""
        return hashlib.sha256(self._projection.weight.detach().float().cpu().numpy().tobytes()).hexdigest()


class Phrases:
    """A list of phrases, to be ranked."""

    def __init__(self, phrases: Sequence[str], clip: Clip) -> None:
        self.phrases = list(phrases)
        key = hashlib.sha256("\n".join([clip.signature(), *self.phrases]).encode()).hexdigest()
        path = cache_dir() / "phrases" / f"{key}.npy"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{key}.{os.getpid()}.npy")
            np.save(temporary, clip.texts(self.phrases))
            temporary.replace(path)
        self.vectors = np.load(path, mmap_mode="r", allow_pickle=False)

    def nearest(self, pictures: NDArray[np.float32], count: int) -> list[list[str]]:
        """The `count` phrases of the highest cosine to each of `[pictures, dim]`, highest first."""
        best: NDArray[np.float32] = np.empty((len(pictures), 0), np.float32)
        which: NDArray[np.int64] = np.empty((len(pictures), 0), np.int64)
        for start in range(0, len(self.phrases), 16384):
            part = np.asarray(self.vectors[start : start + 16384], np.float32)
            best = np.concatenate([best, pictures @ part.T], axis=1)
            numbers = np.arange(start, start + len(part))
            which = np.concatenate([which, np.broadcast_to(numbers, (len(pictures), len(part)))], axis=1)
            order = np.argsort(-best, axis=1, kind="stable")[:, :count]
            best, which = np.take_along_axis(best, order, 1), np.take_along_axis(which, order, 1)
        return [[self.phrases[number] for number in row] for row in which]
