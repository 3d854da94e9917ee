"""Music2Prompt's weights, which nobody has published, and the published parts that its training begins with."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_FILES = (
    "encoder/config.json",
    "encoder/preprocessor_config.json",
    "encoder/model.safetensors",
    "decoder/config.json",
    "decoder/tokenizer.json",
    "decoder/tokenizer_config.json",
    "decoder/model.safetensors",
)


def _trained(variant: str, size_bytes: int, *more: str) -> Asset:
    return Asset(
        f"music2prompt_{variant}",
        tuple(AssetFile(file, ()) for file in (*_FILES, *more)),
        "that of what they were trained on; the encoder's own",
        f"Music2Prompt {variant}, trained by yourself, see docs/models/music2prompt.md",
        size_bytes,
        by_hand="the thesis published no weights; train them by `python -m "
        "sightsound.baselines.music2prompt.train --variant "
        f"{variant} --split SPLIT --out DIR`, which puts them where they belong, or take someone's",
    )


def _hub(name: str, at: str, licence: str, description: str, size_bytes: int, *need: str) -> Asset:
    """`at`: owner/repository@commit."""
    tree = AssetFile("./", (f"hf:{at}/",), drop=("onnx/*",), need=need)
    return Asset(name, (tree,), licence, f"{at.partition('@')[0]}: {description}", size_bytes)


CARDS: tuple[Asset, ...] = (
    *(
        _trained(f"{encoder}_{data}", size_bytes, *more)
        for encoder, size_bytes, *more in (
            ("mert95m", 990_000_000),
            ("mert330m", 1_880_000_000, "projection.safetensors"),  # its states are wider than RoBERTa's
            ("ast", 960_000_000),
        )
        for data in ("amv", "yt8m")
    ),
    _hub(
        "ast_audioset",
        "MIT/ast-finetuned-audioset-10-10-0.4593@f826b80d28226b62986cc218e5cec390b1096902",
        "BSD-3-Clause",
        "sounds of AudioSet",
        346_000_000,
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
    ),
    _hub(
        "roberta_base",
        "FacebookAI/roberta-base@e2da8e2f811d1448a5b465c236feacd80ffbac7b",
        "MIT",
        "a language model",
        505_000_000,
        "config.json",
        "tokenizer.json",
        "model.safetensors",
    ),
)
