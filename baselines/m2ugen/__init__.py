"""M2UGen: encoders and LLaMA-2 -> a music generator."""

from sightsound.bench.core.types import ModelCard, Variant

_PARTS = "ViT or ViViT, LLaMA-2 with adapters"
_CODE = "on the decoded text, as the released code runs it"
_PAPER = "on the projected audio tokens, as the paper describes it"
_EVALUATED = (
    "as the authors' evaluation runs it: told the data set's instruction, pictures as 0..255, 32 kHz written as "
    "16 kHz"
)
_GENERATORS = {  # what makes the music, memory of a batch of 8 beside 18 GB for the rest
    "musicgen_small": ("MusicGen-small", ("m2ugen_musicgen_small", "musicgen_small_settings"), 26.0),
    "musicgen_medium": ("MusicGen-medium", ("m2ugen_musicgen_medium", "musicgen_medium_settings"), 34.0),
    "audioldm2": ("AudioLDM2-music", ("m2ugen_audioldm2", "audioldm2_music"), 30.0),
}

CARD = ModelCard(
    name="m2ugen",
    tasks=("image2music", "video2music", "caption2music", "story2music", "multimodal2music", "masked2music"),
    variants={
        f"{name}_{way}": Variant(
            f"sightsound.baselines.m2ugen.pipeline:{name}_{way}",
            f"{_PARTS}, {music} {how}",
            assets=(*assets, "llama2_tokenizer"),
            extras=("diffusion",) if name == "audioldm2" else (),
            memory_gb=memory_gb,
        )
        for name, (music, assets, memory_gb) in _GENERATORS.items()
        for way, how in (("code", _CODE), ("paper", _PAPER), ("evaluated", _EVALUATED))
        if way != "evaluated" or name == "musicgen_medium"
    },
    description="a language model that sees pictures and films describes the music, and a generator plays it",
    licence="checkpoints MIT as tagged, with LLaMA-2 (LLAMA 2 COMMUNITY LICENSE), MusicGen (CC-BY-NC-4.0) or "
    "AudioLDM2 (CC-BY-NC-SA-4.0) in or beside them",
    paper="Hussain, Liu, Sun, Shan: M2UGen: Multi-modal Music Understanding and Generation with the Power of "
    "Large Language Models, 2023, arXiv:2311.11255",
    leaks="with_instruction=1, as in musicgen_medium_evaluated: the instructions of MUImage and MUVideo were "
    "written from captions of the reference music, so the model is told what it is compared with. muimage_eval: "
    "Mozart's Touch drew its 2,500 pairs from the items that the data set's card calls M2UGen's training data",
    presets={"paper": ("musicgen_small_code", "musicgen_small_paper")},
)
