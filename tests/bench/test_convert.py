"""Conversion in a process of its own: no network, no code of a pickle, nothing half done taken for whole."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.networks.common import pickles

PICKLES = "sightsound.metrics.networks.common.pickles:convert"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def add(monkeypatch: pytest.MonkeyPatch, convert: str, *paths: Path) -> None:
    """An asset of these files, each with its digest."""
    files = tuple(
        AssetFile(path.name, (f"file:{path}",), (hashlib.sha256(path.read_bytes()).hexdigest(),)) for path in paths
    )
    monkeypatch.setitem(
        registry.cards("asset"), "thing", Asset("thing", files, "CC0-1.0", "of the test", 1000, convert)
    )


def written(world: Path, name: str, code: str) -> str:
    """A converter's module."""
    (world / f"{name}.py").write_text(f"import os, signal, socket\nfrom pathlib import Path\n{code}")
    return f"{name}:convert"


def whole(world: Path) -> list[str]:
    return sorted(p.name for p in (world / "cache/converted").rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("does", "event"),
    [
        ("socket.create_connection(('127.0.0.1', 9), 1)", "socket.getaddrinfo"),
        ("socket.socket().connect(('127.0.0.1', 9))", "socket.connect"),
        ("os.system('true')", "os.system"),
        ("__import__('subprocess').run(['true'])", "subprocess.Popen"),
    ],
)
def test_a_converter_has_no_network_and_starts_nothing(
    world: Path, monkeypatch: pytest.MonkeyPatch, does: str, event: str
) -> None:
    (world / "w.txt").write_text("w")
    entry = written(world, f"asks_{event.replace('.', '_')}", f"def convert(source, target):\n    {does}\n")
    add(monkeypatch, entry, world / "w.txt")
    with pytest.raises(assets.AssetError) as error:
        assets.fetch("thing")
    assert f"a conversion asked for {event}; it has no network" in str(error.value)
    assert "\n" not in str(error.value) and whole(world) == [] and assets.locate("thing") is None


KILLED_ONCE = """
def convert(source, target):
    (target / "tries.txt").open("a").write("x")
    if not (target / "first.txt").exists():
        (target / "first.txt").write_text("done before the kill")
        os.kill(os.getpid(), signal.SIGKILL)
    (target / "second.txt").write_text("done after it")
"""


def test_a_killed_conversion_is_gone_on_with(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (world / "w.txt").write_text("w")
    add(monkeypatch, written(world, "killed_once", KILLED_ONCE), world / "w.txt")
    with pytest.raises(assets.AssetError, match=r"it was ended by SIGKILL; run it again to go on"):
        assets.fetch("thing")
    assert assets.locate("thing") is None, "half of it is not taken for whole"
    folder = assets.fetch("thing")
    assert (folder / "tries.txt").read_text() == "xx"
    assert {p.name for p in folder.iterdir()} == {"tries.txt", "first.txt", "second.txt", ".digests.json"}
    assert assets.verify("thing") == [] and assets.locate("thing") == folder
    (folder / "second.txt").write_text("changed")
    assert "is changed since it was converted" in assets.verify("thing")[0]


class Evil:
    """Would make a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_holds_code_is_refused(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"a": Evil(world / "ran")}, world / "pytorch_model.bin")
    add(monkeypatch, PICKLES, world / "pytorch_model.bin")
    with pytest.raises(assets.AssetError, match="holds more than tensors") as error:
        assets.fetch("thing")
    assert not (world / "ran").exists() and "\n" not in str(error.value) and whole(world) == []


def test_pickles_in_several_files_become_safetensors(tmp_path: Path) -> None:
    """With the names that transformers looks for, an index that fits them, and every other file as it was."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    states = {f"pytorch_model-0000{n}-of-00002.bin": {f"w{n}": torch.full((2, 3), float(n))} for n in (1, 2)}
    for name, state in states.items():
        torch.save(state, source / name)
    index = {"metadata": {"total_size": 48}, "weight_map": {f"w{n}": list(states)[n - 1] for n in (1, 2)}}
    (source / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    (source / "config.json").write_text("{}")
    pickles.convert(source, target)
    assert sorted(p.name for p in target.iterdir()) == [
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    ]
    named = json.loads((target / "model.safetensors.index.json").read_text())["weight_map"]
    for tensor, shard in named.items():
        assert torch.equal(load_file(target / shard)[tensor], torch.full((2, 3), float(tensor[1:])))
    before = {p.name: p.stat().st_mtime_ns for p in target.iterdir()}
    (target / "model-00002-of-00002.safetensors").unlink()
    (target / ".model-00002-of-00002.safetensors.part").write_bytes(b"half")
    pickles.convert(source, target)
    assert {p.name for p in target.iterdir()} == before.keys()
    kept = before.keys() - {"model-00002-of-00002.safetensors"}
    assert all((target / name).stat().st_mtime_ns == before[name] for name in kept)


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("sub/pytorch_model.bin", "sub/model.safetensors"),
        ("pytorch_model.bin.index.json", "model.safetensors.index.json"),
        ("unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.safetensors"),
        ("checkpoint.pth", "checkpoint.safetensors"),
        ("tokenizer.json", "tokenizer.json"),
    ],
)
def test_what_a_converted_file_is_called(name: str, becomes: str) -> None:
    assert pickles.safe_name(name) == becomes
