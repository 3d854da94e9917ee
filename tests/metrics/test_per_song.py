"""Per-song Fréchet distance against the distance of sets, one clip at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.metrics.formulas.two_sets import frechet, per_song
from tests.parity.clouds import cloud

REFERENCE = np.split(cloud(1, 120, 16), [30, 31, 90])


def clip_set():
    """Clips of 1, 2, 5, 5, 40 frames in 16 dimensions."""
    return np.split(cloud(2, 53, 16, shift=0.4), [1, 3, 8, 13])


def one_by_one(clips, weights):
    reference = frechet.statistics(REFERENCE)
    return [
        frechet.aggregate(frechet.statistics([clip]), np.ones(1), reference, weights) if len(clip) > 1 else np.nan
        for clip in clips
    ]


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [2, 0, 1, 3]])
def test_each_clip_is_its_own_frechet_distance(weights):
    weights = np.array(weights, float)
    rows, reference = per_song.statistics(clip_set()), per_song.statistics(REFERENCE)
    wanted = one_by_one(clip_set(), weights)
    np.testing.assert_allclose(per_song.per_clip(rows, reference, weights), wanted, rtol=1e-6)
    assert np.isnan(wanted[0])  # one frame has no covariance
    clip_weights = np.array([5.0, 1, 0, 2, 1])
    found = per_song.aggregate(rows, clip_weights, reference, weights)
    assert found == pytest.approx((wanted[1] + 2 * wanted[3] + wanted[4]) / 4, rel=1e-6)
    assert per_song.replicates(rows, clip_weights[None], reference, weights[None]) == [found]


def test_by_hand_in_one_dimension():
    # clip: mean 2, variance 2; reference: mean 5, variance 8: 9 + (sqrt 2 - sqrt 8)^2
    rows = per_song.statistics([np.array([[1.0], [3.0]])])
    reference = per_song.statistics([np.array([[3.0]]), np.array([[7.0]])])
    assert per_song.per_clip(rows, reference) == pytest.approx([9 + 2], rel=1e-12)


def test_a_clip_against_itself_is_at_zero():
    clip = cloud(3, 40, 16)
    rows = per_song.statistics([clip])
    assert 0 <= per_song.per_clip(rows, rows)[0] < 1e-6 * np.trace(np.cov(clip, rowvar=False))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_the_company_and_the_order_do_not_matter(order):
    reference = per_song.statistics(REFERENCE)
    clips = clip_set()
    wanted = per_song.per_clip(per_song.statistics(clips), reference)
    found = per_song.per_clip(per_song.statistics([clips[i] for i in order]), reference)
    np.testing.assert_allclose(found, wanted[list(order)], rtol=1e-9)


def test_what_cannot_be_computed():
    reference = per_song.statistics(REFERENCE)
    one = per_song.statistics([np.ones((1, 16))])
    assert np.isnan(per_song.aggregate(one, np.ones(1), reference, np.ones(4)))
    with pytest.raises(ValueError, match="at least 2"):
        per_song.per_clip(reference, one)
    with pytest.raises(ValueError, match="3 dimensions against 16"):
        per_song.per_clip(per_song.statistics([np.ones((2, 3))]), reference)
