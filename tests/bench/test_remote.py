"""Folders at URIs: what a URI is, copies, what is refused, what else than runs reads them, shared features."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest

import sightsound
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.texts import Text, TextStore
from sightsound.bench.remote import copies, shared
from sightsound.bench.remote import uri as uris
from sightsound.bench.remote.place import Place, RemoteError
from sightsound.bench.remote.sync import Synced
from tests import toy
from tests.bench.remote_world import MIRROR, OUT, RUN, SPLIT, Failing, host, remote

__all__ = ["host", "remote"]


@pytest.mark.parametrize(
    ("named", "uri"),
    [
        ("s3://bucket/a/b/", "s3://bucket/a/b"),
        (Path("s3://bucket/a/b"), "s3://bucket/a/b"),
        (Path("file:///data/x"), "file:///data/x"),
        ("abfs://box@account/a//b", "abfs://box@account/a/b"),
        ("runs/a", None),
        ("/data/a:/b", None),
        ("c:/data", None),
        ("module.of:NAME", None),
        (None, None),
        (Path("S3://Bucket/A"), "s3://Bucket/A"),
        ("s3://bucket/./a", "s3://bucket/a"),
        ("local:///data/x", "file:///data/x"),
        ("arrow_hdfs://host/a", "arrow_hdfs://host/a"),
        ("module::NAME", None),
    ],
)
def test_what_a_uri_is(named, uri):
    assert uris.of(named) == uri
    assert uris.is_one(named) == (uri is not None)


@pytest.mark.parametrize(
    "named",
    ["s3://", Path("s3://"), "s3://bucket/../a", Path("gs://a/../../b"), Path("file://~/runs"), "file://runs/a"],
)
def test_what_is_none(named):
    assert uris.is_one(named)
    with pytest.raises(BenchError, match="is no URI of a folder"):
        uris.of(named)


@pytest.mark.parametrize("named", [Path("simplecache::s3://bucket/a"), "zip://toys::s3://bucket/toys.zip"])
def test_chains_of_protocols_are_refused(named):
    assert uris.is_one(named)
    with pytest.raises(BenchError, match="is a chain of protocols, which is not taken"):
        uris.of(named)


def test_a_name_that_a_disk_reads_as_another_is_refused(remote):
    remote.pipe_file("/mine/a//b.wav", b"1")
    with pytest.raises(RemoteError, match=r"lists '/mine/a//b.wav', which no folder here can hold"):
        Place("memory://mine").files()


def test_a_copy_follows_what_changes_there_and_reads_nothing_else(remote, host):
    host("a")
    read: list[str] = []
    get = type(remote).get_file

    def counted(self, path, *args, **kwargs):
        read.append(path)
        return get(self, path, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(remote), "get_file", counted)
        folder = copies.folder(SPLIT)
        assert len(read) == 13 and (folder / "audio/0.wav").is_file()
        read.clear()
        remote.pipe_file("/data/toys/more.txt", b"1")
        remote.rm_file("/data/toys/audio/0.wav")
        (folder / "images/0.png").write_bytes(b"damaged")
        copies.folder(SPLIT)
    assert sorted(read) == ["/data/toys/images/0.png", "/data/toys/more.txt"]
    assert not (folder / "audio/0.wav").exists() and (folder / "images/0.png").stat().st_size > 7


def test_a_copy_of_a_place_that_tells_no_change_is_fetched_anew(remote, host, monkeypatch):
    host("a")
    remote.pipe_file("/mine/a.txt", b"one")
    find = type(remote).find
    told = {"size": 3, "type": "file"}
    monkeypatch.setattr(type(remote), "find", lambda *a, **k: dict.fromkeys(find(*a, **k), told))
    assert (copies.folder("memory://mine") / "a.txt").read_bytes() == b"one"
    remote.pipe_file("/mine/a.txt", b"two")
    assert (copies.folder("memory://mine") / "a.txt").read_bytes() == b"two"


@pytest.mark.parametrize("option", ["--split", "--out", "--mirror"])
def test_a_listing_that_leads_out_of_the_folder_is_refused(remote, bench, host, option):
    cache = host("a")
    lying = fsspec.filesystem("lying")
    for name in remote.find("/"):
        lying.pipe_file(name, remote.cat_file(name))
    where = {"--split": SPLIT, "--out": OUT, "--mirror": MIRROR}
    where[option] = where[option].replace("memory", "lying")
    done = bench(*RUN, *(word for pair in where.items() for word in pair))
    lines = [line for line in done.err.splitlines() if line.startswith("bench: ")]
    assert done.code == 2 and "which leads out of the folder; refused" in lines[0], done.err
    assert not list(cache.rglob("evil")) and not list(cache.parent.glob("evil"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--split", "memory://nowhere/toys"),
            "memory://nowhere/toys: holds no manifest.csv; look at the address",
        ),
        (("--split", "memory://data/toys/audio"), "memory://data/toys/audio: holds no manifest.csv"),
        (("--split", "nothing://data/toys"), "Protocol not known"),
        (("--split", "lacking://data/toys"), "lacking://data/toys: Install lacking\n"),
        (("--split", "https://host/toys"), "https://host/toys: a web server does not list its files"),
        (("--out", "s3://bucket/../r"), "is no URI of a folder"),
        (("--out", "memory://"), "is no URI of a folder"),
        (("--out", "simplecache::s3://bucket/r"), "is a chain of protocols"),
        (("--reference", "memory://nowhere/x"), "holds no file; look at the address"),
    ],
)
def test_what_cannot_be_had_is_one_line(remote, bench, host, words, told):
    host("a")
    fsspec.register_implementation("lacking", "no_such_module.FileSystem", clobber=True, errtxt="Install lacking")
    done = bench(*RUN, "--mirror", MIRROR, *words)
    assert done.code == 2 and told in done.err, done.err
    assert "Traceback" not in done.err and done.err.count("bench: ") == 1, done.err


def test_a_package_that_is_lacking_is_told_with_the_extra_that_brings_it(remote, bench, host, monkeypatch):
    def lacking(*args: object, **options: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lacking)
    done = bench(*RUN, "--split", "s3://bucket/toys")
    assert "bench: s3://bucket/toys: Install s3fs to access S3; pip install 'sightsound-bench[remote]'" in done.err


def test_what_reads_runs_reads_them_at_uris_and_nothing_writes_there(remote, bench, host):
    host("a")
    assert bench(*RUN, "--split", SPLIT, "--mirror", MIRROR, "--out", OUT).code == 0
    host("b")
    for words in (("watch", OUT), ("cite", OUT), ("report", OUT, "--out", "page.html", "--mirror", MIRROR)):
        assert (done := bench(*words)).code == 0, done.err
    assert Path("page.html").is_file()
    assert len(sightsound.read_results(runs=[OUT])) > 5
    gate = ("check", OUT, "--baseline")
    assert bench(*gate, "base.csv", "--update", "--reason", "the first").code == 0
    for name in ("base.csv", "base.parquet"):
        remote.put_file(name, f"/{name}")
    assert (done := bench(*gate, "memory://base.csv")).code == 0, done.err
    refused = bench(*gate, "memory://base.csv", "--update", "--reason", "another")
    assert refused.code == 2 and "is written here; give a path" in refused.err
    refused = bench("report", OUT, "--out", "memory://pages/page.html")
    assert refused.code == 2 and "is written here; give a path" in refused.err
    assert not Path("memory:").exists()


def test_folders_at_uris_are_scored_as_those_here(remote, bench, host):
    shutil.copytree("split/toys/audio", "mine/night")
    remote.put("mine", "/mine", recursive=True)
    host("a")
    options = ("--metrics", "fad_toy", "--mirror", MIRROR, "--json")
    at_uris = bench("score", "mine=memory://mine/night", "--reference", f"{SPLIT}/audio", "--out", OUT, *options)
    here = bench("score", "mine=mine/night", "--reference", "split/toys/audio", "--out", "r", *options)
    assert at_uris.code == here.code == 0, at_uris.err
    one, other = json.loads(at_uris.out), json.loads(here.out)
    assert [row | {"seconds": 0} for row in one] == [row | {"seconds": 0} for row in other]
    assert b"mine=memory://mine/night" in remote.cat_file("/runs/r/run.toml")
    wrong = bench("score", "mine=memory://mine/night/0.wav", *options)
    assert wrong.err == "bench: memory://mine/night/0.wav: is a file; give the folder that it lies in\n", wrong.err
    checked = bench("validate", "memory://mine/night", "--json")
    assert checked.code == 0 and len(json.loads(checked.out)["bad"]) == 0, checked.err


def test_features_are_shared_by_hosts(remote, bench, host, monkeypatch):
    heard: list[int] = []
    network = toy.Spectrum._one
    monkeypatch.setattr(toy.Spectrum, "_one", lambda self, clip: (heard.append(len(clip)), network(self, clip))[1])
    monkeypatch.setenv(shared.VARIABLE, "memory://pool")
    words = (*RUN, "--split", SPLIT, "--mirror", MIRROR)
    host("a")
    assert bench(*words, "--out", "one/r").code == 0
    first, files = len(heard), sorted(remote.find("/pool/features"))
    assert first and [Path(name).suffix for name in files] == [".index", ".pack"]
    host("b")
    assert bench(*words, "--out", "two/r").code == 0
    assert len(heard) == first and sorted(remote.find("/pool/features")) == files
    assert Path("one/r/scores.parquet").read_bytes() == Path("two/r/scores.parquet").read_bytes()
    assert bench(*words, "--seed", "1", "--out", "three/r").code == 0
    more = len(heard)
    assert first < more and len(remote.find("/pool/features")) == 4
    host("a")
    assert bench(*words, "--seed", "1", "--out", "four/r").code == 0
    assert len(heard) == more


def test_a_shared_pack_without_its_index_is_none(remote, host):
    store, key = FeatureStore(host("a") / "features"), "ab" * 32

    def put(at: FeatureStore) -> None:
        at.put("net", key, {"embedding": np.ones((2, 3), np.float32)})

    put(store)
    network = store.folder("net").name
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(shared.VARIABLE, "memory://pool")
        with shared.features([network], copies.silent):
            pass
        index = next(name for name in remote.find("/pool") if name.endswith(".index"))
        data = remote.cat_file(index)
        remote.rm_file(index)
        host("b")
        with shared.features([network], copies.silent):
            assert FeatureStore(cache_dir() / "features").get("net", key, "embedding") is None
        remote.pipe_file(index, data)
        with shared.features([network], copies.silent):
            assert FeatureStore(cache_dir() / "features").require("net", key, "embedding").shape == (2, 3)


def test_a_shared_pack_that_came_in_part_is_asked_for_again(remote, host, monkeypatch):
    store, key = FeatureStore(host("a") / "features"), "ab" * 32
    store.put("net", key, {"embedding": np.ones((2, 3), np.float32)})
    network = store.folder("net").name
    monkeypatch.setenv(shared.VARIABLE, "memory://pool")
    with shared.features([network], copies.silent):
        pass
    host("b")
    get = type(remote).get_file

    def half(self, path, target, **options):
        get(self, path, target, **options)
        Path(target).write_bytes(Path(target).read_bytes()[:40])

    with monkeypatch.context() as patch, pytest.raises(RemoteError, match=r"40 of \d+ bytes came"):
        patch.setattr(type(remote), "get_file", half)
        with shared.features([network], copies.silent):
            pass
    with shared.features([network], copies.silent):
        assert FeatureStore(cache_dir() / "features").require("net", key, "embedding").shape == (2, 3)


def test_texts_are_shared_by_hosts(remote, host, monkeypatch):
    monkeypatch.setenv(shared.VARIABLE, "memory://pool")
    host("a")
    with shared.kept_texts():
        TextStore("captioner", "v1").put({"k1": Text("a hill", 2.0)})
    host("b")
    with shared.kept_texts():
        assert TextStore("captioner", "v1").get(["k1"]) == [Text("a hill", 2.0)]
        TextStore("captioner", "v1").put({"k2": Text("a lake", 1.0)})
    assert len(remote.find("/pool/texts")) == 2
    host("a")
    with shared.kept_texts():
        assert TextStore("captioner", "v1").get(["k1", "k2"]) is not None
    assert len(remote.find("/pool/texts")) == 2, "what is shared is not shared again"


def test_what_cannot_be_shared_costs_a_remark(remote, host, monkeypatch, capsys):
    host("a")
    monkeypatch.setenv(shared.VARIABLE, "failing://pool")
    Failing.left = 0
    with shared.kept_texts():
        TextStore("captioner", "v1").put({"k1": Text("a hill", 2.0)})
    assert "not shared, the next run shares it: failing://pool" in capsys.readouterr().err
    monkeypatch.setenv(shared.VARIABLE, "/a/folder")
    with pytest.raises(BenchError, match="give a URI"), shared.kept_texts():
        pass


def test_the_cache_is_of_this_machine(bench, toy_world, monkeypatch):
    monkeypatch.setenv("SIGHTSOUND_CACHE", "s3://lab/cache")
    done = bench(*RUN)
    assert done.code == 2 and "SIGHTSOUND_SHARED takes a URI" in done.err and done.err.count("bench: ") == 1
    assert not Path("s3:").exists()


def test_features_from_python_of_files_at_uris(remote, host, monkeypatch):
    host("a")
    monkeypatch.setenv("SIGHTSOUND_MIRROR", MIRROR)
    there = sightsound.embed("spectrum", [f"{SPLIT}/audio/{number}.wav" for number in range(2)])
    here = sightsound.embed("spectrum", [f"split/toys/audio/{number}.wav" for number in range(2)])
    for one, other in zip(there, here, strict=True):
        np.testing.assert_array_equal(one["embedding"], other["embedding"])


def test_a_folder_of_a_disk_gets_whole_files_only(tmp_path):
    source, folder = tmp_path / "source", tmp_path / "share"
    source.write_bytes(b"1" * 1000)
    place = Place(f"file://{folder}/deep/er")
    place.put(source, "a/b.bin")
    source.write_bytes(b"2" * 1000)
    place.put(source, "a/b.bin")
    assert list(place.files()) == ["a/b.bin"] and place.read("a/b.bin") == b"2" * 1000
    assert place.create(".lock", b"x") and not place.create(".lock", b"y") and place.read(".lock") == b"x"
    synced = Synced(tmp_path / "copy/er", place)
    synced.pull(lambda name: name != ".lock", copies.silent)
    assert [path.name for path in (tmp_path / "copy/er").rglob("*.bin")] == ["b.bin"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(RemoteError, match="the network went away"):
        patch.setattr(type(place._fs), "mv", lambda *_: (_ for _ in ()).throw(OSError(5, "the network went away")))
        place.put(source, "a/c.bin")
    assert sorted(place.files()) == [".lock", "a/b.bin"]
    place.remove("a/b.bin")
    place.remove("a/b.bin")
    assert place.read("a/b.bin") is None
