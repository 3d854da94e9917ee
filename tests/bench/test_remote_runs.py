"""A run whose split, mirror and run folder lie at URIs is that of local folders, whatever happens on the way."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import fsspec
import pytest

import sightsound
from sightsound.bench.core.store import Journal
from sightsound.bench.remote import lock, runs
from sightsound.bench.remote.place import Place, RemoteError
from tests import toy
from tests.bench.remote_world import MIRROR, OUT, RUN, SPLIT, WEIGHTS, Failing, back, host, remote, whole
from tests.bench.test_shards import told

__all__ = ["host", "remote"]


_local: dict[str, dict[str, bytes]] = {}


@pytest.fixture
def local(remote, bench, host):
    """The run of local folders, by a host of its own; names of folders aside, which are the user's."""
    if "run" in _local:
        return _local["run"]
    host("local")
    done = bench(*RUN, "--split", "split/toys", "--mirror", "mirror", "--out", "local/r")
    assert done.code == 0, done.err
    _local["run"] = _named(told(Path("local/r")))
    return _local["run"]


def _named(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without the addresses of split and mirror in `run.json` and `run.toml`."""
    plan = json.loads(files["run.json"]) | {"split": ""}
    lines = [line for line in files["run.toml"].splitlines() if not line.startswith((b"split = ", b"mirror = "))]
    return files | {"run.json": json.dumps(plan).encode(), "run.toml": b"\n".join(lines)}


AT_URIS = ("--split", SPLIT, "--mirror", MIRROR, "--out", OUT)


def test_all_at_uris_is_the_local_run(remote, local, bench, host):
    host("a")
    done = bench(*RUN, *AT_URIS)
    assert done.code == 0 and f"rows: {OUT}/rows.csv" in done.err, done.err
    assert _named(told(back(remote))) == local
    assert not remote.exists("/runs/r/.lock")
    said = back(remote, "/runs/r/run.toml", "said.toml").read_text()
    assert f'split = "{SPLIT}"' in said and f'mirror = "{MIRROR}"' in said
    before = {name: facts["created"] for name, facts in remote.find("/runs/r", detail=True).items()}
    host("b")
    again = bench(*RUN, *AT_URIS)
    assert again.code == 0 and "6/6, all there already" in again.err, again.err
    after = {name: facts["created"] for name, facts in remote.find("/runs/r", detail=True).items()}
    sent = {name for name in after if before.get(name) != after[name]}
    assert not any("/outputs" in name for name in sent), "what did not change is not sent again"
    assert _named(told(back(remote, to="again"))) == local


@pytest.mark.parametrize("batches", [4])
def test_stopped_on_one_host_it_goes_on_on_another(remote, local, bench, host, monkeypatch, batches):
    append, left = Journal.append, [batches]

    def stopped(self, outputs):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        append(self, outputs)

    host("a")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", stopped)
        assert bench(*RUN, *AT_URIS).code == 130
    assert whole(back(remote, to="half"))
    host("b")
    done = bench(*RUN, *AT_URIS)
    assert done.code == 0, done.err
    assert _named(told(back(remote))) == local


@pytest.mark.parametrize("batches", [2, 5])
def test_cut_off_in_the_middle_it_goes_on_on_another(remote, local, bench, host, monkeypatch, batches):
    """As a host that dies: from one moment on nothing of it arrives, and its lock stays."""
    append, left = Journal.append, [batches]

    def cut(self, outputs):
        append(self, outputs)
        left[0] -= 1
        if left[0] == 0:
            until = time.monotonic() + 20
            while not any(name.endswith(".wav") for name in remote.find("/runs/r")) and time.monotonic() < until:
                time.sleep(0.02)
            for change in ("put", "write", "remove"):
                patch.setattr(Place, change, gone)

    def gone(self, *args):
        raise RemoteError("the host is dead")

    monkeypatch.setattr(runs, "SEND_EVERY_S", 0.02)
    host("a")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", cut)
        assert bench(*RUN, *AT_URIS).code == 2
    assert whole(back(remote, to="half")) and any(Path("half").rglob("*.wav"))
    assert not Path("half/rows.csv").exists() and remote.exists("/runs/r/.lock")
    host("b")
    done = bench(*RUN, *AT_URIS)
    assert done.code == 2 and "another bench is at work in it" in done.err
    remote.pipe_file("/runs/r/.lock", _left(beat=time.time() - 3600))
    done = bench(*RUN, *AT_URIS)
    assert done.code == 0 and "the lock of process 7 on elsewhere, which is gone, is taken over" in done.err
    assert _named(told(back(remote))) == local


@pytest.mark.parametrize("puts", [0, 30])
def test_a_put_that_fails_loses_nothing(remote, local, bench, host, monkeypatch, puts):
    monkeypatch.setattr(runs, "SEND_EVERY_S", 0.05)
    cache = host("a")
    Failing.left = puts
    words = (*RUN, "--split", SPLIT, "--mirror", MIRROR, "--out", "failing://runs/r")
    done = bench(*words)
    lines = [line for line in done.err.splitlines() if line.startswith("bench: ")]
    assert done.code == 2 and len(lines) == 1, done.err
    assert "the network went away" in lines[0] and f"nothing is lost: it is in {cache}" in lines[0]
    memory = fsspec.filesystem("failing")
    if memory.exists("/runs/r"):
        assert whole(back(memory, to="half"))
    Failing.left = None
    done = bench(*words)
    assert done.code == 0, done.err
    assert _named(told(back(memory))) == local


def test_what_is_made_anew_replaces_what_was_sent(remote, bench, host, monkeypatch):
    host("a")
    assert bench(*RUN, *AT_URIS).code == 0
    first = told(back(remote, to="first"))
    order: list[str] = []
    rm, put = type(remote).rm_file, type(remote).put_file
    monkeypatch.setattr(type(remote), "rm_file", lambda self, path: (order.append(f"- {path}"), rm(self, path))[1])
    monkeypatch.setattr(
        type(remote), "put_file", lambda self, a, b, **k: (order.append(f"+ {b}"), put(self, a, b, **k))[1]
    )
    tone = toy.tone
    monkeypatch.setattr(toy, "tone", lambda pitch, seconds=toy.SECONDS: tone(pitch + 5, seconds))
    host("b")
    maker = "/runs/r/systems/echo.pocket/maker.json"
    said = json.loads(remote.cat_file(maker))
    remote.pipe_file(maker, json.dumps(said | {"code": "0" * 64}).encode())
    refused = bench(*RUN, *AT_URIS)
    assert refused.code == 2 and "--remake makes them anew" in refused.err
    order.clear()
    assert bench(*RUN, *AT_URIS, "--remake").code == 0
    mine = [step for step in order if "/systems/echo.pocket/" in step]
    journal, output = "/runs/r/systems/echo.pocket/outputs.jsonl", "/runs/r/systems/echo.pocket/outputs/"
    assert mine.index(f"- {journal}") < min(mine.index(step) for step in mine if step.startswith(f"+ {output}"))
    assert mine[-1] == f"+ {journal}"
    second = told(back(remote, to="second"))
    assert whole(Path("second")) and second["rows.csv"] != first["rows.csv"]


def test_of_two_hosts_one_is_refused(remote, bench, host):
    host("a")
    with lock.hold(Place(OUT)):
        before = remote.find("/runs")
        done = bench(*RUN, *AT_URIS)
        assert done.code == 2 and done.err.count("bench: ") == 1, done.err
        assert f"bench: {OUT}: another bench is at work in it, process " in done.err
        assert remote.find("/runs") == before
    assert bench(*RUN, *AT_URIS, "--limit", "2").code == 0


def _left(**facts: object) -> bytes:
    now = time.time()
    holder = lock.Holder("other", "elsewhere", "another boot", 7, now, now)
    return json.dumps(asdict(replace(holder, **facts))).encode()  # type: ignore[arg-type]


def test_a_lock_of_one_that_is_gone_is_taken_over(remote, host):
    host("a")
    remote.pipe_file("/runs/r/.lock", _left(beat=time.time() - 3600))
    with lock.hold(Place(OUT)):
        assert json.loads(remote.cat_file("/runs/r/.lock"))["host"] != "elsewhere"
    assert not remote.exists("/runs/r/.lock")
    remote.pipe_file("/runs/r/.lock", _left(home=lock._home(), process=2**22 + 1))
    with lock.hold(Place(OUT)):
        pass


def test_a_lock_whose_clock_is_wrong_and_who_lives_is_not(remote):
    stop = threading.Event()

    def beats() -> None:
        beat = 0
        while not stop.wait(0.02):
            beat += 1
            remote.pipe_file("/runs/r/.lock", _left(beat=beat))

    remote.pipe_file("/runs/r/.lock", _left(beat=0))
    thread = threading.Thread(target=beats)
    thread.start()
    try:
        with pytest.raises(sightsound.BenchError, match="process 7 on elsewhere"), lock.hold(Place(OUT)):
            pass
    finally:
        stop.set()
        thread.join()


def test_a_lock_that_is_just_being_written_is_read_again(remote, monkeypatch):
    place = Place(OUT)
    remote.pipe_file("/runs/r/.lock", b"")
    with pytest.raises(RemoteError, match="is no lock of a run; remove it"):
        lock.read(place, ".lock")
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: remote.pipe_file("/runs/r/.lock", _left(beat=1)))
    found = lock.read(place, ".lock")
    assert found is not None and found.host == "elsewhere"


def test_whose_lock_was_taken_over_sends_nothing_more(remote, bench, host, monkeypatch):
    monkeypatch.setattr(lock, "BEAT_S", 0.02)
    host("a")
    append = Journal.append

    def stolen(self, outputs):
        append(self, outputs)
        remote.pipe_file("/runs/r/.lock", _left())
        time.sleep(0.2)

    monkeypatch.setattr(Journal, "append", stolen)
    done = bench(*RUN, *AT_URIS)
    assert done.code == 2 and "process 7 on elsewhere has taken it over" in done.err
    assert json.loads(remote.cat_file("/runs/r/.lock"))["host"] == "elsewhere"
    assert not remote.exists("/runs/r/rows.csv")


def test_shards_at_a_uri(remote, local, bench, host):
    for number in (2, 1):
        host(f"shard{number}")
        done = bench(*RUN, *AT_URIS, "--shard", f"{number}/2")
        assert done.code == 0 and f"bench merge {OUT}" in done.err, done.err
    other = bench(*RUN, *AT_URIS, "--seed", "1", "--shard", "1/2")
    assert other.code == 2 and "of another command" in other.err
    host("merging")
    merged = bench("merge", OUT)
    assert merged.code == 0, merged.err
    assert _named(told(back(remote))) == local


def test_from_python_and_from_a_file(remote, local, bench, host):
    host("a")
    result = sightsound.run(
        "echo", "image2music", device="cpu", split=SPLIT, mirror=MIRROR, out="memory://runs/python"
    )
    assert result.folder.name == "python" and len(result.rows) > 5
    assert remote.exists("/runs/python/rows.csv")
    host("b")
    Path("run.toml").write_text(
        'model = "echo"\ntask = "image2music"\ndevice = "cpu"\n'
        f'split = "{SPLIT}"\nmirror = "{MIRROR}"\nout = "{OUT}"\n'
    )
    done = bench("run", "run.toml")
    assert done.code == 0, done.err
    assert _named(told(back(remote))) == local


def test_a_split_that_has_another_path_on_another_host_is_the_same(remote, local, bench, host):
    here = (*RUN, "--split", "split/toys", "--mirror", "mirror")
    for name, words in (("a", here), ("b", (*RUN, "--split", SPLIT, "--mirror", MIRROR))):
        host(name)
        done = bench(*words, "--out", OUT)
        assert done.code == 0, done.err
    assert "6/6, all there already" in done.err and _named(told(back(remote))) == local
    host("a")
    assert bench(*here, "--out", "here/r", "--seed", "1").code == 0
    assert (done := bench("compare", OUT, "here/r", "--references", "--mirror", "mirror")).code == 0, done.err
    host("b")
    for number, split in ((1, SPLIT), (2, "split/toys")):
        words = (*RUN, "--split", split, "--mirror", "mirror", "--out", "memory://runs/s/r")
        assert (done := bench(*words, "--shard", f"{number}/2")).code == 0, done.err
    assert (done := bench("merge", "memory://runs/s/r")).code == 0, done.err
    toy.build(Path("split/toys"), {})
    manifest = Path("split/toys/manifest.csv")
    manifest.write_text(manifest.read_text().replace("group2", "group1"))
    done = bench(*here, "--out", OUT)
    assert done.code == 2 and "holds a run with split_hash" in done.err, done.err


def test_what_is_no_run_folder_is_refused_before_it_is_fetched(remote, bench, host):
    cache = host("a")
    for words in ((*RUN, "--split", SPLIT, "--out", "memory://data"), ("merge", "memory://data")):
        done = bench(*words)
        assert done.code == 2
        assert (
            done.err.splitlines()[-1] == "bench: memory://data: is not empty and holds no run; give another --out"
        )
        assert not list((cache / "remote/runs").rglob("*.wav"))


def test_a_file_of_options_at_a_uri(remote, local, bench, host):
    host("a")
    remote.pipe_file("/half.toml", b'model = "echo"\ntask = "image2music"\ndevice = "cpu"\nlimit = 2\n')
    begun = bench("run", "--config", "memory://half.toml", *AT_URIS)
    assert begun.code == 0 and "2/2" in begun.err, begun.err
    host("b")
    done = bench("run", f"{OUT}/run.toml", "--mirror", MIRROR)
    assert done.code == 0 and "2/2, all there already" in done.err and f"rows: {OUT}/rows.csv" in done.err, (
        done.err
    )
    remote.pipe_file("/half.toml", b"models = 1")
    for name in ("none", "half"):
        wrong = bench("run", f"memory://{name}.toml")
        assert wrong.code == 2 and wrong.err.startswith(f"bench: memory://{name}.toml: "), wrong.err
        assert wrong.err.count("\n") == 1


def test_the_weights_of_a_mirror_are_held_to_their_sha256(remote, bench, host):
    host("a")
    remote.pipe_file("/mirror/toys/bands/bands.txt", b"others")
    done = bench(*RUN, *AT_URIS)
    assert done.code == 2 and "replace it in the mirror" in done.err
    remote.pipe_file("/mirror/toys/bands/bands.txt", WEIGHTS)
    assert bench(*RUN, *AT_URIS).code == 0
