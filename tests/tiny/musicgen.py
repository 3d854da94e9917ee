"""A tiny MusicGen, plain or of the kind that takes a melody: T5 encoder, decoder over four codebooks, EnCodec at
32 kHz and 50 frames a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import (
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    MusicgenMelodyConfig,
    MusicgenMelodyDecoderConfig,
    MusicgenMelodyForConditionalGeneration,
    T5Config,
)

from tests.tiny import unigram

CODES = 64
BOOKS = 4
FRAME_HZ = 50
_PLAIN: Any = (MusicgenForConditionalGeneration, MusicgenConfig, MusicgenDecoderConfig)
_MELODY: Any = (
    MusicgenMelodyForConditionalGeneration,
    MusicgenMelodyConfig,
    MusicgenMelodyDecoderConfig,
)


def make(folder: Path, melody: bool = False) -> None:
    """Save model, tokenizer and generation settings."""
    folder.mkdir(parents=True)
    fast = unigram.t5(
        "abcdefghijklmnopqrstuvwxyz0123456789,.'-&", ("music", "piano", "rock", "slow", "dark", "drums")
    )
    fast.save_pretrained(folder)
    text = T5Config(
        vocab_size=len(fast) + 2, d_model=24, d_kv=8, d_ff=32, num_layers=2, num_heads=4, initializer_factor=1.0
    )
    audio = EncodecConfig(
        sampling_rate=32000,
        audio_channels=1,
        normalize=False,
        num_filters=4,
        num_residual_layers=1,
        upsampling_ratios=[8, 5, 4, 4],  # their product is the 640 samples of a frame
        codebook_size=CODES,
        hidden_size=16,
        codebook_dim=16,
        num_lstm_layers=1,
        target_bandwidths=[BOOKS * FRAME_HZ * 6 / 1000],  # 6 bits a code
        use_causal_conv=False,
    )
    kind, settings_of, decoder_of = _MELODY if melody else _PLAIN
    decoder = decoder_of(
        vocab_size=CODES,
        num_codebooks=BOOKS,
        hidden_size=32,
        ffn_dim=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=2048,
        pad_token_id=CODES,
        bos_token_id=CODES,
        initializer_factor=0.5,
    )
    model: Any = kind(settings_of(text_encoder=text, audio_encoder=audio, decoder=decoder))
    for layer in model.audio_encoder.quantizer.layers:
        layer.codebook.embed.normal_()  # zeros otherwise: every code would sound the same
    settings = model.generation_config
    settings.do_sample, settings.guidance_scale, settings.max_length = True, 3.0, 1500
    settings.decoder_start_token_id = settings.bos_token_id = settings.pad_token_id = CODES
    model.eval().save_pretrained(folder)
