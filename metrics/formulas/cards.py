"""Cards of the formulas, each of which is a metric over every network that fits. Imports no numpy and no torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sightsound.metrics.card import FormulaCard

_AT = "sightsound.metrics.formulas"
_GAUSSIANS = (
    "Fréchet distance between Gaussians fitted to the embeddings of all {things} under "
    "{network}, generated against "
    "reference; squared units of the embedding."
)
_FRECHET = "Dowson and Landau 1982"
_POSTERIOR = "the softmax, or the share of the scores, over {network}'s {labels}"
_KYNKAANNIEMI, _NAEEM = "Kynkäänniemi et al. 2019", "Naeem et al. 2020"
_RANK = "IB Rank of M2UGen (Hussain et al. 2023) and Mozart's Touch"

_FAD = FormulaCard(
    "fad",
    f"{_AT}.two_sets.frechet",
    "two_sets",
    higher_is_better=False,
    definition=_GAUSSIANS,
    source=f"Kilgour et al. 2019 (FAD, there over VGGish); {_FRECHET}",
    modalities=("audio",),
    min_clips=2,
    estimator="plugin",
)
_KID = FormulaCard(
    "kid",
    f"{_AT}.two_sets.kid",
    "two_sets",
    higher_is_better=False,
    definition="Unbiased MMD^2 of the embeddings under {network} with the kernel (x . y / dim + 1)^3 over "
    "all pairs "
    "of different {things}; about 0 for sets from one source, may be negative.",
    source="Bińkowski et al. 2018 (KID, there over Inception v3)",
    min_clips=2,
    estimator="unbiased",
)


def _manifold(name: str, definition: str, source: str, min_clips: int) -> FormulaCard:
    return FormulaCard(
        name, f"{_AT}.two_sets.manifold_{name}", "two_sets", True, definition, source, min_clips=min_clips
    )


TWO_SETS = (
    _FAD,
    replace(
        _FAD,
        name="fad_corrected",
        module=f"{_AT}.two_sets.frechet_corrected",
        definition=_GAUSSIANS.rstrip(".") + "; less the bias that a bootstrap over clips on both sides estimates "
        "(200 draws).",
        source=f"{_FAD.source}; correction: Efron and Tibshirani 1993, chapter 10",
        written="fad_{network}_corrected",
        estimator="bootstrap",
    ),
    replace(
        _FAD,
        name="fid",
        source=f"Heusel et al. 2017 (FID, there over Inception v3); {_FRECHET}",
        modalities=("image",),
    ),
    FormulaCard(
        "per_song_fad",
        f"{_AT}.two_sets.per_song",
        "two_sets",
        False,
        "Mean over generated clips of the Fréchet distance between a Gaussian fitted to that clip's vectors under "
        "{network} and one fitted to the whole reference.",
        "Gui et al. 2023",
        modalities=("audio",),
        framed=True,
    ),
    FormulaCard(
        "kad",
        f"{_AT}.two_sets.kad",
        "two_sets",
        False,
        "100 times the unbiased MMD^2 of the vectors of {network}, pooled, with a Gaussian kernel as wide as the "
        "median distance of two reference vectors; about 0 for sets from one source, may be negative.",
        "Chung et al. 2025",
        modalities=("audio",),
        min_clips=2,
        estimator="unbiased",
    ),
    _KID,
    replace(
        _KID,
        name="kid_subsets",
        module=f"{_AT}.two_sets.kid_subsets",
        definition="The mean of KID under {network} over 100 random subsets of 1000 {things} a side, drawn as "
        "torch-fidelity draws them (seed 2020); depends on the order of the {things}.",
        source=f"{_KID.source}, as torch-fidelity 0.4.0",
        min_clips=1000,
        estimator="subsets100x1000",
    ),
    _manifold(
        "precision",
        "Share of generated {things} that lie, by the mean of their vectors under {network}, "
        "within the ball of at "
        "least one reference out to its 3rd nearest neighbour, 0 to 1.",
        _KYNKAANNIEMI,
        4,
    ),
    _manifold(
        "recall",
        "Share of reference {things} that lie, by the mean of their vectors under {network}, within the ball of "
        "at least one generated out to its 3rd nearest neighbour, 0 to 1.",
        _KYNKAANNIEMI,
        4,
    ),
    _manifold(
        "density",
        "Mean over generated {things} of the number of reference balls that each lies inside, by 5; a ball "
        "reaches to the 5th nearest reference by the mean of the vectors under {network}; "
        "1 is as dense as the reference.",
        _NAEEM,
        6,
    ),
    _manifold(
        "coverage",
        "Share of reference {things} whose ball, out to the 5th nearest reference by the mean of the vectors "
        "under {network}, holds at least one generated, 0 to 1.",
        _NAEEM,
        6,
    ),
)

_BY_FRAME = FormulaCard(
    "kl_by_frame",
    f"{_AT}.paired.divergence_by_frame",
    "paired",
    higher_is_better=False,
    definition="Mean over all vectors of {network} of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's and "
    "q the generated one's softmax over {labels}, nats.",
    source="audiocraft/metrics/kld.py (there over PaSST), KL_softmax of github.com/haoheliu/audioldm_eval (PANNs)",
    posteriors={"by_frame": {"posterior": "softmax"}},
    written="kl_{network}",
)
_INCEPTION = FormulaCard(
    "inception_score",
    f"{_AT}.single.inception",
    "single",
    higher_is_better=True,
    definition="exp of the mean over {things} of KL(posterior || mean posterior), all {things} one split, 1 to "
    f"the number of classes; a posterior is the mean over vectors of {_POSTERIOR}.",
    source="Salimans et al. 2016 (there over Inception v3)",
    other="",
    posteriors={
        "softmax": {},
        "by_frame": {},
        "scores": {"posterior": "scores"},
        "unbiased": {},
        "no_classes": {},
    },
    min_clips=2,
)

CLASSES = (
    FormulaCard(
        "kl",
        f"{_AT}.paired.divergence",
        "paired",
        False,
        "Mean over {things} of KL(reference || generated) in nats; a posterior is the mean over vectors of "
        f"{_POSTERIOR}.",
        "audiocraft/metrics/kld.py (there over PaSST, 10 s segments)",
        posteriors={"softmax": {}, "scores": {"posterior": "scores"}},
    ),
    _BY_FRAME,
    replace(
        _BY_FRAME,
        name="kl_sigmoid",
        definition="Mean over all vectors of {network} of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's "
        "and q the generated one's sigmoids of {labels}, which do not sum to 1: no divergence, can be negative.",
        source="KL_sigmoid of github.com/haoheliu/audioldm_eval",
        posteriors={"by_frame": {"posterior": "sigmoids"}},
        written="kl_{network}_sigmoid",
    ),
    _INCEPTION,
    replace(
        _INCEPTION,
        name="inception_score_splits",
        module=f"{_AT}.single.inception_splits",
        definition="The mean of the inception score under {network} over ten parts of the set, cut as "
        "torch-fidelity cuts it (seed 2020); lower than that of the whole, depends on the order of the {things}.",
        source="Salimans et al. 2016, as torch-fidelity 0.4.0",
        written="inception_score_{network}_splits",
        min_clips=10,
        estimator="splits10",
    ),
)

_Other = Literal["reference", "image", "text"]
_OTHERS: tuple[_Other, ...] = ("reference", "image", "text")
_WHOM = {
    "reference": "the reference",
    "image": "the picture or video that the example conditions on",
    "text": "the text that the example conditions on",
}


def _cosine(other: _Other) -> FormulaCard:
    return FormulaCard(
        f"cosine_{other}",
        f"{_AT}.paired.similarity",
        "paired",
        True,
        f"Mean over {{things}} of the cosine of the embedding with that of {_WHOM[other]}, {{network}}, -1 to 1.",
        "the network's",
        modalities=("audio", "image", "text"),
        other=other,
    )


def _rank(other: _Other) -> FormulaCard:
    return FormulaCard(
        f"rank_{other}",
        f"{_AT}.ranked.rank",
        "ranked",
        True,
        "Mean over {things} of 1 / position among the compared systems by {over}; ties share, a missing output is "
        "last; the systems' values sum to 1 + 1/2 + ... + 1/N.",
        _RANK,
        modalities=("audio", "image", "text"),
        other=other,
        over=f"cosine_{other}",
    )


_SCORE = FormulaCard(
    "clip_score",
    f"{_AT}.paired.clip_score",
    "paired",
    higher_is_better=True,
    definition="Mean over {things} of max(cosine, 0) of the embeddings of {network} of picture and text, 0 to 1.",
    source="Hessel et al. 2021 (CLIPScore, there x 2.5)",
    modalities=("image",),
    other="text",
)

SIDES = (
    *(_cosine(other) for other in _OTHERS),
    *(_rank(other) for other in _OTHERS),
    replace(
        _rank("image"),
        name="rank_image_dcg",
        definition="Mean over {things} of 1 / log2(1 + position) among the compared systems by {over}; ties "
        "share, a missing output is last; the systems' values sum to 1 + 1/log2(3) + ... + 1/log2(N + 1).",
        source="MusFlow's IBscore: its columns sum to what this rule gives; the paper states none",
        options={"discount": "dcg"},
        written="rank_image_{network}_dcg",
    ),
    _SCORE,
    replace(
        _SCORE,
        name="clip_score_100",
        definition="Mean over {things} of 100 max(cosine, 0) of the embeddings of {network} of picture and text, "
        "0 to 100.",
        options={"scale": "100"},
    ),
)


def _retrieval(direction: str, asks: bool, sought: str) -> tuple[FormulaCard, ...]:
    recalls = tuple(
        FormulaCard(
            f"{direction}_r{at}",
            f"{_AT}.paired.retrieval",
            "paired",
            True,
            f"Share of the clips whose {sought} is {among} of all scored clips' by cosine, {{network}}, 0 to 1; "
            "ties share.",
            f"R@{at} over the network",
            modalities=("audio",),
            other="image",
            asks=asks,
            written=f"{{network}}_{direction}_r{at}",
            min_clips=at + 1,
            aggregate_options={"at": str(at)},
        )
        for at, among in ((1, "the first"), (5, "among the first 5"), (10, "among the first 10"))
    )
    median = replace(
        recalls[0],
        name=f"{direction}_median_rank",
        module=f"{_AT}.paired.median_rank",
        higher_is_better=False,
        definition=f"Median position of a clip's {sought} among all scored clips' by cosine, {{network}}, 1 to "
        "the number of clips; ties share.",
        source="median rank over the network",
        written=f"{{network}}_{direction}_median_rank",
        aggregate_options={},
    )
    return (*recalls, median)


FORMULAS = (
    *TWO_SETS,
    *CLASSES,
    *SIDES,
    *_retrieval("image_to_music", True, "music, asked for by its picture or video,"),
    *_retrieval("music_to_image", False, "picture or video, asked for by the music,"),
)
"""Every formula that is a metric over each network that fits."""
