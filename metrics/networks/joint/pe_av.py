"""PE-AV, the Perception Encoder for sound and video: music, video, pictures and sentences in one space.

Vyas et al. 2025, arXiv:2512.19687; the networks are in pe_av_network.py and pe_vision.py, their published files in
pe_av_weights.py, what goes into them in pe_av_pixels.py. Openly licensed (Apache-2.0), where ImageBind is not.
Embeddings are as the heads leave them: not of length 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from sightsound.metrics.networks.common.batching import checked_clip, checked_text, run_batches
from sightsound.metrics.networks.common.lengths import run_by_length
from sightsound.metrics.networks.extractor import Features
from sightsound.metrics.networks.joint.pe_av_network import AudioTower, TextTower, VideoTower
from sightsound.metrics.networks.joint.pe_av_pixels import frame_indices, normalised, stretched
from sightsound.metrics.networks.joint.pe_av_weights import load_tower

RATE_HZ = 48000
TOKENS = 512
VOCABULARY = 50280  # at least, of ModernBERT's tokenizer; what is read into one without its file has a handful
BATCH = {  # rows in one forward pass
    "audio": {"cpu": 1, "cuda": 8},
    "frames": {"cpu": 2, "cuda": 64},
    "video": {"cpu": 1, "cuda": 8},
    "text": {"cpu": 4, "cuda": 64},
}


@dataclass(frozen=True)
class Checkpoint:
    """One of the six that were published. Its methods are the factories of its extractors."""

    asset: str
    """Name of the asset with its files."""
    frames: int | None = None
    """Frames of a video that it looks at, None for all."""

    def audio(self, weights: Mapping[str, Path], device: str) -> PeAudioExtractor:
        """For music."""
        return PeAudioExtractor(load_tower(weights[self.asset], "audio"), device)

    def video(self, weights: Mapping[str, Path], device: str) -> PeVideoExtractor:
        """For videos."""
        return PeVideoExtractor(load_tower(weights[self.asset], "video"), self.frames, device)

    def image(self, weights: Mapping[str, Path], device: str) -> PeImageExtractor:
        """For pictures."""
        return PeImageExtractor(self.video(weights, device))

    def text(self, weights: Mapping[str, Path], device: str) -> PeTextExtractor:
        """For sentences that are compared with music."""
        folder = weights[self.asset]
        return PeTextExtractor(load_tower(folder, "text"), load_tokenizer(folder), device)


SMALL, BASE, LARGE = (Checkpoint(f"pe_av_{size}") for size in ("small", "base", "large"))
SMALL_16, BASE_16, LARGE_16 = (Checkpoint(f"pe_av_{size}_16_frame", 16) for size in ("small", "base", "large"))


def load_tokenizer(folder: Path, vocabulary: int = VOCABULARY) -> Any:
    """ModernBERT's tokenizer from a folder. ValueError unless it is whole."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ValueError(f"{path} is missing: fetch it again")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path))
    if len(tokenizer) < vocabulary:
        raise ValueError(f"{path} has {len(tokenizer)} tokens, not {vocabulary} or more: is it another model's?")
    return tokenizer


class PeAudioExtractor:
    """See Extractor. Takes mono clips at 48 kHz, of any length, whole."""

    def __init__(self, tower: AudioTower, device: str) -> None:
        self._tower = tower.to(device)
        self._hop = int(np.prod([block.conv1.stride[0] for block in _codec(tower).block]))
        self._device = device
        self._batch = BATCH["audio"][torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, out] of each clip."""
        whole = [[self._padded(checked_clip(clip, "pe_av"))] for clip in clips]
        return run_by_length(self._forward, whole, self._batch, self._device)

    def _padded(self, clip: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mirrored at its end up to a whole number of the codec's steps, as the authors do."""
        return np.pad(clip, (0, -len(clip) % self._hop), mode="reflect")

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        return {"embedding": self._tower(audio)}


class PeVideoExtractor:
    """See VideoExtractor: all frames, or as many as the checkpoint was trained with."""

    def __init__(self, tower: VideoTower, count: int | None, device: str) -> None:
        """`count`: frames that it looks at, None for all."""
        self._tower = tower.to(device)
        self._count = count
        self._side = int(_vision(tower).patch_embed["proj"].kernel_size[0] * _vision(tower).side)
        self._device = device
        kind = torch.device(device).type
        self._frames, self._videos = BATCH["frames"][kind], BATCH["video"][kind]

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """See pe_av_pixels; the rate does not matter."""
        return frame_indices(frames, self._count)

    def prepare(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The frame in the network's size."""
        return stretched(frame, self._side)

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, out] of each video, a sequence of prepared frames."""
        if any(len(clip) == 0 for clip in clips):
            raise ValueError("pe_av got a video without frames: leave it out")
        seen = run_batches(self._see, [np.stack(clip) for clip in clips], self._frames, self._device)
        whole = [[features["frames"]] for features in seen]
        return run_by_length(self._forward, whole, self._videos, self._device)

    def _see(self, pixels: Tensor) -> dict[str, Tensor]:
        return {"frames": self._tower.frames(normalised(pixels))}

    def _forward(self, frames: Tensor) -> dict[str, Tensor]:
        return {"embedding": self._tower(frames)}


class PeImageExtractor:
    """See Extractor. A picture is a video of one frame: PE-AV has no other way to see one."""

    def __init__(self, video: PeVideoExtractor) -> None:
        self._video = video

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, out] of each uint8 RGB picture `[height, width, 3]`."""
        frames = [self._video.prepare(picture) for picture in clips]
        return self._video([[frame for _ in self._video.frame_indices(1, 1.0)] for frame in frames])


class PeTextExtractor:
    """See Extractor. Takes sentences; the first 512 tokens are read."""

    def __init__(self, tower: TextTower, tokenizer: Any, device: str) -> None:
        self._tower = tower.to(device)
        self._tokenizer = tokenizer
        self._device = device
        self._batch = BATCH["text"][torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, out] of each text. ValueError for what is no text or an empty one."""
        return run_by_length(self._forward, [[self._ids(text)] for text in clips], self._batch, self._device)

    def _ids(self, text: Any) -> NDArray[np.int64]:
        ids = self._tokenizer(checked_text(text, "pe_av"), truncation=True, max_length=TOKENS)["input_ids"]
        return np.array(ids, dtype=np.int64)

    def _forward(self, ids: Tensor) -> dict[str, Tensor]:
        return {"embedding": self._tower(ids)}


def _codec(tower: AudioTower) -> Any:
    embedder: Any = tower.encoder.embedder
    return embedder.dac_encoder


def _vision(tower: VideoTower) -> Any:
    embedder: Any = tower.encoder.embedder
    return embedder.vision_model["timm_model"]
