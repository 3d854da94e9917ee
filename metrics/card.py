"""The cards that describe a metric, a formula and a network (an extractor) to the harness.

They live here, below the harness, because metrics knows nothing of bench.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

Side = Literal["generated", "reference", "against", "image", "text", "audio", "corpus"]
Kind = Literal["two_sets", "paired", "single", "ranked", "rated"]
Modality = Literal["audio", "image", "video", "text"]
Quality = Literal["", "music", "match", "text", "image", "check", "rating"]
NOTE = "note."
"""Before the name of a text that a system wrote down on its way, where a side is named."""

_WIDTH = re.compile(r"\[[^\[\],]+, (\d+)\]")  # `[frames, 200]`, with which the words on an output begin


@dataclass(frozen=True)
class Need:
    """One feature that a metric reads."""

    side: Side
    """Whose feature: the generated output, the reference, the example's image or text condition, its music where
    that is a condition, or a corpus of texts that the user names, which belongs to no example. No card says
    `against`: it is what becomes of `reference` where a run names another set."""
    extractor: str
    """Registered name of the extractor, e.g. `musicnn_msd`."""
    output: str
    """Which of the extractor's outputs, e.g. `embedding` or `logits`."""
    video: str = ""
    """Side `image` only: the extractor read instead where the condition is a video; without one the picture is the
    video's middle frame."""
    of: str = ""
    """What the user named in the place of the side: a field of the example (`emotion`) or a text that the system
    wrote down (`note.prompt`); see metrics/sides.py."""

    @property
    def note(self) -> str:
        """Name of the system's note that is read; empty where none is."""
        return self.of.removeprefix(NOTE) if self.of.startswith(NOTE) else ""

    @property
    def own(self) -> bool:
        """Whether it is the system's and not the example's."""
        return bool(self.note) or (self.side == "generated" and not self.of)

    @property
    def place(self) -> str:
        """What is read, as one word: the side, or what was named in its place behind an `@`."""
        return f"@{self.of}" if self.of else self.side


@dataclass(frozen=True)
class MetricCard:
    """What a metric is, where it comes from and what it reads."""

    name: str
    """Registered name; a pocket network's name is part of it (`fad_musicnn`)."""
    module: str
    """Module that holds `statistics` and `aggregate`, e.g. `sightsound.metrics.formulas.two_sets.frechet`."""
    kind: Kind
    """How the module's functions are called; see docs/metrics.md.
    two_sets: statistics(features) for each side; aggregate(rows, weights, reference_rows, reference_weights).
    paired:   statistics(features, other_features); aggregate(rows, weights).
    single:   statistics(features); aggregate(rows, weights).
    ranked:   statistics(scores [clips, systems]) -> [clips, systems]; aggregate(rows[:, k], weights).
    rated:    statistics(answers) -> [ratings]; aggregate(rows, weights). People's answers, no features."""
    higher_is_better: bool
    """Direction of the arrow."""
    needs: tuple[Need, ...]
    """Features read, in the order in which `statistics` takes them (a `ranked` metric: those of the paired
    metric named in `over`; a `rated` one: none)."""
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
    blind: str = ""
    """What it can't tell, or rewards although it is no virtue."""
    short: str = ""
    """Name at the head of a table's column, of a few words (`FAD VGGish`); the metric's own where empty."""
    quality: Quality = ""
    """What it speaks of, where that does not follow from what it reads: `check` for a guard, which has no better
    and no worse among sound systems; `rating` for what people said."""
    reads: Mapping[str, str] = field(default_factory=dict)
    """What the user named to be read, by what it is (`{"text": "emotion"}`); part of the signature."""
    low: float = -inf
    """No value is less: an interval ends there, and a result file with less is refused."""
    high: float = inf
    """No value is more."""


@dataclass(frozen=True)
class ExtractorCard:
    """What a feature network is and which files it loads."""

    name: str
    """Registered name, e.g. `musicnn_msd`."""
    entry: str
    """`package.module:factory`; factory(weights: Mapping[str, Path], device: str) -> Extractor."""
    modality: Modality
    """What it takes: mono clips, RGB pictures, frames of a video (see VideoExtractor) or
    sentences."""
    assets: tuple[str, ...]
    """Names of the assets that hold its weights; the factory gets the folder of each by name."""
    outputs: dict[str, str]
    """Output name -> shape and meaning, e.g. {"embedding": "[frames, 200] float32"}; see `width`."""
    licence: str
    """Licence of the weights and what they were trained on."""
    source: str
    """Paper or repository of the network."""
    rate_hz: int = 0
    """Sampling rate of the clips that an audio extractor takes; 0: that of the file."""
    crop: str = "full"
    """What becomes of a clip's length, as the signature says it."""
    optional: bool = False
    """True where no package registry carries the weights: a preset uses it only when they are here."""
    version: int = 1
    """Raised whenever the same file would give another feature."""
    called: str = ""
    """What metrics over it are called, where not by its own name: `fad_musicnn` is over `musicnn_msd`."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Formula -> the name under which papers know that formula over this network (`cosine_text`: `clap_score`)."""
    spaces: tuple[str, ...] = ()
    """Joint spaces that it serves, its own first: embeddings of one space can be compared with each other."""
    embedding: str = "embedding"
    """The output that distances and cosines read; empty where the network has none."""
    title: str = ""
    """Its name at the head of a table's column, of a word or two (`VGGish`); its own where empty."""
    described: str = ""
    """What a vector of it is, for definitions: `VGGish, one for each 0.96 s`; the network's name where empty."""
    hop_s: float = 0.0
    """Seconds from one vector of a clip to the next; 0: one vector a clip."""
    classes: str = ""
    """The output that is a classifier's, which KL and the inception score read; empty where there is none."""
    posterior: Literal["", "softmax", "scores", "by_frame", "unbiased", "no_classes"] = ""
    """How `classes` become probabilities. softmax: mean over frames of the softmax; scores: mean over frames of
    sigmoids, divided by its sum; by_frame: the softmax of each frame, compared frame by frame; unbiased: the
    softmax of logits without their bias; no_classes: the softmax of an embedding that is no classifier's."""
    labels: str = ""
    """What the classes are: `527 AudioSet classes`."""

    def width(self, output: str) -> int:
        """Dimensions of an output, as its shape in `outputs` says them; 0 where none is said.

        >>> from sightsound.metrics.cards import EXTRACTORS
        >>> EXTRACTORS["musicnn_msd"].width("embedding"), EXTRACTORS["musicnn_msd"].width("logits")
        (200, 50)
        """
        found = _WIDTH.match(self.outputs.get(output, ""))
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class FormulaCard:
    """A formula that becomes a metric over every network that fits: `fad` over `vggish` is `fad_vggish`."""

    name: str
    """Name of the formula; that of a metric is `written` with it and the network's."""
    module: str
    """As in MetricCard."""
    kind: Kind
    """As in MetricCard."""
    higher_is_better: bool
    """Direction of the arrow."""
    definition: str
    """The formula in one or two sentences. Filled in: {network} and {labels} of the ExtractorCard, {things} the
    clips, pictures or prompts, {over} the metric that is ranked."""
    source: str
    """Paper or code in which the formula is defined."""
    modalities: tuple[Modality, ...] = ("audio", "image")
    """What a system must have made for the formula to serve."""
    other: Literal["", "reference", "image", "text"] = "reference"
    """The side that the generated one is held against: the same network for the reference, the network of its
    space for the example's picture (or video) or text; empty: nothing."""
    asks: bool = False
    """The other side comes first: it is the query that asks for the generated one."""
    posteriors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For formulas over classes: `ExtractorCard.posterior` that fits -> keyword arguments of `statistics`."""
    framed: bool = False
    """Needs several vectors a clip of 10 s."""
    written: str = "{formula}_{network}"
    """How the metric's name is put together."""
    short: str = "{formula} {network}"
    """How `MetricCard.short` is put together, of the formula's name and the network's `title`."""
    min_clips: int = 1
    """As in MetricCard."""
    over: str = ""
    """ranked only: name of the formula whose values are ranked."""
    options: Mapping[str, str] = field(default_factory=dict)
    """As in MetricCard."""
    aggregate_options: Mapping[str, str] = field(default_factory=dict)
    """As in MetricCard."""
    estimator: str = ""
    """As in MetricCard."""
    version: int = 1
    """Raised whenever the same inputs would give another value."""
    blind: str = ""
    """As in MetricCard; filled in like the definition."""
    low: float = -inf
    """As in MetricCard."""
    high: float = inf
    """As in MetricCard."""
