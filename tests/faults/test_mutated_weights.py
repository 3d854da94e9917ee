"""Damaged weights: every one is read or refused with a ValueError that names the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from safetensors.torch import save

from sightsound.metrics.networks.common import tf_checkpoint
from sightsound.metrics.networks.common.checkpoint import read_pickle, read_safetensors
from sightsound.metrics.networks.common.tf_checkpoint import crc32c, mask, read_index, read_tensor
from sightsound.metrics.networks.common.tflite import DEQUANTIZE, FULLY_CONNECTED, TfliteFile
from tests.faults.mutations import damaged
from tests.metrics.test_yamnet import tflite

ODD = Path(__file__).with_name("odd")
FUZZ = settings(max_examples=200, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def refused_or_read(path: Path, bad: bytes, read: object) -> None:
    path.write_bytes(bad)
    try:
        read(path)  # type: ignore[operator]
    except ValueError as error:
        assert str(path) in str(error)


def test_damaged_checkpoints(tmp_path: Path) -> None:
    torch.save({"a": torch.arange(6.0), "b.c": torch.ones(2, 3)}, tmp_path / "good.pt")
    raw = (tmp_path / "good.pt").read_bytes()
    assert read_pickle(tmp_path / "good.pt")["a"].tolist() == [0, 1, 2, 3, 4, 5]

    @FUZZ
    @given(damaged(raw))
    def check(bad: bytes) -> None:
        refused_or_read(tmp_path / "bad.pt", bad, read_pickle)

    check()


def test_damaged_safetensors(tmp_path: Path) -> None:
    @FUZZ
    @given(damaged(save({"a": torch.arange(6.0), "b.c": torch.ones(2, 3)})))
    def check(bad: bytes) -> None:
        refused_or_read(tmp_path / "bad.safetensors", bad, read_safetensors)

    check()


def test_a_checkpoint_that_once_ended_the_reader() -> None:
    with pytest.raises(ValueError, match=r"list\.pt is missing, damaged or holds more than tensors"):
        read_pickle(ODD / "list.pt")


def test_damaged_tflite(tmp_path: Path) -> None:
    numbers = np.array([[1, -2], [3, 4]], np.int8)
    raw = tflite(
        [(numbers, [0.5], [1], 0), (numbers, [0.5, 2.0], [0, 1], 1), (numbers.astype(np.float32), None, None, 0)],
        [(DEQUANTIZE, [0], [3]), (FULLY_CONNECTED, [-1, 3, 2], [4])],
    )

    def read(path: Path) -> None:
        file = TfliteFile(path)
        for number in range(4):
            file.constant(number)

    @FUZZ
    @given(damaged(raw))
    def check(bad: bytes) -> None:
        refused_or_read(tmp_path / "bad.tflite", bad, read)

    check()


def sealed(block: bytes) -> bytes:
    """A block of an index with its compression byte and its checksum, which hold whatever is in it."""
    whole = block + b"\0"
    return whole + mask(crc32c(whole)).to_bytes(4, "little")


def record(key: bytes, value: bytes) -> bytes:
    return bytes([0, len(key), len(value)]) + key + value


def index(entries: bytes) -> bytes:
    """An index file of one data block, whose checksums are right."""
    restarts = bytes(4) + (1).to_bytes(4, "little")
    data = sealed(entries + restarts)
    meta = sealed(restarts)
    size = len(entries + restarts)
    handle = bytes([0, size & 0x7F | 0x80, size >> 7])
    top = sealed(record(b"z", handle) + restarts)
    at = len(data)
    places = bytes([at & 0x7F | 0x80, at >> 7, 8])  # of the meta-index
    at += len(meta)
    places += bytes([at & 0x7F | 0x80, at >> 7, len(top) - 5])
    return data + meta + top + places.ljust(40, b"\0") + tf_checkpoint._MAGIC.to_bytes(8, "little")


def test_damaged_tensorflow_checkpoints(tmp_path: Path) -> None:
    """The index is damaged before its checksums are made, or they would find everything."""
    content = np.arange(6, dtype="<f4").tobytes()
    (tmp_path / "data").write_bytes(content)
    shape = b"\x12\x08\x12\x02\x08\x02\x12\x02\x08\x03"  # field 2: two `dim`, of 2 and of 3
    checksum = b"\x35" + mask(crc32c(content)).to_bytes(4, "little")
    good = record(b"", b"\x08\x01") + record(b"w", b"\x08\x01" + shape + b"\x28\x18" + checksum)
    (tmp_path / "good").write_bytes(index(good))
    assert read_tensor(tmp_path / "data", read_index(tmp_path / "good")["w"]).tolist() == [[0, 1, 2], [3, 4, 5]]

    def read(path: Path) -> None:
        for entry in read_index(path).values():
            try:
                read_tensor(tmp_path / "data", entry)
            except ValueError as error:
                assert str(tmp_path / "data") in str(error)

    @FUZZ
    @given(damaged(good))
    def check(bad: bytes) -> None:
        refused_or_read(tmp_path / "bad", index(bad), read)

    check()


@pytest.mark.parametrize("read", [read_pickle, read_safetensors, read_index, TfliteFile])
def test_a_file_that_is_not_there(read: object, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing"):
        read(tmp_path / "none")  # type: ignore[operator]
