"""Art2Mus: AudioLDM 2 given a picture's ImageBind embedding in place of a text."""

from sightsound.bench.core.types import ModelCard, Variant

_AS_RELEASED = "; GPT-2 reads the negative sentence cut to one token, as in the released code"
_VARIANTS = {  # name -> entry, projection, what GPT-2 is given, what is special
    "1_token": ("one_token", "1_token", "1 token", ""),
    "4_tokens": ("four_tokens", "4_tokens", "4 tokens", ""),
    "1_token_released": ("one_token_released", "1_token", "1 token", _AS_RELEASED),
    "4_tokens_released": ("four_tokens_released", "4_tokens", "4 tokens", _AS_RELEASED),
    "4_tokens_demo": ("four_tokens_demo", "4_tokens", "4 tokens", f"{_AS_RELEASED}; best of 3 by ImageBind"),
}

CARD = ModelCard(
    name="art2mus",
    tasks=("image2music",),
    variants={
        name: Variant(
            f"sightsound.baselines.art2mus.pipeline:{entry}",
            f"ImageBind, a projection to {what} of GPT-2, the rest of cvssp/audioldm2{special}",
            assets=("audioldm2", "imagebind", f"art2mus_{projection}"),
            extras=("diffusion",),
            memory_gb=12.0,
        )
        for name, (entry, projection, what, special) in _VARIANTS.items()
    },
    description="AudioLDM 2 whose language model hears a picture and whose T5 reads a sentence about artworks",
    licence="code and projection: none stated; AudioLDM 2 and ImageBind CC-BY-NC-SA-4.0",
    paper="Rinaldi, Fanelli, Castellano, Vessio: Art2Mus: Bridging Visual Arts and Music through Cross-Modal "
    "Generation, 2024, arXiv:2410.04906",
    leaks="artwork_music_all holds its training pairs, and nobody knows which of artwork_music, _seed0 and "
    "_stratified do; the pairs were made by ImageBind, its own encoder. AudioLDM 2 was trained on FMA, "
    "their music",
    presets={"paper": ("1_token", "4_tokens")},
)
