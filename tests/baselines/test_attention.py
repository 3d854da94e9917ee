"""Attention is fused: ours by scaled_dot_product_attention, transformers' by the implementation of that name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from transformers import (
    AutoModelForCausalLM,
    BlipForConditionalGeneration,
    Florence2ForConditionalGeneration,
    MusicgenForConditionalGeneration,
    PreTrainedModel,
    Qwen2VLForConditionalGeneration,
    WhisperForConditionalGeneration,
)

from sightsound.baselines import parts

HOME = Path(parts.__file__).parents[1]
WRITTEN_OUT = {"codi/speed.py", "parts/sampling.py"}
"""The plain way that a speed is held against, and a softmax over tokens to draw from."""


def test_no_attention_of_ours_is_written_out() -> None:
    """A softmax in a network of ours would be one."""
    found = set()
    for path in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "softmax":
                found.add(path.relative_to(HOME).as_posix())
    assert found == WRITTEN_OUT


@pytest.mark.parametrize(
    ("kind", "folder"),
    [
        (AutoModelForCausalLM, "Qwen/Qwen2.5-7B-Instruct"),
        (AutoModelForCausalLM, "mistralai/Mistral-7B-Instruct-v0.1"),
        (BlipForConditionalGeneration, "Salesforce/blip-image-captioning-large"),
        (Florence2ForConditionalGeneration, "florence-community/Florence-2-large"),
        (MusicgenForConditionalGeneration, "facebook/musicgen-small"),
        (Qwen2VLForConditionalGeneration, "Qwen/Qwen2-VL-7B-Instruct"),
        (WhisperForConditionalGeneration, "openai/whisper-large-v2"),
    ],
    ids=lambda value: value.rpartition("/")[2] if isinstance(value, str) else "",
)
def test_transformers_networks_attend_fused(mirror: Path, kind: type, folder: str) -> None:
    model = kind.from_pretrained(mirror / folder, local_files_only=True)  # type: ignore[attr-defined]
    able = [part for part in model.modules() if isinstance(part, PreTrainedModel) and part._supports_sdpa]
    assert all(part.config._attn_implementation == "sdpa" for part in able)
    assert bool(able) is (kind is not BlipForConditionalGeneration), "BLIP of transformers writes it out"
