"""What Art2Mus's table 1 prints of its pairs, and the inception score over MERT's layers."""

import math

import numpy as np
import pytest

from sightsound.metrics.cards import EXTRACTORS, METRICS
from sightsound.metrics.legacy import art2mus_pairs, mert_classes

RNG = np.random.default_rng(3)


def test_the_figures_of_table_1_are_of_the_cosines():
    music, pictures = RNG.standard_normal((2, 50, 1, 8))
    cosines = [
        float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for (a,), (b,) in zip(music, pictures, strict=True)
    ]
    rows, weights = art2mus_pairs.statistics(music, pictures), np.ones(50)
    found = {
        name: art2mus_pairs.aggregate(rows, weights, figure=name) for name in ("max", "min", "above", "below")
    }
    assert found["max"] == pytest.approx(max(cosines)) and found["min"] == pytest.approx(min(cosines))
    mean = sum(cosines) / 50
    assert found["above"] == sum(c > mean for c in cosines) and found["above"] + found["below"] == 50
    assert math.isnan(art2mus_pairs.aggregate(np.array([np.nan]), np.ones(1), figure="max"))
    with pytest.raises(ValueError, match="table 1 has max, min, above, below"):
        art2mus_pairs.aggregate(rows, weights, figure="median")


def test_the_inception_score_over_layers_is_what_audioldm_eval_writes():
    """Its own lines (metrics/isc.py), over rows as its eval_parallel.py stacks them."""
    clips = RNG.standard_normal((12, 13, 6))
    logits = np.concatenate(clips)
    order = np.random.RandomState(2020).permutation(len(logits))
    powers = np.exp(logits[order])
    p = powers / powers.sum(axis=1, keepdims=True)
    parts = []
    for i in range(10):
        chunk = p[i * len(p) // 10 : (i + 1) * len(p) // 10]
        q = chunk.mean(axis=0, keepdims=True)
        parts.append(np.exp((chunk * (np.log(chunk) - np.log(q))).sum(axis=1).mean()))
    rows = mert_classes.statistics(list(clips))
    assert mert_classes.aggregate(rows, np.ones(12)) == pytest.approx(np.mean(parts))
    twice = mert_classes.aggregate(rows, np.array([2.0, *np.ones(10), 0.0]))
    assert twice == pytest.approx(mert_classes.aggregate(rows[[0, 0, *range(1, 11)]], np.ones(12)))


def test_the_card_reads_the_layers():
    (need,) = METRICS["legacy.mert_inception_score"].needs
    assert EXTRACTORS[need.extractor].outputs[need.output].startswith("[13, 768]")
