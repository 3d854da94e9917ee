"""Cards of the metrics that are one formula over one network: of words, of tokens, of harmonics."""

from __future__ import annotations

from sightsound.metrics.card import MetricCard, Need, Side

_VOICED = Need("generated", "harmonics", "voiced")
_THD = "Hisariya et al. 2024, pitch, window and number of harmonics chosen here"
_ROUGE = "Lin 2004, by rouge-score 0.1.2"
_BERT = "Zhang et al. 2020, as bert-score 0.3.13 (roberta-large, layer 17, no idf, no rescaling)"
_PARTS = {
    "precision": "Mean over the prompt's tokens of their largest cosine with a token of",
    "recall": "Mean, over the tokens of the text compared with, of their largest cosine with the prompt's;",
    "f1": "Harmonic mean of BERTScore precision and recall of the prompt against",
}
_WHOM: dict[Side, str] = {"reference": "the reference prompt", "text": "the text it was made from"}
_TO: dict[Side, str] = {"reference": "", "text": " of text"}
_COUNTED = {
    "rouge1": "words",
    "rouge2": "pairs of neighbouring words",
    "rougeL": "words of the longest common subsequence",
}
_COPIES = "Rewards likeness to the text it was made from, which is no quality: a copy of it is best by definition."
_WORDING = {
    "rouge1": "Does not see the order of words, nor that other words may say the same; a script without a to z "
    "has no value.",
    "rouge2": "Does not see that other words may say the same; a script without a to z has no value.",
    "rougeL": "Does not see that other words may say the same; a script without a to z has no value.",
}
_CORPUS = "Does not see which text is whose, nor the order of words; grows and falls with the number of texts."


def _needs(extractor: str, output: str, other: Side) -> tuple[Need, Need]:
    return Need("generated", extractor, output), Need(other, extractor, output)


def _rouge(kind: str, other: Side = "reference") -> MetricCard:
    return MetricCard(
        name=kind if other == "reference" else f"{kind}_condition",
        module="sightsound.metrics.formulas.paired.rouge",
        options={"kind": kind, "stemmer": "none"},
        kind="paired",
        higher_is_better=True,
        needs=_needs("characters", "code_points", other),
        definition=f"Mean over prompts of the F of shared {_COUNTED[kind]} with {_WHOM[other]}, 0 to 1; lower "
        "case, a-z and 0-9 only, no stemming.",
        source=_ROUGE,
        short=kind.replace("rouge", "ROUGE-") + _TO[other],
        blind=_WORDING[kind] if other == "reference" else _COPIES,
        low=0.0,
        high=1.0,
    )


def _bertscore(part: str, other: Side = "reference") -> MetricCard:
    return MetricCard(
        name=f"bertscore_{part}" if other == "reference" else f"bertscore_{part}_condition",
        module="sightsound.metrics.formulas.paired.bertscore",
        options={"part": part},
        kind="paired",
        higher_is_better=True,
        needs=_needs("roberta_large", "tokens", other),
        definition=f"{_PARTS[part]} {_WHOM[other]}; layer 17 of RoBERTa-large, -1 to 1, in practice above 0.7.",
        source=_BERT,
        short=f"BERTScore {part.upper() if part == 'f1' else part}{_TO[other]}",
        blind="Hardly spreads: unrelated English sentences score high too, so only differences count; its network "
        "knows English alone."
        if other == "reference"
        else _COPIES,
        low=-1.0,
        high=1.0,
    )


CARDS = (
    _rouge("rouge1"),
    _rouge("rouge2"),
    _rouge("rougeL"),
    _rouge("rougeL", "text"),
    _bertscore("precision"),
    _bertscore("recall"),
    _bertscore("f1"),
    _bertscore("f1", "text"),
    MetricCard(
        name="thd",
        module="sightsound.metrics.formulas.single.distortion",
        kind="single",
        higher_is_better=False,
        needs=(Need("generated", "harmonics", "thd"), _VOICED),
        definition="Mean over clips of the median over voiced frames of sqrt(V_2^2 + ... + V_10^2) / V_1, V_k "
        "the amplitude of the k-th harmonic; a plain ratio, 1 = 100 %. Clips of which a tenth of the frames or "
        "more are voiced.",
        version=2,
        source=_THD,
        short="THD",
        blind="Does not tell fault from timbre: a sine of constant pitch beats every composer. Vibrato lowers it, "
        "an octave counts as overtones, most chords have no value; never rank systems by it alone.",
        low=0.0,
    ),
    MetricCard(
        name="thd_coverage",
        module="sightsound.metrics.formulas.single.coverage",
        kind="single",
        higher_is_better=True,
        needs=(_VOICED,),
        definition="Mean over clips of the share of voiced frames, 0 to 1: how much of the music thd speaks for.",
        source=_THD,
        short="THD voiced",
        quality="check",
        blind="Does not see quality: it says how much of the music has a clear pitch, to be read with thd.",
        low=0.0,
        high=1.0,
    ),
    MetricCard(
        name="jaccard_corpus",
        module="sightsound.metrics.formulas.two_sets.jaccard",
        kind="two_sets",
        higher_is_better=True,
        needs=_needs("characters", "code_points", "corpus"),
        definition="Number of different words that all prompts and all texts of the file given as --corpus share, "
        "by the number that either has, 0 to 1; depends on how many texts there are.",
        source="Lawrence 2024 (its corpus a sample of DiffusionDB)",
        short="Jaccard corpus",
        blind=_CORPUS,
        low=0.0,
        high=1.0,
    ),
    MetricCard(
        name="jaccard_reference",
        module="sightsound.metrics.formulas.two_sets.jaccard",
        kind="two_sets",
        higher_is_better=True,
        needs=_needs("characters", "code_points", "reference"),
        definition="Number of different words that all prompts and all reference prompts share, by the number "
        "that either has, 0 to 1; depends on how many texts there are.",
        source="Lawrence 2024 (there against a sample of DiffusionDB)",
        short="Jaccard ref",
        blind=_CORPUS,
        low=0.0,
        high=1.0,
    ),
)
