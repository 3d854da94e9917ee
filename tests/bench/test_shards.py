"""A run in shards, put together, is the run of one process; what does not belong together is refused."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sightsound.bench.core import heartbeat, provenance
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.shard import Shard, parsed
from sightsound.bench.core.store import Journal
from sightsound.bench.engines import choose as engines
from sightsound.bench.engines.local import Local
from tests import pages, toy
from tests.bench.run_files import told
from tests.faults.test_shared_folders import told as sign_of_life

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu")


@pytest.fixture
def shard(toy_world, bench, monkeypatch):
    """`shard(2)`: shard 2 of 3, on a host of its own: nothing is shared but the run folder."""

    def work(number: int, *more: str, count: int = 3, out: str = "m/r"):
        monkeypatch.setenv("SIGHTSOUND_CACHE", str(toy_world / f"cache{number}"))
        done = bench(*RUN, "--out", out, "--shard", f"{number}/{count}", *more)
        monkeypatch.setenv("SIGHTSOUND_CACHE", str(toy_world / "cache"))
        return done

    return work


def whole(bench) -> dict[str, bytes]:
    """The run of one process, whose features are then forgotten."""
    assert bench(*RUN, "--out", "one/r").code == 0
    shutil.rmtree("cache/features")
    return told(Path("one/r"))


def test_the_shards_of_a_run_together_are_the_run(toy_world, bench, shard, monkeypatch):
    heard: list[bytes] = []
    network = toy.Spectrum._one

    def counted(self, clip):
        heard.append(clip.tobytes())
        return network(self, clip)

    monkeypatch.setattr(toy.Spectrum, "_one", counted)
    one = whole(bench)
    alone = list(heard)
    heard.clear()
    for number in (3, 1, 4, 2):  # in no order
        assert (done := shard(number, count=4)).code == 0, done.err
    assert "bench merge m/r" in done.err
    silences = 1  # one more: two shards make outputs of nothing but zeros
    assert set(heard) == set(alone) and len(heard) == len(alone) + silences, "no other clip is heard by two shards"
    heard.clear()
    merged = bench("merge", "m/r")
    assert merged.code == 0 and "echo:pocket" in merged.out, merged.err
    assert not heard, "merging computes no feature"
    assert told(Path("m/r")) == one
    again = bench("merge", "m/r")
    assert again.code == 0 and told(Path("m/r")) == one


def test_a_shard_that_was_stopped_or_lost_goes_on(toy_world, bench, shard, monkeypatch):
    one = whole(bench)
    append, room = Journal.append, [2]

    def stopped(self, outputs):
        room[0] -= 1
        if room[0] < 0:
            raise KeyboardInterrupt
        append(self, outputs)

    assert shard(1).code == 0 and shard(3).code == 0
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", stopped)
        assert shard(2).code == 130
    refused = bench("merge", "m/r")
    assert refused.code == 2 and "shard 2/3 is not done" in refused.err and not Path("m/r/run.json").exists()
    assert shard(2).code == 0
    shutil.rmtree("m/r/shards/1-of-3")
    Path("m/r/shards/1-of-3.json").unlink()
    refused = bench("merge", "m/r")
    assert refused.code == 2 and "shards 1 of 3 are missing" in refused.err and refused.err.count("bench: ") == 1
    assert shard(1).code == 0
    shutil.rmtree("m/r/shards/1-of-3")
    refused = bench("merge", "m/r")
    assert refused.code == 2 and "the folder of shard 1/3 is gone" in refused.err and refused.err.count("\n") == 1
    assert shard(1).code == 0
    next(Path("m/r/shards/3-of-3/systems/echo.pocket/outputs").iterdir()).unlink()
    refused = bench("merge", "m/r")
    assert refused.code == 2 and "is gone; run its command again" in refused.err
    assert shard(3).code == 0
    assert bench("merge", "m/r").code == 0 and told(Path("m/r")) == one


def test_shards_of_different_commands_or_versions_are_refused(toy_world, bench, shard, monkeypatch):
    assert shard(1).code == 0
    for more, why in (
        (("--limit", "6"), "was told limit 6, the other nothing"),
        (("--seed", "4"), "was told seed 4, the other 0"),
        (("--metrics", "fad_toy"), "metrics fad_toy, the other fad_toy, cosine_toy, rank_toy"),
        (("--batch-size", "2"), "was told batch-size 2"),
    ):
        done = shard(2, *more)
        assert done.code == 2 and why in done.err and done.err.count("bench: ") == 1, done.err
    done = shard(2, count=4)
    assert done.code == 2 and "is one of 4, the other one of 3" in done.err
    versions = provenance.versions
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "versions", lambda *a: versions(*a) + " torch==9")
        done = shard(2)
        assert done.code == 2 and "ran with torch==9" in done.err
        Path("m/r/shards/1-of-3.json").rename("kept.json")
        assert shard(2).code == 0
    Path("kept.json").rename("m/r/shards/1-of-3.json")
    assert shard(3).code == 2
    shutil.rmtree("m/r/shards/2-of-3")
    before = {path: path.read_bytes() for path in Path("m").rglob("*") if path.is_file()}
    refused = bench("merge", "m/r")
    assert refused.code == 2 and "shard 2/3 is of another command than 1/3: it ran with torch==9" in refused.err
    assert "shards 3 of 3 are missing" in refused.err
    assert before == {path: path.read_bytes() for path in Path("m").rglob("*") if path.is_file()}


def test_how_a_shard_is_worked_on_is_its_own_matter(toy_world, bench, shard, monkeypatch):
    failing = ("--set", "fail=toy.004")
    assert shard(1, *failing, "--engine", "processes", "--workers", "1", "--retry-failed").code == 0
    assert shard(2, *failing, "--remake").code == 0 and shard(3, *failing).code == 0
    assert shard(2, *failing, "--retry-failed").code == 0
    opened, asked = [], []
    monkeypatch.setattr(
        engines, "opened", lambda name, workers, *_: opened.append((name, workers)) or Local("cpu")
    )
    monkeypatch.setattr(toy.Echo, "generate", lambda self, examples, seed: asked.append(examples) or [])
    merged = bench("merge", "m/r")
    assert merged.code == 1 and "toy.004" in Path("m/r/failures.csv").read_text(), merged.err
    assert opened == [("", None)] and not asked, "the merge retries nothing and takes no shard's engine"


def test_a_shard_whose_record_is_damaged_is_run_again(toy_world, bench, shard):
    assert shard(1, count=2).code == 0 and shard(2, count=2).code == 0
    Path("m/r/shards/1-of-2.json").write_text("{")
    for refused in (shard(2, count=2), bench("merge", "m/r")):
        assert refused.code == 2 and "1-of-2.json: is damaged" in refused.err, refused.err
        assert refused.err.rstrip().endswith("run that shard again")
    assert shard(1, count=2).code == 0 and bench("merge", "m/r").code == 0


def test_versions_of_here_and_no_shards(toy_world, bench, shard, monkeypatch):
    done = bench("merge", "nothing")
    assert done.code == 2 and "holds no shards" in done.err
    for number in (1, 2):
        assert shard(number, count=2).code == 0
    monkeypatch.setattr(provenance, "commit", lambda: "0123456789")
    done = bench("merge", "m/r")
    assert done.code == 2 and "here is" in done.err and done.err.count("bench: ") == 1


def test_a_shard_that_another_host_writes_is_left_alone(toy_world, bench, shard, monkeypatch):
    for number in (1, 2):
        assert shard(number, count=2).code == 0
    before = {path: path.read_bytes() for path in Path("m").rglob("*") if path.is_file()}
    own, sleep = Path("m/r/shards/2-of-2"), time.sleep
    signs = itertools.count(300)

    def beat(seconds: float) -> None:
        sleep(seconds)
        sign_of_life(own, written=time.time() + next(signs))

    beat(0)
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.05)
    monkeypatch.setattr(heartbeat.time, "sleep", beat)
    for refused in (shard(2, count=2), bench("merge", "m/r")):
        assert refused.code == 2 and refused.err.count("bench: ") == 1
        assert "2-of-2: another bench is at work in it, process 12 on node7" in refused.err
    after = {path: path.read_bytes() for path in Path("m").rglob("*") if path.is_file()}
    changed = {path.name for path in after.keys() | before.keys() if after.get(path) != before.get(path)}
    assert changed <= {heartbeat.PROGRESS, ".lock"}, "nothing was written"


SBATCH = """#!/bin/sh
# Slurm in a few lines: an array's jobs one after another, a job's standard output to a file
for word; do
  case "$word" in
    --array=1-*) count=${word#--array=1-} ;;
    --dependency=afterok:7) test -e ran ;;
    --wrap=*) wrap=${word#--wrap=} ;;
  esac
done
for number in $(seq ${count:-1}); do
  SLURM_ARRAY_TASK_ID=$number sh -c "$wrap" >>ran 2>&1 || exit 1
done
echo 7
"""


def test_the_script_of_the_page_makes_a_run(toy_world):
    page = (pages.ROOT / "docs/slurm.md").read_text(encoding="utf-8")
    (script,) = (block for block in pages.blocks(page) if block.startswith("#!/bin/bash"))
    bench = f'#!/bin/sh\nexec "{sys.executable}" -m tests.toy "$@"\n'
    for name, text in (("submit.sh", script), ("bin/sbatch", SBATCH), ("bin/bench", bench)):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
        Path(name).chmod(0o755)
    Path("a run.toml").write_text('model = "echo"\ntask = "image2music"\ndevice = "cpu"\n')
    path = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(pages.ROOT)])
    environment = os.environ | {"PATH": f"{Path('bin').absolute()}:{os.environ['PATH']}", "PYTHONPATH": path}
    command = ["bash", "submit.sh", "a run.toml", "out/my run", "2"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + Path("ran").read_text()
    assert "echo:pocket" in Path("ran").read_text() and Path("out/my run/rows.csv").is_file()


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "4", "a/b", "1/0", "-1/4", "1/10000", "٣/4"])
def test_what_is_no_shard(text):
    with pytest.raises(BenchError, match="--shard"):
        parsed(text)


@pytest.mark.parametrize(("size", "count", "items"), [(3, 4, 10), (8, 3, 100), (0, 3, 5), (1, 5, 3)])
def test_every_item_has_one_shard_and_batches_stay_whole(size, count, items):
    parts = [Shard(number, count).own(range(items), size) for number in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == list(range(items))
    of_whole = [list(range(items))[at : at + (size or items)] for at in range(0, items, size or items)]
    of_parts = [part[at : at + (size or items)] for part in parts for at in range(0, len(part), size or items)]
    assert sorted(of_parts) == of_whole


def test_a_shard_that_a_script_left_empty_is_not_the_whole_run(toy_world, bench):
    done = bench(*RUN, "--out", "m/r", "--shard", "")
    assert done.code == 2 and "--shard : write I/N" in done.err and not Path("m").exists()
