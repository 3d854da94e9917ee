"""The same against the S3 protocol, by s3fs and a server on this machine."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from sightsound.bench.remote import lock
from sightsound.bench.remote.place import Place, RemoteError
from tests import toy
from tests.bench.remote_world import RUN, host, whole
from tests.bench.test_shards import told

__all__ = ["host"]

OUT, SPLIT = "s3://bench/runs/r", "s3://bench/data/toys"


@pytest.fixture
def s3(toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    """A bucket `bench` with the toy split, which also lies in `split/`."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address, port = server.get_host_and_port()
    settings = {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "us-east-1"}
    for name, value in (settings | {"ENDPOINT_URL": f"http://{address}:{port}"}).items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(toy, "EXAMPLES", 6)
    monkeypatch.setattr(lock, "SETTLE_S", 0.0)
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    fs.mkdir("bench")
    Path("split/toys").mkdir(parents=True)
    toy.build(Path("split/toys"), {})
    fs.put("split/toys", "bench/data/toys", recursive=True)
    fsspec.filesystem("s3").clear_instance_cache()
    yield fs
    fsspec.filesystem("s3").clear_instance_cache()
    urllib.request.urlopen(f"http://{address}:{port}/moto-api/reset", data=b"").close()
    server.stop()


def test_a_run_on_s3(s3, bench, host):
    host("a")
    done = bench(*RUN, "--split", SPLIT, "--out", OUT)
    assert done.code == 0 and f"rows: {OUT}/rows.csv" in done.err, done.err
    s3.invalidate_cache()
    s3.get("bench/runs/r", "back", recursive=True)
    assert whole(Path("back"))
    here = bench(*RUN, "--split", "split/toys", "--out", "here/r")
    assert here.code == 0
    one, other = told(Path("back")), told(Path("here/r"))
    assert one.keys() == other.keys()
    assert {name for name in one if one[name] != other[name]} == {"run.json", "run.toml"}  # they name the split
    host("b")
    again = bench(*RUN, "--split", SPLIT, "--out", OUT)
    assert again.code == 0 and "6/6, all there already" in again.err, again.err


def test_locks_and_faults_on_s3(s3, bench, host):
    host("a")
    place = Place(OUT)
    assert place.create(".lock", b"first")
    with pytest.raises(FileExistsError):  # the server's own word, without our look before
        s3.pipe_file("bench/runs/r/.lock", b"second", mode="create")
    assert not place.create(".lock", b"second") and place.read(".lock") == b"first"
    place.remove(".lock")
    with lock.hold(place):
        assert json.loads(place.read(".lock") or b"")["process"] > 0
        refused = bench(*RUN, "--split", SPLIT, "--out", OUT)
    assert refused.code == 2 and "another bench is at work in it" in refused.err
    assert place.read(".lock") is None
    with pytest.raises(RemoteError, match=r"s3://nobucket/r/\.lock: is not there"):
        Place("s3://nobucket/r").create(".lock", b"")
    assert "nobucket" not in s3.ls(""), "no bucket is made"
    done = bench(*RUN, "--split", SPLIT, "--out", "s3://nobucket/r")
    assert done.code == 2 and done.err.count("bench: ") == 1, done.err
