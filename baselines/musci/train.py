"""Train MusCI: `python -m sightsound.baselines.musci.train --variant NAME --split SPLIT --out DIR`.

Equation 6.3 of the thesis: the UNet, CLAP's encoder and the projection learn together to undo noise; the text
encoder and the VAE stay as published. The checkpoint's own target is kept: 2.1 predicts velocities.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from sightsound.baselines.musci import CARD, layout
from sightsound.baselines.musci.music import Ear, heard
from sightsound.baselines.musci.pipeline import fits
from sightsound.baselines.parts import training_command as command
from sightsound.baselines.parts.diffusion import in_dtype, quiet_diffusers
from sightsound.baselines.parts.training import Plan, Trainer
from sightsound.bench import assets
from sightsound.bench.core import console
from sightsound.bench.core.media import load_image
from sightsound.bench.core.types import Example
from sightsound.metrics.networks.joint.clap import MUSIC, SIZES

BATCH, RATE, STEPS = 16, 1e-5, 10_000  # ours: the thesis states none
Item = tuple[NDArray[np.float32], NDArray[np.float32], str]
"""An example's music, picture and text."""


class Denoising:
    """The loss, with what is not trained: text encoder, VAE and the noise of each time."""

    def __init__(self, published: Path, ear: Ear, device: str, drop: float) -> None:
        """`drop`: the share of examples whose text is empty to the UNet, and of those whose music is zeros."""
        diffusers = quiet_diffusers()
        try:
            pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
                published,
                local_files_only=True,
                use_safetensors=True,
                safety_checker=None,
                feature_extractor=None,
                **in_dtype(torch.float32),
            ).to(device)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{published}: no Stable Diffusion could be read ({error})") from error
        for part in (pipeline.text_encoder, pipeline.vae):
            part.requires_grad_(False)
        self.pipeline, self.ear, self.drop = pipeline, ear, drop
        self.unet: Any = pipeline.unet.requires_grad_(True).train()
        self.schedule: Any = diffusers.DDPMScheduler.from_config(pipeline.scheduler.config)
        self.side = int(self.unet.config.sample_size) * int(pipeline.vae_scale_factor)
        fits(self.unet, pipeline.text_encoder, ear)

    def __call__(self, items: Sequence[Item], generator: torch.Generator) -> Tensor:
        """Mean squared error of what the UNet says of noisy latents."""
        device = self.ear.device
        windows, pictures, texts = (list(part) for part in zip(*items, strict=True))
        latents = self._latents(torch.from_numpy(np.stack(pictures)).to(device), generator)
        noise = torch.randn(latents.shape, generator=generator).to(device)
        last = self.schedule.config.num_train_timesteps
        times = torch.randint(last, (len(items),), generator=generator).to(device)
        left_out = torch.rand(2, len(items), generator=generator) < self.drop
        texts = ["" if out else text for text, out in zip(texts, left_out[0].tolist(), strict=True)]
        music = self.ear(windows) * ~left_out[1].to(device)[:, None, None]
        tokens = torch.cat([self._words(texts), music], 1)
        said = self.unet(self.schedule.add_noise(latents, noise, times), times, tokens).sample
        kind = self.schedule.config.prediction_type
        target = self.schedule.get_velocity(latents, noise, times) if kind == "v_prediction" else noise
        return functional.mse_loss(said.float(), target)

    @torch.no_grad()
    def _latents(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        vae = self.pipeline.vae
        found = vae.encode(pictures).latent_dist
        drawn = torch.randn(found.mean.shape, generator=generator).to(found.mean.device)
        return ((found.mean + found.std * drawn) * vae.config.scaling_factor).float()

    @torch.no_grad()
    def _words(self, texts: Sequence[str]) -> Tensor:
        return torch.as_tensor(self.pipeline.encode_prompt(list(texts), self.ear.device, 1, False)[0])


def square(picture: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """`[3, side, side]` in -1..1: the middle square of an RGB picture."""
    height, width, _ = picture.shape
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    middle = Image.fromarray(picture[top : top + edge, left : left + edge])
    values = np.asarray(middle.resize((side, side), Image.Resampling.LANCZOS), np.float32)
    return (values / np.float32(127.5) - 1).transpose(2, 0, 1)


def train(options: argparse.Namespace) -> str:
    """Train what is left; one line that says what there is now."""
    if not 0 <= options.drop < 1:
        raise ValueError("--drop must be 0 or above, and under 1")
    with console.progress() as report:
        split = command.split(options, report)
        examples = [example for example in split.examples if example.audio and example.reference_image]
        if not examples:
            raise ValueError(f"{split.label}: no example has music and a reference_image to learn")
        published = assets.fetch("stable_diffusion_2_1", options.weights, report)
        clap = assets.fetch("clap_music", options.weights, report) / MUSIC
        width = layout.unet_width(published)
        music = layout.begun(clap, SIZES[MUSIC], width, options.seed)
        denoising = Denoising(published, Ear(music, options.device), options.device, options.drop)

        def load(example: Example) -> Item:
            assert example.audio is not None and example.reference_image is not None
            text = " ".join((example.caption or example.reference_text or "").split())
            return heard(example.audio), square(load_image(example.reference_image), denoising.side), text

        network = nn.ModuleDict({"music": music, "unet": denoising.unet})
        name = f"musci_{options.variant}"
        plan = Plan(
            name,
            split.label,
            options.steps,
            options.batch_size,
            options.rate,
            options.seed,
            f"drop {options.drop}",
        )
        trainer = Trainer(options.out, plan, network, examples, load, denoising)
        command.link(options.out / "stable_diffusion_2_1", published)
        save = partial(layout.save, music=music, unet=denoising.unet)
        trainer.run(options.out / name, save, options.save_every, report)
    left_out = [f"{name}: {why}" for name, why in sorted(trainer.left_out.items())]
    return command.done("musci", options, trainer.step, split.label, left_out)


def main(words: Sequence[str] | None = None) -> None:
    """The command."""
    parser = command.parser("musci", tuple(CARD.variants), BATCH, RATE, STEPS)
    parser.add_argument(
        "--drop",
        type=float,
        default=0.0,
        help="share of examples shown without text, and as many without music; default: 0, as in the thesis",
    )
    command.run("musci", train, parser.parse_args(words))


if __name__ == "__main__":
    main()
