"""Run folders, the journal, the feature store, the results file."""

from __future__ import annotations

import filelock
import pytest

from sightsound.bench.core import store
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
