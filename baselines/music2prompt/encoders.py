"""What hears the music: MERT or AST as published, a state a frame, of 10 s.

MERT is the network of the metrics (metrics/networks/audio/mert.py), of which the last layer's states are taken
before they are averaged. AST is transformers' ASTModel; its input is the filter bank of
metrics/networks/common/kaldi_fbank.py, which is what its own feature extractor computes. A shorter clip is filled
up with silence, as every clip of the thesis has 10 s.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import ASTConfig, ASTModel
from transformers.utils import logging

from sightsound.baselines.parts.training import save_whole
from sightsound.bench.core.media import CLIP_S, load_audio
from sightsound.metrics.networks.audio import mert
from sightsound.metrics.networks.common import kaldi_fbank
from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.common.checkpoint import filled, read_pickle, read_safetensors
from sightsound.metrics.networks.common.pretrained import in_dtype

SETTINGS = ("config.json", "preprocessor_config.json")
WEIGHTS = "model.safetensors"


class Encoder(Protocol):
    """Music to states."""

    width: int
    """Of a state."""

    def heard(self, path: Path) -> NDArray[np.float32]:
        """What the network takes of a file. MediaError or ValueError where it takes nothing."""
        ...

    def states(self, heard: Sequence[NDArray[np.float32]]) -> Tensor:
        """`[clips, frames, width]` on the device."""
        ...

    def save(self, folder: Path) -> None:
        """The network and its settings, as `load` reads them."""
        ...


def load(folder: Path, device: str) -> Encoder:
    """The encoder in a folder of the hub's, by the kind that its config names. ValueError where it is neither."""
    try:
        kind = json.loads((folder / SETTINGS[0]).read_text(encoding="utf-8")).get("model_type", "")
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(f"{folder}: no config of an encoder of music ({error})") from error
    return Ast(folder, device) if kind == ASTConfig.model_type else MertFrames(folder, device)


class MertFrames:
    """See Encoder. The last layer's states of MERT, 75 a second."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder, self.device = folder, torch.device(device)
        self.shape, self.normalise = mert.read_shape(folder)
        path = folder / WEIGHTS
        state = read_safetensors(path) if path.exists() else read_pickle(path := folder / "pytorch_model.bin")
        self.network = filled(lambda: mert.Mert(self.shape), state, path).to(self.device)
        self.width = self.shape.width

    def heard(self, path: Path) -> NDArray[np.float32]:
        """`[240000]`, of mean 0 and variance 1 before it is filled up where the model was trained so."""
        clip = checked_clip(load_audio(path, [mert.RATE_HZ])[mert.RATE_HZ], "mert")
        if len(clip) < mert.SHORTEST:
            raise ValueError(f"{path}: {len(clip)} samples of music; MERT takes {mert.SHORTEST} or more")
        if self.normalise:
            clip = (clip - clip.mean()) / np.sqrt(clip.var() + np.float32(1e-7))
        return _filled_up(clip, round(CLIP_S * mert.RATE_HZ))

    @torch.no_grad()
    def states(self, heard: Sequence[NDArray[np.float32]]) -> Tensor:
        """A clip at a time on a CPU: its first layer has 512 channels at 4800 Hz."""
        size = mert.BATCH[self.device.type]
        rows = [torch.from_numpy(np.stack(heard[at : at + size])) for at in range(0, len(heard), size)]
        return torch.cat([last_states(self.network, part.to(self.device), self.shape) for part in rows])

    def save(self, folder: Path) -> None:
        """See Encoder."""
        _copy_settings(self.folder, folder)
        save_whole(self.network.state_dict(), folder / WEIGHTS)


def last_states(network: Any, audio: Tensor, shape: mert.Shape) -> Tensor:
    """`[batch, samples]` -> `[batch, frames, width]`, what Mert.forward averages into its last row."""
    x = network.feature_extractor(audio).transpose(1, 2)
    x = network.feature_projection["projection"](network.feature_projection["layer_norm"](x))
    encoder = network.encoder
    x = x + encoder.pos_conv_embed["conv"](x)
    if not shape.norm_first:
        x = encoder.layer_norm(x)
    for layer in encoder.layers:
        x = layer(x)
    return torch.as_tensor(encoder.layer_norm(x) if shape.norm_first else x)


class Ast:
    """See Encoder. The states of AST's patches, after its last norm."""

    def __init__(self, folder: Path, device: str) -> None:
        """ValueError where a weight is missing or a setting is not AST's."""
        self.folder, self.device = folder, torch.device(device)
        try:
            settings = json.loads((folder / SETTINGS[1]).read_text(encoding="utf-8"))
            self.mean, self.std = float(settings["mean"]), float(settings["std"])
            if (settings["sampling_rate"], settings["do_normalize"]) != (kaldi_fbank.RATE_HZ, True):
                raise ValueError("it is not for 16 kHz, or leaves the level as it is")
            network, report = _read_ast(folder)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ValueError(f"{folder}: no AST could be read ({' '.join(str(error).split())[:200]})") from error
        if report["missing_keys"]:
            raise ValueError(f"{folder} lacks {min(report['missing_keys'])}: fetch it again")
        self.network: nn.Module = network.to(self.device).eval().requires_grad_(False)
        self.bands, self.frames = int(network.config.num_mel_bins), int(network.config.max_length)
        self.width = int(network.config.hidden_size)

    def heard(self, path: Path) -> NDArray[np.float32]:
        """`[1024, 128]`: log-mel frames, zeros after the last, normalised."""
        clip = checked_clip(load_audio(path, [kaldi_fbank.RATE_HZ])[kaldi_fbank.RATE_HZ], "ast")
        found = kaldi_fbank.fbank(torch.from_numpy(clip), self.bands).numpy()[: self.frames]
        normal: NDArray[np.float32] = (_filled_up(found, self.frames) - self.mean) / (2 * self.std)
        return normal

    @torch.no_grad()
    def states(self, heard: Sequence[NDArray[np.float32]]) -> Tensor:
        """See Encoder."""
        values = torch.from_numpy(np.stack(heard).astype(np.float32)).to(self.device)
        return torch.as_tensor(self.network(values).last_hidden_state)

    def save(self, folder: Path) -> None:
        """See Encoder."""
        network: Any = self.network
        network.save_pretrained(folder)
        _copy_settings(self.folder, folder)


def _read_ast(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The network without a published one's head, and transformers' report of what was missing."""
    read: Any = ASTModel.from_pretrained  # its annotation leaves out the report
    said = logging.get_verbosity()
    logging.set_verbosity_error()  # that the head is left over is not the user's concern
    try:
        network, report = read(
            folder,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            **in_dtype(torch.float32),
        )
    finally:
        logging.set_verbosity(said)
    return network, report


def _filled_up(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """The first `length` rows, zeros behind where there are fewer."""
    values = values[:length]
    return np.pad(values, [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)])


def _copy_settings(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in SETTINGS:
        shutil.copyfile(source / name, target / name)
