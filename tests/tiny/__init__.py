"""Random checkpoints a few hundred kilobytes small, in the layout of the hub: DIR/owner/repository/files.

They have the published ones' files, classes and special tokens, and so exercise the code that loads and runs
those; what they generate means nothing.
"""

from __future__ import annotations

from pathlib import Path

import torch

from tests.tiny import (
    art2mus,
    audioldm2,
    blip,
    clip_h14,
    codi,
    florence2,
    m2ugen,
    mgs,
    mistral,
    musci,
    musflow,
    music2prompt,
    musicgen,
    musicldm,
    qwen,
    qwen2_vl,
    stable_diffusion,
    whisper,
)


def make(folder: Path) -> Path:
    """A mirror of all tiny checkpoints in `folder`, the same on every call. Takes a few seconds."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        blip.make(folder / "Salesforce" / "blip-image-captioning-base")
        blip.make(folder / "Salesforce" / "blip-image-captioning-large")
        qwen.make(folder / "Qwen" / "Qwen2.5-7B-Instruct")
        musicgen.make(folder / "facebook" / "musicgen-small")
        for size in ("medium", "large", "melody"):
            musicgen.make(folder / "facebook" / f"musicgen-{size}", melody=size == "melody")
        musicldm.make(folder / "ircam-reach" / "musicldm")
        stable_diffusion.make(folder / "sd2-community" / "stable-diffusion-2-1")
        art2mus.make(folder)  # cvssp/audioldm2 among it
        audioldm2.make(folder / "cvssp" / "audioldm2-large")
        codi.make(folder / "ZinengTang" / "CoDi")
        codi.make(folder / "ZinengTang" / "CoDi" / "checkpoints_fp16", dtype=torch.float16)
        m2ugen.make(folder)
        mgs.make(folder)
        musci.make(folder)
        musflow.make(folder)
        music2prompt.make(folder)
        florence2.make(folder / "florence-community" / "Florence-2-large")
        clip_h14.make(folder / "laion" / "CLIP-ViT-H-14-laion2B-s32B-b79K")
        mistral.make(folder / "mistralai" / "Mistral-7B-Instruct-v0.1")
        qwen2_vl.make(folder / "Qwen" / "Qwen2-VL-7B-Instruct")
        for rank in (4, 8):
            qwen2_vl.make(folder / f"qwen2vl_rank{rank}")
        whisper.make(folder / "openai" / "whisper-large-v2")
    return folder
