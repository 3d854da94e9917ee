"""A tiny Qwen2-VL, in the layout of Qwen/Qwen2-VL-7B-Instruct."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)

from tests.tiny import bpe

SPECIAL = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>"),
]
TEXT = ["a slow song with piano and strings", "a fast rock track with drums and guitar", "dark ambient music"]


def make(folder: Path) -> None:
    """Save model, tokenizer and the sampling settings that the published one carries."""
    folder.mkdir(parents=True)
    tokenizer = bpe.trained(TEXT, 310, SPECIAL)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL[1:2] + SPECIAL[3:],
    )
    fast.save_pretrained(folder)
    numbers = {name: fast.convert_tokens_to_ids(name) for name in SPECIAL}
    config = Qwen2VLConfig(
        text_config={
            "vocab_size": len(fast) + 4,  # padded, like the published one
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
            "bos_token_id": numbers["<|endoftext|>"],
            "eos_token_id": numbers["<|im_end|>"],
            "initializer_range": 0.5,
        },
        vision_config={
            "depth": 2,
            "embed_dim": 32,
            "hidden_size": 32,
            "num_heads": 2,
            "mlp_ratio": 2,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "initializer_range": 0.5,
        },
        image_token_id=numbers["<|image_pad|>"],
        video_token_id=numbers["<|video_pad|>"],
        vision_start_token_id=numbers["<|vision_start|>"],
        vision_end_token_id=numbers["<|vision_end|>"],
    )
    model = Qwen2VLForConditionalGeneration(config).eval()
    with torch.no_grad():
        model.lm_head.weight[: len(SPECIAL)] = -0.1  # an answer seldom ends at once
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.01,
        top_p=0.001,
        top_k=1,
        eos_token_id=[numbers["<|im_end|>"], numbers["<|endoftext|>"]],
        pad_token_id=numbers["<|endoftext|>"],
    )
    model.save_pretrained(folder)
