"""`--python`: a model whose class runs in another interpreter, in a process of its own."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line
from sightsound.bench.core.home import Post
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.elsewhere.channel import Channel, Told
from sightsound.bench.elsewhere.command import ASKED, fresh
from sightsound.bench.elsewhere.process import LOG

DTYPE = re.compile(r"[<>|][fiub]\d{1,2}")
LARGEST_BYTES = 8_000_000_000  # of an array; an hour of music in stereo, in float32, has 1.3 billion


@dataclass(frozen=True)
class Interpreter:
    """The home of a system whose class runs in another interpreter."""

    python: str
    """Its path, absolute."""
    code: str
    """sha256 of the model's sources as it finds them."""
    versions: Mapping[str, str]
    takes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Entry -> names of the options that it takes, of those entries that were asked."""
    streams: bool = False

    def options(self, entry: str) -> Sequence[str] | None:
        """Names of the options that an entry takes; None where that is not known."""
        return self.takes.get(entry)

    def model(self, post: Post, device: str, weights: Mapping[str, Path], options: Mapping[str, str]) -> Remote:
        """The model, built over there."""
        return Remote(self.python, post, device, weights, options)


class Remote:
    """A model in another process. When that has died, or was stopped because it took too long, another one is
    started and the model is built anew."""

    def __init__(
        self, python: str, post: Post, device: str, weights: Mapping[str, Path], options: Mapping[str, str]
    ) -> None:
        self.python, self.post = python, post
        folders = {name: str(folder) for name, folder in weights.items()}
        self._how = {"do": "build", "entry": post.entry, "device": device, "weights": folders} | {
            "options": dict(options)
        }
        self.asked = fresh(post.folder / ASKED)
        self._channel: Channel | None = self._built()

    def _built(self) -> Channel:
        channel = Channel(self.python, self.post.folder / LOG)
        try:
            channel.tell(self._how)
            channel.hear()
        except BaseException:
            channel.close()
            raise
        return channel

    def generate(self, examples: Sequence[Example], seed: int) -> list[Generated]:
        """One answer an example. What the model raises is raised; GoneError where its process died, TimeoutError
        where it took too long."""
        if self._channel is None:
            self._channel = self._built()
        folder = Path(tempfile.mkdtemp(prefix="call-", dir=self.asked))
        try:
            return self._answers(self._channel, examples, seed, folder)
        except BaseException as error:
            if not isinstance(error, Told):
                self._channel.close()
                self._channel = None
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # what is left of it goes before the next run

    def _answers(self, channel: Channel, examples: Sequence[Example], seed: int, folder: Path) -> list[Generated]:
        limit_s = self.post.timeout_s * len(examples)
        until = time.monotonic() + limit_s if limit_s else None
        given = [_fields(example) for example in examples]
        channel.tell({"do": "generate", "examples": given, "seed": seed, "folder": str(folder)}, limit_s)
        answers = []
        while "end" not in (message := channel.hear(until, limit_s)):
            if "odd" in message:
                raise ValueError(f"{self.post.label} yielded a {one_line(message['odd'])}, not a Generated")
            answers.append(unpacked(message, folder))
        return answers


def _fields(example: Example) -> dict[str, str]:
    """What an example holds, paths as texts."""
    found = {each.name: getattr(example, each.name) for each in fields(example)}
    return {name: str(value) for name, value in found.items() if value is not None}


def unpacked(message: Mapping[str, Any], folder: Path) -> Generated:
    """The Generated that a message is. BenchError for an array that is not there as the message says."""
    name = str(message.get("id"))
    notes = message.get("notes")
    given: dict[str, Any] = {
        "notes": {str(key): str(text) for key, text in notes.items()} if isinstance(notes, dict) else {},
        "rate_hz": message.get("rate_hz", 0),
    }
    if message.get("error") is not None:
        return Generated(name, error=str(message["error"]), **given)
    for kind in ("audio", "image"):
        if isinstance(message.get(kind), dict):
            given[kind] = _array(message[kind], folder)
    if isinstance(message.get("path"), str):
        given["path"] = Path(message["path"])
    if isinstance(message.get("text"), str):
        given["text"] = message["text"]
    return Generated(name, **given)


def _array(told: Mapping[str, Any], folder: Path) -> NDArray[Any]:
    """The array of a file, which is removed."""
    name, dtype, shape = str(told.get("file")), str(told.get("dtype")), told.get("shape")
    whole = isinstance(shape, list) and all(isinstance(size, int) and size >= 0 for size in shape)
    path = folder / name
    if not (re.fullmatch(r"\d+\.(audio|image)", name) and DTYPE.fullmatch(dtype) and whole) or path.is_symlink():
        raise BenchError("its process sent what is no array")
    assert isinstance(shape, list)
    try:
        kind = np.dtype(dtype)
    except TypeError as error:
        raise BenchError(f"its process sent an array of {dtype}, which is not known here") from error
    length = int(np.prod(shape, dtype=object)) * kind.itemsize
    if length > LARGEST_BYTES or not path.is_file() or path.stat().st_size != length:
        raise BenchError(f"its process sent an array of {length:,} bytes that is not there or too long")
    array = np.fromfile(path, dtype=kind).reshape(shape)
    path.unlink()
    return array
