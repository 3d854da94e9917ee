"""Networks that a named package has as well: what it gets to run one again, on files and texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.bench import assets
from sightsound.bench.audit.material import Material, UnlikeError
from sightsound.bench.core import registry
from sightsound.bench.core.types import Example
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import MetricCard, Need

ROBERTA, CLAP = "roberta_large", "clap"
"""What checkers call them."""
LAYERS = 17  # of RoBERTa-large, bert-score's choice
TOKENIZER = "roberta_tokenizer"  # LAION-CLAP's, which the package fetches from the hub
TOWERS = {"clap_music": "HTSAT-base", "clap_music_speech": "HTSAT-base"}
TOWER = "HTSAT-tiny"  # the other checkpoints


def network_of(card: MetricCard) -> str:
    """The network that a package has for a metric of pairs; empty where there is none."""
    names = {need.extractor for need in card.needs}
    if card.module.endswith("paired.bertscore") and names == {ROBERTA}:
        return ROBERTA
    if card.module.endswith("paired.similarity") and all(name.startswith("clap_") for name in names):
        return CLAP
    return ""


def of_files(
    card: MetricCard, stored: FeatureSet, system: str, examples: Sequence[Example], mirror: Path | None
) -> Material:
    """The files or texts of the examples and the folder of the network. Raises UnlikeError."""
    sides = []
    for need in card.needs:
        keys = [stored.key(need, system, example.id) for example in examples]
        mine = [key for key in keys if key is not None]  # all: the examples are those that have the features
        if network_of(card) == CLAP and any(len(_vectors(stored, need, key)) > 1 for key in mine):
            raise UnlikeError("laion-clap takes 10 s out of a longer clip at random")
        sides.append([str(stored.sources[key]) for key in mine])
    return _roberta(card, sides, mirror) if network_of(card) == ROBERTA else _clap(card, sides, mirror)


def _vectors(stored: FeatureSet, need: Need, key: str) -> NDArray[np.float32]:
    """One for each 10 s of music, one of a text."""
    found = stored.feature(need.extractor, key, need.output)
    assert found is not None  # the examples are those that have all features
    return found


def _roberta(card: MetricCard, sides: Sequence[Sequence[str]], mirror: Path | None) -> Material:
    """Pairs whose reference is empty have no value; those whose text is empty count as 0, and the package, which
    breaks on them, does not see them."""
    pairs = [pair for pair in zip(*sides, strict=True) if pair[1].strip()]
    whole = [pair for pair in pairs if pair[0].strip()]
    return Material(
        len(pairs),
        lists={"generated": [text for text, _ in whole], "reference": [text for _, text in whole]},
        options={**card.options, "layers": LAYERS, "empty": len(pairs) - len(whole)},
        weights=_folder(ROBERTA, mirror),
    )


def _clap(card: MetricCard, sides: Sequence[Sequence[str]], mirror: Path | None) -> Material:
    asset = registry.extractor(card.needs[0].extractor).assets[0]
    (file,) = registry.asset(asset).files
    kinds = [registry.extractor(need.extractor).modality for need in card.needs]
    return Material(
        len(sides[0]),
        lists=dict(zip(("generated", "reference"), sides, strict=True)),
        options={
            "generated": kinds[0],
            "reference": kinds[1],
            "file": file.path,
            "tower": TOWERS.get(asset, TOWER),
            "fusion": int(asset.endswith("_fusion")),
            "tokenizer": _folder(TOKENIZER, mirror) if "text" in kinds else "",
        },
        weights=_folder(asset, mirror),
    )


def _folder(asset: str, mirror: Path | None) -> str:
    folder = assets.locate(asset, mirror)
    return "" if folder is None else str(folder)
