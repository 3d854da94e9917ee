"""MusFlow: pictures, stories and captions to music by conditional flow matching in CLAP's space of music."""

from sightsound.bench.core.types import ModelCard, Variant

ENCODERS = ("clip_vit_b32", "clip_bpe", "clap_music", "roberta_tokenizer")
"""Assets of the encoders of the conditions."""

CARD = ModelCard(
    name="musflow",
    tasks=("image2music", "story2music", "caption2music", "multimodal2music", "masked2music"),
    variants={
        "paper": Variant(
            "sightsound.baselines.musflow.pipeline:paper",
            "CLIP ViT-B/32 and LAION-CLAP, an MLP each and their mean, a flow-matching UNet, MusicLDM's decoder",
            assets=("musflow", *ENCODERS, "musicldm"),
            extras=("diffusion",),
            memory_gb=8.0,
        ),
        "raw": Variant(
            "sightsound.baselines.musflow.pipeline:raw",
            "the paper's ablation without the adapters: the mean of the encoders' own vectors guides the UNet",
            assets=("musflow_raw", *ENCODERS, "musicldm"),
            extras=("diffusion",),
            memory_gb=8.0,
        ),
    },
    description="the mean of what picture, story and caption sound like to CLAP guides a flow to a spectrogram",
    licence="nothing was published: your own weights; MusicLDM CC-BY-NC-SA-4.0, CLIP MIT, LAION-CLAP CC0-1.0",
    paper="Song, Wang: MusFlow: Multimodal Music Generation via Conditional Flow Matching, 2025, arXiv:2504.13535",
    leaks="whatever your weights were trained on: training.json beside them names the split. The paper trains on "
    "MusicCaps, MelBench, MUImage and nine tenths of ArtMusic, so musiccaps, melbench and muimage are no test of "
    "weights that were trained as it says",
    presets={"paper": ("paper",)},
)

HEARD = ModelCard(
    name="musflow_heard",
    tasks=CARD.tasks,
    variants={
        "music": Variant(
            "sightsound.baselines.musflow.pipeline:heard",
            "the reference's own CLAP vector guides the UNet: the paper's CLAP-music ablation, no system",
            assets=("musflow_music", *ENCODERS, "musicldm"),
            extras=("diffusion",),
            memory_gb=8.0,
        )
    },
    description="MusFlow that hears the reference itself: what a perfect alignment would reach (figure 4)",
    licence=CARD.licence,
    paper=CARD.paper,
    leaks="hears the reference, on purpose",
    reference=True,
)
