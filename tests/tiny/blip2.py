"""A tiny BLIP-2 with a T5 that answers, in the layout of Salesforce/blip2-flan-t5-xl."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import Blip2Config, Blip2ForConditionalGeneration, T5Config

from tests.tiny import unigram

SIDE = 32  # pixels
QUERIES = 4


def make(folder: Path) -> None:
    """Save model, tokenizer and preprocessor settings."""
    folder.mkdir(parents=True)
    fast = unigram.t5(
        "abcdefghijklmnopqrstuvwxyz0123456789,.'-&?", ("image", "this", "castle", "sea", "dark", "painting")
    )
    fast.add_special_tokens({"additional_special_tokens": ["<image>"]})
    fast.save_pretrained(folder)
    small = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config=small | {"image_size": SIDE, "patch_size": 16, "initializer_range": 0.5},
        qformer_config=small | {"cross_attention_frequency": 1, "vocab_size": 64, "encoder_hidden_size": 32},
        text_config=T5Config(
            vocab_size=len(fast) + 3,  # padded, like the published one
            d_model=32,
            d_kv=8,
            d_ff=32,
            num_layers=2,
            num_heads=4,
            decoder_start_token_id=0,
            initializer_factor=1.0,
            tie_word_embeddings=False,  # as FLAN-T5
        ).to_dict(),
        num_query_tokens=QUERIES,
        image_token_index=fast.convert_tokens_to_ids("<image>"),
        initializer_range=0.5,
    )
    model = Blip2ForConditionalGeneration(config).eval()
    with torch.no_grad():
        model.query_tokens.normal_()  # zeros otherwise
        for layer in model.qformer.encoder.layer:  # so that the picture counts for more than the last token
            layer.crossattention.attention.value.weight.mul_(20)
        for block in model.language_model.decoder.block:
            block.layer[1].EncDecAttention.v.weight.mul_(30)
        model.language_model.lm_head.weight[:3] = -0.1  # an answer seldom ends at once
        model.language_model.lm_head.weight[len(fast) - 1 :] = -0.1
    model.save_pretrained(folder)
    settings = {
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "BlipImageProcessor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "processor_class": "Blip2Processor",
        "resample": 3,
        "size": {"height": SIDE, "width": SIDE},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
