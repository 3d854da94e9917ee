"""Cards of the formulas that hold an output against what belongs to it: cosines, ranks, CLIPScore, retrieval."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Literal

from sightsound.metrics.card import FormulaCard

_AT = "sightsound.metrics.formulas"
_RANK = "IB Rank of M2UGen (Hussain et al. 2023) and Mozart's Touch"

_Other = Literal["reference", "image", "text"]
_OTHERS: tuple[_Other, ...] = ("reference", "image", "text")
_WHOM = {
    "reference": "the reference",
    "image": "the picture or video that the example conditions on",
    "text": "the text that the example conditions on",
}
_SHORT = {"reference": "ref", "image": "image", "text": "text"}
_LIKENESS = {
    "reference": "Rewards likeness to one reference, which is no quality: a good output that is unlike it is "
    "punished.",
    "image": "Does not see quality; over the pocket networks it can't tell a real pair from a false one, and it "
    "is circular where the same network chose the split's pairs.",
    "text": "Does not see quality: a prompt that copies its condition scores best; the end of a text that is too "
    "long for the network counts for nothing.",
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
        short=f"{{network}} score {_SHORT[other]}".rstrip(),
        blind=_LIKENESS[other],
        low=-1.0,
        high=1.0,
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
        short="{network} rank" if other == "image" else f"{{network}} rank {_SHORT[other]}",
        blind="Does not see how far apart systems are, and no more than {over} does; changes when a competitor "
        "joins or leaves.",
        low=0.0,
        high=1.0,
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
    short="{network} score ≥ 0",
    blind="Does not see how good a picture is, nor how wrong a pair: every cosine below 0 counts as 0.",
    low=0.0,
    high=1.0,
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
        short="{network} rank DCG",
    ),
    _SCORE,
    replace(
        _SCORE,
        name="clip_score_100",
        definition="Mean over {things} of 100 max(cosine, 0) of the embeddings of {network} of picture and text, "
        "0 to 100.",
        options={"scale": "100"},
        short="{network} score ×100",
        high=100.0,
    ),
)


_SOUGHT = {True: "music", False: "image"}  # what is looked for, by whether the other side asks


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
            short=f"{{network}} R@{at} of {_SOUGHT[asks]}",
            blind="Does not see how good the music is; fewer clips to choose from make it easier, and failed "
            "outputs are not among them: compare at equal n.",
            low=0.0,
            high=1.0,
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
        short=f"{{network}} median rank of {_SOUGHT[asks]}",
        low=1.0,
        high=inf,
    )
    return (*recalls, median)


RETRIEVAL = (
    *_retrieval("image_to_music", True, "music, asked for by its picture or video,"),
    *_retrieval("music_to_image", False, "picture or video, asked for by the music,"),
)
"""Formulas of how well an output is found among all, by its example's picture or video, and the reverse."""
