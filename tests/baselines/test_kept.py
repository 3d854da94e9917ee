"""The one door to what sees, hears and talks: a text that is there is not made again, and nothing else changes."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightsound.baselines.mgs.emotion import Emotions
from sightsound.baselines.parts import kept as door
from sightsound.baselines.parts.captioners import Blip
from sightsound.baselines.parts.chat import LocalChat
from sightsound.baselines.parts.completion import Completion
from sightsound.baselines.parts.florence2 import Florence2
from sightsound.baselines.parts.kept import Kept, Sights, Talks
from sightsound.baselines.parts.messages import ChatError
from sightsound.bench.core import clock, registry, texts
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.stages.generate import generate
from tests.baselines.whole import Run, facts

COUNTED = (
    *((Blip, "caption"), (Blip, "caption_from"), (Florence2, "caption")),
    *((Emotions, "name"), (Completion, "complete"), (LocalChat, "answer")),
)
"""Where a network is run for a text."""


@pytest.fixture(autouse=True)
def texts_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the store is used, an empty one."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each network was run since the last `clear`."""
    count: Counter[str] = Counter()

    def counted(name: str, method: Callable[..., Any], self: Any, *columns: Any, **same: Any) -> Any:
        count[name] += 1
        return method(self, *columns, **same)

    for kind, method in COUNTED:
        name = f"{kind.__name__}.{method}"
        call = partial(counted, name, getattr(kind, method))
        monkeypatch.setattr(kind, method, lambda self, *columns, call=call, **same: call(self, *columns, **same))
    return count


def test_a_second_run_that_shares_captions_runs_the_captioner_0_times(run: Run, calls: Counter[str]) -> None:
    """The variants of Mozart's Touch, each picture captioned once a captioner, in batches of two."""
    quick = {"seconds": 0.2}
    with texts.unused():
        plain = {
            label: facts(run(label, f"plain {label}", **quick))
            for label in ("mozart:paper_blip", "mozart:paper_no_bridge", "mozart:code", "mozart:code_no_bridge")
        }
    calls.clear()
    bridged = run("mozart:paper_blip", "one", **quick)
    assert calls == {"Blip.caption": 2, "LocalChat.answer": 2}
    calls.clear()
    alone = run("mozart:paper_no_bridge", "one", **quick)
    assert not calls, "its captions are those of the variant before it"
    assert facts(bridged) == plain["mozart:paper_blip"] and facts(alone) == plain["mozart:paper_no_bridge"]
    assert all(made.spared_s > 0 for made in alone.values()) and not any(m.spared_s for m in bridged.values())

    assert facts(run("mozart:code", "one", **quick)) == plain["mozart:code"]
    assert calls == {"Florence2.caption": 2, "LocalChat.answer": 2}
    calls.clear()
    assert facts(run("mozart:code_no_bridge", "one", **quick)) == plain["mozart:code_no_bridge"]
    for label, expected in plain.items():
        assert facts(run(label, f"again {label}", **quick)) == expected
    assert not calls, "and a second run of all asks none of them anything"

    run("mozart:paper_blip", "another seed", seed=4, **quick)
    assert calls == {"LocalChat.answer": 2}, "the chat model draws anew, the captioner draws nothing"


def test_the_ways_of_mgs_look_at_a_painting_once(run: Run, calls: Counter[str]) -> None:
    run("mgs:lyrical", "one", seconds=0.2)
    assert calls == {"Emotions.name": 2, "Blip.caption_from": 2, "Completion.complete": 2}
    calls.clear()
    for way in ("emotive", "narrative", "optimized"):
        run(f"mgs:{way}", "one", seconds=0.2)
    assert not calls


@pytest.mark.parametrize(
    ("label", "options"),
    [
        ("qwen2vl:base", {}),
        ("music2prompt:mert95m_amv", {"longest": 6}),
    ],
)
def test_every_stage_that_makes_a_text_goes_through_the_door(
    run: Run, monkeypatch: pytest.MonkeyPatch, label: str, options: dict[str, Any]
) -> None:
    made: list[int] = []
    each = Kept.each

    def counted(self: Kept, asked: Any, make: Callable[[], Any]) -> Any:
        return each(self, asked, lambda: made.append(len(asked)) or make())  # type: ignore[func-returns-value]

    monkeypatch.setattr(Kept, "each", counted)
    first = run(label, "first", **options)
    assert made == [2, 1] and len(first) == 3
    assert facts(run(label, "second", **options)) == facts(first)
    assert made == [2, 1], "all of its texts were there"


class Slow:
    """A captioner of brightness that takes its time."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.takes_s, self.seen = takes_s, 0

    def caption(self, pictures: Sequence[np.ndarray]) -> list[str]:
        self.seen += len(pictures)
        time.sleep(self.takes_s * len(pictures))
        return [f"light {picture.mean():.0f}" for picture in pictures]


def sights(part: Any, **settings: Any) -> Sights:
    return Sights(part, Kept(part, "cpu", {}, settings))


PICTURES = [np.full((4, 5, 3), shade, np.uint8) for shade in (10, 20, 30)]


class System:
    """A model that only captions."""

    def __init__(self, part: Slow) -> None:
        self.sights = sights(part)

    def generate(self, examples: Sequence[Example], seed: int) -> list[Generated]:
        said = self.sights.caption(PICTURES[: len(examples)])
        return [Generated(each.id, text=text) for each, text in zip(examples, said, strict=True)]


def test_what_was_spared_counts_as_if_it_was_spent(tmp_path: Path) -> None:
    (system,) = registry.systems("qwen2vl:base", "paper")
    task = replace(registry.task("image2music"), name=system.card.tasks[0], output="text")
    examples = [Example(name, "g", story="s", image=Path(name)) for name in ("a", "b")]
    found = [
        generate(system, task, examples, tmp_path / f"run{turn}", lambda: System(Slow(0.05)), seed=0)
        for turn in range(2)
    ]
    first, second = found
    for name in ("a", "b"):
        assert first[name].took_s >= 0.05 and first[name].spared_s == 0
        assert 0.05 <= second[name].spared_s <= first[name].took_s
        assert second[name].took_s >= second[name].spared_s >= 0.05
        assert first[name].sha256 == second[name].sha256
    journal = (tmp_path / "run1" / "outputs.jsonl").read_text().splitlines()
    assert all(json.loads(line)["spared_s"] > 0 for line in journal)


def test_seconds_of_a_part_within_a_part_count_once_and_whole() -> None:
    inner = sights(Slow(0.05))
    inner.caption(PICTURES)  # there already
    outer = sights(inner)
    since = clock.Clock()
    outer.caption(PICTURES)
    assert 0.14 < since.seconds() < 0.3
    since = clock.Clock()
    outer.caption(PICTURES)
    assert 0.14 < since.seconds() < 0.3 and since.spared_s() > 0.14


def test_a_batch_that_lacks_one_text_is_made_whole() -> None:
    part = Slow()
    assert sights(part).caption(PICTURES[:2]) == ["light 10", "light 20"] and part.seen == 2
    assert sights(part).caption(PICTURES) == ["light 10", "light 20", "light 30"] and part.seen == 5
    assert sights(part).caption(PICTURES[1:]) == ["light 20", "light 30"] and part.seen == 5
    assert sights(part).caption([]) == []


@pytest.mark.parametrize("damage", ["text", "cut", "noise", "gone"])
def test_a_damaged_entry_is_made_again(damage: str) -> None:
    part = Slow()
    path = sights(part).kept.store.path
    sights(part).caption(PICTURES)
    data = path.read_bytes()
    if damage == "text":
        path.write_bytes(data.replace(b"light 20", b"light 99"))
    elif damage == "cut":
        path.write_bytes(data[:-20])
    elif damage == "noise":
        path.write_bytes(b"\xff\x00{]\n" + data.splitlines(keepends=True)[0] + b'{"key": 1}\n')
    else:
        path.unlink()
    part.seen = 0
    assert sights(part).caption(PICTURES) == ["light 10", "light 20", "light 30"] and part.seen == 3
    assert sights(part).caption(PICTURES) == ["light 10", "light 20", "light 30"] and part.seen == 3


def test_what_another_process_adds_is_seen() -> None:
    part = Slow()
    ours, theirs = sights(part), sights(part)
    ours.caption(PICTURES[:1])
    theirs.caption(PICTURES[1:])
    part.seen = 0
    assert ours.caption(PICTURES) and part.seen == 0


def test_other_settings_weights_pictures_and_questions_are_others(tmp_path: Path) -> None:
    paths = set()
    for text in ("one", "two"):
        (tmp_path / text).mkdir()
        (tmp_path / text / "model.bin").write_text(text)
        paths |= {
            Kept(Slow(), "cpu", {"somebody's": tmp_path / text}, {"beams": beams}).store.path for beams in (1, 2)
        }
    assert len(paths) == 4
    square = np.zeros((2, 6, 3), np.uint8)
    asked = [(square,), (square.reshape(6, 2, 3),), (square.astype(np.int8),), (square, 1), (square, "1")]
    assert len({door._key(each) for each in asked}) == len(asked)


def test_a_chat_model_s_failure_is_not_kept() -> None:
    class Moody:
        asked = 0

        def answer(self, turns: Any, contents: Sequence[str], seeds: Sequence[int]) -> list[str | ChatError]:
            self.asked += 1
            return [ChatError("out") if self.asked == 1 else "fine", f"{contents[1]} {seeds[1]}"]

    part = Moody()
    chat = Talks(part, Kept(part, "cpu", {}, {}))
    assert [str(each) for each in chat.answer([], ["a", "b"], [1, 2])] == ["out", "b 2"]
    assert chat.answer([], ["a", "b"], [1, 2]) == ["fine", "b 2"] == chat.answer([], ["a", "b"], [1, 2])
    assert part.asked == 2
    assert chat.answer([], ["a", "b"], [1, 3]) == ["fine", "b 3"] and part.asked == 3


def test_a_cache_that_cannot_be_written_serves_as_long_as_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, **how: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    part = Slow()
    ours = sights(part)
    ours.caption(PICTURES)
    assert ours.caption(PICTURES) and part.seen == 3 and not ours.kept.store.path.exists()
