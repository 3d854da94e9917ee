"""Read the tensors of a TensorFlow 1 checkpoint (`.index` and `.data-00000-of-00001`) without TensorFlow.

The index is a LevelDB table: blocks of sorted, prefix-compressed keys, found through a footer. Each value is a
`BundleEntryProto` that says where the tensor's raw bytes lie in the data file. Nothing is unpickled.
Sources: leveldb doc/table_format.md; tensorflow/core/protobuf/tensor_bundle.proto; RFC 3720 for CRC-32C.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48  # bytes: two block handles, padding, the magic number
_VARINT_BITS = 63  # of the longest number
_BLOCK_TRAILER = 5  # bytes after a block: one for the compression, four for the checksum
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}  # tensorflow/core/framework/types.proto


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies."""

    dtype: str
    """NumPy's name of the type, little-endian."""
    shape: tuple[int, ...]
    """Its dimensions."""
    offset: int
    """First byte in the data file."""
    size: int
    """Bytes."""
    crc: int
    """Masked CRC-32C of those bytes."""


def read_index(path: Path) -> dict[str, Entry]:
    """The tensors named in an index file. ValueError if it is not one, is damaged, or needs a feature not here."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise ValueError(f"{path} is missing or can't be read: fetch it again") from problem
    if len(raw) < _FOOTER or int.from_bytes(raw[-8:], "little") != _MAGIC:
        raise ValueError(f"{path} is not a TensorFlow checkpoint index: fetch it again")
    try:
        _, at = _handle(raw, len(raw) - _FOOTER)  # the meta-index, empty in a checkpoint
        top, _ = _handle(raw, at)
        entries = {}
        for _, value in _block(raw, *top):
            for key, entry in _block(raw, *_handle(value, 0)[0]):
                if key:  # the empty key holds the header
                    entries[key.decode()] = _entry(entry)
    except (ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as problem:
        raise ValueError(f"{path} can't be read as a TensorFlow checkpoint index ({problem})") from problem
    return entries


def read_tensor(path: Path, entry: Entry) -> NDArray[np.generic]:
    """One tensor out of the data file. ValueError if the file is too short or the checksum differs."""
    dtype = np.dtype(entry.dtype)
    try:
        with path.open("rb") as file:
            whole = os.fstat(file.fileno()).st_size
            file.seek(min(entry.offset, whole))
            raw = file.read(min(entry.size, whole))
    except OSError as problem:
        raise ValueError(f"{path} is missing or can't be read: fetch it again") from problem
    if len(raw) != entry.size or entry.size != math.prod(entry.shape) * dtype.itemsize:
        raise ValueError(f"{path} is shorter than its index says: fetch it again")
    if mask(crc32c(raw)) != entry.crc:
        raise ValueError(f"{path} is damaged (checksum of the tensor at byte {entry.offset}): fetch it again")
    return np.frombuffer(raw, dtype).reshape(entry.shape)


def crc32c(raw: bytes) -> int:
    """CRC-32C (Castagnoli), as in RFC 3720: `crc32c(b"123456789") == 0xE3069283`."""
    crc, table = 0xFFFFFFFF, _CRC_TABLE
    for byte in raw:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def mask(crc: int) -> int:
    """How LevelDB stores a checksum: rotated right by 15 bits, plus a constant."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _crc_table() -> list[int]:
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_CRC_TABLE = _crc_table()


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, seven bits a byte, and the place after it."""
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if shift > _VARINT_BITS:
            raise ValueError("a number without an end")
        if byte < 0x80:
            return value, at
        shift += 7


def _handle(raw: bytes, at: int) -> tuple[tuple[int, int], int]:
    """A block's offset and size, and the place after the handle."""
    offset, at = _varint(raw, at)
    size, at = _varint(raw, at)
    return (offset, size), at


def _block(raw: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block. A key repeats the first bytes of the key before it."""
    end = offset + size
    compression = raw[end]
    if compression:
        raise ValueError(f"block compression {compression} is not supported")
    if mask(crc32c(raw[offset : end + 1])) != int.from_bytes(raw[end + 1 : end + _BLOCK_TRAILER], "little"):
        raise ValueError(f"checksum of the block at byte {offset}")
    restarts = int.from_bytes(raw[end - 4 : end], "little")
    end -= 4 * (restarts + 1)
    key = b""
    while offset < end:
        shared, offset = _varint(raw, offset)
        fresh, offset = _varint(raw, offset)
        length, offset = _varint(raw, offset)
        key = key[:shared] + raw[offset : offset + fresh]
        offset += fresh
        yield key, raw[offset : offset + length]
        offset += length


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a protocol buffer message."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(raw, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = _varint(raw, at)
            yield tag >> 3, raw[at : at + length]
            at += length
        elif kind == 5:
            yield tag >> 3, int.from_bytes(raw[at : at + 4], "little")
            at += 4
        else:
            raise ValueError(f"protocol buffer wire type {kind} is not supported")


def _entry(raw: bytes) -> Entry:
    """A BundleEntryProto: 1 dtype, 2 shape, 3 shard, 4 offset, 5 size, 6 checksum, 7 slices; zeros left out."""
    numbers = {1: 0, 3: 0, 4: 0, 5: 0, 6: 0}
    shape: tuple[int, ...] = ()
    for number, value in _fields(raw):
        if isinstance(value, int):
            numbers[number] = value
        elif number == 2:  # TensorShapeProto: a `dim` each, whose field 1 is the size
            shape = tuple(dict(_fields(dim)).get(1, 0) for _, dim in _fields(value))  # type: ignore[arg-type,misc]
        elif number == 7:
            raise ValueError("partitioned tensors are not supported")
    if numbers[3]:
        raise ValueError("checkpoints in several data files are not supported")
    return Entry(_DTYPES[numbers[1]], shape, numbers[4], numbers[5], numbers[6])
