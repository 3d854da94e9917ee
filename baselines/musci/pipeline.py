"""MusCI: a picture for music and its caption, or for either alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightsound.baselines.musci import layout
from sightsound.baselines.musci.music import Ear, heard
from sightsound.baselines.parts.prompted import noted
from sightsound.baselines.parts.stable_diffusion import GUIDANCE, STEPS, StableDiffusion, settings
from sightsound.bench.core.media import MediaError
from sightsound.bench.core.types import Example, Generated, example_seed

USES = ("both", "text", "audio")


class Painter(StableDiffusion):
    """Stable Diffusion with a trained UNet: what conditions it is 77 tokens of text, 10 of music, or both."""

    def __init__(
        self,
        device: str,
        published: Path,
        unet: Any,
        ear: Ear | None,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
    ) -> None:
        """`ear` None: no music. ValueError where UNet, text encoder and music are not equally wide."""
        kind = torch.float16 if torch.device(device).type == "cuda" else torch.float32
        super().__init__(device, published, steps, guidance, unet=unet.to(kind))
        self.ear = ear
        fits(unet, self.pipeline.text_encoder, ear)

    @torch.inference_mode()
    def tokens(
        self, prompts: Sequence[str] | None, windows: Sequence[NDArray[np.float32]] | None
    ) -> tuple[Tensor, Tensor]:
        """What the UNet attends to, `[batch, tokens, width]`: text before music; and what stands for nothing,
        which guidance leads away from: the empty text, and zeros for music."""
        parts = []
        if prompts is not None:
            parts.append(self.pipeline.encode_prompt(list(prompts), self.pipeline.device, 1, True)[:2])
        if windows is not None and self.ear is not None:
            music = self.ear(windows).to(self.pipeline.unet.dtype)
            parts.append((music, torch.zeros_like(music)))
        shown, nothing = (torch.cat(list(part), 1) for part in zip(*parts, strict=True))
        return shown, nothing

    def paint(self, shown: Tensor, nothing: Tensor, seeds: Sequence[int]) -> list[NDArray[np.uint8]]:
        """A picture a row of what `tokens` gives."""
        return self.pictures(seeds, prompt_embeds=shown, negative_prompt_embeds=nothing)


class MusCI:
    """See bench.core.types.Model. Of an example its music and, where it has one, its caption; or only one of
    them."""

    def __init__(self, painter: Painter, use: str) -> None:
        self.painter, self.use = painter, use

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """What is wrong with one example is its own error. Notes: the prompt, and how much of it was read."""
        texts: dict[str, str] = {}
        windows: dict[str, NDArray[np.float32]] = {}
        for example in examples:
            try:
                text = " ".join((example.caption or "").split())
                if self.use == "text" and not text:
                    raise ValueError("no caption")
                if self.use != "text":
                    if example.audio is None:
                        raise MediaError("no music")
                    windows[example.id] = heard(example.audio)
                texts[example.id] = text if self.use != "audio" else ""
            except (MediaError, ValueError) as error:
                yield Generated(example.id, error=str(error))
        if not texts:
            return
        read = {name: self.painter.cut(text) for name, text in texts.items()}
        shown, nothing = self.painter.tokens(
            list(read.values()) if self.use != "audio" else None, list(windows.values()) or None
        )
        pictures = self.painter.paint(shown, nothing, [example_seed(seed, name) for name in read])
        for (name, prompt), picture in zip(read.items(), pictures, strict=True):
            yield Generated(name, image=picture, notes=noted(texts[name], prompt) if texts[name] else {})


def fits(unet: Any, text_encoder: Any, ear: Ear | None) -> None:
    """ValueError where the UNet attends to tokens of another width than text or music has."""
    width = unet.config.cross_attention_dim
    made = {"text": text_encoder.config.hidden_size}
    if ear is not None:
        made["music"] = ear.network.width
    for what, other in made.items():
        if other != width:
            raise ValueError(f"the UNet attends to tokens {width} wide; those of the {what} are {other} wide")


def _variant(name: str) -> Callable[..., MusCI]:
    def build(
        device: str,
        weights: Mapping[str, Path],
        use: str = "both",
        steps: int | str = STEPS,
        guidance: float | str = GUIDANCE,
    ) -> MusCI:
        if use not in USES:
            raise ValueError(f"use: {use!r} is none of {', '.join(USES)}")
        numbers = settings(steps, guidance)
        folder = weights[f"musci_{name}"]
        ear = Ear(layout.load_music(folder), device) if use != "text" else None
        unet = layout.load_unet(folder)
        return MusCI(Painter(device, weights["stable_diffusion_2_1"], unet, ear, *numbers), use)

    build.__doc__ = f"MusCI with the weights `musci_{name}`; `use`: both, or text or audio alone."
    return build


clap_amv, clap_yt8m = _variant("clap_amv"), _variant("clap_yt8m")
