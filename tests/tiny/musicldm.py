"""A tiny MusicLDM in diffusers' layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusers import AutoencoderKL, DDIMScheduler, MusicLDMPipeline, UNet2DConditionModel
from transformers import (
    ClapAudioConfig,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    ClapTextConfig,
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
)

from tests.tiny import bpe

WIDTH = 32  # of CLAP's space; the published one's is 512
LENGTH = 77


def make(folder: Path) -> None:
    """Save the whole pipeline."""
    unet = UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=(8, 16),
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=WIDTH,
        class_embeddings_concat=True,
    )
    MusicLDMPipeline(
        vae=autoencoder(),
        text_encoder=clap(WIDTH),
        tokenizer=bpe.roberta(LENGTH),
        feature_extractor=ClapFeatureExtractor(),
        unet=unet,
        scheduler=scheduler(),
        vocoder=vocoder(),
    ).save_pretrained(folder)


def autoencoder() -> Any:
    """Of mel spectrograms: one channel, halved once."""
    return AutoencoderKL(
        block_out_channels=[8, 16],
        in_channels=1,
        out_channels=1,
        norm_num_groups=8,
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
    )


def scheduler() -> Any:
    """As published."""
    return DDIMScheduler(
        beta_start=0.0015,
        beta_end=0.0195,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def vocoder() -> Any:
    """16 kHz from 16 mel bands, 160 samples a frame."""
    return SpeechT5HifiGan(
        SpeechT5HifiGanConfig(
            model_in_dim=16,
            sampling_rate=16000,
            upsample_initial_channel=16,
            upsample_rates=[5, 4, 8],
            upsample_kernel_sizes=[10, 8, 16],
            resblock_kernel_sizes=[3],
            resblock_dilation_sizes=[[1, 3]],
            normalize_before=False,
            initializer_range=0.2,  # with the default the sound would be too quiet for 16 bits
        )
    )


def clap(width: int) -> Any:
    """A CLAP with both towers."""
    tokenizer = bpe.roberta(LENGTH)
    text = ClapTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=LENGTH + 2,
        projection_dim=width,
        initializer_range=0.5,
    )
    audio = ClapAudioConfig(
        spec_size=64,
        hidden_size=32,
        patch_embeds_hidden_size=16,
        depths=[1, 1],
        num_attention_heads=[2, 2],
        num_hidden_layers=2,
        window_size=4,
        projection_dim=width,
    )
    return ClapModel(ClapConfig(text_config=text.to_dict(), audio_config=audio.to_dict(), projection_dim=width))
