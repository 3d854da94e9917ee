"""A tiny Florence-2."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import BartConfig, Florence2Config, Florence2ForConditionalGeneration, PreTrainedTokenizerFast
from transformers.models.florence2.configuration_florence2 import Florence2VisionConfig

from tests.tiny.bpe import BYTES

SIDE = 64
WIDTH = 32


def make(folder: Path) -> None:
    """Save model, tokenizer and preprocessor settings."""
    folder.mkdir(parents=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<image>"]
    vocabulary = {token: number for number, token in enumerate([*special, *BYTES])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder)
    vision = Florence2VisionConfig(
        depths=(1, 1, 1, 1),
        embed_dim=(8, 8, 16, 16),
        num_heads=(2, 2, 2, 2),
        num_groups=(2, 2, 2, 2),
        window_size=4,
        projection_dim=WIDTH,
        initializer_range=0.5,
    )
    text = BartConfig(
        vocab_size=len(vocabulary),
        d_model=WIDTH,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=1100,
        init_std=0.5,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=2,
    )
    config = Florence2Config(vision_config=vision, text_config=text, image_token_id=vocabulary["<image>"])
    Florence2ForConditionalGeneration(config).eval().save_pretrained(folder)
    settings = {
        "do_center_crop": False,
        "image_mean": [0.485, 0.456, 0.406],
        "image_processor_type": "CLIPImageProcessor",
        "image_seq_length": (SIDE // 32) ** 2 + 1,
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
        "size": {"height": SIDE, "width": SIDE},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
