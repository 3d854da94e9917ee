"""YAMNet: 521 AudioSet classes and a 1024-d embedding for every 0.48 s.

Front end, architecture and windows after github.com/tensorflow/models, research/audioset/yamnet (features.py,
yamnet.py, params.py: Plakal & Ellis). The weights are read out of a TensorFlow Lite conversion, whose batch norms
are folded into the convolutions; 8-bit weights are dequantised and everything is computed in float32.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.batching import channels_last, checked_clip, run_batches
from sightsound.metrics.networks.common.tflite import CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TfliteFile
from sightsound.metrics.networks.extractor import Features

RATE_HZ = 16000
STFT_WINDOW = 400  # samples, 25 ms
STFT_HOP = 160  # samples, 10 ms
FFT = 512  # samples
MELS = 64
LOW_HZ, HIGH_HZ = 125.0, 7500.0
WINDOW = 15600  # samples under 96 frames, 0.975 s
HOP = 7680  # samples from one window to the next, 0.48 s
CLASSES = 521
LANES = 64  # floats that a loop of the processor takes at once, at most
BATCH = {"cpu": 16, "cuda": 256}  # windows in one forward pass
WEIGHTS = "yamnet.tflite"
NAMES = "yamnet_class_map.csv"

# stride and channels out of each depthwise-separable layer, after the first convolution (stride 2, 32 channels)
_LAYERS = (
    *((1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512)),
    *((1, 512), (1, 512), (1, 512), (1, 512), (1, 512), (2, 1024), (1, 1024)),
)


def load(weights: Mapping[str, Path], device: str) -> YamnetExtractor:
    """The network, from the asset `yamnet`. ValueError unless the file's graph is YAMNet's."""
    return YamnetExtractor(_network(weights["yamnet"] / WEIGHTS), device)


def class_names(folder: Path) -> list[str]:
    """Names of the 521 columns of `logits`, from the asset's class map."""
    with (folder / NAMES).open(encoding="utf-8", newline="") as file:
        rows = {int(row["index"]): row["display_name"] for row in csv.DictReader(file)}
    if sorted(rows) != list(range(CLASSES)):
        raise ValueError(f"{folder / NAMES} does not name the classes 0 to {CLASSES - 1}: fetch it again")
    return [rows[i] for i in range(CLASSES)]


class YamnetExtractor:
    """See Extractor. Takes mono clips at 16 kHz."""

    def __init__(self, network: Yamnet, device: str) -> None:
        self._network = channels_last(network, device)
        self._log_mel = LogMel().to(device)
        self._device = device
        self._batch = BATCH[torch.device(device).type]

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """`embedding` [windows, 1024], `logits` and `scores` [windows, 521] of each clip."""
        return run_batches(self._forward, [windows(clip) for clip in clips], self._batch, self._device)

    def _forward(self, audio: Tensor) -> dict[str, Tensor]:
        embedding, logits = self._network(self._log_mel(audio))
        return {"embedding": embedding, "logits": logits, "scores": scores(logits)}


def scores(logits: Tensor) -> Tensor:
    """Probability of each class, `[windows, 521]`, each class for itself.

    Rows are filled up to whole vector registers: what is left over at the end of a tensor is computed by other
    instructions, so that a clip's last bits would depend on its place in the batch.
    """
    whole = functional.pad(logits, (0, -CLASSES % LANES))
    return whole.sigmoid()[:, :CLASSES]


def windows(clip: NDArray[Any]) -> NDArray[np.float32]:
    """The samples under each window of a clip, `[windows, 15600]`, a view.

    As features.pad_waveform of the authors: zeros at the end up to a whole number of windows, at least one.
    """
    audio = checked_clip(clip, "yamnet")
    hops = max(0, -(-(len(audio) - WINDOW) // HOP))
    audio = np.pad(audio, (0, WINDOW + hops * HOP - len(audio)))
    return np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]


class LogMel(nn.Module):
    """`[windows, 15600]` -> `[windows, 96, 64]`: log(0.001 + m), m the mel spectrogram of magnitudes."""

    taper: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("taper", torch.hann_window(STFT_WINDOW))
        self.register_buffer("filters", torch.from_numpy(mel_filters()))

    def forward(self, audio: Tensor) -> Tensor:
        frames = audio.unfold(1, STFT_WINDOW, STFT_HOP) * self.taper
        magnitude = torch.fft.rfft(frames, FFT).abs()  # zeros after the 400 samples
        return torch.log(magnitude @ self.filters + 0.001)


def mel_filters() -> NDArray[np.float32]:
    """Triangles of height 1, straight in mels of 1127 ln(1 + f / 700), none over 0 Hz; `[257, 64]`.

    Source: tf.signal.linear_to_mel_weight_matrix, which the authors call.
    """
    edges = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), MELS + 2)
    bins = _mel(np.linspace(0, RATE_HZ / 2, FFT // 2 + 1))[:, None]
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.maximum(0, triangles).astype(np.float32)


def _mel(hertz: Any) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(np.asarray(hertz) / 700))


class Yamnet(nn.Module):
    """`[batch, 96, 64]` log-mels -> embedding `[batch, 1024]` and logits `[batch, 521]`; MobileNet v1."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([_Conv(1, 32, 3, stride=2)])
        channels = 32
        for stride, out in _LAYERS:
            self.convs.append(_Conv(channels, channels, 3, stride, groups=channels))
            self.convs.append(_Conv(channels, out, 1))
            channels = out
        self.head = nn.Linear(channels, CLASSES)

    def forward(self, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        x = log_mel[:, None]
        for conv in self.convs:
            x = conv(x)
        embedding = x.mean(dim=(2, 3))
        return embedding, self.head(embedding)


class _Conv(nn.Conv2d):
    """Convolution with TensorFlow's `same` padding, then ReLU; a batch norm is folded into its weights."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups)
        total = kernel - stride  # every size but the last is a multiple of its stride; 3 stays 3 at stride 1
        self._pad = (total // 2, total - total // 2) * 2

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(super().forward(functional.pad(x, self._pad)))


def _network(path: Path) -> Yamnet:
    """The network with a file's weights: its convolutions in the order in which they run, then the last dense."""
    file = TfliteFile(path)
    steps = [step for step in file.operators if step.code in (CONV_2D, DEPTHWISE_CONV_2D)]
    dense = [step for step in file.operators if step.code == FULLY_CONNECTED]
    network = Yamnet()
    layers = [*network.convs, network.head]
    if len(steps) != len(network.convs) or not dense:
        raise ValueError(f"{path} has {len(steps)} convolutions, YAMNet has {len(network.convs)}: not its graph")
    for step, layer in zip([*steps, dense[-1]], layers, strict=True):
        weight, bias = (torch.from_numpy(file.constant(number).copy()) for number in step.inputs[1:3])
        if step.code == CONV_2D:
            weight = weight.permute(0, 3, 1, 2)  # [out, height, width, in]
        elif step.code == DEPTHWISE_CONV_2D:
            weight = weight.permute(3, 0, 1, 2)  # [1, height, width, channels]
        if weight.shape != layer.weight.shape or bias.shape != layer.bias.shape:
            found, wanted = tuple(weight.shape), tuple(layer.weight.shape)
            raise ValueError(f"{path} has a layer of {found} where YAMNet has {wanted}: not its graph")
        layer.load_state_dict({"weight": weight, "bias": bias}, strict=True)
    return network
