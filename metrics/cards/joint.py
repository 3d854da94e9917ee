"""Cards of the metrics over published joint embeddings: ImageBind, LAION-CLAP, CLIP."""

from __future__ import annotations

from dataclasses import replace

from sightsound.metrics.card import MetricCard, Need, Side

_IMAGEBIND = "Girdhar et al. 2023 (ImageBind)"
_RANK = "IB Rank of M2UGen (Hussain et al. 2023) and Mozart's Touch"
_MUSIC = Need("generated", "imagebind_audio", "embedding")
_OLD_MUSIC = Need("generated", "imagebind_audio_old", "embedding")
_IMAGE = Need("image", "imagebind_image", "embedding", video="imagebind_video")
_OLD_IMAGE = replace(_IMAGE, video="imagebind_video_old")
_TEXT = Need("text", "imagebind_text", "embedding")
_TIES = "ties share, a missing output is last"


def cosine(name: str, needs: tuple[Need, ...], of: str, source: str = _IMAGEBIND) -> MetricCard:
    """The card of the mean cosine of two embeddings a clip."""
    return MetricCard(
        name=name,
        module="sightsound.metrics.formulas.paired.similarity",
        kind="paired",
        higher_is_better=True,
        needs=needs,
        definition=f"Mean cosine of {of}, -1 to 1.",
        source=source,
    )


def rank(name: str, over: str, needs: tuple[Need, ...]) -> MetricCard:
    """The card of the place among the compared systems by the paired metric `over`."""
    return MetricCard(
        name=name,
        module="sightsound.metrics.formulas.ranked.rank",
        kind="ranked",
        higher_is_better=True,
        needs=needs,
        definition=f"Mean over clips of 1 / position among the compared systems by {over}; {_TIES}; the systems' "
        "values sum to 1 + 1/2 + ... + 1/N.",
        source=_RANK,
        over=over,
    )


def retrieval(
    prefix: str, query: Need, partner: Need, asked: str, source: str = _IMAGEBIND
) -> tuple[MetricCard, ...]:
    """The cards of recall at 1, 5 and 10 and of the median rank."""
    gallery = "of all scored clips' by cosine, 0 to 1; ties share."
    recalls = tuple(
        MetricCard(
            name=f"{prefix}_r{at}",
            module="sightsound.metrics.formulas.paired.retrieval",
            kind="paired",
            higher_is_better=True,
            needs=(query, partner),
            definition=f"Share of the clips whose {asked} is {among} {gallery}",
            source=f"R@{at} over {source}",
            min_clips=at + 1,
            aggregate_options={"at": str(at)},
        )
        for at, among in ((1, "the first"), (5, "among the first 5"), (10, "among the first 10"))
    )
    median = replace(
        recalls[0],
        name=f"{prefix}_median_rank",
        module="sightsound.metrics.formulas.paired.median_rank",
        aggregate_options={},
        higher_is_better=False,
        definition=f"Median position of a clip's {asked} among all scored clips' by cosine, 1 to the number of "
        "clips; ties share.",
        source=f"median rank over {source}",
    )
    return (*recalls, median)


def _clap(suffix: str, extractor: str, checkpoint: str) -> tuple[MetricCard, ...]:
    music = Need("generated", f"{extractor}_audio", "embedding")
    score = cosine(
        f"clap_score{suffix}",
        (music, Need("text", f"{extractor}_text", "embedding")),
        f"the LAION-CLAP embeddings ({checkpoint}) of the music, over all its 10 s windows, and of the text",
        "Wu et al. 2023 (LAION-CLAP)",
    )
    distance = MetricCard(
        name=f"fad_clap{suffix}",
        module="sightsound.metrics.formulas.two_sets.frechet",
        kind="two_sets",
        higher_is_better=False,
        needs=(music, replace(music, side="reference")),
        definition=f"Fréchet distance between Gaussians fitted to the LAION-CLAP embeddings ({checkpoint}) of all "
        "10 s windows, unit vectors, generated against reference.",
        source="Kilgour et al. 2019 (FAD, there over VGGish)",
        min_clips=2,
        estimator="plugin",
    )
    return score, distance


def _clip(suffix: str, extractor: str) -> tuple[MetricCard, ...]:
    sides: tuple[tuple[Side, str], ...] = (("generated", "image"), ("text", "text"))
    card = MetricCard(
        name=f"clip_score{suffix}",
        module="sightsound.metrics.formulas.paired.clip_score",
        kind="paired",
        higher_is_better=True,
        needs=tuple(Need(side, f"{extractor}_{tower}", "embedding") for side, tower in sides),
        definition=f"Mean over clips of max(cosine, 0) of the {extractor} embeddings of picture and text, 0 to 1.",
        source="Hessel et al. 2021 (CLIPScore, there x 2.5)",
    )
    hundred = replace(
        card,
        name=f"clip_score_100{suffix}",
        definition=f"Mean over clips of 100 max(cosine, 0) of the {extractor} embeddings of picture and text, 0 "
        "to 100.",
        options={"scale": "100"},
    )
    return card, hundred


_IB_RANK = rank("ib_rank", "ib_score_condition", (_MUSIC, _IMAGE))

CARDS = (
    cosine(
        "ib_score_condition", (_MUSIC, _IMAGE), "the ImageBind embeddings of the music and of the picture or video"
    ),
    cosine("ib_score_text", (_MUSIC, _TEXT), "the ImageBind embeddings of the music and of the text"),
    cosine(
        "ib_score_reference",
        (_MUSIC, replace(_MUSIC, side="reference")),
        "the ImageBind embeddings of the generated and of the reference music",
    ),
    cosine(
        "ib_score_condition_old",
        (_OLD_MUSIC, _OLD_IMAGE),
        "the ImageBind embeddings of the music, heard at 0, 1/3 and 2/3 as pytorchvideo 0.1.5 has it, and of the "
        "picture, or of the video by the same rule",
    ),
    _IB_RANK,
    replace(
        _IB_RANK,
        name="ib_rank_dcg",
        module="sightsound.metrics.formulas.ranked.rank",
        options={"discount": "dcg"},
        definition=f"Mean over clips of 1 / log2(1 + position) among the compared systems by ib_score_condition; "
        f"{_TIES}; the systems' values sum to 1 + 1/log2(3) + ... + 1/log2(N + 1).",
        source="MusFlow's IBscore: its columns sum to what this rule gives; the paper states none",
    ),
    rank("ib_rank_old", "ib_score_condition_old", (_OLD_MUSIC, _OLD_IMAGE)),
    *retrieval("ib_image_to_music", _IMAGE, _MUSIC, "music, asked for by its picture or video,"),
    *retrieval("ib_music_to_image", _MUSIC, _IMAGE, "picture or video, asked for by the music,"),
    *_clap("", "clap_music", "music_audioset_epoch_15_esc_90.14"),
    *_clap("_music_speech", "clap_music_speech", "music_speech_audioset_epoch_15_esc_89.98"),
    *_clap("_630k", "clap_630k", "630k-audioset-best"),
    *_clap("_630k_fusion", "clap_630k_fusion", "630k-audioset-fusion-best"),
    *_clip("", "clip_vit_b16"),
    *_clip("_b32", "clip_vit_b32"),
)
