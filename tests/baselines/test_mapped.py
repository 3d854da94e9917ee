"""Reading a safetensors file a tensor at a time, and making one from a training checkpoint."""

from __future__ import annotations

import argparse

import pytest
import torch
from safetensors.torch import load_file, save_file

from sightsound.baselines.parts.mapped import MappedFile
from sightsound.metrics.networks.common import checkpoint

STATE = {
    "b": torch.randn(3, 5).half(),
    "a": torch.randn(7),
    "c": torch.arange(6).reshape(2, 3),
    "d": torch.randn(4, 4).bfloat16(),
    "e": torch.tensor(2.5),
    "f": torch.zeros(0, 3),
    "g": torch.tensor([True, False, True]),
}


def same(found, wanted):
    assert found.dtype == wanted.dtype and found.shape == wanted.shape and torch.equal(found, wanted)


def test_every_dtype_is_read(tmp_path):
    save_file(STATE, tmp_path / "a.safetensors")
    file = MappedFile(tmp_path / "a.safetensors")
    assert set(file) == set(STATE) and "a" in file and "z" not in file
    for _ in range(2):  # pages that were let go come back
        for name, value in STATE.items():
            assert file.shapes[name] == value.shape and file.dtypes[name] == value.dtype
            same(file.take(name), value)
    same(file.take("b", dtype=torch.float32), STATE["b"].float())
    file.take("a").zero_()
    same(file.take("a"), STATE["a"])


@pytest.mark.parametrize(
    "content", [b"", b"\x05", b"\xff" * 40, b"\x02" + bytes(7) + b"[]", b"\x02" + bytes(7) + b"{}x"]
)
def test_another_file_is_told(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.safetensors") as raised:
        MappedFile(path)
    assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="missing"):
        MappedFile(tmp_path / "none.safetensors")


def test_a_training_checkpoint_is_converted(tmp_path, monkeypatch):
    """With its optimizer, its command line and torch's names of a wrapped module, in runs of a few bytes."""
    monkeypatch.setattr(checkpoint, "_AT_ONCE", 64)
    model = {f"module.{name}": value for name, value in STATE.items()} | {"module.h": torch.randn(6, 4).T}
    whole = {
        "model": model,
        "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}},
        "args": argparse.Namespace(lr=1e-4, output_dir="x"),
        "epoch": 2,
    }
    torch.save(whole, tmp_path / "checkpoint.pth")
    assert checkpoint.to_safetensors(tmp_path / "checkpoint.pth", tmp_path / "out.safetensors") == 8
    found = load_file(tmp_path / "out.safetensors")
    assert set(found) == {name.removeprefix("module.") for name in model}
    for name, value in model.items():
        same(found[name.removeprefix("module.")], value)
    again = MappedFile(tmp_path / "out.safetensors")
    same(again.take("h"), model["module.h"])


def test_a_dtype_that_has_no_name_is_told(tmp_path):
    torch.save({"model": {"a": torch.zeros(2, dtype=torch.complex64)}}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a\.pth has tensors of torch\.complex64"):
        checkpoint.to_safetensors(tmp_path / "a.pth", tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()
