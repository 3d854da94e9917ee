"""Run folders, results and the cache on disks without locks, and on shares without chmod and fsync."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from pathlib import Path

import pytest

from sightsound.bench.core import heartbeat, locks, store
from tests.faults.ledger import saw

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu")


def fails(number: int):
    """A function that says what such a disk says."""

    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_serves_from_the_first_command_to_the_last(toy_world, bench, monkeypatch, number):
    monkeypatch.setattr(fcntl, "flock", fails(number))
    for part in ("1/2", "2/2"):
        done = bench(*RUN, "--out", "r", "--shard", part)
        assert done.code == 0, done.err
    for words in (
        ("merge", "r"),
        (*RUN, "--out", "r"),
        ("publish", "r", "--to", "all.csv"),
        ("compare", "r", "r"),
    ):
        done = bench(*words)
        assert "Traceback" not in done.err and "flock" not in done.err
        assert done.code == 0 or words[0] == "compare", done.err
    assert Path("all.csv").read_text().count("\n") > 10
    assert not list(toy_world.rglob(f"*{locks.STANDS_FOR}")), "every lock was given back"
    saw(f"flock says {errno.errorcode[number]}", "a file stands for the lock, from run to publish", "")


def test_a_share_without_chmod_fsync_and_hard_links(toy_world, bench, monkeypatch):
    monkeypatch.setattr(os, "fsync", fails(errno.EINVAL))
    monkeypatch.setattr(Path, "chmod", fails(errno.EPERM))
    monkeypatch.setattr(Path, "hardlink_to", fails(errno.EOPNOTSUPP))
    for words in ((*RUN, "--out", "r", "--shard", "1/1"), ("merge", "r"), ("publish", "r", "--to", "all.csv")):
        done = bench(*words)
        assert done.code == 0, done.err


def told(folder: Path, **changed: object) -> None:
    """A sign of life of a run on another host."""
    folder.mkdir(exist_ok=True)
    life = {"state": "running", "host": "node7", "process": 12, "written": time.time() + 300, "stages": []}
    (folder / heartbeat.PROGRESS).write_text(json.dumps(life | changed))


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.05)


def test_a_folder_that_another_host_writes_is_left_alone(toy_world, bench, monkeypatch, soon):
    assert bench(*RUN, "--out", "r").code == 0
    before = (Path("r") / "rows.csv").read_bytes()
    sleep = time.sleep

    def beat(seconds: float) -> None:
        sleep(seconds)
        told(Path("r"), written=time.time() + 301)

    told(Path("r"))
    with monkeypatch.context() as patch:
        patch.setattr(heartbeat.time, "sleep", beat)
        done = bench(*RUN, "--out", "r")
    assert done.code == 2 and done.err.splitlines()[-1] == (
        "bench: r: another bench is at work in it, process 12 on node7; wait for it or give --out"
    )
    assert (Path("r") / "rows.csv").read_bytes() == before
    saw("a run folder that another host writes, its lock not to be seen", "refused, exit 2", done.err)


@pytest.mark.parametrize("life", [{}, {"written": 0.0}, {"state": "stopped"}])
def test_a_run_that_died_on_another_host_goes_on_here(tmp_path, soon, life):
    told(tmp_path, **life)
    with store.locked(tmp_path):
        assert heartbeat.read(tmp_path) is not None


def test_who_waits_says_for_what(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(locks, "SAID_AFTER_S", 0.01)
    monkeypatch.setattr(locks, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(fcntl, "flock", fails(errno.ENOLCK))
    (tmp_path / "x.held").write_text("12\nnode7\n")
    with (
        pytest.raises(locks.BusyError, match="process 12 on node7; wait for it, or remove"),
        locks.hold(tmp_path / "x"),
    ):
        pass
    assert "waiting for" in capsys.readouterr().err
