"""AudioLDM 2: text to music by latent diffusion, guided by T5 and by a GPT-2 that speaks the language of audio."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sightsound.baselines.parts.options import positive
from sightsound.bench.core.types import Model, ModelCard, Variant

_CHECKPOINTS = {  # variant -> repository, asset, parameters, what it was trained on, GB of memory
    "base": ("audioldm2", "audioldm2", "1.1", "1,150,000 hours of sound, music among it", 6.0),
    "large": ("audioldm2-large", "audioldm2_large", "1.5", "1,150,000 hours of sound, music among it", 7.0),
    "music": ("audioldm2-music", "audioldm2_music", "1.1", "665,000 hours of music", 6.0),
}

CARD = ModelCard(
    name="audioldm2",
    tasks=("caption2music", "story2music"),
    variants={
        name: Variant(
            "sightsound.baselines.audioldm2:build",
            f"cvssp/{repository}: {billions} billion parameters, {hours}; 200 steps of DDIM, guidance 3.5",
            assets=(asset,),
            extras=("diffusion",),
            memory_gb=memory_gb,
        )
        for name, (repository, asset, billions, hours, memory_gb) in _CHECKPOINTS.items()
    },
    description="latent diffusion of 16 kHz mel spectrograms, guided by T5's reading of the text and GPT-2's",
    licence="weights CC-BY-NC-SA-4.0",
    paper="Liu, Yuan, Liu, Mei, Kong, Tian, Wang, Wang, Wang, Plumbley: AudioLDM 2: Learning Holistic Audio "
    "Generation With Self-Supervised Pretraining, IEEE/ACM TASLP 32, 2024, arXiv:2308.05734",
    leaks="trained on AudioSet and FMA, by its paper: the music of musiccaps, mucaps, muedit, muimage and muvideo "
    "(AudioSet) and of artwork_music and artwork_description (FMA)",
    presets={"paper": ("base", "music")},
)


def build(
    device: str,
    weights: Mapping[str, Path],
    seconds: float | str = 10.0,
    steps: int | str = 200,
    guidance: float | str = 3.5,
    negative: str = "",
    candidates: int | str = 1,
) -> Model:
    """The published pipeline. `seconds` of music, `steps` of DDIM, `guidance` above 1 for any, `negative`: the
    sentence to keep away from; of `candidates` waveforms the one is kept that CLAP finds nearest to the text."""
    from sightsound.baselines.parts.audioldm2 import AudioLdm2
    from sightsound.baselines.parts.prompted import Prompted

    length_s = positive("seconds", seconds, float)
    number, weight = positive("steps", steps, int), positive("guidance", guidance, float)
    count = positive("candidates", candidates, int)
    (folder,) = weights.values()
    return Prompted(AudioLdm2(device, folder, negative, number, weight, count), length_s)
