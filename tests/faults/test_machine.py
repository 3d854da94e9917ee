"""Faults of the machine end a run in one line, and the same command goes on; nothing is lost."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightsound.bench.core import results, scores
from sightsound.bench.core.writing import write_audio
from sightsound.bench.publishing.merge import merge
from tests.bench.rows import row
from tests.faults.ledger import saw

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "r")
WRITES = (
    "sightsound.bench.core.media.write_audio",
    "sightsound.bench.core.store.Journal.append",
    "sightsound.bench.core.store.write_text",
)


@pytest.mark.parametrize(
    ("where", "number"),
    [
        *((WRITES[0], number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.EROFS)),
        (WRITES[0], errno.ENOTCONN),
        *((where, errno.ENOSPC) for where in WRITES[1:]),
    ],
)
def test_a_full_disk_ends_the_run_and_is_written_down_nowhere(toy_world, bench, monkeypatch, number, where):
    with monkeypatch.context() as broken:

        def fails(*arguments, **options):
            raise OSError(number, os.strerror(number), "r/systems/x")

        broken.setattr(where, fails)
        done = bench(*RUN)
    assert done.code == 2 and done.err.count("bench: ") == 1 and "run the same command again" in done.err, done
    assert "Traceback" not in done.err
    again = bench(*RUN)
    assert again.code == 0, again.err
    found = results.read(Path("r/rows.csv"))
    assert found["n_failed"].sum() == 0 and set(found.loc[found["metric"] == "fad_toy", "n"]) == {12, 6}
    saw(
        f"errno {errno.errorcode[number]} in {where.rpartition('.')[2]}",
        "exit 2; the same command completes",
        done.err,
    )


def test_a_full_disk_is_not_taken_for_a_wrong_clip():
    with pytest.raises(OSError, match="No space left"):
        write_audio(Path("/dev/full"), np.zeros(99), 8)


def test_a_crash_has_an_exit_code_of_its_own(toy_world, bench, monkeypatch):
    monkeypatch.setattr("sightsound.bench.stages.score.score", lambda *a: 1 / 0)
    done = bench(*RUN)
    assert done.code == 3 and "crashed: ZeroDivisionError" in done.err


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_is_answered_and_the_same_command_goes_on(toy_world, sent, code):
    command = [sys.executable, "-m", "tests.toy", *RUN, "--set", "wait_s=0.2"]
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    child = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # a shell starts what runs in the background with Ctrl-C ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    journal = Path("r/systems")
    for _ in range(600):
        if list(journal.glob("echo*/outputs.jsonl")):
            break
        time.sleep(0.1)
    child.send_signal(sent)
    _, err = child.communicate(timeout=60)
    assert child.returncode == code and "the same command goes on from here" in err, err
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert results.read(Path("r/rows.csv"))["n_failed"].sum() == 0
    saw(f"{sent.name} in the middle", f"exit {code}; the same command completes", err.splitlines()[-2])


def _publish(number: int) -> None:
    rows = results.frame(row(model=f"m{number}", seed=seed) for seed in range(13))
    merge(Path("m.csv"), rows, scores.table([]))


def test_eight_that_publish_at_once_lose_no_row(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        pool.map(_publish, range(8))
    assert len(results.read(Path("m.csv"))) == 8 * 13
    saw("bench publish by eight at once, 13 rows each", "104 rows", "", "52 to 78 rows")


def test_a_kill_before_the_plan_is_named_is_no_dead_end(toy_world, bench):
    Path("r").mkdir()
    Path("r/.part-abc.json").write_text("{")
    Path("r/.lock").touch()
    assert bench(*RUN).code == 0
    assert not list(Path("r").rglob(".part-*"))


def test_a_cache_that_cannot_be_written_serves_all_the_same(toy_world, bench, monkeypatch):
    assert bench(*RUN).code == 0
    expected = Path("r/rows.csv").read_text()

    def guarded(path, flags, *rest):
        if "features" in Path(path).parts and flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return plain(path, flags, *rest)

    plain = os.open
    shutil.rmtree("cache/features")
    monkeypatch.setattr(os, "open", guarded)
    done = bench(*RUN)
    assert done.code == 0, done.err
    assert Path("r/rows.csv").read_text() == expected


def test_text_from_outside_is_neither_markup_nor_a_formula(tmp_path, monkeypatch, bench):
    monkeypatch.chdir(tmp_path)
    odd = "<script>alert(1)</script> | x\n=cmd|' /C calc'!A0 \x1b[31m"
    odd_row = row("fad_musicnn", 1.0, model="mine", variant=odd, note="=1+1")
    merge(Path("results/measured.csv"), results.frame([odd_row]), scores.table([]))
    assert bench("leaderboard").code == 0
    board = Path("leaderboard.md").read_text()
    assert "<script" not in board and "\x1b" not in board
    value, counts = [text for text in board.splitlines() if text.startswith("| mine")]
    assert value.count("|") == 3 and counts.count("|") == 6, "the tables keep their columns"
    raw = Path("results/measured.csv").read_text()
    cells = pd.read_csv(Path("results/measured.csv"), dtype=str, keep_default_na=False)
    assert "\x1b" not in raw and not cells.map(lambda cell: cell.startswith(("=", "@"))).any().any()
    assert results.read(Path("results/measured.csv"))["note"][0] == "=1+1"
