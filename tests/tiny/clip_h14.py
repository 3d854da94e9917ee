"""A CLIP with the patch and the space of ViT-H-14 and little else of it; it reads OpenAI's tokens."""

from __future__ import annotations

from pathlib import Path

from transformers import CLIPConfig, CLIPModel


def make(folder: Path) -> None:
    """Save the model."""
    small = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "projection_dim": 1024,
        "hidden_act": "gelu",
        "initializer_range": 0.5,
    }
    config = CLIPConfig(
        text_config={**small, "vocab_size": 49408, "eos_token_id": 49407},
        vision_config={**small, "patch_size": 14, "image_size": 224},
        projection_dim=1024,
    )
    CLIPModel(config).eval().save_pretrained(folder)
