"""What a model gives is made plain in its worker, so that every engine writes the same of it."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from sightsound.bench.engines import seat
from sightsound.bench.stages.ask import Asker
from sightsound.bench.stages.asking import Asking
from sightsound.bench.stages.plain import plain

CARD = ModelCard("odd", ("image2music",), {"": Variant("-", "-")}, "-", "-")
SYSTEM = registry.System(CARD, "", CARD.variants[""])


class Noted:
    def __reduce__(self) -> str:
        raise TypeError("cannot be sent")

    def __str__(self) -> str:
        return "a note"


class Odd:
    """Gives a clip whose note is no text, and for the second example what is no clip."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        yield Generated(examples[0].id, np.zeros(9), 8, notes={"by": Noted()})  # type: ignore[dict-item]
        yield Generated(examples[1].id, threading.Lock(), 8)  # type: ignore[arg-type]


def test_whatever_a_model_gives_can_be_sent_to_the_driver() -> None:
    work = Asking(SYSTEM, Odd, 0, 0.0, gauged=False, withheld=()).load("cpu", lambda told: None)
    begun = work.begin([Example("a", "g"), Example("b", "g")])
    first, second = pickle.loads(pickle.dumps(work.work(begun, lambda told: None))).made
    assert first.audio.shape == (9,) and first.notes == {"by": "a note"}
    assert second.audio is None and second.error == "lock holds objects; give an array of numbers"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"audio": torch.ones(2, dtype=torch.bfloat16, requires_grad=True), "rate_hz": np.int64(8)}, (2,)),
        ({"audio": (step for step in range(3)), "rate_hz": 8}, "generator holds objects"),
        ({"audio": np.zeros(2), "rate_hz": "8"}, "a sampling rate of 8 Hz"),
        ({"text": 3}, "a text is a string, this is int"),
        ({"path": "there.wav"}, Path.cwd() / "there.wav"),
        ({"path": 3}, "TypeError"),
        ({"notes": 3}, "AttributeError"),
        ({"error": ValueError("why\nso")}, "why so"),
    ],
)
def test_what_becomes_of_odd_answers(given: Any, told: Any) -> None:
    made = plain(Generated("a", **given))
    if isinstance(told, str):
        assert made.error is not None and told in made.error and made.audio is None
    else:
        assert made.error is None
        assert told in (made.path, None if made.audio is None else made.audio.shape)


class Panic(BaseException):
    """As a library in Rust raises it."""


@pytest.mark.parametrize("error", [Panic("it broke"), asyncio.CancelledError("it broke")])
def test_an_error_of_any_kind_costs_its_example(error: BaseException) -> None:
    class Raising:
        def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
            raise error

    (made,) = Asker(Raising(), SYSTEM, "cpu").ask([Example("a", "g")], 0)
    assert made.error == f"{type(error).__name__}: it broke"


def test_who_stops_a_worker_is_no_error_of_its_work() -> None:
    class Stopped:
        def load(self, device: str, tell: Any) -> Any:
            raise KeyboardInterrupt

    said: list[seat.Message] = []
    with pytest.raises(KeyboardInterrupt):
        seat.Seat(said.append).load(1, Stopped(), "cpu")  # type: ignore[arg-type]
    assert not said
