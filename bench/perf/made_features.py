"""Features that no network made, straight into a store: what scoring is measured on at sizes that embedding takes
days for. Their shapes are those of the cards, of clips of ten seconds; a system's differ a little from another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import media, registry
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.registry import System
from sightsound.bench.core.types import Example
from sightsound.bench.stages import choose, reading
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import ExtractorCard, MetricCard

METRICS = (
    *("fad_musicnn", "fad_musicnn_mtt", "kl_musicnn", "inception_score_musicnn", "thd", "thd_coverage"),
    *("clipped_share", "cosine_labels_tags_minilm", "rank_labels_tags_minilm", "cosine_story_tags_minilm"),
)
"""Ten metrics of music: distances of sets, of classes, of pairs, ranks and guards."""
TASK = "image2music"


def systems(count: int) -> list[System]:
    """Systems under test, called made0 and so on."""
    return [choose.given(f"made{number}") for number in range(count)]


def cards() -> list[MetricCard]:
    """The cards of METRICS."""
    return [registry.metric(name) for name in METRICS]


def signature(extractor: str) -> str:
    """One that no weights have."""
    return f"{extractor}|w:made"


def fill(root: Path, clips: int, labels: Sequence[str], metrics: Sequence[MetricCard]) -> None:
    """Put the features of `clips` examples into the store: of the systems `labels` and of what is read beside."""
    store = FeatureStore(root)
    for place, names in _read(labels, metrics).items():
        rng = np.random.default_rng(int(_key(place, clips)[:8], 16))
        shift = 0.1 * rng.standard_normal()
        for name in names:
            card = registry.extractor(name)
            for number in range(clips):
                store.put(signature(name), _key(place, number), features(card, rng, shift))


def stored(root: Path, clips: int, labels: Sequence[str], metrics: Sequence[MetricCard]) -> FeatureSet:
    """What scoring takes, of a store that `fill` filled. Four examples are of one group."""
    store = FeatureStore(root)
    recent = store.recent()
    examples = [Example(f"{number:06d}", f"track {number // 4:06d}") for number in range(clips)]
    places = {
        place: {example.id: _key(place, number) for number, example in enumerate(examples)}
        for place in _read(labels, metrics)
    }
    return FeatureSet(
        examples=examples,
        split=f"made@{clips}",
        keys={place: keys for place, keys in places.items() if place not in labels},
        outputs={label: places[label] for label in labels},
        feature=lambda name, key, output: store.get(signature(name), key, output),
        several=lambda name, keys, output: recent.get_all(signature(name), keys, output),
        extractor_signature=signature,
        facts={label: {"run": "made"} for label in labels},
    )


def _read(labels: Sequence[str], metrics: Sequence[MetricCard]) -> dict[str, list[str]]:
    """System label or place -> the networks whose features of it are read."""
    found: dict[str, list[str]] = {}
    for need in [need for card in metrics for need in reading.needs(card)]:
        for place in labels if need.own else [need.place]:
            if need.extractor not in found.setdefault(place, []):
                found[place].append(need.extractor)
    return found


def _key(place: str, number: int) -> str:
    return hashlib.sha256(f"{place} {number}".encode()).hexdigest()


def features(card: ExtractorCard, rng: np.random.Generator, shift: float) -> dict[str, NDArray[np.float32]]:
    """Features of a clip of media.CLIP_S in the shapes of a network's card."""
    frames = max(1, int(media.CLIP_S / card.hop_s)) if card.hop_s else 1
    found = {}
    for name in card.outputs:
        array = rng.standard_normal((frames, card.width(name) or 1), np.float32) + np.float32(shift)
        if name == "scores":
            array = 1 / (1 + np.exp(-array))
        elif name == "voiced":
            array = (array > 0).astype(np.float32)
        found[name] = np.abs(array) if name == "thd" else array
    return found
