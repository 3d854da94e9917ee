"""Lyric-to-Image of "Resonating Visuals", up to the image prompt: a song's words through a chat model."""

from sightsound.bench.core.types import ModelCard, Variant

_HERE = "sightsound.baselines.lyric2prompt.pipeline:"
_SMOLLM2 = "SmolLM2-135M"
_MISTRAL = "Mistral-7B-Instruct (or any chat model at an address)"
_ADDRESS = "the chat model at an OpenAI-compatible address"
_APART, _TOGETHER = "each step a conversation of its own", "all steps in one conversation"
_CAPTION = ", told a caption of the music too (the example's, else musicnn's tags)"
_WHISPER = ", lyrics transcribed by Whisper large-v2"


def _pocket(entry: str, how: str, *assets: str) -> Variant:
    return Variant(
        _HERE + entry,
        f"{_SMOLLM2}, {how}",
        assets=("smollm2", "clip_bpe", *assets),
        extras=("pocket",),
        memory_gb=2.0,
        batch_size=16,
    )


def _paper(entry: str, how: str, *assets: str, more_gb: float = 0.0) -> Variant:
    return Variant(
        _HERE + entry,
        f"{_MISTRAL}, {how}",
        assets=("mistral_7b_instruct", "clip_bpe", *assets),
        memory_gb=18.0 + more_gb,
    )


CARD = ModelCard(
    name="lyric2prompt",
    tasks=("lyrics2prompt",),
    variants={
        "pocket": _pocket("pocket", _APART),
        "pocket_conversational": _pocket("pocket_conversational", _TOGETHER),
        "pocket_caption": _pocket("pocket", _APART + _CAPTION, "musicnn"),
        "paper_parallel": _paper("paper_parallel", _APART),
        "paper_conversational": _paper("paper_conversational", _TOGETHER),
        "paper_parallel_caption": _paper("paper_parallel", _APART + _CAPTION, "musicnn"),
        "paper_conversational_caption": _paper("paper_conversational", _TOGETHER + _CAPTION, "musicnn"),
        "paper_parallel_transcribed": _paper("paper_parallel", _APART + _WHISPER, "whisper_large_v2", more_gb=4.0),
        "paper_conversational_transcribed": _paper(
            "paper_conversational", _TOGETHER + _WHISPER, "whisper_large_v2", more_gb=4.0
        ),
        "paper_parallel_openai": Variant(_HERE + "openai_parallel", f"{_ADDRESS}, {_APART}", assets=("clip_bpe",)),
        "paper_conversational_openai": Variant(
            _HERE + "openai_conversational", f"{_ADDRESS}, {_TOGETHER}", assets=("clip_bpe",)
        ),
        "paper_parallel_openai_caption": Variant(
            _HERE + "openai_parallel", f"{_ADDRESS}, {_APART}{_CAPTION}", assets=("clip_bpe", "musicnn")
        ),
        "paper_conversational_openai_caption": Variant(
            _HERE + "openai_conversational", f"{_ADDRESS}, {_TOGETHER}{_CAPTION}", assets=("clip_bpe", "musicnn")
        ),
    },
    description="a chat model draws theme, vibe, palette, metaphor and sentiment from a song's words and fuses "
    "them into an image prompt",
    licence="Mistral-7B-Instruct and Whisper Apache-2.0, musicnn ISC, CLIP's merges MIT; pocket: "
    "SmolLM2-135M-Instruct Apache-2.0",
    paper="Lawrence: Resonating Visuals: Generating Images from Music, thesis, 2024",
    leaks="songbook: hymns and songs that any language model has read",
    presets={"pocket": ("pocket",), "paper": ("paper_parallel", "paper_conversational")},
)
