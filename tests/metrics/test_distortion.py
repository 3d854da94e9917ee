import numpy as np
import pytest

from sightsound.metrics.formulas.single import coverage, distortion

THD = [np.array([[0.5], [0.0], [0.1], [0.3]]), np.zeros((2, 1)), np.array([[2.0]])]
VOICED = [np.array([[1.0], [0.0], [1.0], [1.0]]), np.zeros((2, 1)), np.array([[1.0]])]


def test_a_clip_is_the_median_over_its_voiced_frames():
    rows = distortion.statistics(THD, VOICED)
    assert rows[[0, 2]] == pytest.approx([0.3, 2.0]) and np.isnan(rows[1])


def test_clips_without_a_voiced_frame_do_not_count():
    rows = distortion.statistics(THD, VOICED)
    assert distortion.aggregate(rows, np.ones(3)) == pytest.approx(1.15)
    assert distortion.aggregate(rows, np.array([3.0, 5, 1])) == pytest.approx((0.9 + 2) / 4)
    assert np.isnan(distortion.aggregate(rows, np.array([0.0, 1, 0])))


def test_coverage_is_the_share_of_voiced_frames():
    rows = coverage.statistics(VOICED)
    assert rows == pytest.approx([0.75, 0, 1])
    assert coverage.aggregate(rows, np.array([2.0, 1, 1])) == pytest.approx(0.625)
