"""VGGish: a 128-d embedding for every 0.96 s, the one in which the Fréchet audio distance was defined.

Network and front end after github.com/tensorflow/models, research/audioset/vggish (Hershey et al. 2017), weights
from the port github.com/harritaylor/torchvggish. The embedding is the last layer before its ReLU, as
frechet-audio-distance takes it by default (use_activation=False) and as Google's vggish_slim.py defines it.

What papers call FAD differs in the framing:

- torch lineage (torchvggish, frechet-audio-distance, fad_pytorch, audioldm_eval): windows one after another,
  samples as they are;
- Google (google-research, frechet_audio_distance/audioset_model.py and its main's default step): windows of 1 s
  every 0.5 s, after each file is divided by its highest sample, or by 0.1 where that is lower. The highest, not
  the largest in size: np.amax without np.abs. Google reads WAV files as 16-bit integers without scaling them, so
  that there the 0.1 matters only to silence; here, as in its TFRecord input, samples lie in -1..1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sightsound.metrics.networks.common import winograd
from sightsound.metrics.networks.common.batching import (
    channels_last,
    checked_clip,
    in_threads,
    one_thread,
    run_batches,
)
from sightsound.metrics.networks.common.checkpoint import filled, read_pickle
from sightsound.metrics.networks.common.mel import triangles
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 16000
STFT_WINDOW = 400  # samples, 25 ms
STFT_HOP = 160  # samples, 10 ms
FFT = 512  # samples
MELS = 64  # bands from 125 to 7500 Hz
WINDOW = 15600  # samples under 96 frames, 0.975 s
HOP = 15360  # samples, 0.96 s
GOOGLE_WINDOW = 16000  # samples, of which the network sees the first 15600
GOOGLE_HOP = 8000  # samples, --model_step_size
GOOGLE_FLOOR = 0.1  # full scale: 20 dB is the most that a quiet file is raised
SIZE = 128
PCA_LIMIT = 2.0  # the whitened embedding is clipped to -2..2 before it becomes 8 bits
BATCH = 256  # windows in one forward pass, at most
CONVOLVED = 16  # of these at a time on a CPU, whose cache holds no more

Framing = Callable[[NDArray[Any]], NDArray[np.float32]]


def load(weights: Mapping[str, Path], device: str) -> VggishExtractor:
    """The torch lineage's VGGish, from the asset `vggish`."""
    return VggishExtractor(_network(weights), windows, device)


def load_google(weights: Mapping[str, Path], device: str) -> VggishExtractor:
    """VGGish with the framing and loudness of Google's own FAD, from the asset `vggish`."""
    return VggishExtractor(_network(weights), google_windows, device)


def load_pca(weights: Mapping[str, Path], device: str) -> VggishExtractor:
    """The torch lineage's VGGish with post-processing, from the assets `vggish` and `vggish_pca`."""
    return VggishExtractor(
        _network(weights), windows, device, _pca(weights["vggish_pca"] / "vggish_pca_params.npz")
    )


class VggishExtractor:
    """See Extractor. Takes mono clips at 16 kHz."""

    def __init__(self, network: Vggish, framing: Framing, device: str, pca: Pca | None = None) -> None:
        self._network = channels_last(network, device)
        self._log_mel = LogMel().to(device)
        self._pca = pca.to(device) if pca else None
        self._framing = framing
        self._device = device
        self._cpu = torch.device(device).type == "cpu"
        if self._cpu:
            winograd.replace(self._network)

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [windows, 128] of each clip."""
        found = [self._framing(clip) for clip in clips]
        return run_batches(self._forward, found, self._batch(sum(map(len, found))), self._device)

    def _batch(self, count: int) -> int:
        """Windows in one forward pass. A CPU takes equal parts of all, which are filled up the least."""
        if not self._cpu:
            return BATCH
        batches = max(1, -(-count // BATCH))
        return CONVOLVED * -(-count // (CONVOLVED * batches))

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        log_mel = self._log_mel(audio)
        if self._cpu:  # the dense layers' 268 MB are read once for the whole batch
            parts = in_threads(self._network.convolved, log_mel.split(CONVOLVED))
            embedding = self._network.embeddings(torch.cat(parts))
        else:
            embedding = self._network(log_mel)
        return {"embedding": self._pca(embedding) if self._pca else embedding}


def windows(clip: NDArray[Any]) -> NDArray[np.float32]:
    """The samples under each example of a clip, `[windows, 15600]`, a view; the torch lineage's framing.

    96 frames of 10 ms an example, none shared, a remainder dropped: the same as framing the log-mel of the whole
    clip. A clip of less than one example, of which torchvggish makes none, is filled up with zeros at its end.
    """
    audio = checked_clip(clip, "vggish")
    audio = np.pad(audio, (0, max(0, WINDOW - len(audio))))
    return np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]


def google_windows(clip: NDArray[Any]) -> NDArray[np.float32]:
    """The same of Google's FAD, `[windows, 15600]`: the head of each 1 s every 0.5 s of the clip over its peak.

    A remainder is dropped; a clip of less than 1 s, of which Google makes no example, is filled up with zeros.
    """
    audio = checked_clip(clip, "vggish_google")
    audio = audio / np.maximum(np.float32(GOOGLE_FLOOR), audio.max())
    audio = np.pad(audio, (0, max(0, GOOGLE_WINDOW - len(audio))))
    return np.lib.stride_tricks.sliding_window_view(audio, GOOGLE_WINDOW)[::GOOGLE_HOP, :WINDOW]


class LogMel(nn.Module):
    """`[windows, 15600]` -> `[windows, 96, 64]`: log(0.01 + m), m the mel spectrogram of magnitudes.

    In float64, as numpy computes it for the others: in float32 a quiet band next to a loud one is off by 6e-5.
    On a CPU window by window: what is between the steps then stays in the cache, which takes a third of the time.
    And with one thread: the steps are so short that two threads, which share each of them, take twice as long.
    """

    taper: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("taper", torch.hann_window(STFT_WINDOW, dtype=torch.float64))
        self.register_buffer("filters", torch.from_numpy(triangles(RATE_HZ, FFT, MELS, 125.0, 7500.0)))
        self._parts = []  # which bins some bands hear: most of the filters are zeros
        for bands in (slice(0, 24), slice(24, 48), slice(48, MELS)):
            heard = self.filters[:, bands].any(dim=1).nonzero()
            self._parts.append((slice(int(heard[0]), int(heard[-1]) + 1), bands))

    def forward(self, audio: Tensor) -> Tensor:
        if audio.device.type != "cpu":
            return self._log_mel(audio, self._padded(audio))
        with one_thread():
            padded = self._padded(audio[:1])
            return torch.cat([self._log_mel(window, padded) for window in audio.split(1)])

    def _padded(self, audio: Tensor) -> Tensor:
        """Room for the frames of as many windows, zeros after the 400 samples."""
        frames = 1 + (audio.shape[1] - STFT_WINDOW) // STFT_HOP
        return torch.zeros(len(audio), frames, FFT, dtype=torch.float64, device=audio.device)

    def _log_mel(self, audio: Tensor, padded: Tensor) -> Tensor:
        frames = audio.double().unfold(1, STFT_WINDOW, STFT_HOP)
        torch.mul(frames, self.taper, out=padded[..., :STFT_WINDOW])
        spectrum = torch.fft.rfft(padded)
        magnitude = spectrum.real.square().add_(spectrum.imag.square()).sqrt_()
        mel = torch.cat([magnitude[..., bins] @ self.filters[bins, bands] for bins, bands in self._parts], dim=-1)
        return torch.log(mel + 0.01).float()


class Vggish(nn.Module):
    """`[batch, 96, 64]` log-mels -> `[batch, 128]`; layers named as in torchvggish."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for step in (64, "pool", 128, "pool", 256, 256, "pool", 512, 512, "pool"):
            if isinstance(step, int):
                layers += [nn.Conv2d(channels, step, 3, padding=1), nn.ReLU(inplace=True)]
                channels = step
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        dense = [nn.Linear(512 * 6 * 4, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, SIZE)]
        self.embeddings = nn.Sequential(*dense)

    def forward(self, log_mel: Tensor) -> Tensor:
        return torch.as_tensor(self.embeddings(self.convolved(log_mel)))

    def convolved(self, log_mel: Tensor) -> Tensor:
        """What the dense layers see, `[batch, 12288]`: time, band, channel, in TensorFlow's order."""
        x: Tensor = self.features(log_mel[:, None])
        return x.permute(0, 2, 3, 1).flatten(1)


class Pca(nn.Module):
    """Whitening by AudioSet's PCA and rounding to 0..255; `[batch, 128]` -> `[batch, 128]` whole numbers.

    Source: vggish_postprocess.py. Google cuts the fraction off, torchvggish rounds; this rounds.
    """

    vectors: Tensor
    means: Tensor

    def __init__(self, vectors: NDArray[np.float32], means: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.from_numpy(vectors))
        self.register_buffer("means", torch.from_numpy(means))

    def forward(self, embedding: Tensor) -> Tensor:
        whitened = (embedding - self.means) @ self.vectors.T
        return torch.round((whitened.clamp(-PCA_LIMIT, PCA_LIMIT) + PCA_LIMIT) * (255 / (2 * PCA_LIMIT)))


def _network(weights: Mapping[str, Path]) -> Vggish:
    path = weights["vggish"] / "vggish-10086976.pth"
    return filled(Vggish, read_pickle(path), path)


def _pca(path: Path) -> Pca:
    try:
        with np.load(path, allow_pickle=False) as file:
            vectors = file["pca_eigen_vectors"].astype(np.float32)
            means = file["pca_means"].astype(np.float32).reshape(-1)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is not VGGish's PCA ({error}): fetch it again") from error
    if vectors.shape != (SIZE, SIZE) or means.shape != (SIZE,):
        raise ValueError(f"{path} has shapes {vectors.shape} and {means.shape}, not VGGish's PCA: fetch it again")
    return Pca(vectors, means)
