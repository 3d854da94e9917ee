"""Tiny weights of Music2Prompt, and tiny MERT, AST and RoBERTa in their published layouts to train from."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from safetensors.torch import save_file
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    RobertaConfig,
    RobertaForMaskedLM,
)

from sightsound.baselines.music2prompt import VARIANTS, encoders, writer
from sightsound.metrics.networks.audio.mert import Mert, Shape
from tests.parity import seeded
from tests.tiny import bpe

INSIDE = 16  # width of RoBERTa, of AST and of the small MERT
ROOM = 130  # positions of RoBERTa
PLACES = {
    "mert95m": "mert_95m",
    "mert330m": "m-a-p/MERT-v1-330M",
    "ast": "MIT/ast-finetuned-audioset-10-10-0.4593",
    "roberta": "FacebookAI/roberta-base",
}
"""Of the published parts in a mirror."""


def make(folder: Path) -> None:
    """A mirror with all variants' trained weights."""
    with tempfile.TemporaryDirectory() as temporary:
        parts = Path(temporary)
        published(parts)
        for name in VARIANTS:
            encoder = encoders.load(parts / PLACES[name.partition("_")[0]], "cpu")
            text = writer.begun(parts / PLACES["roberta"], encoder.width, "cpu", 0)
            text.load_state_dict(seeded.filled(text.state_dict()))
            own = folder / f"music2prompt_{name}"
            encoder.save(own / "encoder")
            text.save(own)
            bpe.roberta(ROOM - 2).save_pretrained(own / "decoder")


def published(folder: Path) -> None:
    """A mirror with what training begins with; MERT-v1-95M as safetensors and not as the pickle it is."""
    mert(folder / PLACES["mert95m"], INSIDE, norm_first=False)
    mert(folder / PLACES["mert330m"], 2 * INSIDE, norm_first=True)
    ast(folder / PLACES["ast"])
    roberta(folder / PLACES["roberta"])


def mert(folder: Path, width: int, norm_first: bool) -> None:
    """A layer deep. The convolutions are as wide as the published ones: they are part of the layout."""
    folder.mkdir(parents=True)
    settings = {
        "model_type": "mert_model",
        "num_hidden_layers": 1,
        "hidden_size": width,
        "num_attention_heads": 2,
        "do_stable_layer_norm": norm_first,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": not norm_first}))
    save_file(seeded.filled(Mert(Shape(1, width, 2, norm_first)).state_dict()), folder / "model.safetensors")


def ast(folder: Path) -> None:
    """A classifier, as it is published, a layer deep, 16 wide; its input is as long as the published one's."""
    config = ASTConfig(hidden_size=INSIDE, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    network = ASTForAudioClassification(config)
    network.load_state_dict(seeded.filled(network.state_dict()))
    network.save_pretrained(folder)
    ASTFeatureExtractor().save_pretrained(folder)


def roberta(folder: Path) -> None:
    """A masked language model, as it is published, with a token a byte."""
    tokenizer = bpe.roberta(ROOM - 2)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=INSIDE,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=ROOM,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )
    network = RobertaForMaskedLM(config)
    network.load_state_dict(seeded.filled(network.state_dict()))
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
