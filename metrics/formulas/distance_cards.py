"""Cards of the distances between two sets, and of how well one set covers the other."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from sightsound.metrics.card import FormulaCard

_AT = "sightsound.metrics.formulas.two_sets"
_GAUSSIANS = (
    "Fréchet distance between Gaussians fitted to the embeddings of all {things} under {network}, generated "
    "against reference; squared units of the embedding."
)
_FRECHET = "Dowson and Landau 1982"
_KYNKAANNIEMI, _NAEEM = "Kynkäänniemi et al. 2019", "Naeem et al. 2020"
_PAIRS = "Does not see whether an output fits its example, as pairs play no part"

_FAD = FormulaCard(
    "fad",
    f"{_AT}.frechet",
    "two_sets",
    higher_is_better=False,
    definition=_GAUSSIANS,
    source=f"Kilgour et al. 2019 (FAD, there over VGGish); {_FRECHET}",
    modalities=("audio",),
    min_clips=2,
    estimator="plugin",
    short="FAD {network}",
    blind=f"{_PAIRS}; biased upwards, the more so the fewer the clips: compare at equal n, never with 0; "
    "below two vectors a dimension KAD or KID instead.",
    low=0.0,
)
_KAD = FormulaCard(
    "kad",
    f"{_AT}.kad",
    "two_sets",
    higher_is_better=False,
    definition="100 times the unbiased MMD^2 of the vectors of {network} over the pairs of clips of different "
    "groups, with a Gaussian kernel as wide as the median distance of two reference vectors; about 0 for sets of "
    "one source, may be negative.",
    source="Chung et al. 2025",
    modalities=("audio",),
    min_clips=2,
    estimator="unbiased",
    version=2,
    short="KAD {network}",
    blind=f"{_PAIRS}; a value below 0 is no better than one about 0.",
)
_KID = FormulaCard(
    "kid",
    f"{_AT}.kid",
    "two_sets",
    higher_is_better=False,
    definition="Unbiased MMD^2 of the embeddings under {network} with the kernel (x . y / dim + 1)^3 over all "
    "pairs of {things} of different groups; about 0 for sets from one source, may be negative.",
    source="Bińkowski et al. 2018 (KID, there over Inception v3)",
    min_clips=2,
    estimator="unbiased",
    version=2,
    short="KID {network}",
    blind=f"{_PAIRS}; equal sets give less than 0, so a value below 0 is no better than one about 0.",
)


def _manifold(
    name: str, definition: str, source: str, min_clips: int, blind: str, high: float = 1.0
) -> FormulaCard:
    return FormulaCard(
        name,
        f"{_AT}.manifold_{name}",
        "two_sets",
        True,
        definition,
        source,
        min_clips=min_clips,
        short=f"{name.capitalize()} {{network}}",
        blind=blind,
        low=0.0,
        high=high,
    )


TWO_SETS = (
    _FAD,
    replace(
        _FAD,
        name="fad_corrected",
        module=f"{_AT}.frechet_corrected",
        definition=_GAUSSIANS.rstrip(".") + "; extrapolated to sets without end by a curve of second order in 1 / "
        "size through all of a set and 180 parts of it, whole groups drawn without replacement; no value "
        "below two vectors a dimension.",
        source=f"{_FAD.source}; extrapolation: Chong and Forsyth 2020 (FID-infinity), Gui et al. 2023 (FAD-inf), "
        "there of first order and with replacement",
        written="fad_{network}_corrected",
        estimator="extrapolated",
        low=-inf,  # a correction may go further than 0
        version=2,
        short="FAD∞ {network}",
        blind=f"{_PAIRS}; where the vectors of a clip are alike and clips are fewer than the dimensions, up to a "
        "quarter of the bias stays: compare at equal n.",
    ),
    replace(
        _FAD,
        name="fid",
        source=f"Heusel et al. 2017 (FID, there over Inception v3); {_FRECHET}",
        modalities=("image",),
        short="FID {network}",
        blind=f"{_PAIRS}; with few pictures its bias is as large as what it measures: compare KID instead, which "
        "has none.",
    ),
    FormulaCard(
        "per_song_fad",
        f"{_AT}.per_song",
        "two_sets",
        False,
        "Mean over generated clips of the Fréchet distance between a Gaussian fitted to that clip's vectors under "
        "{network} and one fitted to the whole reference.",
        "Gui et al. 2023",
        modalities=("audio",),
        framed=True,
        short="FAD per song {network}",
        blind=f"{_PAIRS}; one clip has few vectors, so values lie far above FAD and only clips of "
        "equal length compare.",
        low=0.0,
    ),
    _KAD,
    replace(
        _KAD,
        name="kad_pooled",
        module=f"{_AT}.kad_pooled",
        definition="KAD of {network} with the pairs of different vectors of one clip, as kadtk pools them; above "
        "0 for sets from one source, the more so the fewer the clips.",
        source=f"{_KAD.source}, as kadtk 1.1 with its two sets swapped",
        written="kad_{network}_pooled",
        estimator="pooled",
        version=1,
        short="KAD pooled {network}",
        blind=f"{_PAIRS}; rewards clips whose vectors differ among themselves, and many clips: compare KAD "
        "instead.",
    ),
    _KID,
    replace(
        _KID,
        name="kid_subsets",
        module=f"{_AT}.kid_subsets",
        definition="The mean of KID under {network} over 100 random subsets of 1000 {things} a side, drawn as "
        "torch-fidelity draws them (seed 2020); depends on the order of the {things}.",
        source=f"{_KID.source}, as torch-fidelity 0.4.0",
        min_clips=1000,
        estimator="subsets100x1000",
        version=1,
        short="KID subsets {network}",
        blind=f"{_PAIRS}; another order of the same set gives another value, and it has more noise than KID.",
    ),
    _manifold(
        "precision",
        "Share of generated {things} that lie, by the mean of their vectors under {network}, within the ball of "
        "at least one reference out to its 3rd nearest neighbour, 0 to 1.",
        _KYNKAANNIEMI,
        4,
        "Does not see variety: copies of one good reference score 1, and so may grey pictures inside one wide "
        "ball; read it with recall.",
    ),
    _manifold(
        "recall",
        "Share of reference {things} that lie, by the mean of their vectors under {network}, within the ball of "
        "at least one generated out to its 3rd nearest neighbour, 0 to 1.",
        _KYNKAANNIEMI,
        4,
        f"{_PAIRS}; one stray output far from the rest has a wide ball and raises it; read it with precision.",
    ),
    _manifold(
        "density",
        "Mean over generated {things} of the number of reference balls that each lies inside, by 5; a ball "
        "reaches to the 5th nearest reference by the mean of the vectors under {network}; "
        "1 is as dense as the reference.",
        _NAEEM,
        6,
        "Does not see variety: outputs that crowd the dense parts of the reference score above 1; read it with "
        "coverage.",
        inf,
    ),
    _manifold(
        "coverage",
        "Share of reference {things} whose ball, out to the 5th nearest reference by the mean of the vectors "
        "under {network}, holds at least one generated, 0 to 1.",
        _NAEEM,
        6,
        f"{_PAIRS}; one output near each reference is enough, whatever the others are; read it with density.",
    ),
)
"""Formulas of two sets; which output belongs to which example plays no part in them."""
