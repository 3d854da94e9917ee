"""Run folders, the journal, the feature store, the results file."""

from __future__ import annotations

import dataclasses
import math

import filelock
import numpy as np
import pytest

from sightsound.bench.core import results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Output


def test_a_line_that_a_kill_cut_off_is_not_there_and_is_written_over(tmp_path):
    journal = store.Journal(tmp_path)
    journal.append([Output("a", "outputs/a.wav"), Output("b", error="no")])
    with journal.path.open("ab") as file:
        file.write(b'{"id": "c", "pa')
    assert set(journal.read()) == {"a", "b"}
    journal.append([Output("c", "outputs/c.wav"), Output("a", "outputs/a2.wav")])
    assert {key: made.path for key, made in journal.read().items()} == {
        "a": "outputs/a2.wav",
        "b": None,
        "c": "outputs/c.wav",
    }


def test_a_strange_journal_is_said(tmp_path):
    (tmp_path / "outputs.jsonl").write_text('{"colour": "red"}\n')
    with pytest.raises(BenchError, match=r"outputs\.jsonl"):
        store.Journal(tmp_path).read()


def test_nothing_half_written(tmp_path):
    with pytest.raises(RuntimeError), store.atomic(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_labels_become_folders_that_stay_apart():
    labels = ["mozart:pocket", "mozart:pocket+user_text=calm", "mozart:pocket+user_text=calm/", "..:x", "a:b/../c"]
    folders = [store.slug(label) for label in labels]
    assert folders[0] == "mozart.pocket" and len(set(folders)) == len(labels)
    assert all("/" not in name and not name.startswith(".") for name in folders)


def test_a_run_folder_is_held_by_one(tmp_path):
    with store.locked(tmp_path):
        lock = filelock.FileLock(tmp_path / ".lock")
        with pytest.raises(filelock.Timeout):
            lock.acquire(timeout=0)


def test_features_come_back_and_damage_is_said(tmp_path):
    features = store.FeatureStore(tmp_path)
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    features.put("net@1|sr:16000", "ab" * 32, {"embedding": array})
    assert features.has("net@1|sr:16000", "ab" * 32) and not features.has("net@2|sr:16000", "ab" * 32)
    np.testing.assert_array_equal(features.get("net@1|sr:16000", "ab" * 32, "embedding"), array)
    features.path("net@1|sr:16000", "ab" * 32).write_bytes(b"PK nothing")
    assert features.get("net@1|sr:16000", "ab" * 32, "embedding") is None
    assert not features.has("net@1|sr:16000", "ab" * 32)


def row(**cells):
    return dataclasses.replace(results.Row("r", "m", "v", "t", "s@1", "x", 1.5), **cells)


def test_rows_come_back_as_they_were(tmp_path):
    made = [
        row(ci_low=1.25, ci_high=1.75, n=3, floor=0.5),
        row(metric="y", value=math.nan, note="=a, b'c", n_failed=2),
    ]
    results.write(tmp_path / "a.csv", results.frame(made))
    back = results.rows(results.read(tmp_path / "a.csv"))
    assert back[0] == made[0] and back[1].note == made[1].note and math.isnan(back[1].value)


def test_a_result_file_that_is_not_one_is_said(tmp_path):
    good = tmp_path / "good.csv"
    results.write(good, results.frame([row()]))
    text = good.read_text()
    for wrong, said in [
        (text.replace("ci_low", "low"), "ci_low"),
        (text.replace(",1.5,", ",many,"), "value"),
        (text.replace("True", "yes"), "higher_is_better"),
        ("", "CSV"),
    ]:
        (tmp_path / "bad.csv").write_text(wrong)
        with pytest.raises(BenchError, match=said):
            results.read(tmp_path / "bad.csv")


def test_publishing_takes_the_old_row_s_place(tmp_path):
    path = tmp_path / "measured.csv"
    assert results.publish(path, results.frame([row(), row(metric="y")])) == 2
    assert results.publish(path, results.frame([row(value=9.0), row(seed=1)])) == 3
    found = results.read(path)
    assert sorted(found["value"]) == [1.5, 1.5, 9.0]
