"""SightSound: the benchmark suite for music generated from images, video and text, and for what is made from
music.

    import sightsound
    sightsound.fad("generated", "reference")                     # two folders of audio
    sightsound.run("mozart", "image2music")                      # a system on a split: a table of rows
    sightsound.score({"mine": "folder"}, "image2music")          # files named by example id, made elsewhere
    sightsound.metric("kl_musicnn")                              # a torchmetrics.Metric over media or embeddings
    sightsound.embed("musicnn", ["a.wav", "b.wav"])              # features
    sightsound.read_results()                                    # the published and measured rows

What is named here is public and stays. Everything below `sightsound.bench`, `sightsound.metrics` and
`sightsound.baselines` is private and may move.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.core.types import (
        Example,
        Generated,
        ModelCard,
        PresetCard,
        SplitCard,
        Task,
        Variant,
        example_seed,
    )
    from sightsound.bench.features import embed
    from sightsound.bench.front import fad, read_results, run, score
    from sightsound.bench.torchmetric import metric
    from sightsound.metrics.asset import Asset, AssetFile
    from sightsound.metrics.card import ExtractorCard, FormulaCard, MetricCard, Need

__all__ = [
    "Asset",
    "AssetFile",
    "BenchError",
    "Example",
    "ExtractorCard",
    "FormulaCard",
    "Generated",
    "MetricCard",
    "ModelCard",
    "Need",
    "PresetCard",
    "SplitCard",
    "Task",
    "Variant",
    "__version__",
    "embed",
    "example_seed",
    "fad",
    "metric",
    "read_results",
    "run",
    "score",
]

_FROM = {
    "sightsound.bench.core.errors": ("BenchError",),
    "sightsound.bench.core.types": (
        *("Example", "Generated", "ModelCard", "PresetCard", "SplitCard", "Task", "Variant", "example_seed"),
    ),
    "sightsound.bench.features": ("embed",),
    "sightsound.bench.front": ("fad", "read_results", "run", "score"),
    "sightsound.bench.torchmetric": ("metric",),
    "sightsound.metrics.asset": ("Asset", "AssetFile"),
    "sightsound.metrics.card": ("ExtractorCard", "FormulaCard", "MetricCard", "Need"),
}
_HOME = {name: module for module, names in _FROM.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imported when it is first used: `import sightsound` alone loads neither torch nor pandas."""
    if name not in _HOME:
        raise AttributeError(f"module 'sightsound' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
