"""A tiny AudioLDM2 in diffusers' layout, after diffusers' own test of it."""

from __future__ import annotations

import json
from pathlib import Path

from diffusers import AudioLDM2Pipeline, AudioLDM2ProjectionModel, AudioLDM2UNet2DConditionModel
from transformers import (
    ClapFeatureExtractor,
    ClapModel,
    GPT2Config,
    GPT2LMHeadModel,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from tests.tiny import bpe, musicldm

CLAP_WIDTH, T5_WIDTH, GPT2_WIDTH = 16, 32, 16
LENGTH = 77


def make(folder: Path, t5_width: int = T5_WIDTH) -> None:
    """Save the whole pipeline. Its language model is a GPT2Model without a head, as the published one is."""
    unet = AudioLDM2UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=((None, GPT2_WIDTH, t5_width),) * 2,
    )
    words = T5Tokenizer(vocab=_vocabulary(), extra_ids=0, model_max_length=LENGTH)
    t5 = T5Config(vocab_size=len(words), d_model=t5_width, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    gpt2 = GPT2Config(
        n_embd=GPT2_WIDTH, n_layer=1, n_head=2, vocab_size=16, n_positions=160, bos_token_id=0, eos_token_id=1
    )
    speaker = GPT2LMHeadModel(gpt2)
    AudioLDM2Pipeline(
        vae=musicldm.autoencoder(),
        text_encoder=_clap(),
        text_encoder_2=T5EncoderModel(t5),
        projection_model=AudioLDM2ProjectionModel(CLAP_WIDTH, t5_width, GPT2_WIDTH),
        language_model=speaker,
        tokenizer=bpe.roberta(LENGTH),
        tokenizer_2=words,
        feature_extractor=ClapFeatureExtractor(truncation="rand_trunc"),
        unet=unet,
        scheduler=musicldm.scheduler(),
        vocoder=musicldm.vocoder(),
    ).save_pretrained(folder)
    speaker.transformer.save_pretrained(folder / "language_model")
    index = folder / "model_index.json"
    parts = json.loads(index.read_text())
    parts["language_model"] = ["transformers", "GPT2Model"]
    index.write_text(json.dumps(parts))


def _clap() -> ClapModel:
    """MusicLDM's, with an audio tower that takes the ten seconds of CLAP's own feature extractor."""
    config = musicldm.clap(CLAP_WIDTH).config
    config.audio_config.spec_size = 256
    return ClapModel(config)


def _vocabulary() -> list[tuple[str, float]]:
    letters = [(letter, -3.0) for letter in "▁abcdefghijklmnopqrstuvwxyzLQ0123456789,.'-[]"]
    return [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *letters]
