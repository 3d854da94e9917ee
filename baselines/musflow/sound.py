"""MusicLDM's ends: sound to the latent of a mel spectrogram and back.

The autoencoder and the HiFi-GAN are those of its published pipeline. The spectrogram that the autoencoder was
trained on: github.com/RetroCirce/MusicLDM, interface/musicldm.yaml (16 kHz, windows of 1024, hop 160, 64 bands
from 0 to 8 kHz) and interface/src/utilities/audio/stft.py (magnitudes, Slaney's bands, natural logarithm).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers.audio_utils import mel_filter_bank

FFT = 1024  # samples
FLOOR = 1e-5  # of a band, before the logarithm
DECODED = 4  # latents in one pass of the decoder, which takes far more memory than the UNet


class Sound:
    """The autoencoder and the vocoder in float32. A latent is `[channels, frames, bands]`."""

    def __init__(self, folder: Path, device: str) -> None:
        """`folder`: MusicLDM's pipeline. ValueError where the two are not there whole."""
        from diffusers import AutoencoderKL
        from transformers import SpeechT5HifiGan

        self.device = torch.device(device)
        self.vae = _whole(AutoencoderKL, folder / "vae").to(device)
        self.vocoder = _whole(SpeechT5HifiGan, folder / "vocoder").to(device)
        self.rate_hz = int(self.vocoder.config.sampling_rate)
        self.hop = math.prod(self.vocoder.config.upsample_rates)
        self.bands = int(self.vocoder.config.model_in_dim)
        self.shrunk = 2 ** (len(self.vae.config.block_out_channels) - 1)
        bank = mel_filter_bank(
            FFT // 2 + 1, self.bands, 0.0, self.rate_hz / 2, self.rate_hz, norm="slaney", mel_scale="slaney"
        )
        self._bank = torch.from_numpy(bank).float().to(device)

    def shape(self, seconds: float, multiple: int) -> tuple[int, int, int]:
        """Of a latent that covers `seconds`; its frames are a multiple of `multiple`."""
        samples = round(seconds * self.rate_hz)
        frames = math.ceil(samples / (self.hop * self.shrunk * multiple)) * multiple
        return int(self.vae.config.latent_channels), frames, self.bands // self.shrunk

    @torch.inference_mode()
    def encoded(self, clips: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        """Latents of so many frames of clips `[batch, samples]`; the means of the autoencoder's distributions.

        A clip is cut or filled up with silence. Multiplied by MusicLDM's factor, their deviation is about 1.
        """
        samples = frames * self.shrunk * self.hop
        audio = torch.from_numpy(clips[:, :samples]).to(self.device)
        mel = self.log_mel(torch.nn.functional.pad(audio, (0, samples - audio.shape[1])))[:, None, :-1]
        latents: NDArray[np.float32] = (
            (self.vae.encode(mel).latent_dist.mode() * self.vae.config.scaling_factor).cpu().numpy()
        )
        return latents

    def log_mel(self, audio: Tensor) -> Tensor:
        """`[batch, samples]` -> `[batch, 1 + samples // hop, bands]`."""
        window = torch.hann_window(FFT, device=audio.device)
        spectrum = torch.stft(audio.clamp(-1, 1), FFT, self.hop, window=window, return_complex=True)
        return (spectrum.abs().transpose(1, 2) @ self._bank).clamp(min=FLOOR).log()

    @torch.inference_mode()
    def decoded(self, latents: Tensor) -> NDArray[np.float32]:
        """Sound `[batch, samples]` of latents."""
        made = []
        for some in latents.float().split(DECODED):
            mel = self.vae.decode(some / self.vae.config.scaling_factor).sample[:, 0]
            made.append(self.vocoder(mel).reshape(len(some), -1).cpu().numpy())
        return np.concatenate(made)


def _whole(kind: Any, folder: Path) -> Any:
    """The network in `folder`, with no weight made up. ValueError where it lacks one or cannot be read."""
    try:
        network, report = kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{folder}: no {kind.__name__} could be read ({reason})") from error
    if missing := sorted(report["missing_keys"]):
        raise ValueError(f"{folder} lacks {missing[0]} and {len(missing) - 1} more weights: fetch it again")
    return network.float().eval().requires_grad_(False)
