"""MusFlow from pictures, stories and captions to music, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sightsound.baselines.musflow import layout
from sightsound.baselines.musflow.adapters import DIM, KINDS, Mean
from sightsound.baselines.musflow.encoders import MUSIC_HZ, Encoders, conditions
from sightsound.baselines.musflow.flow import SOLVERS, integrate
from sightsound.baselines.musflow.sound import Sound
from sightsound.baselines.parts import diffusion
from sightsound.baselines.parts.options import positive
from sightsound.bench.core.entries import takes
from sightsound.bench.core.media import CLIP_S, MediaError, load_audio
from sightsound.bench.core.types import Example, Generated, example_seed

TIMES = 1000  # the UNet is told the time in 0..1000, the range that MusicLDM's embedding of it is made for


@dataclass(frozen=True)
class Options:
    """What the user may set; made before any weights are loaded. From the command line all are strings."""

    solver: str = "euler"
    """One of SOLVERS."""
    steps: int | str = 50
    """Of the solver."""
    conditions: str = ",".join(KINDS)
    """Those of an example's that are used where it has them, separated by commas."""
    seconds: float | str = 10.0
    """Length of the music."""

    def __post_init__(self) -> None:
        """ValueError for what makes no sense."""
        if self.solver not in SOLVERS:
            raise ValueError(f"solver: {self.solver!r} is none of {', '.join(SOLVERS)}")
        if odd := [kind for kind in self.conditions.split(",") if kind not in KINDS]:
            raise ValueError(f"conditions: {odd[0]!r} is none of {', '.join(KINDS)}")
        positive("steps", self.steps, int)
        positive("seconds", self.seconds, float)

    @property
    def kinds(self) -> tuple[str, ...]:
        """`conditions`, each once, in the order of KINDS."""
        return tuple(kind for kind in KINDS if kind in self.conditions.split(","))


class Flow:
    """The part that is trained: conditions' vectors and noise to a latent."""

    def __init__(self, adapters: nn.Module, unet: Any, device: str) -> None:
        """The UNet runs in float16 on CUDA, the path that it steers is float32."""
        self.device = torch.device(device)
        self.adapters = adapters.to(device)
        self.unet = unet.to(device).to(torch.float16 if self.device.type == "cuda" else torch.float32)
        self.multiple = 2 ** (len(unet.config.block_out_channels) - 1)

    @torch.inference_mode()
    def latents(self, vectors: Tensor, given: Tensor, noise: Tensor, steps: int, solver: str) -> Tensor:
        """Where the noise `[batch, channels, frames, bands]` is carried; for the rest see Adapters."""
        guide = self.adapters(vectors.to(self.device), given.to(self.device))

        def field(point: Tensor, time: float) -> Tensor:
            return velocity(self.unet, point, torch.full((len(point),), time, device=point.device), guide)

        return integrate(field, noise.to(self.device), steps, solver)


def velocity(unet: Any, points: Tensor, times: Tensor, guide: Tensor) -> Tensor:
    """The UNet's, float32, at points `[batch, channels, frames, bands]` and times `[batch]` in 0..1."""
    made: Tensor = unet(points.to(unet.dtype), times * TIMES, None, class_labels=guide.to(unet.dtype)).sample
    return made.float()


class MusFlow:
    """See bench.core.types.Model. What an example shows of image, story and caption guides its music together."""

    def __init__(self, encoders: Encoders, flow: Flow, sound: Sound, options: Options) -> None:
        """ValueError where the flow does not fit the decoder."""
        if flow.unet.config.in_channels != sound.vae.config.latent_channels:
            raise ValueError(
                f"the UNet makes latents of {flow.unet.config.in_channels} channels, MusicLDM's decoder takes "
                f"{sound.vae.config.latent_channels}"
            )
        self.encoders, self.flow, self.sound, self.options = encoders, flow, sound, options
        self.rate_hz = sound.rate_hz

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """What is wrong with one example is its own error. Notes: the conditions, and what was cut of a text."""
        shown: dict[str, dict[str, Any]] = {}
        for example in examples:
            try:
                shown[example.id] = self.items(example)
            except (MediaError, ValueError) as error:
                yield Generated(example.id, error=str(error))
        if not shown:
            return
        vectors, given = self._vectors(list(shown.values()))
        length_s = float(self.options.seconds)
        shape = self.sound.shape(length_s, self.flow.multiple)
        generators = diffusion.generators([example_seed(seed, name) for name in shown])
        noise = torch.stack([torch.randn(shape, generator=generator) for generator in generators])
        latents = self.flow.latents(vectors, given, noise, int(self.options.steps), self.options.solver)
        made = self.sound.decoded(latents)[:, : round(length_s * self.rate_hz)]
        for (name, items), audio in zip(shown.items(), made, strict=True):
            yield Generated(name, audio, self.rate_hz, notes=self._notes(items))

    def items(self, example: Example) -> dict[str, Any]:
        """What guides the example's music. ValueError, MediaError where there is nothing."""
        return conditions(example, self.options.kinds)

    def _vectors(self, shown: Sequence[Mapping[str, Any]]) -> tuple[Tensor, Tensor]:
        """Vectors `[batch, 3, 512]`, 0 where there is no condition, and where there is one."""
        vectors: NDArray[np.float32] = np.zeros((len(shown), len(KINDS), DIM), np.float32)
        given = np.array([[kind in items for kind in KINDS] for items in shown])
        for place, kind in enumerate(KINDS):
            if given[:, place].any():
                vectors[given[:, place], place] = self.encoders(kind, [i[kind] for i in shown if kind in i])
        return torch.from_numpy(vectors), torch.from_numpy(given)

    def _notes(self, items: Mapping[str, Any]) -> dict[str, str]:
        notes = {"conditions": ", ".join(items)}
        texts = {kind: text for kind, text in items.items() if kind != "image"}
        read = {kind: self.encoders.read(kind, text) for kind, text in texts.items()}
        cut = [
            f"{kind}: {len(read[kind])} of {len(text)} characters were read"
            for kind, text in texts.items()
            if read[kind] != text
        ]
        return notes | ({"truncated": "; ".join(cut)} if cut else {})


@takes(Options)
def paper(device: str, weights: Mapping[str, Path], **options: Any) -> MusFlow:
    """The paper's model with weights of one's own. `options`: see Options."""
    chosen = Options(**options)
    folder = weights["musflow"]
    flow = Flow(layout.load_adapters(folder), layout.load_unet(folder), device)
    return MusFlow(Encoders(device, weights, chosen.kinds), flow, Sound(weights["musicldm"], device), chosen)


@takes(Options)
def raw(device: str, weights: Mapping[str, Path], **options: Any) -> MusFlow:
    """The ablation without adapters, with weights of one's own. `options`: see Options."""
    chosen = Options(**options)
    flow = Flow(Mean(), layout.load_unet(weights["musflow_raw"]), device)
    return MusFlow(Encoders(device, weights, chosen.kinds), flow, Sound(weights["musicldm"], device), chosen)


class Heard(MusFlow):
    """Guided by what the reference itself sounds like to CLAP."""

    def items(self, example: Example) -> dict[str, Any]:
        """The reference's first 10 s as CLAP takes them."""
        if example.audio is None:
            raise ValueError("the example has no music")
        return {"music": load_audio(example.audio, (MUSIC_HZ,), seconds=CLIP_S)[MUSIC_HZ]}

    def _vectors(self, shown: Sequence[Mapping[str, Any]]) -> tuple[Tensor, Tensor]:
        """CLAP's vectors `[batch, 1, 512]`, all of them there."""
        vectors = self.encoders("music", [items["music"] for items in shown])
        return torch.from_numpy(vectors)[:, None], torch.ones(len(shown), 1, dtype=torch.bool)

    def _notes(self, items: Mapping[str, Any]) -> dict[str, str]:
        return {"conditions": "the reference"}


@takes(Options)
def heard(device: str, weights: Mapping[str, Path], **options: Any) -> MusFlow:
    """The ablation that hears the reference, with weights of one's own. `options`: see Options."""
    chosen = Options(**options)
    flow = Flow(Mean(), layout.load_unet(weights["musflow_music"]), device)
    return Heard(Encoders(device, weights, ("music",)), flow, Sound(weights["musicldm"], device), chosen)
