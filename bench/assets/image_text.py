"""The networks that pictures and prompts are measured with."""

from __future__ import annotations

from sightsound.bench.assets.model import Asset, AssetFile

_FIDELITY = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0"
_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights"

ASSETS = (
    Asset(
        "inception",
        (
            AssetFile(
                "inception-2015-12-05.pth",
                (
                    f"{_FIDELITY}/weights-inception-2015-12-05-6726825d.pth",
                    f"{_FID}/pt_inception-2015-12-05-6726825d.pth",
                ),
                # as stated in several public repositories that pin the file; its first digits are in its name
                ("6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",),
            ),
        ),
        "Apache-2.0",
        "Inception v3 of 2015-12-05, as torch-fidelity and pytorch-fid convert TensorFlow's graph",
        95_628_359,
    ),
    Asset(
        "roberta_large",
        (
            AssetFile(
                "./",
                ("hf:FacebookAI/roberta-large@main/",),
                drop=("onnx/*",),
                need=("config.json", "model.safetensors", "tokenizer.json"),
            ),
        ),
        "MIT",
        "FacebookAI/roberta-large: token embeddings for BERTScore",
        1_425_000_000,
    ),
)
