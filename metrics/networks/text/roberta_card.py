"""Card of RoBERTa-large's token embeddings, and its repository on the hub."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

CARDS = (
    ExtractorCard(
        name="roberta_large",
        entry="sightsound.metrics.networks.text.roberta:load",
        modality="text",
        assets=("roberta_large",),
        outputs={"tokens": "[tokens + 2, 1024] float32, layer 17 of 24; the first and last row are <s> and </s>"},
        licence="MIT; trained on BookCorpus, Wikipedia, CC-News, OpenWebText and Stories",
        source=(
            "Liu et al.: RoBERTa, 2019, arXiv:1907.11692; layer and tokenisation as "
            "github.com/Tiiiger/bert_score 0.3.13"
        ),
        crop="first510tokens",
        optional=True,
        embedding="",
    ),
    Asset(
        "roberta_large",
        (
            AssetFile(
                "./",
                ("hf:FacebookAI/roberta-large@722cf37b1afa9454edce342e7895e588b6ff1d59/",),
                drop=("onnx/*",),
                need=("config.json", "model.safetensors", "tokenizer.json"),
            ),
        ),
        "MIT",
        "FacebookAI/roberta-large: token embeddings for BERTScore",
        1_425_000_000,
    ),
)
