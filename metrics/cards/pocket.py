"""Cards of the metrics over the pocket networks, and of those that need no network."""

from __future__ import annotations

from sightsound.metrics.card import MetricCard, Need

_FAD = "Kilgour et al. 2019 (FAD, there over VGGish); Dowson and Landau 1982"
_KL = "audiocraft/metrics/kld.py (there over PaSST, 10 s segments)"
_IS = "Salimans et al. 2016"
_THD = "Hisariya et al. 2024, pitch, window and number of harmonics chosen here"
_RANK = "IB Rank of M2UGen (Hussain et al. 2023) and Mozart's Touch, there over ImageBind"
_COSINE = "defined here; a stand-in for the ImageBind score (Girdhar et al. 2023)"

_GENERATED_TAGS = Need("generated", "tags_minilm", "embedding")
_PICTURE = (_GENERATED_TAGS, Need("image", "labels_minilm", "embedding"))
_STORY = (_GENERATED_TAGS, Need("text", "minilm", "embedding"))


def _both(extractor: str, output: str) -> tuple[Need, Need]:
    return Need("generated", extractor, output), Need("reference", extractor, output)


def _fad(suffix: str, extractor: str, trained_on: str) -> MetricCard:
    return MetricCard(
        name=f"fad_{suffix}",
        module="sightsound.metrics.formulas.two_sets.frechet",
        kind="two_sets",
        higher_is_better=False,
        needs=_both(extractor, "embedding"),
        definition=f"Fréchet distance between Gaussians fitted to all 3 s frames' embeddings of musicnn trained "
        f"on {trained_on}, generated against reference; squared units of the embedding.",
        source=_FAD,
        min_clips=2,
        estimator="plugin",
    )


def _rank(name: str, over: str, needs: tuple[Need, ...], what: str) -> MetricCard:
    return MetricCard(
        name=name,
        module="sightsound.metrics.formulas.ranked.rank",
        kind="ranked",
        higher_is_better=True,
        needs=needs,
        definition=f"Mean over clips of 1 / position among the compared systems by {what}; ties share, a missing "
        "output is last; the systems' values sum to 1 + 1/2 + ... + 1/N.",
        source=_RANK,
        over=over,
    )


CARDS = (
    _fad("musicnn", "musicnn_msd", "the Million Song Dataset"),
    _fad("musicnn_mtt", "musicnn_mtt", "MagnaTagATune"),
    MetricCard(
        name="kl_musicnn",
        module="sightsound.metrics.formulas.paired.divergence",
        kind="paired",
        higher_is_better=False,
        needs=_both("musicnn_msd", "logits"),
        definition="Mean over clips of KL(reference || generated) in nats; a clip's posterior is the mean "
        "over 3 s frames of the softmax over the logits of 50 Million Song tags.",
        source=_KL,
    ),
    MetricCard(
        name="kl_yamnet",
        module="sightsound.metrics.formulas.paired.divergence",
        options={"posterior": "scores"},
        kind="paired",
        higher_is_better=False,
        needs=_both("yamnet", "scores"),
        definition="Mean over clips of KL(reference || generated) in nats; a clip's posterior is the mean "
        "over frames of YAMNet's 521 AudioSet scores, divided by its sum.",
        source=_KL,
    ),
    MetricCard(
        name="inception_score_musicnn",
        module="sightsound.metrics.formulas.single.inception",
        kind="single",
        higher_is_better=True,
        needs=(Need("generated", "musicnn_msd", "logits"),),
        definition="exp of the mean over clips of KL(posterior || mean posterior), all clips one split, 1 to "
        "50; posteriors as in kl_musicnn.",
        source=_IS,
        min_clips=2,
    ),
    MetricCard(
        name="inception_score_yamnet",
        module="sightsound.metrics.formulas.single.inception",
        options={"posterior": "scores"},
        kind="single",
        higher_is_better=True,
        needs=(Need("generated", "yamnet", "scores"),),
        definition="exp of the mean over clips of KL(posterior || mean posterior), all clips one split, 1 to "
        "521; posteriors as in kl_yamnet.",
        source=_IS,
        min_clips=2,
    ),
    MetricCard(
        name="thd",
        module="sightsound.metrics.formulas.single.distortion",
        kind="single",
        higher_is_better=False,
        needs=(Need("generated", "harmonics", "thd"), Need("generated", "harmonics", "voiced")),
        definition="Mean over clips of the median over voiced frames of sqrt(V_2^2 + ... + V_10^2) / V_1, V_k "
        "the amplitude of the k-th harmonic; a plain ratio, 1 = 100 %.",
        source=_THD,
    ),
    MetricCard(
        name="thd_coverage",
        module="sightsound.metrics.formulas.single.coverage",
        kind="single",
        higher_is_better=True,
        needs=(Need("generated", "harmonics", "voiced"),),
        definition="Mean over clips of the share of voiced frames, 0 to 1: how much of the music thd speaks for.",
        source=_THD,
    ),
    MetricCard(
        name="cosine_labels_tags_minilm",
        module="sightsound.metrics.formulas.paired.similarity",
        kind="paired",
        higher_is_better=True,
        needs=_PICTURE,
        definition="Mean cosine of the MiniLM embeddings of two sentences: the picture's five surest "
        "EfficientNet labels and the music's five surest musicnn tags, -1 to 1.",
        source=_COSINE,
    ),
    MetricCard(
        name="cosine_story_tags_minilm",
        module="sightsound.metrics.formulas.paired.similarity",
        kind="paired",
        higher_is_better=True,
        needs=_STORY,
        definition="Mean cosine of the MiniLM embeddings of the story and of a sentence of the music's five "
        "surest musicnn tags, -1 to 1.",
        source=_COSINE,
    ),
    _rank("rank_labels_tags_minilm", "cosine_labels_tags_minilm", _PICTURE, "the cosine of picture and music"),
    _rank("rank_story_tags_minilm", "cosine_story_tags_minilm", _STORY, "the cosine of story and music"),
)
