"""ImageBind-huge: pictures, video, music and sentences in one space of 1024 dimensions.

Girdhar et al., CVPR 2023, arXiv:2305.05665; the network is in imagebind_network.py, what goes into it in
clip_pixels.py, imagebind_video.py, imagebind_audio.py and clip_bpe.py. Embeddings are compared by their cosine
only: those of audio and video are means over windows or views, and each modality has a scale of its own.
The weights are licensed CC-BY-NC-SA 4.0, not for commercial use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.metrics.networks.common.batching import checked_text, run_batches
from sightsound.metrics.networks.common.clip_bpe import FILE, ClipBpe
from sightsound.metrics.networks.common.clip_pixels import crop, normalised
from sightsound.metrics.networks.extractor import Features
from sightsound.metrics.networks.joint import imagebind_audio, imagebind_video
from sightsound.metrics.networks.joint.imagebind_network import Tower, load_tower

WEIGHTS = "imagebind_huge.pth"
BATCH = {  # rows in one forward pass
    "vision": {"cpu": 1, "cuda": 32},
    "audio": {"cpu": 3, "cuda": 96},
    "text": {"cpu": 2, "cuda": 128},
}


def load_image(weights: Mapping[str, Path], device: str) -> ImageBindExtractor:
    """For pictures, from the asset `imagebind`."""
    return image_extractor(load_tower(weights["imagebind"] / WEIGHTS, "vision"), device)


def load_video(weights: Mapping[str, Path], device: str) -> ImageBindVideoExtractor:
    """For videos, clips from 0 to the end, from the asset `imagebind`."""
    return video_extractor(load_tower(weights["imagebind"] / WEIGHTS, "vision"), device, imagebind_video.NEW)


def load_video_old(weights: Mapping[str, Path], device: str) -> ImageBindVideoExtractor:
    """For videos, clips as pytorchvideo 0.1.5 has them, from the asset `imagebind`."""
    return video_extractor(load_tower(weights["imagebind"] / WEIGHTS, "vision"), device, imagebind_video.OLD)


def load_audio(weights: Mapping[str, Path], device: str) -> ImageBindExtractor:
    """For music, windows at 0, 1/2 and 1, from the asset `imagebind`."""
    return audio_extractor(load_tower(weights["imagebind"] / WEIGHTS, "audio"), device, imagebind_audio.NEW)


def load_audio_old(weights: Mapping[str, Path], device: str) -> ImageBindExtractor:
    """For music, windows at 0, 1/3 and 2/3 as pytorchvideo 0.1.5 has them, from the asset `imagebind`."""
    return audio_extractor(load_tower(weights["imagebind"] / WEIGHTS, "audio"), device, imagebind_audio.OLD)


def load_text(weights: Mapping[str, Path], device: str) -> ImageBindExtractor:
    """For sentences, from the assets `imagebind` and `clip_bpe`."""
    tower = load_tower(weights["imagebind"] / WEIGHTS, "text")
    return text_extractor(tower, ClipBpe(weights["clip_bpe"] / FILE), device)


def image_extractor(tower: Tower, device: str) -> ImageBindExtractor:
    """Takes uint8 RGB pictures `[height, width, 3]`."""
    return ImageBindExtractor(
        lambda picture: crop(picture, "imagebind")[None],
        lambda pixels: tower(normalised(pixels)[:, :, None]),
        (tower, "vision", device),
    )


def video_extractor(tower: Tower, device: str, rule: int) -> ImageBindVideoExtractor:
    """Takes sequences of 10 uint8 RGB frames `[height, width, 3]`. `rule`: imagebind_video.NEW or OLD."""
    return ImageBindVideoExtractor(tower, device, rule)


def audio_extractor(tower: Tower, device: str, rule: int) -> ImageBindExtractor:
    """Takes mono clips at 16 kHz. `rule`: imagebind_audio.NEW or OLD."""
    return ImageBindExtractor(lambda clip: imagebind_audio.log_mels(clip, rule), tower, (tower, "audio", device))


def text_extractor(tower: Tower, tokens: ClipBpe, device: str) -> ImageBindExtractor:
    """Takes texts of at least one word."""
    return ImageBindExtractor(lambda text: _ids(tokens, text), tower, (tower, "text", device))


class ImageBindExtractor:
    """See Extractor."""

    def __init__(
        self,
        rows: Callable[[Any], NDArray[Any]],
        forward: Callable[[Tensor], Tensor],
        tower: tuple[Tower, str, str],
    ) -> None:
        """`rows`: a clip to inputs `[rows, ...]`; `forward`: to embeddings; `tower`: it, modality, device."""
        network, modality, self._device = tower
        network.to(self._device).eval()
        self._rows, self._forward = rows, forward
        self._batch = BATCH[modality][torch.device(self._device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [1, 1024] of each clip, the mean over its rows as the authors take it: no unit vector."""
        found = run_batches(self._named, [self._rows(clip) for clip in clips], self._batch, self._device)
        return [{"embedding": item["embedding"].mean(axis=0, keepdims=True)} for item in found]

    def _named(self, inputs: Tensor) -> dict[str, Tensor]:
        return {"embedding": self._forward(inputs)}


class ImageBindVideoExtractor(ImageBindExtractor):
    """See VideoExtractor: 10 frames of the video's own size."""

    def __init__(self, tower: Tower, device: str, rule: int) -> None:
        """`rule`: imagebind_video.NEW or OLD."""
        super().__init__(imagebind_video.as_item, tower, (tower, "vision", device))
        self._rule = rule

    def frame_indices(self, frames: int, rate_hz: float) -> list[int]:
        """Two of each of the 5 clips; see `imagebind_video.frame_indices`."""
        return imagebind_video.frame_indices(frames, rate_hz, self._rule)

    def prepare(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The frame itself: the squares are cut from it at its full size."""
        return frame


def _ids(tokens: ClipBpe, text: Any) -> NDArray[np.int64]:
    return np.array([tokens(checked_text(text, "imagebind"))], dtype=np.int64)
