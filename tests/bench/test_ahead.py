"""Captions and prompts a batch ahead of the generator: the same outputs, failures and bytes as without."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sightsound.bench.core import clock, registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import MachineError
from sightsound.bench.core.types import Example, Generated, ModelCard, Output, Variant
from sightsound.bench.engines.processes import Processes
from sightsound.bench.stages.generate import generate

CARD = ModelCard("staged", ("lyrics2prompt",), {"": Variant("-", "-", batch_size=2)}, "-", "-")
SYSTEM = registry.System(CARD, "", CARD.variants[""])
TASK = registry.task("lyrics2prompt")
WAIT_S = 10.0  # for what happens at once unless something is broken


class Staged:
    """A pipeline of words. `odd` maps the name of an example to what its first or last stage raises once asked
    for it."""

    def __init__(self, odd: dict[tuple[str, str], Callable[[], BaseException]] | None = None) -> None:
        self.odd = odd or {}
        self.prepared: list[list[str]] = []
        self.asked = 0  # whole batches asked in the ordinary way
        self.at_once = 0  # threads that use the first stages
        self.lock = threading.Lock()

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        self.asked += 1
        yield from self.finish(self.prepare(examples, seed), seed)

    def prepare(self, examples: Sequence[Example], seed: int) -> list[tuple[str, str]]:
        assert self.lock.acquire(blocking=False), "two threads at the captioner"
        try:
            time.sleep(0.002)
            self.prepared.append([example.id for example in examples])
            return [(example.id, self._word(example, seed)) for example in examples]
        finally:
            self.lock.release()

    def _word(self, example: Example, seed: int) -> str:
        self.raise_at("prepare", example.id)
        return f"{example.lyrics} {seed}"

    def finish(self, prepared: Sequence[tuple[str, str]], seed: int) -> Iterator[Generated]:
        for name, word in prepared:
            self.raise_at("finish", name)
            yield Generated(name, text=word.upper(), notes={"word": word})

    def raise_at(self, stage: str, name: str) -> None:
        if (stage, name) in self.odd:
            raise self.odd[stage, name]()


def examples(count: int) -> list[Example]:
    return [Example(f"e{number}", "g", lyrics=f"la {number}", reference_text="-") for number in range(count)]


def made(folder: Path, model: Any, count: int = 7, *, ahead: bool = True) -> dict[str, Output]:
    return generate(SYSTEM, TASK, examples(count), folder, lambda: model, seed=5, ahead=ahead)


def facts(outputs: dict[str, Output]) -> dict[str, Any]:
    return {name: (each.sha256, dict(each.notes), each.error) for name, each in outputs.items()}


def test_the_next_batch_is_prepared_while_the_generator_works(tmp_path: Path) -> None:
    begun = {name: threading.Event() for name in ("e0", "e2", "e4", "e6")}

    class Waits(Staged):
        """The generator goes on when the batch after its own is at the captioner."""

        def _word(self, example: Example, seed: int) -> str:
            begun.get(example.id, threading.Event()).set()
            return super()._word(example, seed)

        def finish(self, prepared: Sequence[tuple[str, str]], seed: int) -> Iterator[Generated]:
            after = f"e{int(prepared[0][0][1:]) + 2}"
            assert after not in begun or begun[after].wait(WAIT_S)
            yield from super().finish(prepared, seed)

    model, plain = Waits(), Staged()
    found = made(tmp_path / "ahead", model)
    assert model.asked == 0 and model.prepared == [["e0", "e1"], ["e2", "e3"], ["e4", "e5"], ["e6"]]
    assert facts(found) == facts(made(tmp_path / "plain", plain, ahead=False)) and plain.asked == 4
    assert not [each for each in threading.enumerate() if each.name == "ahead"]


@pytest.mark.parametrize("stage", ["prepare", "finish"])
@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_what_a_stage_raises_is_its_example_s_failure(tmp_path: Path, stage: str, error: type) -> None:
    def odd() -> dict[tuple[str, str], Callable[[], BaseException]]:
        return {(stage, "e2"): lambda: error("out of tune")}

    found = made(tmp_path / "ahead", Staged(odd()))
    assert found["e2"].error is not None and "out of tune" in found["e2"].error
    assert [name for name, each in found.items() if each.error] == ["e2"]
    assert facts(found) == facts(made(tmp_path / "plain", Staged(odd()), ahead=False))
    assert (tmp_path / "ahead" / "errors.log").read_text().count("out of tune") >= 1


def test_two_batches_that_do_not_fit_at_once_are_done_one_after_the_other(tmp_path: Path) -> None:
    class Tight(Staged):
        def finish(self, prepared: Sequence[tuple[str, str]], seed: int) -> Iterator[Generated]:
            if not self.asked:
                raise MemoryError
            yield from super().finish(prepared, seed)

    model = Tight()
    found = made(tmp_path / "ahead", model)
    assert model.asked == 1 and facts(found) == facts(made(tmp_path / "plain", Staged(), ahead=False))


@pytest.mark.parametrize("ahead", [True, False])
def test_one_example_that_does_not_fit_ends_the_run_in_a_line(tmp_path: Path, ahead: bool) -> None:
    with pytest.raises(BenchError, match=r"^staged: "):
        made(tmp_path, Staged({("finish", "e2"): MemoryError}), ahead=ahead)


def test_a_fault_of_the_machine_in_the_thread_ends_the_run(tmp_path: Path) -> None:
    odd = {("prepare", "e3"): lambda: OSError(28, "No space left on device")}
    with pytest.raises(MachineError, match="disk is full"):
        made(tmp_path, Staged(odd))
    assert not [each for each in threading.enumerate() if each.name == "ahead"]


def test_an_interrupt_does_not_wait_for_the_thread(tmp_path: Path) -> None:
    begun = threading.Event()

    class Endless(Staged):
        def _word(self, example: Example, seed: int) -> str:
            while example.id == "e2":
                begun.set()
            return super()._word(example, seed)

        def finish(self, prepared: Sequence[tuple[str, str]], seed: int) -> Iterator[Generated]:
            assert begun.wait(WAIT_S)
            raise KeyboardInterrupt

    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, Endless())
    assert time.monotonic() - since < WAIT_S
    assert not [each for each in threading.enumerate() if each.name == "ahead"]
    assert len(made(tmp_path, Staged())) == 7, "and the same command goes on"


def test_seconds_of_both_stages_count_where_they_were_spent(tmp_path: Path) -> None:
    class Slow(Staged):
        def prepare(self, examples: Sequence[Example], seed: int) -> list[tuple[str, str]]:
            time.sleep(0.1)
            clock.spare(1.0)  # of a store
            return super().prepare(examples, seed)

        def finish(self, prepared: Sequence[tuple[str, str]], seed: int) -> Iterator[Generated]:
            time.sleep(0.05)
            yield from super().finish(prepared, seed)

    found = made(tmp_path, Slow(), 4)
    for each in found.values():  # of a batch of two
        assert each.spared_s == 0.5 and 0.5 + 0.075 <= each.took_s < 0.5 + 0.5


def test_models_without_stages_and_runs_with_a_limit_are_asked_as_ever(tmp_path: Path) -> None:
    class Whole:
        def generate(self, examples: Sequence[Example], seed: int) -> list[Generated]:
            return [Generated(each.id, text=f"LA {each.id[1:]} {seed}") for each in examples]

    assert {each.error for each in made(tmp_path / "whole", Whole()).values()} == {None}
    model = Staged()
    generate(SYSTEM, TASK, examples(3), tmp_path / "usual", lambda: model, seed=5)
    assert model.asked == 2, "on a CPU a thread would only take the other stage's cores"


def test_workers_of_other_processes_work_ahead_too(tmp_path: Path) -> None:
    engine = Processes(1, ["cpu"])
    try:
        found = generate(SYSTEM, TASK, examples(7), tmp_path / "p", Noted, seed=5, engine=engine, ahead=True)
    finally:
        engine.close()
    assert {each.notes["thread"] for each in found.values()} == {"ahead"}
    plain = made(tmp_path / "plain", Staged(), ahead=False)
    assert [each.sha256 for each in found.values()] == [each.sha256 for each in plain.values()]


class Noted(Staged):
    """Notes which thread prepared."""

    def finish(self, prepared: Sequence[tuple[str, str]], seed: int) -> Iterator[Generated]:
        for made in super().finish(prepared, seed):
            yield Generated(made.id, text=made.text, notes={"thread": self.thread})

    def prepare(self, examples: Sequence[Example], seed: int) -> list[tuple[str, str]]:
        self.thread = threading.current_thread().name
        return super().prepare(examples, seed)
