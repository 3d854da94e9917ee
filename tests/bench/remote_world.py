"""What the tests of folders at URIs share: a toy split in fsspec's memory, hosts, a file system that fails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from sightsound.bench.core import registry
from sightsound.bench.remote import copies, lock
from sightsound.metrics.asset import Asset, AssetFile
from tests import toy

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu")
WEIGHTS = b"bands of the toy"
SPLIT, OUT, MIRROR = "memory://data/toys", "memory://runs/r", "memory://mirror"


class OfTests(MemoryFileSystem):
    """Another memory, under another protocol."""

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, str):
            path = path.replace(f"{cls.protocol}://", "memory://")
        return super()._strip_protocol(path)


class Failing(OfTests):
    """Memory whose `put_file` fails from a given one on, as a store whose network went away."""

    protocol = "failing"
    left: int | None = None
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def put_file(self, lpath: str, rpath: str, *args: Any, **kwargs: Any) -> None:
        if Failing.left is not None:
            Failing.left -= 1
            if Failing.left < 0:
                raise OSError(5, "the network went away")
        super().put_file(lpath, rpath, *args, **kwargs)


class Lying(OfTests):
    """Memory that lists a file outside the folder that is asked for."""

    protocol = "lying"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        found = super().find(path, *args, **kwargs)
        evil = f"{self._strip_protocol(path)}/../../evil"
        return found | {evil: {"name": evil, "size": 4, "type": "file"}}


for _class in (Failing, Lying):
    fsspec.register_implementation(_class.protocol, _class, clobber=True)


@pytest.fixture
def remote(toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryFileSystem]:
    """Memory with the toy split and a mirror of the toy network's weights; both also lie in `split/` and `mirror/`
    of the working folder."""
    monkeypatch.setattr(lock, "SETTLE_S", 0.0)
    monkeypatch.setattr(lock, "LOOK_S", 0.3)
    monkeypatch.setattr(copies, "_seen", set())
    monkeypatch.setattr(Failing, "left", None)
    files = (AssetFile("bands.txt", ("hf:toys/bands@main/bands.txt",), (hashlib.sha256(WEIGHTS).hexdigest(),)),)
    asset = Asset("toy_weights", files, "CC0-1.0", "made by the tests", len(WEIGHTS))
    registry.cards("asset")["toy_weights"] = asset
    registry.cards("network")["spectrum"] = replace(registry.extractor("spectrum"), assets=("toy_weights",))
    (toy_world / "split/toys").mkdir(parents=True)
    monkeypatch.setattr(toy, "EXAMPLES", 6)
    toy.build(toy_world / "split/toys", {})
    (toy_world / "mirror/toys/bands").mkdir(parents=True)
    (toy_world / "mirror/toys/bands/bands.txt").write_bytes(WEIGHTS)
    for kind in (MemoryFileSystem, Failing, Lying):
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]
    memory = fsspec.filesystem("memory")
    memory.put("split/toys", "/data/toys", recursive=True)
    memory.put("mirror", "/mirror", recursive=True)
    yield memory
    memory.store.clear()


@pytest.fixture
def host(toy_world: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """`host("b")`: from now on this process is another host: its cache is empty, and so is what it remembers."""

    def become(name: str) -> Path:
        cache = toy_world / f"cache-{name}"
        monkeypatch.setenv("SIGHTSOUND_CACHE", str(cache))
        copies._seen.clear()
        return cache

    return become


def back(memory: Any, uri: str = "/runs/r", to: str = "back") -> Path:
    """A run folder as it lies at its URI, brought here."""
    memory.get(uri, to, recursive=True)
    return Path(to)


def whole(folder: Path) -> bool:
    """Whether every output that a journal names is there and is the one that it names."""
    for journal in folder.rglob("outputs.jsonl"):
        for line in journal.read_bytes().splitlines():
            made = json.loads(line)
            path = journal.parent / (made["path"] or "")
            if made["path"] and made["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
                return False
    return True
