import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.single import inception


def score(clips, weights=None, posterior="scores"):
    rows = inception.statistics(clips, posterior=posterior)
    return inception.aggregate(rows, np.ones(len(rows)) if weights is None else np.asarray(weights, float))


def test_clear_and_varied_gives_the_number_of_classes():
    assert score([row[None] for row in np.eye(4)]) == pytest.approx(4.0, rel=1e-12)


def test_all_alike_gives_one():
    assert score([np.array([[0.7, 0.2, 0.4]])] * 5) == pytest.approx(1.0, rel=1e-12)


def test_two_clips_by_hand():
    # posteriors (3/4, 1/4) and (1/4, 3/4), mean (1/2, 1/2): KL = 3/4 ln 3/2 + 1/4 ln 1/2 for both
    kl = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    assert score([np.array([[0.75, 0.25]]), np.array([[0.25, 0.75]])]) == pytest.approx(np.exp(kl), rel=1e-12)
    logits = [np.log([[3.0, 1.0]]), np.log([[1.0, 3.0]])]
    assert score(logits, posterior="logits") == pytest.approx(np.exp(kl), rel=1e-9)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(any), st.integers(0, 2**32 - 1))
def test_a_weight_is_a_multiplicity_and_the_score_is_bounded(weights, seed):
    clips = list(np.random.default_rng(seed).uniform(size=(4, 2, 6)))
    repeated = [clip for clip, weight in zip(clips, weights, strict=True) for _ in range(weight)]
    value = score(clips, weights)
    assert value == pytest.approx(score(repeated), rel=1e-9)
    assert 1 - 1e-12 <= value <= min(6, len(repeated)) + 1e-12


def test_no_weight_raises():
    with pytest.raises(ValueError, match="no clip has weight"):
        score([np.ones((1, 2))], [0])
