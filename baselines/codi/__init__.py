"""CoDi: pictures, videos and sentences to sound by composable diffusion."""

from sightsound.bench.core.types import ModelCard, Variant

_PARTS = (
    "CLIP ViT-L/14 with temporal attention (CLAP for an extra sound), audio UNet, AudioLDM's decoder, HiFi-GAN"
)

CARD = ModelCard(
    name="codi",
    tasks=("image2music", "video2music", "caption2music", "story2music", "multimodal2music", "masked2music"),
    variants={
        "fp32": Variant(
            "sightsound.baselines.codi.pipeline:fp32",
            f"{_PARTS}; the float32 files",
            assets=("codi_encoders", "codi_audio", "clip_bpe"),
            memory_gb=10.0,
        ),
        "evaluated": Variant(
            "sightsound.baselines.codi.pipeline:evaluated",
            f"{_PARTS}; told the data set's instruction beside what it sees, as M2UGen's evaluation has it",
            assets=("codi_encoders", "codi_audio", "clip_bpe"),
            memory_gb=10.0,
        ),
        "fp16": Variant(
            "sightsound.baselines.codi.pipeline:fp16",
            f"{_PARTS}; the float16 files, on CUDA in float16",
            assets=("codi_fp16_encoders", "codi_fp16_audio", "clip_bpe"),
            memory_gb=5.0,
        ),
    },
    description="any of picture, video and text, as one vector, conditions a latent diffusion of 10 s of sound",
    licence="code MIT; weights MIT by the model's page (of their parts: CLIP MIT, AudioLDM CC-BY-NC-SA 4.0, "
    "LAION-CLAP CC0-1.0)",
    paper="Tang, Yang, Zhu, Zeng, Bansal: Any-to-Any Generation via Composable Diffusion, NeurIPS 2023, "
    "arXiv:2305.11846",
    leaks="with_instruction=1, as in evaluated: the instructions of MUImage and MUVideo were written from "
    "captions of the reference music",
    presets={"paper": ("fp32",)},
)
