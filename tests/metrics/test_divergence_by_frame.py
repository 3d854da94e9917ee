"""KL as AudioCraft and audioldm_eval compute it: their own expressions in torch, and cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn.functional import kl_div

from sightsound.metrics.formulas.paired import divergence, divergence_by_frame
from sightsound.metrics.formulas.paired.divergence_by_frame import aggregate, statistics

LOGITS = arrays(np.float64, (3, 7), elements=st.floats(-30, 30))


def mean(rows):
    return aggregate(rows, np.ones(len(rows)))


@given(LOGITS, LOGITS)
def test_is_audiocrafts_expression(generated, reference):
    """kld.py: kl_div((pred_probs + epsilon).log(), target_probs, reduction="none").sum(-1), mean over segments."""
    q, p = (torch.from_numpy(x).softmax(-1) for x in (generated, reference))
    wanted = kl_div((q + 1e-6).log(), p, reduction="none").sum(-1).mean().item()
    found = mean(statistics([g[None] for g in generated], [r[None] for r in reference]))
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@given(LOGITS, LOGITS)
def test_is_audioldm_evals_sigmoid_expression(generated, reference):
    """kl.py: kl_div((sigmoid + EPS).log(), sigmoid, reduction="sum") / number of files."""
    q, p = (torch.from_numpy(x).sigmoid() for x in (generated, reference))
    wanted = kl_div((q + 1e-6).log(), p, reduction="sum").item() / len(generated)
    rows = statistics([g[None] for g in generated], [r[None] for r in reference], posterior="sigmoids")
    assert mean(rows) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_two_classes_by_hand():
    # reference (1/2, 1/2), generated (1/4, 3/4): ln 2 / 2 + ln(2/3) / 2
    rows = statistics([np.log([[1.0, 3.0]])], [np.zeros((1, 2))])
    assert mean(rows) == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3), abs=1e-5)
    # sigmoids (0.5, 0.5) against (0.8, 0.8): 2 * 0.5 ln(0.5 / 0.8), below zero
    rows = statistics([np.log([[4.0, 4.0]])], [np.zeros((1, 2))], posterior="sigmoids")
    assert mean(rows) == pytest.approx(np.log(0.5 / 0.8), abs=1e-5)


def test_every_segment_counts_once_whatever_clip_it_is_of():
    random = np.random.default_rng(0)
    generated, reference = ([random.normal(size=(n, 5)) for n in (1, 3)] for _ in range(2))
    rows = statistics(generated, reference)
    assert rows.shape == (2, 3) and np.isnan(rows[0, 1:]).all()
    assert mean(rows) == pytest.approx(np.nanmean(rows))
    apart = statistics([s[None] for c in generated for s in c], [s[None] for c in reference for s in c])
    assert mean(rows) == pytest.approx(mean(apart), rel=1e-12)
    assert aggregate(rows, np.array([0.0, 2.0])) == pytest.approx(np.nanmean(rows[1]))


def test_other_than_as_many_segments_has_no_value():
    rows = statistics([np.zeros((2, 4)), np.zeros((1, 4))], [np.zeros((1, 4)), np.zeros((1, 4))])
    assert np.isnan(rows[0]).all() and rows[1, 0] == pytest.approx(0, abs=1e-5)
    assert np.isnan(mean(rows[:1]))


def test_equal_clips_lie_a_little_below_zero():
    """A flat posterior over 527 classes is the lowest: -ln(1 + 527e-6)."""
    flat = statistics([np.zeros((1, 527))], [np.zeros((1, 527))])
    assert mean(flat) == pytest.approx(-np.log1p(527e-6), rel=1e-9)


def test_is_near_the_smoothed_divergence():
    random = np.random.default_rng(1)
    generated, reference = ([clip[None] for clip in random.normal(size=(20, 50))] for _ in range(2))
    assert mean(statistics(generated, reference)) == pytest.approx(
        divergence.statistics(generated, reference).mean(), rel=1e-3
    )


def test_refuses():
    with pytest.raises(ValueError, match="1 clips against 2"):
        statistics([np.zeros((1, 4))], [np.zeros((1, 4))] * 2)
    with pytest.raises(ValueError, match="NaN"):
        statistics([np.full((1, 4), np.nan)], [np.zeros((1, 4))])
    assert set(divergence_by_frame._OF) == {"softmax", "sigmoids"}
