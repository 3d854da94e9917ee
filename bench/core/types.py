"""The records that flow through the suite. Everything else imports downwards from here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.card import Side

TEXTS = ("story", "caption", "lyrics")  # conditions that the side `text` of a metric reads
Report = Callable[[str, int, int | None], None]
"""Progress of long work: report(what, done, total), the total None where it is not known."""


@dataclass(frozen=True)
class Example:
    """What a task conditions on and what its output is compared with. Paths are absolute and were checked."""

    id: str
    """Unique in the split; letters, digits, `.`, `_` and `-`."""
    group: str
    """Name of the group of examples that depend on each other. A split that was loaded has the connected
    components
    of all that they share: the manifest's column `group`, references, pictures, videos, texts. Intervals are over
    groups."""
    image: Path | None = None
    """Picture to condition on."""
    video: Path | None = None
    """Video to condition on, without sound."""
    caption: str | None = None
    """Sentence that describes the music or the picture."""
    story: str | None = None
    """Prose to condition on."""
    lyrics: str | None = None
    """Sung text to condition on."""
    emotion: str | None = None
    """One emotion word."""
    audio: Path | None = None
    """Music: the reference of the tasks to music, the condition of the tasks from music."""
    reference_image: Path | None = None
    """Picture that a generated picture is compared with."""
    reference_text: str | None = None
    """Text that a generated prompt is compared with."""
    instruction: str | None = None
    """The data set's own instruction. Not a condition of any task: one written from the reference gives it
    away."""
    reference_group: str = ""
    """Like `group`, by the column `group` and the references alone; empty in a split that was not loaded."""
    input_group: str = ""
    """Like `group`, by what a task conditions on alone: examples of one input. Empty as above."""

    @property
    def emotion_song(self) -> str | None:
        """The emotion and the word `song`: the text that MG-S holds music against (its figure 3)."""
        return f"{self.emotion} song" if self.emotion else None


@dataclass(frozen=True)
class Task:
    """What goes in and what comes out."""

    name: str
    """`image2music` and so on."""
    conditions: tuple[str, ...]
    """Fields of Example that an example must have to serve the task; a model may read them."""
    output: Literal["audio", "image", "text"]
    """What a model makes."""
    reference: str
    """Field of Example that the output is compared with."""
    description: str
    """One line for `bench tasks`."""
    optional: tuple[str, ...] = ()
    """Further fields that a model may read where the split has them; it sees no others, nor the reference."""
    masked: bool = False
    """Whether a model sees a part of the conditions alone: each that is not empty as likely, drawn by the seed."""

    @property
    def sides(self) -> dict[Side, str]:
        """Side of a metric -> the field of Example that is read there; none where the task has nothing for it."""
        pictures = [name for name in ("video", "image") if name in self.conditions]
        texts = [name for name in self.conditions if name in TEXTS]
        found: dict[Side, str] = {"reference": self.reference}
        return found | ({"image": pictures[0]} if pictures else {}) | ({"text": texts[0]} if texts else {})


@dataclass(frozen=True)
class Generated:
    """What a model yields for one example: one of `audio`, `image`, `path`, `text`, or an `error`."""

    id: str
    """Id of the example."""
    audio: NDArray[np.floating[Any]] | None = None
    """Samples in -1..1, `[samples]` or `[channels, samples]`."""
    rate_hz: int = 0
    """Sampling rate of `audio`."""
    image: NDArray[np.uint8] | None = None
    """Picture, RGB `[height, width, 3]`."""
    path: Path | None = None
    """A file that already exists; it is copied."""
    text: str | None = None
    """A generated prompt."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Intermediate texts worth keeping, e.g. {"caption": ..., "prompt": ...}."""
    error: str | None = None
    """Why there is no output, on one line."""


@dataclass(frozen=True)
class Output:
    """A file and its facts: one line of the output journal."""

    id: str
    """Id of the example."""
    path: str | None = None
    """File, relative to the system's folder; None for a failure."""
    sha256: str | None = None
    """Of the file's bytes."""
    rate_hz: int = 0
    """Sampling rate, 0 where it has none."""
    seconds: float = 0.0
    """Duration, 0 where it has none."""
    seed: int = 0
    """Seed of the run; `example_seed` makes the example's own from it."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What the model noted on the way."""
    took_s: float = 0.0
    """Wall seconds: the example's share of its batch, those included that a stored text spared it."""
    spared_s: float = 0.0
    """Of `took_s`, what was not spent again: captions and the like came from the store (bench/core/texts.py)."""
    error: str | None = None
    """Why there is no file."""
    maker: str = ""
    """Digest of what made it: code, weights, options, versions (bench/core/maker.py)."""


class Model(Protocol):
    """A system under test. The harness makes it by `entry(device, weights, **options)`."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterable[Generated]:
        """One Generated an example, in any order. Same examples and seed, same result.

        Raise for what is wrong with the machine; yield an error for what is wrong with one example."""
        ...


class Staged(Model, Protocol):
    """A Model whose first stages can be done for the next batch while its last one works at this one.

    `generate(examples, seed)` is `finish(prepare(examples, seed), seed)`. The two may run at the same time, for
    different batches and in different threads, and share nothing that either changes.
    """

    def prepare(self, examples: Sequence[Example], seed: int) -> Any:
        """What the last stage needs: captions, prompts. No tensors of a card, whose streams differ."""
        ...

    def finish(self, prepared: Any, seed: int) -> Iterable[Generated]:
        """One Generated an example, of what `prepare` gave."""
        ...


@dataclass(frozen=True)
class Variant:
    """One way to build a family's model."""

    entry: str
    """`package.module:callable`; called as callable(device, weights, **options), gives a Model."""
    description: str
    """One line: which parts."""
    assets: tuple[str, ...] = ()
    """Names of the assets it loads; `weights` maps each to its folder."""
    extras: tuple[str, ...] = ()
    """Extras of this distribution that it needs."""
    memory_gb: float = 0.0
    """Device memory at the default batch size, weights included."""
    batch_size: int = 8
    """Examples in one call of `generate`; 0: always the whole split, also with --batch-size."""
    halves: bool = False
    """Answers only for every other group, and is compared with the references of the remaining groups."""


@dataclass(frozen=True)
class ModelCard:
    """What a family of systems is."""

    name: str
    """Family name."""
    tasks: tuple[str, ...]
    """Tasks that it can do."""
    variants: Mapping[str, Variant]
    """Variant name -> how it is built."""
    description: str
    """One line."""
    licence: str
    """Licences of code and weights."""
    paper: str = ""
    """Citation."""
    leaks: str = ""
    """Training data that leaks into a split, or empty."""
    presets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Preset name -> variants that are run when only the family is named."""
    reference: bool = False
    """A reference row rather than a system: belongs to every board and is not ranked."""


@dataclass(frozen=True)
class SplitCard:
    """What a split is and where it comes from."""

    name: str
    """A split never changes under its name."""
    tasks: tuple[str, ...]
    """Tasks that it serves."""
    entry: str
    """`package.module:build`; build(folder, assets) writes the files into the empty folder and gives the Examples,
    or writes the manifest itself and gives None. `assets` maps each asset's name to its folder. With
    `media` it is called as build(folder, assets, media, report), `media` the user's folder."""
    assets: tuple[str, ...]
    """Names of the assets that it is made from."""
    licence: str
    """Licence of the media."""
    source: str
    """Where the media come from."""
    description: str
    """What is in it, the rule by which clips are cut."""
    known: str = ""
    """What is known to be wrong with it."""
    hash: str = ""
    """Expected content hash of the manifest; empty where the user's own media decide."""
    media: str = ""
    """What the user's folder (`--media`) must hold, one line; empty where the assets are all it takes."""
    size: int = 0
    """Examples that the published list has; 0 where it is not known. Coverage is counted against it."""
    gate: str = ""
    """How access to the media is asked for; empty where nobody has to be asked."""


@dataclass(frozen=True)
class PresetCard:
    """A complete set of defaults. Which variants of a family it runs is stated in the family's ModelCard."""

    name: str
    """`pocket`, `paper`, or your own."""
    splits: Mapping[str, str]
    """Task -> split."""
    metrics: tuple[str, ...]
    """Metrics to compute, where the task has their features."""
    description: str
    """One line, printed at the start of a run."""
    fetches: bool = True
    """Whether the networks of its metrics are fetched. False: of those that no package registry carries, only the
    ones that are here already are used, and metrics over the others are left out."""


def example_seed(seed: int, example_id: str) -> int:
    """The example's own 63-bit seed: the same whatever the batch, the order or the subset.

    >>> example_seed(0, "battle"), example_seed(1, "battle")
    (5008537889877377943, 4820372408742260329)
    """
    return int.from_bytes(hashlib.sha256(f"{seed}:{example_id}".encode()).digest()[:8], "big") >> 1


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Consecutive pieces of `items`, each `size` long; size 0 gives all as one piece.

    >>> list(chunks("abcde", 2)), list(chunks("abcde", 0))
    (['ab', 'cd', 'e'], ['abcde'])
    """
    step = size or max(len(items), 1)
    for start in range(0, len(items), step):
        yield items[start : start + step]
