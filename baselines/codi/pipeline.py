"""CoDi from a picture, a video, a sentence or several of them to 10 s of sound, a batch at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.baselines.codi import autoencoder, clap, clip, unet, vocoder
from sightsound.baselines.codi.autoencoder import Autoencoder
from sightsound.baselines.codi.clip import Clip
from sightsound.baselines.codi.conditioning import Conditioner, mixed
from sightsound.baselines.codi.preprocessing import VideoReader, picture, sentence
from sightsound.baselines.codi.sampler import sample, schedule
from sightsound.baselines.codi.unet import UNet
from sightsound.baselines.codi.vocoder import Vocoder
from sightsound.baselines.codi.weights import Checkpoint
from sightsound.bench.core import video
from sightsound.bench.core.entries import takes
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import load_audio, load_image
from sightsound.bench.core.types import Example, Generated, example_seed
from sightsound.metrics.networks.common import clip_bpe

LATENT = (8, 256, 16)  # channels, frames of 40 ms, bands
ENCODERS = "CoDi_encoders.safetensors"
DIFFUSER = "CoDi_audio_diffuser_m.safetensors"
WHOLE_S = 36000.0  # of a video
DECODED = {"cpu": 1, "cuda": 8}  # latents decoded in one pass; on a CPU more are slower, for its caches


@dataclass(frozen=True)
class Options:
    """What the user may set; made before any weights are loaded. From the command line all are strings."""

    steps: int | str = 50
    """Steps of DDIM."""
    guidance: float | str = 7.5
    """How far the prediction goes beyond the unconditional one; 1 does without it."""
    image_weight: float | str = 1.0
    """Weight of an example's picture among its conditions."""
    video_weight: float | str = 1.0
    """Of its video."""
    text_weight: float | str = 1.0
    """Of its caption or story."""
    audio: str = ""
    """A sound file, of which the first 10 s are one more condition of every example."""
    audio_weight: float | str = 1.0
    """Its weight."""
    with_instruction: int | str | bool = 0
    """1: the data set's own instruction is the text, as in M2UGen's evaluation. It describes the reference: a
    leak."""

    def __post_init__(self) -> None:
        """ValueError for what makes no sense."""
        schedule(self.count)
        if not self.number("guidance") >= 1:
            raise ValueError(f"guidance: {self.guidance!r} is below 1")
        if min(self.weights.values()) < 0:
            raise ValueError(f"a weight is below 0: {self.weights}")
        if str(self.with_instruction) not in ("0", "1", "False", "True"):
            raise ValueError(f"with_instruction: {self.with_instruction!r} is neither 0 nor 1")

    @property
    def leaks(self) -> bool:
        """Whether the data set's instruction is used."""
        return str(self.with_instruction) in ("1", "True")

    @property
    def count(self) -> int:
        """`steps` as a number."""
        try:
            return int(self.steps)
        except ValueError:
            raise ValueError(f"steps: {self.steps!r} is no whole number") from None

    @property
    def weights(self) -> dict[str, float]:
        """Weight by kind."""
        return {kind: self.number(f"{kind}_weight") for kind in ("image", "video", "text", "audio")}

    def number(self, name: str) -> float:
        """The option of that name as a finite number."""
        try:
            number = float(getattr(self, name))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{name}: {getattr(self, name)!r} is no number")
        return number


class Parts(NamedTuple):
    """The networks of the diffusion."""

    unet: UNet
    """Predicts noise."""
    autoencoder: Autoencoder
    """Latent to spectrogram."""
    vocoder: Vocoder
    """Spectrogram to sound."""


@dataclass
class _Work:
    """What is known so far about one example of a batch."""

    example: Example
    prepared: dict[str, NDArray[Any]] = field(default_factory=dict)
    """Conditions by kind, as their encoder takes them."""
    vectors: dict[str, Tensor] = field(default_factory=dict)
    """The same encoded."""
    notes: dict[str, str] = field(default_factory=dict)
    error: str | None = None


class CoDi:
    """See sightsound.bench.core.types.Model. An example's picture, video, caption and story are its conditions.

    Where it has a caption and a story, they are one text.
    """

    rate_hz = vocoder.RATE_HZ

    def __init__(self, conditioner: Conditioner, parts: Parts, options: Options, device: str) -> None:
        """ValueError where the option `audio` names no sound."""
        self._conditioner = conditioner
        self._parts = parts
        self._options = options
        self._device = torch.device(device)
        self._sound = _sound(options.audio) if options.audio else None

    @torch.inference_mode()
    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """What is wrong with one example is its own error; the others go on."""
        batch = [self._prepared(example, seed) for example in examples]
        ready = [work for work in batch if work.error is None]
        for kind in sorted({kind for work in ready for kind in work.prepared}):
            having = [work for work in ready if kind in work.prepared]
            vectors = self._conditioner(kind, [work.prepared[kind] for work in having])
            for work, vector in zip(having, vectors, strict=True):
                work.vectors[kind] = vector
        if ready:
            sounds = self._sounds(ready, [example_seed(seed, f"{work.example.id}:noise") for work in ready])
            for work, audio in zip(ready, sounds, strict=True):
                yield Generated(work.example.id, audio=audio, rate_hz=self.rate_hz, notes=work.notes)
        for work in batch:
            if work.error is not None:
                yield Generated(work.example.id, notes=work.notes, error=work.error)

    def _prepared(self, example: Example, seed: int) -> _Work:
        work = _Work(example)
        own = example_seed(seed, f"{example.id}:preprocessing")
        text = " ".join(filter(None, (example.caption, example.story)))
        try:
            if self._options.leaks and (example.image is not None or example.video is not None):
                if example.instruction is None:
                    raise ValueError("with_instruction=1 and the example has no instruction of its data set")
                text = example.instruction
            if example.image is not None:
                work.prepared["image"] = picture(load_image(example.image), own)
            if example.video is not None:
                work.prepared["video"] = _frames(example.video, own)
            if text:
                read = sentence(text, self._conditioner.tokens)
                work.prepared["text"] = np.array(read.ids)
                if read.note:
                    work.notes["text_read"] = read.note
            if not work.prepared:
                raise ValueError("the example has no picture, video or text to condition on")
            if self._sound is not None:
                work.prepared["audio"] = self._sound
            if not sum(self._options.weights[kind] for kind in work.prepared) > 0:
                raise ValueError(f"the weights of {', '.join(work.prepared)} are all 0")
        except (BenchError, ValueError) as error:
            work.error = " ".join(str(error).split())
        return work

    def _sounds(self, batch: Sequence[_Work], seeds: Sequence[int]) -> list[NDArray[np.float32]]:
        """`[samples]` of each example of a batch."""
        weights = self._options.weights
        condition = torch.stack([mixed(work.vectors, weights) for work in batch])
        nothing = torch.stack(
            [mixed({kind: self._conditioner.nothing(kind) for kind in work.vectors}, weights) for work in batch]
        )
        # drawn on the CPU, so that a seed means the same noise everywhere
        noise = torch.stack([torch.randn(LATENT, generator=torch.Generator().manual_seed(each)) for each in seeds])
        latents = sample(
            self._parts.unet,
            noise.to(self._device),
            condition,
            nothing,
            self._options.count,
            self._options.number("guidance"),
        )
        return [
            audio
            for some in latents.split(DECODED.get(self._device.type, 1))
            for audio in decoded(self._parts, some)
        ]


def decoded(parts: Parts, latents: Tensor) -> NDArray[np.float32]:
    """Sound `[batch, samples]` at 16 kHz of latents `[batch, 8, frames, bands]`."""
    spectrogram = parts.autoencoder(
        autoencoder.unscaled(latents).to(parts.autoencoder.post_quant_conv.weight.dtype)
    )
    audio: NDArray[np.float32] = parts.vocoder(spectrogram[:, 0].transpose(1, 2)).float().cpu().numpy()
    return audio


def _frames(path: Path, seed: int) -> NDArray[np.uint8]:
    """Four prepared frames of a video. ValueError where they are not to be had."""
    found = video.load(path, {"codi": VideoReader(seed)}, seconds=WHOLE_S)["codi"]
    if isinstance(found, str):
        raise ValueError(f"{path}: {found}")
    return np.stack(found)


def _sound(path: str) -> NDArray[np.float32]:
    """The sound of the option `audio` as CLAP takes it."""
    import soxr

    try:
        clip_16k = load_audio(Path(path), [clap.HEARD_HZ])[clap.HEARD_HZ]
    except BenchError as error:
        raise ValueError(f"audio: {error}") from error
    return clap.window(soxr.resample(clip_16k, clap.HEARD_HZ, clap.RATE_HZ, "HQ"))


@takes(Options)
def fp32(device: str, weights: Mapping[str, Path], **options: Any) -> CoDi:
    """The published float32 files. `options`: see Options."""
    return build(device, weights, "codi", "", torch.float32, Options(**options))


@takes(Options)
def evaluated(device: str, weights: Mapping[str, Path], **options: Any) -> CoDi:
    """`fp32` told the data set's instruction beside the picture or video, as M2UGen's evaluation has it."""
    return fp32(device, weights, **{"with_instruction": 1, **options})


@takes(Options)
def fp16(device: str, weights: Mapping[str, Path], **options: Any) -> CoDi:
    """The published float16 files: computed with as they are on CUDA, as float32 on a CPU."""
    half = torch.float16 if torch.device(device).type == "cuda" else torch.float32
    return build(device, weights, "codi_fp16", "checkpoints_fp16", half, Options(**options))


def build(
    device: str, weights: Mapping[str, Path], assets: str, folder: str, dtype: torch.dtype, options: Options
) -> CoDi:
    """CoDi from the assets `assets`_encoders and `assets`_audio, whose files lie in `folder`, and `clip_bpe`.

    ValueError for a file that is not theirs."""
    encoders = Checkpoint(weights[f"{assets}_encoders"] / folder / ENCODERS, device)
    diffuser = Checkpoint(weights[f"{assets}_audio"] / folder / DIFFUSER, device)
    tokens = clip_bpe.ClipBpe(weights["clip_bpe"] / clip_bpe.FILE)
    size = clip.sizes(encoders)
    conditioner = Conditioner(
        encoders.filled(lambda: Clip(size), clip.PREFIX, dtype, clip.UNUSED),
        tokens,
        clap.load(encoders, device) if options.audio else None,
        torch.device(device),
    )
    return CoDi(conditioner, load_parts(encoders, diffuser, dtype), options, device)


def load_parts(encoders: Checkpoint, diffuser: Checkpoint, dtype: torch.dtype) -> Parts:
    """The networks of the diffusion; their widths are read from the files, the rest of their sizes is fixed."""
    width = diffuser.shape(f"{unet.PREFIX}time_embed.0.weight", 2)[1]
    context = diffuser.shape(f"{unet.PREFIX}input_blocks.1.1.transformer_blocks.0.attn2.to_v.weight", 2)[1]
    if width % unet.GROUPS or not width:
        raise ValueError(f"{diffuser.path}: the audio UNet is {width} wide, no multiple of {unet.GROUPS}")
    if (dim := encoders.shape(f"{clip.PREFIX}text_projection.weight", 2)[0]) != context:
        raise ValueError(f"{diffuser.path} takes conditions of {context} dimensions, {encoders.path} gives {dim}")
    narrow = encoders.shape(f"{autoencoder.PREFIX}decoder.conv_out.weight", 4)[1]
    first = encoders.shape(f"{vocoder.PREFIX}conv_pre.weight", 3)[0]
    return Parts(
        diffuser.filled(lambda: UNet(width, context), unet.PREFIX, dtype, unet.UNUSED),
        encoders.filled(lambda: Autoencoder(narrow), autoencoder.PREFIX, dtype, autoencoder.UNUSED),
        encoders.filled(lambda: Vocoder(first), vocoder.PREFIX, dtype),
    )
