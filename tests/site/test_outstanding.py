"""Best, worst and disputed clips, by hand; maps of embeddings, by a space whose axes are known."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from sightsound.bench.core.features import FeatureStore
from sightsound.bench.site import maps, outstanding
from sightsound.bench.site.columns import Column
from sightsound.bench.site.outstanding import Clips, best, disputed, standings, worst


def column(key: str, *, up: bool = True, quality: str = "music", competitors: str = "") -> Column:
    row = {"signature": f"{key}|v:1", "competitors": competitors}
    unused: dict[str, Any] = {each.name: None for each in fields(Column)}
    known = {"key": key, "metric": key, "short": key, "quality": quality, "rows": {"a:x": row, "b:x": row}}
    return Column(**(unused | known | {"higher_is_better": up}))


NAN = np.nan
CLIPS = Clips(
    systems=["a:x", "b:x", "reference:same"],
    examples=["one", "two", "three"],
    columns=[
        column("high"),
        column("low", up=False, quality="match"),
        column("silent", up=False, quality="check"),
        column("rank", competitors="a:x b:x"),
        column("flat"),
    ],
    values={
        "high": np.array([[5.0, 3.0, 1.0], [4.0, 2.0, NAN], [99.0, 99.0, 99.0]]),
        "low": np.array([[1.0, 5.0, 4.0], [2.0, 3.0, NAN], [0.0, 0.0, 0.0]]),
        "silent": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        "rank": np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [NAN, NAN, NAN]]),
        "flat": np.full((3, 3), 7.0),
    },
)


def test_standings_are_shares_of_clips_that_are_beaten():
    found = {(each.system, each.example): each for each in standings(CLIPS, ["a:x", "b:x"])}
    assert set(found) == {("a:x", "one"), ("a:x", "two"), ("a:x", "three"), ("b:x", "one"), ("b:x", "two")}
    assert found["a:x", "one"].mean == 1.0 and found["a:x", "one"].dispute == 0.0
    assert found["a:x", "two"].mean == pytest.approx((0.5 + 0.0) / 2)
    assert found["a:x", "two"].dispute == pytest.approx(0.5)
    assert (found["a:x", "two"].highest, found["a:x", "two"].lowest) == ("high", "low")
    assert found["a:x", "three"].mean == pytest.approx((0.0 + 0.25) / 2)


def test_lists_have_an_example_once():
    found = standings(CLIPS, ["a:x", "b:x"])
    assert [(each.system, each.example) for each in best(found, 2)] == [("a:x", "one"), ("b:x", "two")]
    assert [(each.system, each.example) for each in worst(found, 5)] == [
        ("a:x", "three"),
        ("a:x", "two"),
        ("b:x", "one"),
    ]
    assert disputed(found, 1)[0].example == "two"
    assert (
        disputed(standings(Clips(CLIPS.systems, CLIPS.examples, CLIPS.columns[:1], CLIPS.values), ["a:x"]), 9)
        == []
    )


def test_nothing_to_order_by_is_no_order():
    assert standings(Clips(CLIPS.systems, CLIPS.examples, [], {}), ["a:x"]) == []
    assert standings(Clips(CLIPS.systems, CLIPS.examples, [column("flat")], CLIPS.values), ["a:x"]) == []
    assert [outstanding.counts(each) for each in CLIPS.columns] == [True, True, False, False, True]


def test_a_map_finds_the_directions_of_most_difference(tmp_path):
    chance = np.random.default_rng(0)
    axes = np.linalg.qr(chance.standard_normal((16, 16)))[0][:2]
    store = FeatureStore(tmp_path)
    sides: dict[str, dict[str, str]] = {"a:x": {}, maps.REFERENCE: {}}
    for number in range(40):
        for system, middle in (("a:x", 6.0), (maps.REFERENCE, -6.0)):
            place = np.array([middle, 0]) + chance.standard_normal(2) * [0.5, 2.0]
            vector = place @ axes + 0.01 * chance.standard_normal(16)
            key = f"{number:02d}{system[0]}".ljust(64, "0")
            store.put("toy|v:1", key, {"embedding": np.stack([vector - 1, vector + 1]).astype(np.float32)})
            sides[system][f"e{number}"] = key
    sides["a:x"]["lost"] = "f" * 64
    digest = next(tmp_path.iterdir()).name.partition("-")[2][:6]
    found = maps.view(tmp_path, ("toy", "embedding"), digest, sides)
    assert found is not None and found.missing == 1 and found.dim == 16
    assert found.variance[0] == pytest.approx(36.25 / 40.25, abs=0.03) and sum(found.variance) > 0.99
    one, other = found.points["a:x"][:, 0], found.points[maps.REFERENCE][:, 0]
    assert abs(one.mean() - other.mean()) == pytest.approx(12, abs=0.5)
    assert found.distance[maps.REFERENCE] == 0 and found.distance["a:x"] == pytest.approx(12 / 2.06, rel=0.25)
    assert [line[0] for line in found.far] == ["a:x"] * maps.FAR
    assert maps.view(tmp_path, ("toy", "embedding"), "000000", sides) is None


def test_damaged_features_are_missing_and_not_fatal(tmp_path):
    store = FeatureStore(tmp_path)
    keys = {f"e{number}": str(number).ljust(64, "0") for number in range(4)}
    for number, key in enumerate(keys.values()):
        store.put("toy|v:1", key, {"embedding": np.full((2, 3), number, np.float32)})
    (pack,) = store.folder("toy|v:1").glob("*.pack")
    with pack.open("rb+") as file:
        file.write(b"no head")  # that of the first record
    found = maps.view(tmp_path, ("toy", "embedding"), "", {"a:x": keys})
    assert found is not None and found.missing == 1 and np.isnan(found.distance["a:x"])
