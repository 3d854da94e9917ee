"""Retrieval and the ranks by DCG, by hand and by properties."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench.core.types import Example
from sightsound.bench.stages import choose, reading, score
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.cards import EXTRACTORS, METRICS
from sightsound.metrics.formulas.paired import median_rank, retrieval
from sightsound.metrics.formulas.ranked import rank
from sightsound.metrics.signature import signature
from sightsound.metrics.torchmetric import AsTorchMetric

AT = 1, 5, 10


def clouds(clips: int, seed: int, noise: float = 1.0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((clips, 1, 8))
    return list(x), list(x + noise * rng.standard_normal(x.shape))


def angles(*degrees: float):
    radians = np.radians(degrees)
    return [np.array([[np.cos(angle), np.sin(angle)]]) for angle in radians]


def test_positions_by_hand():
    """Queries at 0, 50 and 90 degrees; their partners at 80, 40 and 10."""
    rows = retrieval.statistics(angles(0, 50, 90), angles(80, 40, 10))
    first, last = retrieval.positions(rows)
    assert first.tolist() == last.tolist() == [3, 1, 3]
    assert retrieval.aggregate(rows, np.ones(3), at=1) == pytest.approx(1 / 3)
    assert retrieval.aggregate(rows, np.ones(3), at=5) == 1
    assert median_rank.aggregate(rows, np.ones(3)) == 3
    assert median_rank.aggregate(rows, np.array([1.0, 1.0, 0.0])) == 2  # of 3 and 1; the gallery stays whole


def test_equal_partners_share_their_positions():
    """Two clips with one picture: the music of each finds it at 1 or 2, and at 1 half the time."""
    rows = retrieval.statistics(angles(10, 20, 90), angles(15, 15, 90))
    first, last = retrieval.positions(rows)
    assert (first.tolist(), last.tolist()) == ([1, 1, 1], [2, 2, 1])
    assert retrieval.hits(rows, 1).tolist() == [0.5, 0.5, 1]
    assert median_rank.aggregate(rows, np.ones(3)) == 1.5
    five = retrieval.statistics(angles(*[0] * 8), angles(*[30] * 8))
    assert retrieval.hits(five, 5) == pytest.approx([5 / 8] * 8)


def test_a_clip_without_embedding_is_neither_query_nor_in_the_gallery():
    rows = retrieval.statistics([*angles(0, 50, 90), np.zeros((1, 2))], [*angles(80, 40, 10), np.ones((1, 2))])
    assert np.isnan(rows[3]).all()
    assert retrieval.positions(rows)[0] == pytest.approx([3, 1, 3, np.nan], nan_ok=True)
    assert retrieval.aggregate(rows, np.ones(4), at=1) == pytest.approx(1 / 3)
    assert median_rank.aggregate(rows, np.ones(4)) == 3
    assert np.isnan(retrieval.aggregate(rows[3:], np.ones(1), at=1))
    assert np.isnan(median_rank.aggregate(rows[3:], np.ones(1)))


def test_chance_and_certainty():
    x, same = clouds(200, 3, noise=0.0)
    rows = retrieval.statistics(x, same)
    assert retrieval.aggregate(rows, np.ones(200), at=1) == 1 and median_rank.aggregate(rows, np.ones(200)) == 1
    strangers = retrieval.statistics(x, clouds(200, 4)[0])
    assert retrieval.aggregate(strangers, np.ones(200), at=10) == pytest.approx(10 / 200, abs=0.06)
    assert median_rank.aggregate(strangers, np.ones(200)) == pytest.approx(100, abs=20)


@given(st.integers(1, 40), st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_blocks_and_scale_do_not_matter(clips, seed, random):
    x, y = clouds(clips, seed)
    rows = retrieval.statistics(x, y)
    order = random.sample(range(clips), clips)
    shuffled = retrieval.statistics([7 * x[i] for i in order], [0.1 * y[i] for i in order])
    first, last = retrieval.positions(rows)
    np.testing.assert_array_equal(retrieval.positions(shuffled)[0], first[order])
    assert (first <= last).all() and first.min() >= 1 and last.max() <= clips
    values = [retrieval.aggregate(rows, np.ones(clips), at=k) for k in AT]
    assert values == sorted(values) and values[0] >= 0 and values[-1] <= 1


def test_blocks_give_what_one_product_gives(monkeypatch):
    rows = retrieval.statistics(*clouds(50, 1))
    whole = retrieval.positions(rows)
    monkeypatch.setattr(retrieval, "BLOCK", 7)
    np.testing.assert_array_equal(retrieval.positions(rows), whole)


def test_the_card_says_how_far_down_a_partner_counts():
    rows = retrieval.statistics(*clouds(30, 7))
    for k in AT:
        card = METRICS[f"ib_image_to_music_r{k}"]
        value = reading.function_of(card, "aggregate")(rows, np.ones(30))
        assert value == pytest.approx(retrieval.hits(rows, k).mean())
        extractors = {need.extractor: "" for need in card.needs}
        assert f"|at:{k}|" in signature(card, n=30, reference="", extractors=extractors, options={})


def test_values_of_clips_that_a_rank_asks_for_again_are_kept():
    pictures = {f"clip{index}": np.eye(3, dtype=np.float32)[[index]] for index in range(3)}
    systems, read = [choose.given(label) for label in ("one", "other")], []

    def feature(extractor, key, output):
        read.append(key)
        return pictures[key]

    keys = {name: name for name in pictures}
    scene = FeatureSet(
        examples=[Example(id=name, group=name) for name in pictures],
        split="three@0",
        keys={"image": keys},
        outputs={system.label: keys for system in systems},
        feature=feature,
        extractor_signature=lambda name: f"{name}|w:0",
        facts={system.label: {"run": "test"} for system in systems},
    )
    cards = [METRICS[name] for name in ("ib_score_condition", "ib_rank", "ib_rank_dcg")]
    values = [row.value for row in score.score(scene, systems, cards, "image2music").rows]
    assert values[:4] == pytest.approx([1, 1, 3 / 4, 3 / 4])
    assert len(read) == 2 * 2 * 3, "picture and music of each clip of each system, once"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 10**6))
def test_a_weight_is_a_count_of_queries(counts, seed):
    rows = retrieval.statistics(*clouds(len(counts), seed))
    first, last = retrieval.positions(rows)
    repeated = np.repeat((first + last) / 2, counts)
    wanted = np.median(repeated) if len(repeated) else np.nan
    found = median_rank.aggregate(rows, np.array(counts, dtype=float))
    assert found == pytest.approx(wanted, nan_ok=True)


def test_batches_of_the_torch_metric_are_one_gallery():
    card = METRICS["ib_image_to_music_r1"]
    x, y = clouds(40, 5, noise=0.6)
    metric = AsTorchMetric(card)
    for start in (0, 16, 32):
        metric.update(np.stack(x[start : start + 16]), np.stack(y[start : start + 16]))
    wanted = retrieval.aggregate(retrieval.statistics(x, y), np.ones(40), at=1)
    assert 0 < wanted < 1 and metric.compute().item() == pytest.approx(wanted)


def test_other_shapes_raise():
    with pytest.raises(ValueError, match="as many on both sides"):
        retrieval.statistics(angles(1), angles(1, 2))
    with pytest.raises(ValueError, match="not the same extractor"):
        retrieval.statistics(angles(1), [np.ones((1, 3))])


def test_the_discount_of_dcg_sums_to_what_musflow_prints():
    scores = np.array([[0.3, 0.1, 0.2], [0.2, 0.2, 0.1], [np.nan, 0.5, 0.4]])
    rows = rank.statistics(scores, discount="dcg")
    second, third = 1 / np.log2(3), 1 / np.log2(4)
    assert rows[0] == pytest.approx([1, third, second])
    assert rows[1] == pytest.approx([(1 + second) / 2, (1 + second) / 2, third])
    assert rows[2] == pytest.approx([third, 1, second])
    assert rows.sum(axis=1) == pytest.approx([2.1309] * 3, abs=1e-4)
    assert rank.aggregate(rows[:, 0], np.ones(3)) == pytest.approx(rows[:, 0].mean())
    assert rank.statistics(scores)[0] == pytest.approx([1, 1 / 3, 1 / 2])
    with pytest.raises(ValueError, match="discount 'linear': one of reciprocal, dcg"):
        rank.statistics(scores, discount="linear")


def test_the_harness_ranks_and_retrieves():
    """Twelve clips, two systems: the first hears its picture in every clip, the second in none."""
    names = [f"clip{index:02}" for index in range(12)]
    pictures = dict(zip(names, np.eye(12, dtype=np.float32), strict=True))
    systems = [choose.given(label) for label in ("good", "bad")]
    music = {
        systems[0].label: pictures,
        systems[1].label: {n: pictures[m] for n, m in zip(names, names[1:] + names[:1], strict=True)},
    }
    scene = FeatureSet(
        examples=[Example(id=name, group=name) for name in names],
        split="twelve@0",
        keys={"image": {name: f"image/{name}" for name in names}},
        outputs={label: {name: f"{label}/{name}" for name in names} for label in music},
        feature=lambda extractor, key, output: ({"image": pictures} | music)[key.split("/")[0]][key.split("/")[1]][
            None
        ],
        extractor_signature=lambda name: f"{name}|w:0",
        facts={label: {"run": "test"} for label in music},
    )
    cards = [
        "ib_score_condition",
        "ib_rank",
        "ib_rank_dcg",
        "ib_image_to_music_r1",
        "ib_music_to_image_median_rank",
    ]
    rows = score.score(scene, systems, [METRICS[name] for name in cards], "image2music").rows
    found = {(row.metric, row.model + row.variant): row.value for row in rows}
    good, bad = ([found[name, key] for name in cards] for key in sorted({key for _, key in found}, reverse=True))
    assert good == pytest.approx([1, 1, 1, 1, 1])
    # of the second system, every clip's own is among eleven that share the places after the first
    assert bad == pytest.approx([0, 1 / 2, 1 / np.log2(3), 0, 7])


JOINT = [
    METRICS[name]
    for name in METRICS
    if name.startswith(("ib_", "clap_score", "fad_clap", "clip_score")) and "minilm" not in name
]


@pytest.mark.parametrize("card", JOINT, ids=[card.name for card in JOINT])
def test_a_card_reads_what_an_extractor_gives(card):
    assert METRICS[card.name] is card
    module = import_module(card.module)
    assert callable(module.statistics) and callable(module.aggregate)
    for need in card.needs:
        assert need.output in EXTRACTORS[need.extractor].outputs and EXTRACTORS[need.extractor].optional
    if card.kind == "ranked":
        assert METRICS[card.over].kind == "paired" and METRICS[card.over].needs == card.needs
