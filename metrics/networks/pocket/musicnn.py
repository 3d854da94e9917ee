"""musicnn: 50 music tags and a 200-d embedding for every 3 s of music.

Architecture, front end and tag lists after github.com/jordipons/musicnn (musicnn/models.py, extractor.py,
configuration.py), with one difference that is meant: the log-mels stay in float32. The authors' code casts the
power spectrogram to float16 first, where 10000 m overflows in loud music; the tags that their README prints come
out in float32 and not in float16 (docs/extractors.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.batching import checked_clip, run_batches
from sightsound.metrics.networks.common.tf_checkpoint import read_index, read_tensor
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 16000
FFT = 512  # samples
HOP = 256  # samples
MELS = 96  # bands from 0 to 8 kHz
PATCH = 187  # frames, 2.99 s
PATCH_SAMPLES = (PATCH - 1) * HOP  # shortest clip that has 187 frames centred in it
BATCH = {"cpu": 4, "cuda": 64}  # patches in one forward pass: what fits the cache, what fills the device

# fmt: off
MTT_TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano",
    "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing",
    "vocals", "no vocals", "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop",
    "soft", "sitar", "solo", "man", "classic", "choir", "voice", "new age", "dance", "male voice",
    "female vocal", "beats", "harp", "cello", "no voice", "weird", "country", "metal", "female voice", "choral",
)
MSD_TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul",
    "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies",
    "blues", "hard rock", "ambient", "acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop", "70s",
    "party", "country", "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal",
    "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)
# fmt: on


def load_msd(weights: Mapping[str, Path], device: str) -> MusicnnExtractor:
    """The network trained on the Million Song Dataset, from the asset `musicnn`."""
    return MusicnnExtractor(_network(weights["musicnn"] / "MSD_musicnn"), MSD_TAGS, device)


def load_mtt(weights: Mapping[str, Path], device: str) -> MusicnnExtractor:
    """The network trained on MagnaTagATune, from the asset `musicnn`."""
    return MusicnnExtractor(_network(weights["musicnn"] / "MTT_musicnn"), MTT_TAGS, device)


class MusicnnExtractor:
    """See Extractor. Takes mono clips at 16 kHz."""

    def __init__(self, network: Musicnn, tags: tuple[str, ...], device: str) -> None:
        self.tags = tags
        """Names of the columns of `logits`."""
        self._network = network.to(device).eval()
        self._log_mel = LogMel().to(device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [patches, 200] and `logits` [patches, 50] of each clip; see the card for its length."""
        return run_batches(self._forward, [patches(clip) for clip in clips], self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        embedding, logits = self._network(self._log_mel(audio))
        return {"embedding": embedding, "logits": logits}


def patches(clip: NDArray[Any]) -> NDArray[np.float32]:
    """The samples under each patch of a clip, `[patches, 48128]`, a view wherever it can be.

    Frames are centred on multiples of the hop, the ends mirrored, as librosa did when the networks were trained
    (before 0.10). A clip of less than one patch is filled up with zeros at its end; a remainder is dropped.
    """
    audio = checked_clip(clip, "musicnn")
    audio = np.pad(audio, (0, max(0, PATCH_SAMPLES - len(audio))))
    audio = np.pad(audio, FFT // 2, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(audio, PATCH_SAMPLES + FFT)[:: PATCH * HOP]


class LogMel(nn.Module):
    """`[patches, samples]` -> `[patches, frames, 96]`: log10(1 + 10000 m), m the power mel spectrogram."""

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(FFT))
        self.register_buffer("filters", torch.from_numpy(mel_filters()))

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = torch.stft(audio, FFT, HOP, window=self.window, center=False, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log10(1 + 10000 * (power.transpose(1, 2) @ self.filters))


def mel_filters() -> NDArray[np.float32]:
    """Slaney's triangles on his mel scale, each of area 1 over hertz; `[257, 96]`.

    Source: Slaney, Auditory Toolbox (1998), as librosa.filters.mel has it by default: linear below 1 kHz with
    200/3 Hz a mel, above it 27 mels to a factor of 6.4.
    """
    knee_mel, step = 15.0, np.log(6.4) / 27
    top_mel = knee_mel + np.log(RATE_HZ / 2 / 1000) / step
    mel = np.linspace(0, top_mel, MELS + 2)
    edges_hz = np.where(mel < knee_mel, mel * 200 / 3, 1000 * np.exp(step * np.maximum(mel - knee_mel, 0)))
    bins_hz = np.linspace(0, RATE_HZ / 2, FFT // 2 + 1)[:, None]
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rise, fall = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    return np.asarray(np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low), dtype=np.float32)


class Musicnn(nn.Module):
    """`[batch, frames, 96]` log-mels -> penultimate layer `[batch, 200]` and logits `[batch, 50]`."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1, eps=1e-3)
        timbral = [_Front(204, (7, 38)), _Front(204, (7, 67))]  # 0.4 and 0.7 of the bands high
        temporal = [_Front(51, (128, 1)), _Front(51, (64, 1)), _Front(51, (32, 1))]
        self.front = nn.ModuleList(timbral + temporal)
        self.middle = nn.ModuleList([_Middle(561), _Middle(64), _Middle(64)])
        self.pool_norm = nn.BatchNorm1d(1506, eps=1e-3)
        self.dense = nn.Linear(1506, 200)
        self.dense_norm = nn.BatchNorm1d(200, eps=1e-3)
        self.head = nn.Linear(200, 50)

    def forward(self, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        x = self.norm(log_mel[:, None])
        front = torch.cat([block(x) for block in self.front], dim=1)
        first = self.middle[0](front)
        second = self.middle[1](first) + first
        third = self.middle[2](second) + second
        layers = torch.cat([front, first, second, third], dim=1)
        pooled = torch.stack([layers.amax(dim=2), layers.mean(dim=2)], dim=2).flatten(1)  # max, mean, max, ...
        embedding = self.dense_norm(functional.relu(self.dense(self.pool_norm(pooled))))
        return embedding, self.head(embedding)


class _Front(nn.Module):
    """Convolution, ReLU, batch norm, then the maximum over what is left of the bands: `[batch, out, frames]`."""

    def __init__(self, out: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, out, kernel)
        self.norm = nn.BatchNorm2d(out, eps=1e-3)
        self.pad = (0, 0, (kernel[0] - 1) // 2, kernel[0] // 2)  # TensorFlow's `same`: the odd one at the end

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(functional.relu(self.conv(functional.pad(x, self.pad)))).amax(dim=3)


class _Middle(nn.Module):
    """Convolution over time, ReLU, batch norm: `[batch, 64, frames]`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, 64, 7, padding=3)
        self.norm = nn.BatchNorm1d(64, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(functional.relu(self.conv(x)))


# our layer -> the checkpoint's, which are numbered in the order in which the authors' code makes them
_LAYERS = (
    {"norm": "batch_normalization", "pool_norm": "batch_normalization_9", "dense_norm": "batch_normalization_10"}
    | {"dense": "dense", "head": "dense_1"}
    | {f"front.{i}.conv": f"conv2d_{i}" if i else "conv2d" for i in range(5)}
    | {f"front.{i}.norm": f"batch_normalization_{i + 1}" for i in range(5)}
    | {f"middle.{i}.conv": f"conv2d_{i + 5}" for i in range(3)}
    | {f"middle.{i}.norm": f"batch_normalization_{i + 6}" for i in range(3)}
)
_PARAMETERS = {
    "conv": {"weight": "kernel", "bias": "bias"},
    "norm": {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"},
}


def _network(folder: Path) -> Musicnn:
    """The network with the weights of a checkpoint. ValueError unless its tensors are musicnn's, all of them."""
    entries = read_index(folder / ".index")
    # the optimiser's own tensors lie in the same file
    present = {name for name in entries if "Adam" not in name and not name.startswith("beta")}
    wanted = {
        f"{ours}.{a}": f"{theirs}/{b}"
        for ours, theirs in _LAYERS.items()
        for a, b in _PARAMETERS["norm" if "norm" in ours else "conv"].items()
    }
    if odd := sorted(present ^ set(wanted.values())):
        raise ValueError(f"{folder} is not a musicnn checkpoint: {odd[0]} is missing or unexpected")
    data = folder / ".data-00000-of-00001"
    network = Musicnn()
    state = network.state_dict()
    for ours, theirs in wanted.items():
        value = _torch_layout(torch.from_numpy(read_tensor(data, entries[theirs]).copy()), ours)
        if value.shape != state[ours].shape:
            raise ValueError(f"{folder}: {theirs} has the shape {entries[theirs].shape}, not musicnn's")
        state[ours] = value
    network.load_state_dict(state, strict=True)
    return network


def _torch_layout(value: Tensor, ours: str) -> Tensor:
    """TensorFlow's kernels `[height, width, in, out]` and `[in, out]` in torch's order."""
    if ours.startswith("middle") and value.ndim == 4:  # [time, in, 1, out]: the channels lie along the height
        return value.squeeze(2).permute(2, 1, 0)
    if value.ndim == 4:
        return value.permute(3, 2, 0, 1)
    return value.T if value.ndim == 2 else value
