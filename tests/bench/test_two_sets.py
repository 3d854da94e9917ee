"""A distance between two sets is worked out once, and again as soon as anything that it hangs on is another."""

from dataclasses import replace

import numpy as np
import pytest

from sightsound.bench.core import registry
from sightsound.bench.core.numbers import NumberStore
from sightsound.bench.core.types import Example
from sightsound.bench.stages import choose, score, two_sets
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.formulas.two_sets import frechet, kad

SYSTEM = choose.given("one")
COUNT = 40


@pytest.fixture
def calls(monkeypatch):
    """How often distances are worked out."""
    made = []
    for module in (frechet, kad):
        for name in ("aggregate", "replicates", "same_source"):
            if function := getattr(module, name, None):
                monkeypatch.setattr(
                    module, name, lambda *given, _function=function, _name=name, **named:
                    (made.append(_name), _function(*given, **named))[1],
                )  # fmt: skip
    return made


def scene(store, *, groups="own", changed=(), weights="0", lost=()):
    """Forty clips in eight dimensions; content `made 3 b` stands for another file than `made 3`."""
    names = [f"clip{index:02}" for index in range(COUNT)]

    def feature(extractor, key, output):
        rng = np.random.default_rng(list(key.encode()))
        return rng.standard_normal((4, 2)).astype(np.float32)

    made = {name: f"made {name}{' b' if name in changed else ''}" for name in names if name not in lost}
    return FeatureSet(
        examples=[Example(id=name, group=name if groups == "own" else name[:-1]) for name in names],
        split="forty@0",
        keys={"reference": {name: f"reference {name}" for name in names}},
        outputs={SYSTEM.label: made},
        feature=feature,
        extractor_signature=lambda name: f"{name}|w:{weights}",
        numbers=store,
        facts={SYSTEM.label: {"run": "test"}},
    )


def rows(stored, *metrics):
    cards = [registry.metric(name) for name in metrics or ("fad_musicnn", "kad_musicnn")]
    scored = score.score(stored, [SYSTEM], cards, "image2music")
    return [repr(row) for row in scored.rows], [repr(each) for each in scored.scores]


def test_a_distance_is_worked_out_once_and_the_same(tmp_path, calls):
    store = NumberStore(tmp_path)
    without = rows(scene(None))
    assert {"aggregate", "replicates", "same_source"} <= set(calls)
    first = rows(scene(store))
    calls.clear()
    assert first == rows(scene(store)) == without and not calls
    assert "ci_low=nan" not in first[0][0] and "floor=nan" not in first[0][0]


@pytest.mark.parametrize(
    "other",
    [{"changed": ["clip07"]}, {"groups": "tens"}, {"weights": "1"}, {"lost": ["clip01"]}],
    ids=lambda other: next(iter(other)),
)
def test_what_it_hangs_on_makes_it_anew(tmp_path, calls, other):
    store = NumberStore(tmp_path)
    rows(scene(store))
    calls.clear()
    found = rows(scene(store, **other))
    assert calls.count("replicates") >= 2, "of both metrics"
    assert found == rows(scene(None, **other))


def test_other_code_and_another_definition_make_it_anew(tmp_path, calls, monkeypatch):
    store, card = NumberStore(tmp_path), registry.metric("fad_musicnn")
    rows(scene(store), card.name)
    monkeypatch.setattr(two_sets, "_LOADED", "edited")
    calls.clear()
    rows(scene(store), card.name)
    assert calls
    monkeypatch.undo()
    before = two_sets._digest(card, scene(store), "distance")
    assert before != two_sets._digest(replace(card, version=card.version + 1), scene(store), "distance")
    assert before == two_sets._digest(card, scene(store), "distance")


def test_the_code_is_that_of_formulas_and_statistics(monkeypatch, tmp_path):
    package = tmp_path / "metrics"
    for name in ("__init__.py", "formulas/kad.py", "networks/big.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("1")
    monkeypatch.setattr(two_sets.metrics, "__file__", str(package / "__init__.py"))
    seen = []
    for name in ("networks/big.py", "formulas/kad.py"):
        seen.append(two_sets._code())
        (package / name).write_text("2")
    seen.append(two_sets._code())
    assert seen[0] == seen[1] != seen[2]


def test_a_damaged_file_is_worked_out_anew(tmp_path, calls):
    store = NumberStore(tmp_path)
    first = rows(scene(store))
    files = sorted(tmp_path.rglob("*.numbers"))
    assert len(files) == 3, "two distances and a floor"
    files[0].write_bytes(files[0].read_bytes()[:100])
    files[1].write_bytes(b"")
    files[2].unlink()
    calls.clear()
    assert rows(scene(store)) == first and calls
    calls.clear()
    assert rows(scene(store)) == first and not calls


def test_a_bit_that_the_disk_turned_is_told(tmp_path):
    store, numbers = NumberStore(tmp_path), {"value": np.array(1.5), "without": np.arange(3.0)}
    store.put("ab12", numbers)
    (file,) = tmp_path.rglob("*.numbers")
    data = file.read_bytes()
    for at in range(len(data)):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert store.get("ab12") is None, at


def test_code_that_was_edited_while_the_process_ran_keeps_nothing(tmp_path, calls, monkeypatch):
    store = NumberStore(tmp_path)
    monkeypatch.setattr(two_sets, "_code", lambda: "edited")
    rows(scene(store))
    assert not list(tmp_path.rglob("*.numbers"))


def test_a_cache_that_takes_nothing_costs_time_only(tmp_path, calls):
    (tmp_path / "file").write_text("in the way")
    store = NumberStore(tmp_path / "file")
    assert rows(scene(store)) == rows(scene(None))


def test_a_metric_of_the_users_own_is_not_kept(tmp_path, monkeypatch):
    card = registry.metric("kad_musicnn")
    monkeypatch.setattr(kad, "__name__", "my.metric")
    store = NumberStore(tmp_path)
    rows(scene(store), card.name)
    assert not list(tmp_path.rglob("*.numbers"))


def test_clips_whose_features_turn_out_damaged_are_not_kept_as_if_they_were_there(tmp_path):
    store = NumberStore(tmp_path)
    stored = scene(store)
    damaged = replace(stored, feature=lambda *of: None if of[1] == "made clip05" else stored.feature(*of))
    broken = rows(damaged)
    assert "n=39" in broken[0][0]
    assert rows(scene(store)) == rows(scene(None))
    assert rows(scene(store))[0][0] != broken[0][0]
