"""The answers of the models that a builder asks, saved batch by batch, so that a killed build can resume.

A line of answers.jsonl is a whole batch, written at once; a line that a kill cut off is dropped. Batches are
fixed by the order of the items, so the file, and all that is made of it, ends with the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report, chunks

NAME = "answers.jsonl"
BATCH = 8  # items a call of a model


class Failure(str):
    """Why an item has no answer, on one line."""


Ask = Callable[[Sequence[str]], Sequence[object]]
"""Item names -> an answer for each, or the exception that says why there is none."""


class Ledger:
    """The answers in a product's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._have: dict[tuple[str, int], tuple[list[str], list[str]]] = {}
        text = self.path.read_bytes() if self.path.is_file() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):  # a kill cut the last line off
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        for line in whole.splitlines():
            try:
                record = json.loads(line)
                answers = [
                    Failure(one["error"]) if "error" in one else str(one["text"]) for one in record["answers"]
                ]
                self._have[record["stage"], record["batch"]] = (record["names"], answers)
            except (ValueError, KeyError, TypeError) as error:
                raise BenchError(f"{self.path}: a line is no batch of answers; remove the folder") from error

    def answers(self, stage: str, names: Sequence[str], ask: Ask, report: Report) -> dict[str, str]:
        """The answer of each item, or its Failure; saved answers are not asked for again. Where a batch raises
        ValueError its items are asked one by one; any other exception ends the build.
        """
        found: dict[str, str] = {}
        report(stage, 0, len(names))
        for number, batch in enumerate(chunks(names, BATCH)):
            kept_names, kept = self._have.get((stage, number), ([], []))
            if kept_names != list(batch):
                kept = _asked(ask, batch)
                self._keep(stage, number, batch, kept)
            found.update(zip(batch, kept, strict=True))
            report(stage, len(found), len(names))
        return found

    def _keep(self, stage: str, number: int, batch: Sequence[str], answers: Sequence[str]) -> None:
        said: list[Mapping[str, str]] = [
            {"error": one} if isinstance(one, Failure) else {"text": one} for one in answers
        ]
        record = {"stage": stage, "batch": number, "names": list(batch), "answers": said}
        with self.path.open("ab") as file:
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _asked(ask: Ask, batch: Sequence[str]) -> list[str]:
    try:
        return [_plain(one) for one in ask(batch)]
    except ValueError as error:
        if len(batch) == 1:
            return [_plain(error)]
        return [answer for name in batch for answer in _asked(ask, [name])]


def _plain(answer: object) -> str:
    """An answer on one line; Failure for an exception and for an empty answer."""
    text = " ".join(str(answer).split())
    if isinstance(answer, Exception):
        return Failure(text or type(answer).__name__)
    return text or Failure("the model gave an empty answer")
