"""Mozart's Touch: captioner -> chat model -> music generator."""

from sightsound.bench.core.types import ModelCard, Variant

_LABELS = "labels of EfficientNet-Lite0 as caption"
_COMPOSER = "rule-based composer played by a soundfont"
_BLIP = "BLIP-base (image) or BLIP-large (video frames)"
_QWEN = "Qwen2.5-7B-Instruct (or any chat model at an address) as bridge"
_REMOTE = "the chat model at an OpenAI-compatible address as bridge"
_INTERROGATED = ("blip_base", "clip_vit_h14", "clip_bpe", "clip_interrogator")

CARD = ModelCard(
    name="mozart",
    tasks=("image2music", "video2music"),
    variants={
        "pocket": Variant(
            "sightsound.baselines.mozart.pipeline:pocket",
            f"{_LABELS}, SmolLM2-135M as bridge, {_COMPOSER}",
            assets=("efficientnet_lite0", "smollm2", "soundfont"),
            extras=("pocket",),
            memory_gb=1.5,
        ),
        "pocket_no_bridge": Variant(
            "sightsound.baselines.mozart.pipeline:pocket_no_bridge",
            f"{_LABELS}, no bridge, {_COMPOSER}",
            assets=("efficientnet_lite0", "soundfont"),
            extras=("pocket",),
            memory_gb=0.5,
        ),
        "paper": Variant(
            "sightsound.baselines.mozart.pipeline:paper",
            f"{_BLIP} with CLIP's phrases, {_QWEN}, MusicGen-small",
            assets=(*_INTERROGATED, "blip_large", "qwen2_5_7b_instruct", "musicgen_small"),
            memory_gb=26.0,
        ),
        "paper_openai": Variant(
            "sightsound.baselines.mozart.pipeline:paper_openai",
            f"{_BLIP} with CLIP's phrases, {_REMOTE}, MusicGen-small",
            assets=(*_INTERROGATED, "blip_large", "musicgen_small"),
            memory_gb=10.0,
        ),
        "paper_no_bridge": Variant(
            "sightsound.baselines.mozart.pipeline:paper_no_bridge",
            f"{_BLIP} with CLIP's phrases, no bridge (the paper's ablation), MusicGen-small",
            assets=(*_INTERROGATED, "blip_large", "musicgen_small"),
            memory_gb=10.0,
        ),
        "paper_blip": Variant(
            "sightsound.baselines.mozart.pipeline:paper",
            f"{_BLIP} alone, as the paper's text has it, {_QWEN}, MusicGen-small",
            assets=("blip_base", "blip_large", "qwen2_5_7b_instruct", "musicgen_small"),
            memory_gb=22.0,
        ),
        "code": Variant(
            "sightsound.baselines.mozart.pipeline:code",
            f"the released HEAD: Florence-2-large, {_QWEN}, MusicGen-small",
            assets=("florence2_large", "qwen2_5_7b_instruct", "musicgen_small"),
            memory_gb=22.0,
        ),
        "code_openai": Variant(
            "sightsound.baselines.mozart.pipeline:code_openai",
            f"the released HEAD: Florence-2-large, {_REMOTE}, MusicGen-small",
            assets=("florence2_large", "musicgen_small"),
            memory_gb=6.0,
        ),
        "code_no_bridge": Variant(
            "sightsound.baselines.mozart.pipeline:code_no_bridge",
            "the released HEAD without its chat model: Florence-2-large, MusicGen-small",
            assets=("florence2_large", "musicgen_small"),
            memory_gb=6.0,
        ),
    },
    description="a captioner and a chat model turn a picture or a video into a prompt for a music generator",
    licence="paper parts: BLIP BSD-3-Clause, CLIP ViT-H-14, clip-interrogator and Florence-2 MIT, "
    "Qwen2.5-7B-Instruct Apache-2.0, MusicGen weights CC-BY-NC-4.0; "
    "pocket parts: EfficientNet-Lite0 and SmolLM2-135M-Instruct Apache-2.0, soundfont GPL-2",
    paper="Li, Xu, Chen, Yao, Liu: Mozart's Touch: A Lightweight Multi-modal Music Generation Framework Based "
    "on Pre-Trained Large Models, 2025, arXiv:2405.02801",
    presets={"pocket": ("pocket", "pocket_no_bridge"), "paper": ("paper", "code")},
)
