import numpy as np
import pytest

from sightsound.metrics.formulas.paired import similarity


def test_cosines_by_hand():
    music = [np.array([[1.0, 0]]), np.array([[1.0, 0]]), np.array([[0, 2.0]]), np.array([[3.0, 4]])]
    picture = [np.array([[5.0, 0]]), np.array([[0, 1.0]]), np.array([[0, -1.0]]), np.array([[4.0, 3]])]
    rows = similarity.statistics(music, picture)
    assert rows == pytest.approx([1, 0, -1, 0.96])
    assert similarity.aggregate(rows, np.ones(4)) == pytest.approx(0.24)
    assert similarity.aggregate(rows, np.array([3.0, 0, 1, 0])) == pytest.approx(0.5)


def test_frames_are_averaged_before_the_cosine():
    assert similarity.statistics([np.array([[2.0, 0], [0, 2]])], [np.array([[1.0, 1]])]) == pytest.approx([1.0])


def test_an_embedding_of_zeros_has_no_cosine_and_does_not_count():
    rows = similarity.statistics([np.zeros((1, 2)), np.ones((1, 2))], [np.ones((1, 2))] * 2)
    assert np.isnan(rows[0]) and rows[1] == pytest.approx(1.0)
    assert similarity.aggregate(rows, np.ones(2)) == pytest.approx(1.0)
    assert np.isnan(similarity.aggregate(rows[:1], np.ones(1)))
