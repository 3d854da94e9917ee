"""What a model is shown, and what becomes of a batch that it can't do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from sightsound.bench.stages.ask import Asker
from sightsound.bench.stages.generate import generate, shown
from sightsound.bench.stages.outputs import truncated
from sightsound.bench.stages.request import Request

CARD = ModelCard("greedy", ("lyrics2prompt",), {"": Variant("-", "-", memory_gb=3.5)}, "-", "-")
SYSTEM = registry.System(CARD, "", CARD.variants[""])
TASK = registry.task("lyrics2prompt")


class Greedy:
    """Fits `fits` examples; remembers what it was asked."""

    def __init__(self, fits: int) -> None:
        self.fits = fits
        self.sizes: list[int] = []
        self.seen: list[Example] = []

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        self.sizes.append(len(examples))
        for number, example in enumerate(examples):
            if number == self.fits:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
            self.seen.append(example)
            yield Generated(example.id, text=example.id)


def examples(count: int) -> list[Example]:
    return [Example(f"e{number}", "g", lyrics="la", reference_text="the answer") for number in range(count)]


def test_a_batch_that_does_not_fit_is_halved_once_for_all() -> None:
    model = Greedy(fits=3)
    asker = Asker(model, SYSTEM, "cpu")
    for _ in range(2):
        assert [answer.text for answer in asker.ask(examples(8), 0)] == [f"e{number}" for number in range(8)]
    assert asker.at_most == 2
    assert model.sizes == [8, 4, 2, 2, 2, 2, 2, 2, 2, 2]


def test_one_example_that_does_not_fit_ends_the_run_in_a_line() -> None:
    with pytest.raises(BenchError, match=r"greedy: needs about 3\.5 GB, cpu has \d+\.\d GB"):
        Asker(Greedy(fits=0), SYSTEM, "cpu").ask(examples(2), 0)


def test_another_runtime_error_is_not_taken_for_too_little_memory() -> None:
    class Broken:
        def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
            raise RuntimeError("a fault of the model's own")

    answers = Asker(Broken(), SYSTEM, "cpu").ask(examples(2), 0)
    assert [answer.error for answer in answers] == ["RuntimeError: a fault of the model's own"] * 2


def test_a_copy_that_a_model_forks_does_not_go_on_with_the_run() -> None:
    ended: list[int] = []

    class Forks:
        def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
            copy = os.fork()
            if copy:
                ended.append(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]))
            elif seed:
                raise ValueError("the copy fails")
            for example in examples:
                yield Generated(example.id, text=example.id)

    for seed in (0, 1):
        made = Asker(Forks(), SYSTEM, "cpu").ask(examples(2), seed)
        assert [each.text for each in made] == [each.id for each in examples(2)]
    assert ended == [0, 0]


def test_a_model_never_sees_the_answer(tmp_path: Path) -> None:
    """Reference and all that is no condition of the task are withheld; a reference row sees them."""
    model = Greedy(fits=9)
    generate(SYSTEM, TASK, examples(3), tmp_path, lambda: model, seed=0)
    assert [example.lyrics for example in model.seen] == ["la"] * 3
    assert [example.reference_text for example in model.seen] == [None] * 3
    (same,) = registry.systems("reference:same", "pocket")
    assert shown(same, TASK, examples(1)[0], 0).reference_text == "the answer"


def test_what_the_writer_cannot_write_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sightsound.bench.core.store.Journal.append", lambda journal, outputs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generate(SYSTEM, TASK, examples(3), tmp_path, lambda: Greedy(9), seed=0)


def test_texts_that_were_cut_are_counted(tmp_path: Path) -> None:
    class Cutter:
        def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
            for example in examples:
                notes = {"truncated": "3 of 9 characters were read"} if example.id != "e1" else {}
                yield Generated(example.id, text="-", notes=notes)

    request = Request(TASK, "-", (SYSTEM,), (), tmp_path)
    folder = tmp_path / "systems" / SYSTEM.label
    generate(SYSTEM, TASK, examples(3), folder, Cutter, seed=0)
    assert truncated(request.folder, request.systems) == {"greedy": 2}
