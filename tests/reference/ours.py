"""Our values for the inputs that the packages got, by the metric's name in tests/parity/packages.json."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np

from sightsound.metrics.formulas.paired import bertscore, divergence, retrieval, rouge, similarity
from sightsound.metrics.formulas.single import inception, inception_splits
from sightsound.metrics.formulas.two_sets import (
    frechet,
    kid,
    kid_subsets,
    manifold_coverage,
    manifold_density,
    manifold_precision,
    manifold_recall,
)
from sightsound.metrics.networks.text import roberta
from tests.reference import inputs
from tests.reference.inputs import Rows


def frechet_distance(name: str) -> list[float]:
    """Of two feature sets."""
    return [_two_sets(frechet, *inputs.features(name))]


def kernel_distance(name: str) -> list[float]:
    """Of two feature sets of equal size."""
    return [_two_sets(kid, *inputs.equally_many(name))]


def kernel_distance_of_subsets(name: str) -> list[float]:
    """The same over random subsets, those that the package draws."""
    rows, reference_rows = inputs.equally_many(name)
    sides = [kid_subsets.statistics(_clips(side)) for side in (rows, reference_rows)]
    value = kid_subsets.prepared(*sides, subsets=inputs.SUBSETS, size=inputs.SUBSET_SIZE)
    return [value(np.ones(len(rows)), np.ones(len(reference_rows)))]


def of_manifold(part: ModuleType, name: str) -> list[float]:
    """Precision, recall, density or coverage of two feature sets."""
    return [_two_sets(part, *inputs.features(name))]


def inception_score(name: str) -> list[float]:
    """Of the first set of logits."""
    rows = inception.statistics(_clips(inputs.logits()[0]))
    return [inception.aggregate(rows, np.ones(len(rows)))]


def inception_score_of_splits(name: str) -> list[float]:
    """Mean of ten parts."""
    rows = inception_splits.statistics(_clips(inputs.logits()[0]))
    return [inception_splits.aggregate(rows, np.ones(len(rows)))]


def kl(name: str) -> list[float]:
    """Mean over the pairs, the second set the reference."""
    return [_paired(divergence, *inputs.logits())]


def cosine(name: str) -> list[float]:
    """Mean over the pairs."""
    return [_paired(similarity, *inputs.embeddings())]


def recall_at(k: int, name: str) -> list[float]:
    """Of pairs in a gallery of them all."""
    return [_paired(retrieval, *inputs.embeddings(), at=k)]


def rouge_score(kind: str, name: str) -> list[float]:
    """Precision, recall and F of each pair of sentences, pair after pair."""
    return [value for text, reference in inputs.PAIRS for value in rouge.score(text, reference, kind=kind)]


def bert_score(name: str) -> list[float]:
    """The same by the embeddings of a small RoBERTa with seeded weights."""
    with tempfile.TemporaryDirectory() as folder:
        inputs.roberta(Path(folder))
        network = roberta.from_folder(Path(folder), "cpu", layers=inputs.LAYERS, vocabulary=inputs.VOCABULARY)
    texts, references = ([found["tokens"] for found in network(side)] for side in zip(*inputs.PAIRS, strict=True))
    pairs = zip(texts, references, strict=True)
    return [value for text, reference in pairs for value in bertscore.score(text, reference)]


OURS: dict[str, Callable[[str], list[float]]] = {
    "frechet": frechet_distance,
    "kid": kernel_distance,
    "kid_subsets": kernel_distance_of_subsets,
    "manifold_precision": partial(of_manifold, manifold_precision),
    "manifold_recall": partial(of_manifold, manifold_recall),
    "manifold_density": partial(of_manifold, manifold_density),
    "manifold_coverage": partial(of_manifold, manifold_coverage),
    "inception": inception_score,
    "inception_splits": inception_score_of_splits,
    "divergence": kl,
    "similarity": cosine,
    "recall_at_1": partial(recall_at, 1),
    "recall_at_5": partial(recall_at, 5),
    "recall_at_10": partial(recall_at, 10),
    "rouge1": partial(rouge_score, "rouge1"),
    "rouge2": partial(rouge_score, "rouge2"),
    "rougeL": partial(rouge_score, "rougeL"),
    "bertscore": bert_score,
}
"""Metric -> function(name of the inputs) -> values in the order of the reference's."""


def _clips(rows: Rows) -> list[Rows]:
    """Each row as a clip of one frame."""
    return list(rows[:, None])


def _two_sets(module: ModuleType, generated: Rows, reference: Rows) -> float:
    rows, reference_rows = module.statistics(_clips(generated)), module.statistics(_clips(reference))
    value: float = module.aggregate(rows, np.ones(len(rows)), reference_rows, np.ones(len(reference_rows)))
    return value


def _paired(module: ModuleType, generated: Rows, reference: Rows, **options: object) -> float:
    rows = module.statistics(_clips(generated), _clips(reference))
    value: float = module.aggregate(rows, np.ones(len(rows)), **options)
    return value
