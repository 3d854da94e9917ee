"""Read the constant tensors of a TensorFlow Lite file and the operators that use them, without its runtime.

The file is a FlatBuffer: tables of fields found through an offset table, all little-endian. Field numbers are
those of tensorflow/compiler/mlir/lite/schema/schema.fbs; the layout is flatbuffers.dev/internals.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONV_2D, DEPTHWISE_CONV_2D, DEQUANTIZE, FULLY_CONNECTED = 3, 4, 6, 9  # schema.fbs, BuiltinOperator
_DTYPES = {0: "<f4", 1: "<f2", 2: "<i4", 3: "u1", 4: "<i8", 9: "i1"}  # schema.fbs, TensorType
# what following offsets of a damaged file ends in
_DAMAGED = (struct.error, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, MemoryError)


@dataclass(frozen=True)
class Operator:
    """One step of the graph."""

    code: int
    """BuiltinOperator of schema.fbs."""
    inputs: tuple[int, ...]
    """Numbers of the tensors read; -1 for an optional one that is absent."""
    outputs: tuple[int, ...]
    """Numbers of the tensors written."""


class TfliteFile:
    """The first graph of a file. ValueError if the file is not TensorFlow Lite or is cut short."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._raw = path.read_bytes()
        except OSError as problem:
            raise ValueError(f"{path} is missing or can't be read: fetch it again") from problem
        if self._raw[4:8] != b"TFL3":
            raise ValueError(f"{path} is not a TensorFlow Lite file: fetch it again")
        try:
            self._read()
        except _DAMAGED as problem:
            raise ValueError(f"{path} can't be read as TensorFlow Lite ({problem}): fetch it again") from problem

    def _read(self) -> None:
        model = _Table(self._raw, struct.unpack_from("<I", self._raw)[0])
        codes = [max(code.number("<b", 0), code.number("<i", 3)) for code in model.tables(1)]
        graph = model.tables(2)[0]
        self._buffers = model.tables(4)
        self._tensors = graph.tables(0)
        self.operators = [
            Operator(
                codes[step.number("<I", 0)],
                tuple(step.array("<i4", 1).tolist()),
                tuple(step.array("<i4", 2).tolist()),
            )
            for step in graph.tables(3)
        ]
        """Steps in the order in which they run."""
        self._source = {step.outputs[0]: step.inputs[0] for step in self.operators if step.code == DEQUANTIZE}

    def constant(self, number: int) -> NDArray[np.float32]:
        """Values of a constant tensor, dequantised to float32 as scale * (q - zero point).

        Follows a DEQUANTIZE step back to its input. ValueError if the tensor is not a constant of a known type.
        """
        try:
            return self._constant(self._tensors[self._source.get(number, number)])
        except _DAMAGED as problem:
            raise ValueError(f"{self._path}: tensor {number} can't be read ({problem})") from problem

    def _constant(self, tensor: _Table) -> NDArray[np.float32]:
        shape = tensor.array("<i4", 0)
        raw = self._buffers[tensor.number("<I", 2)].array("u1", 0)
        values = raw.view(_DTYPES[tensor.number("<b", 1)]).reshape(shape).astype(np.float32)
        quantisation = tensor.table(4)
        if quantisation is None or not (scale := quantisation.array("<f4", 2)).size:
            return values
        zero = quantisation.array("<i8", 3)
        along = [1] * values.ndim
        along[quantisation.number("<i", 6) if scale.size > 1 else 0] = scale.size  # one for all, or one a channel
        return (values - zero.astype(np.float32).reshape(along)) * scale.reshape(along)


class _Table:
    """A FlatBuffer table at a place in the file; a field that is absent is 0 or empty."""

    def __init__(self, raw: bytes, at: int) -> None:
        self._raw = raw
        self._at = at
        self._offsets = at - struct.unpack_from("<i", raw, at)[0]
        self._end = self._offsets + struct.unpack_from("<H", raw, self._offsets)[0]

    def _place(self, field: int) -> int | None:
        slot = self._offsets + 4 + 2 * field
        offset = struct.unpack_from("<H", self._raw, slot)[0] if slot < self._end else 0
        return self._at + offset if offset else None

    def _follow(self, at: int) -> int:
        return int(at + struct.unpack_from("<I", self._raw, at)[0])

    def number(self, kind: str, field: int) -> int:
        """A whole number; `kind` as struct spells it."""
        at = self._place(field)
        return 0 if at is None else int(struct.unpack_from(kind, self._raw, at)[0])

    def array(self, dtype: str, field: int) -> NDArray[Any]:
        """A vector of numbers, a view of the file."""
        at = self._place(field)
        if at is None:
            return np.empty(0, dtype)
        start = self._follow(at)
        return np.frombuffer(self._raw, dtype, struct.unpack_from("<I", self._raw, start)[0], start + 4)

    def table(self, field: int) -> _Table | None:
        """The table that a field points to."""
        at = self._place(field)
        return None if at is None else _Table(self._raw, self._follow(at))

    def tables(self, field: int) -> list[_Table]:
        """A vector of tables."""
        at = self._place(field)
        if at is None:
            return []
        start = self._follow(at)
        count = struct.unpack_from("<I", self._raw, start)[0]
        if 4 * count > len(self._raw):
            raise ValueError(f"{count} tables in {len(self._raw)} bytes")
        return [_Table(self._raw, self._follow(start + 4 + 4 * i)) for i in range(count)]
