"""The cards of our systems and of what they load: one line a family."""

from __future__ import annotations

from sightsound.baselines import (
    art2mus,
    audioldm2,
    codi,
    lyric2prompt,
    m2ugen,
    mgs,
    mozart,
    musci,
    musflow,
    music2prompt,
    musicgen,
    musicldm,
    qwen2vl,
    reference,
    reference_caption,
    reference_image,
    reference_text,
    stable_diffusion,
)
from sightsound.baselines.art2mus import assets as art2mus_assets
from sightsound.baselines.codi import assets as codi_assets
from sightsound.baselines.composer import assets as composer_assets
from sightsound.baselines.m2ugen import assets as m2ugen_assets
from sightsound.baselines.mgs import assets as mgs_assets
from sightsound.baselines.musci import assets as musci_assets
from sightsound.baselines.musflow import assets as musflow_assets
from sightsound.baselines.music2prompt import assets as music2prompt_assets
from sightsound.baselines.parts import assets as parts_assets
from sightsound.baselines.qwen2vl import assets as qwen2vl_assets
from sightsound.bench.core.types import ModelCard
from sightsound.metrics.asset import Asset

CARDS: tuple[ModelCard | Asset, ...] = (
    art2mus.CARD,
    *art2mus_assets.CARDS,
    audioldm2.CARD,
    codi.CARD,
    *codi_assets.CARDS,
    lyric2prompt.CARD,
    m2ugen.CARD,
    *m2ugen_assets.CARDS,
    mgs.CARD,
    *mgs_assets.CARDS,
    mozart.CARD,
    musci.CARD,
    *musci_assets.CARDS,
    musflow.CARD,
    musflow.HEARD,
    *musflow_assets.CARDS,
    music2prompt.CARD,
    *music2prompt_assets.CARDS,
    musicgen.CARD,
    musicldm.CARD,
    qwen2vl.CARD,
    *qwen2vl_assets.CARDS,
    *(reference.CARD, reference_image.CARD, reference_text.CARD, reference_text.LYRICS),
    reference_caption.CARD,
    stable_diffusion.CARD,
    *composer_assets.CARDS,
    *parts_assets.CARDS,
)
"""Every card of the systems."""
