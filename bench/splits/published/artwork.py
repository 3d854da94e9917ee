"""The splits `artwork_*`: the 10,000 pairs of Art2Mus, and the lists of 2,000 that its code and paper hold out.

An artwork of ArtGraph goes with the track of FMA-large that ImageBind put nearest to it, each track once (Rinaldi
et al. 2024, section 3.2). The pairs are the authors' published index. Which 2,000 the paper's figures are over was
never published: docs/splits-art.md says what the lists here are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import draws
from sightsound.bench.splits.media.collect import Collector
from sightsound.bench.splits.media.local import Media
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.media.take import take
from sightsound.bench.splits.published import artgraph

INDEX = "image_audio_subset_df.json"
SHARE = 0.2  # of the pairs, for testing
SEED = 42  # the default of the code's split function
TRAINING_SEED = 0  # what both training scripts call it with
VALIDATED = 100
FIGURES = ("erin-hanson_thistles-on-orange-2016.jpg", "john-miller_casa-do-rio-beach-goa.jpg")
DESCRIPTIONS = ("descriptions.json", "descriptions.csv")


@dataclass(frozen=True)
class Pair:
    """One row of the published index."""

    row: int
    """Its number, from 0."""
    image: str
    """File name of the artwork in ArtGraph's folder imagesf2."""
    audio: str
    """Path of the track from the data set's own folder on, as in the index."""

    @property
    def id(self) -> str:
        """`art2mus.0042`."""
        return f"art2mus.{self.row:04d}"


def read_index(path: Path) -> list[Pair]:
    """The pairs in the order of the index: pandas' column JSON, {"Image": {"0": ...}, "Audio": {"0": ...}}.

    Raises SplitError for anything else.
    """
    try:
        columns = json.loads(path.read_text(encoding="utf-8"))
        images, audios = columns["Image"], columns["Audio"]
        pairs = [Pair(row, str(images[key]), str(audios[key])) for row, key in enumerate(images)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SplitError(f"{path}: not the index of Art2Mus ({type(error).__name__}); fetch it again") from error
    if len(images) != len(audios) or len({pair.image for pair in pairs}) != len(pairs):
        raise SplitError(
            f"{path}: not the index of Art2Mus (an artwork without a track, or twice); fetch it again"
        )
    return pairs


Choose = Callable[[Sequence[Pair], Media], list[int]]
"""Which rows of the index a split holds."""


def everything(pairs: Sequence[Pair], media: Media) -> list[int]:
    """All of them."""
    return list(range(len(pairs)))


def by_seed(pairs: Sequence[Pair], media: Media, seed: int) -> list[int]:
    """The held-out fifth of `train_test_split` with that seed, not stratified, as the code has it."""
    return draws.held_out(len(pairs), SHARE, seed)


def validated(pairs: Sequence[Pair], media: Media) -> list[int]:
    """The 100 that the training scripts take out of what they hold out, and measure as they train."""
    return draws.validation_of(by_seed(pairs, media, TRAINING_SEED), VALIDATED, TRAINING_SEED)


def scored(pairs: Sequence[Pair], media: Media) -> list[int]:
    """What is left of those that the training scripts hold out when their 100 for validation are taken away."""
    apart = set(validated(pairs, media))
    return [row for row in by_seed(pairs, media, TRAINING_SEED) if row not in apart]


def printed(pairs: Sequence[Pair], media: Media) -> list[int]:
    """The artworks of the paper's figures 3 and 4, in that order. Raises SplitError where the index lacks one."""
    row = {pair.image: pair.row for pair in pairs}
    if missing := [image for image in FIGURES if image not in row]:
        raise SplitError(f"{INDEX}: lacks {missing[0]}, which the paper shows; fetch art2mus_pairs again")
    return [row[image] for image in FIGURES]


def by_style(pairs: Sequence[Pair], media: Media) -> list[int]:
    """The held-out fifth, stratified by ArtGraph's style, seed 42.

    Artworks that the user's ArtGraph gives no style are a class of their own. Raises SplitError where it gives
    none at all.
    """
    styles = artgraph.styles(media)
    classes = [styles.get(pair.image, "") for pair in pairs]
    if not any(classes):
        raise SplitError(
            f"{media.folder}: no styles of the artworks; {artgraph.HOLDS_STYLES}, or a table styles.csv with the "
            "columns Image and Style"
        )
    return draws.held_out_by_class(classes, SHARE, SEED)


def read_descriptions(media: Media) -> dict[str, str]:
    """File name of the artwork -> its description, from descriptions.json or descriptions.csv.

    Columns `Image` and `ArtwDesc`, the names of the code; JSON as pandas writes it or as a list of rows. Raises
    SplitError where there is no such file.
    """
    for name in DESCRIPTIONS:
        found = media.read_json(name) if name.endswith(".json") else media.read_csv(name)
        if found is not None:
            return dict(_described(found, name))
    raise SplitError(
        f"{media.folder}: neither {' nor '.join(DESCRIPTIONS)} in it: the descriptions were not published; write "
        "them with LLaVA and the prompt 'Describe this artwork', columns Image and ArtwDesc"
    )


def _described(found: Any, name: str) -> list[tuple[str, str]]:
    try:
        if isinstance(found, dict):  # column -> row -> value
            texts = found["ArtwDesc"]
            return [(str(image), str(texts[key]).strip()) for key, image in found["Image"].items()]
        return [(str(row["Image"]), str(row["ArtwDesc"]).strip()) for row in found]
    except (KeyError, TypeError, AttributeError) as error:
        raise SplitError(f"{name}: needs the columns Image and ArtwDesc ({type(error).__name__})") from error


def _build(
    folder: Path,
    assets: Mapping[str, Path],
    media: Path,
    report: Report,
    *,
    choose: Choose,
    described: bool = False,
    pictured: bool = False,
) -> None:
    """Write one of the splits into `folder` from the index and the user's pictures and tracks."""
    pairs = read_index(assets["art2mus_pairs"] / INDEX)
    found = Media(media, folder.parent / "unpacked")
    texts = read_descriptions(found) if described else {}
    rows = choose(pairs, found)
    collector = Collector(folder, report, len(rows))
    for row in rows:
        pair = pairs[row]
        shown = pictured or not described
        audio = found.find(pair.audio.partition("/")[2], "audio")
        pieces: dict[str, Path | str | None] = {"caption": texts.get(pair.image)} if described else {}
        pieces |= {"image": found.find(f"{artgraph.PICTURES}/{pair.image}", "image")} if shown else {}
        take(collector, pair.id, pair.id, {"audio": audio, **pieces})
    collector.write()


build_all = partial(_build, choose=everything)
build_default = partial(_build, choose=partial(by_seed, seed=SEED))
build_training = partial(_build, choose=partial(by_seed, seed=TRAINING_SEED))
build_validated = partial(_build, choose=validated)
build_printed = partial(_build, choose=printed)
build_scored = partial(_build, choose=scored)
build_stratified = partial(_build, choose=by_style)
build_described_all = partial(_build, choose=everything, described=True)
build_described = partial(_build, choose=partial(by_seed, seed=SEED), described=True)
build_described_training = partial(
    _build, choose=partial(by_seed, seed=TRAINING_SEED), described=True, pictured=True
)
build_described_scored = partial(_build, choose=scored, described=True, pictured=True)
build_described_stratified = partial(_build, choose=by_style, described=True)

_CIRCULAR = (
    "Each track was chosen as the one nearest to its artwork by ImageBind, which is also Art2Mus's encoder and "
    "its measure: nobody ever heard them together, and an ImageBind score of the reference is how it was chosen. "
)
_ARTISTS = "1,855 of the 2,000 artworks are by artists of the other 8,000. "
_SEEDS = (
    "The code's split function has the seed 42 only as a default: both training scripts call it with 0. If the "
    "released weights come from these scripts, 1,600 of the 2,000 were trained on. "
)
_PAPER = (
    "The paper says stratified by style, the code does not stratify, and 100 of its held-out items served for "
    "validation: which items the paper's figures are over is not known. "
)


def _card(name: str, entry: str, size: int, description: str, known: str, *, pictured: bool = False) -> SplitCard:
    described = name.startswith("artwork_description")
    needs = ["FMA's folder fma_large"]
    needs += ["descriptions.json or .csv (Image, ArtwDesc)"] if described else []
    needs += ["ArtGraph's folder imagesf2"] if pictured or not described else []
    needs += ["ArtGraph's raw files or styles.csv (Image, Style)"] if name.endswith("stratified") else []
    return SplitCard(
        name=name,
        tasks=("caption2music",) if described else ("image2music",),
        entry=f"sightsound.bench.splits.published.artwork:{entry}",
        assets=("art2mus_pairs",),
        licence=(
            "index: none stated; pictures: WikiArt's, for research, many in copyright; tracks: the Creative "
            "Commons licence that FMA's tracks.csv gives for each"
        ),
        source="Art2Mus (Rinaldi et al. 2024), justivanr/art2mus_@21ab344; Zenodo 8172374 (ArtGraph); FMA-large",
        description=description,
        known=known.strip(),
        media=f"{'; '.join(needs)}: as they are or in their archives",
        size=size,
    )


_WHOLE = "All 10,000 pairs of the published index"
_CODE = "The 2,000 pairs that the code's own split holds out with its default seed 42, whole tracks of 30 s"
_STYLED = "2,000 pairs held out in proportion to ArtGraph's styles, as the paper says, seed 42"
_SCORED = "The 1,900 pairs of artwork_music_seed0 that did not serve for validation"
_BOTH = "with descriptions, and the artworks beside them for metrics to hold music against"
_TEXTS = (
    "The descriptions (LLaVA, 'Describe this artwork') were not published: another LLaVA writes others, and a "
    "row is comparable with rows of the same manifest hash only. "
)

ALL = _card("artwork_music_all", "build_all", 10_000, f"{_WHOLE}.", _CIRCULAR + "Four fifths are training data. ")
MUSIC = _card("artwork_music", "build_default", 2_000, f"{_CODE}.", _SEEDS + _PAPER + _CIRCULAR + _ARTISTS)
MUSIC_TRAINING = _card(
    "artwork_music_seed0",
    "build_training",
    2_000,
    "The 2,000 pairs that the training scripts hold out (seed 0); 100 of them served for validation.",
    _PAPER + _CIRCULAR,
)
MUSIC_SCORED = _card(
    "artwork_music_seed0_test",
    "build_scored",
    1_900,
    f"{_SCORED}.",
    _PAPER + _CIRCULAR,
)
MUSIC_VALIDATED = _card(
    "artwork_music_validation",
    "build_validated",
    100,
    "The 100 pairs of artwork_music_seed0 that the training scripts measure while they train.",
    _PAPER + _CIRCULAR,
)
MUSIC_PRINTED = _card(
    "artwork_music_figures",
    "build_printed",
    2,
    "The pairs of the paper's figures 3 and 4; both are in artwork_music_validation, neither in artwork_music.",
    _CIRCULAR,
)
MUSIC_STRATIFIED = _card(
    "artwork_music_stratified", "build_stratified", 2_000, f"{_STYLED}.", _PAPER + _CIRCULAR + "ArtGraph decides. "
)
DESCRIPTION_ALL = _card(
    "artwork_description_all", "build_described_all", 10_000, f"{_WHOLE}, with descriptions.", _TEXTS + _CIRCULAR
)
DESCRIPTION = _card(
    "artwork_description", "build_described", 2_000, f"{_CODE}, with descriptions.", _TEXTS + _SEEDS + _CIRCULAR
)
DESCRIPTION_TRAINING = _card(
    "artwork_description_seed0",
    "build_described_training",
    2_000,
    f"The 2,000 pairs that the training scripts hold out (seed 0), {_BOTH}.",
    _TEXTS + _PAPER + _CIRCULAR,
    pictured=True,
)
DESCRIPTION_SCORED = _card(
    "artwork_description_seed0_test",
    "build_described_scored",
    1_900,
    f"{_SCORED}, {_BOTH}.",
    _TEXTS + _PAPER + _CIRCULAR,
    pictured=True,
)
DESCRIPTION_STRATIFIED = _card(
    "artwork_description_stratified",
    "build_described_stratified",
    2_000,
    f"{_STYLED}, with descriptions.",
    _TEXTS + _PAPER + _CIRCULAR,
)
