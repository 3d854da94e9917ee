"""Tiny weights of MG-S under the authors' names: the emotion network, and AudioCraft language models that fit the
tiny MusicGen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import FalconConfig, FalconForCausalLM, PreTrainedTokenizerFast

from sightsound.baselines.mgs.emotion import EmotionNetwork
from sightsound.baselines.mgs.pipeline import FILES, asked
from tests.parity import seeded
from tests.tiny import blip

WIDTH, TEXT_WIDTH, LAYERS, FEED, CODES, BOOKS = 32, 24, 2, 32, 64, 4


def make(folder: Path) -> None:
    """One folder an asset below `folder`. The emotion network is whole: its sizes are part of its layout."""
    with torch.device("meta"):
        emotion = EmotionNetwork()
    state = {
        name: torch.empty(value.shape, dtype=value.dtype if value.dtype.is_floating_point else torch.int64)
        for name, value in emotion.state_dict().items()
    }
    _save(seeded.filled(state), folder / "mgs_emotion" / "ResNet.safetensors")
    for way, file in FILES.items():
        tensors = {name: seeded.tensor(f"{way}.{name}", shape) for name, shape in language_model().items()}
        _save(tensors, folder / f"mgs_{way}" / f"{file}.safetensors")
    falcon(folder / "ericzzz" / "falcon-rw-1b-instruct-openorca")


def _save(state: dict[str, torch.Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True)
    save_file({name: value.contiguous() for name, value in state.items()}, path)


def language_model(
    width: int = WIDTH, feed: int = FEED, layers: int = LAYERS, codes: int = CODES, text: int = TEXT_WIDTH
) -> dict[str, tuple[int, ...]]:
    """Names and shapes of AudioCraft's MusicGen language model (audiocraft/models/lm.py)."""
    shapes: dict[str, tuple[int, ...]] = {
        "condition_provider.conditioners.description.output_proj.weight": (width, text),
        "condition_provider.conditioners.description.output_proj.bias": (width,),
        "out_norm.weight": (width,),
        "out_norm.bias": (width,),
    }
    for book in range(BOOKS):
        shapes[f"emb.{book}.weight"] = (codes + 1, width)
        shapes[f"linears.{book}.weight"] = (codes, width)
    for layer in range(layers):
        prefix = f"transformer.layers.{layer}"
        for attention in ("self_attn", "cross_attention"):
            shapes[f"{prefix}.{attention}.in_proj_weight"] = (3 * width, width)
            shapes[f"{prefix}.{attention}.out_proj.weight"] = (width, width)
        for norm in ("norm1", "norm2", "norm_cross"):
            shapes |= {f"{prefix}.{norm}.weight": (width,), f"{prefix}.{norm}.bias": (width,)}
        shapes[f"{prefix}.linear1.weight"] = (feed, width)
        shapes[f"{prefix}.linear2.weight"] = (width, feed)
    return shapes


def falcon(folder: Path) -> None:
    """A Falcon of the kind RW: alibi, one head a query."""
    folder.mkdir(parents=True)
    words = ["<|endoftext|>", "?", *sorted(set(re.findall(r"\w+|[^\w\s]+", f"{asked('')} {blip.TEXT}")))]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>").save_pretrained(folder)
    config = FalconConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        alibi=True,
        multi_query=False,
        parallel_attn=False,
        bias=True,
        bos_token_id=0,
        eos_token_id=0,
        initializer_range=0.5,
    )
    FalconForCausalLM(config).eval().save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 0, "eos_token_id": 0}))
