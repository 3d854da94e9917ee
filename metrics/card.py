"""The cards that describe a metric and an extractor to the harness.

They live here, below the harness, because metrics knows nothing of bench.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["generated", "reference", "image", "text", "corpus"]


@dataclass(frozen=True)
class Need:
    """One feature that a metric reads."""

    side: Side
    """Whose feature: the generated output, the reference, the example's image or text condition, or a corpus of
    texts that the user names, which belongs to no example."""
    extractor: str
    """Registered name of the extractor, e.g. `musicnn_msd`."""
    output: str
    """Which of the extractor's outputs, e.g. `embedding` or `logits`."""
    video: str = ""
    """Side `image` only: the extractor read instead where the condition is a video; without one the picture is the
    video's middle frame."""


@dataclass(frozen=True)
class MetricCard:
    """What a metric is, where it comes from and what it reads."""

    name: str
    """Registered name; a pocket network's name is part of it (`fad_musicnn`)."""
    module: str
    """Module that holds `statistics` and `aggregate`, e.g. `sightsound.metrics.formulas.two_sets.frechet`."""
    kind: Literal["two_sets", "paired", "single", "ranked"]
    """How the module's functions are called; see docs/metrics.md.
    two_sets: statistics(features) for each side; aggregate(rows, weights, reference_rows, reference_weights).
    paired:   statistics(features, other_features); aggregate(rows, weights).
    single:   statistics(features); aggregate(rows, weights).
    ranked:   statistics(scores [clips, systems]) -> [clips, systems]; aggregate(rows[:, k], weights)."""
    higher_is_better: bool
    """Direction of the arrow."""
    needs: tuple[Need, ...]
    """Features read, in the order in which `statistics` takes them (a `ranked` metric: those of the paired
    metric named in `over`)."""
    definition: str
    """The formula in one or two sentences, with units."""
    source: str
    """Paper or code in which the formula is defined."""
    min_clips: int = 1
    """Fewer scored clips than this give NaN with the reason."""
    over: str = ""
    """ranked only: name of the paired metric whose per-clip values are ranked."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Keyword arguments of `statistics`; part of the signature."""
    aggregate_options: Mapping[str, str] = field(default_factory=dict)
    """Keyword arguments of `aggregate` and of `replicates`; part of the signature."""
    estimator: str = ""
    """Estimator named in the signature (`plugin`), empty where there is only one."""
    version: int = 1
    """Raised whenever the same inputs would give another value."""


@dataclass(frozen=True)
class ExtractorCard:
    """What a feature network is and which files it loads."""

    name: str
    """Registered name, e.g. `musicnn_msd`."""
    entry: str
    """`package.module:factory`; factory(weights: Mapping[str, Path], device: str) -> Extractor."""
    modality: Literal["audio", "image", "video", "text"]
    """What it takes: mono clips, RGB pictures, frames of a video (see `metrics.networks.VideoExtractor`) or
    sentences."""
    assets: tuple[str, ...]
    """Names of the assets that hold its weights; the factory gets the folder of each by name."""
    outputs: dict[str, str]
    """Output name -> shape and meaning, e.g. {"embedding": "[frames, 200] float32"}."""
    licence: str
    """Licence of the weights and what they were trained on."""
    source: str
    """Paper or repository of the network."""
    rate_hz: int = 0
    """Sampling rate of the clips that an audio extractor takes."""
    crop: str = "full"
    """What becomes of a clip's length, as the signature says it."""
    optional: bool = False
    """True where no package registry carries the weights: a preset uses it only when they are here."""
    version: int = 1
    """Raised whenever the same file would give another feature."""
