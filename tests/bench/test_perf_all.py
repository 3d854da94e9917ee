"""`bench perf all`: parts in processes of their own, within limits; what was before; tables of the documents."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from sightsound.bench.core.errors import BenchError
from sightsound.bench.perf import apart, everything, history, page, parts, written
from sightsound.bench.perf.history import Kept, Line, Measured, Spent
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.perf.parts import PARTS, Asked, Part
from tests import pages

MADE = """
import os
import time
from pathlib import Path
from sightsound.bench.core.errors import BenchError
from sightsound.bench.perf.metrics import Figure

def good(asked, report):
    report("resting", 0, 1)
    time.sleep(0.05)
    report("resting", 1, 1)
    speed = float(Path(__file__).with_name("speed").read_text())
    yield Figure("speed (values 1e-03 apart), times as fast", speed, 5.0, speed >= 5)
    yield Figure(f"rate of {asked.device}", 100.0, 0.0, True)

def bad(asked, report):
    yield Figure("rate", 1.0, 0.0, True)
    raise BenchError("it is\\nbroken")

def dead(asked, report):
    print("the last words", flush=True)
    os._exit(3)

def slow(asked, report):
    yield Figure("rate", 1.0, 0.0, True)
    Path(__file__).with_name("process").write_text(str(os.getpid()))
    report("sleeping", 0, 1)
    time.sleep(600)
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """`made("good", "bad")`: these are the parts; the file that holds the speed that `good` finds."""
    (tmp_path / "made_parts.py").write_text(MADE)
    (tmp_path / "speed").write_text("4")
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(*names: str) -> Path:
        found = {name: Part(name, f"made_parts:{name}", 1.0, 1.0) for name in names}
        monkeypatch.setattr(everything, "PARTS", found)
        return tmp_path / "speed"

    return make


def test_all_is_written_and_a_change_is_marked(bench, made: Callable[..., Path], tmp_path: Path) -> None:
    speed, past, out = made("good"), tmp_path / "perf.jsonl", tmp_path / "out"
    first = bench("perf", "all", "--history", past, "--keep")
    assert first.code == 1 and "MISSED" in first.out and "CHANGED" not in first.out
    assert "good: good; about 1.0 s, at most 1 min" in first.err and "good: resting: 1/1" in first.err
    speed.write_text("6")
    done = bench("perf", "all", "--history", past, "--keep", "--out", out)
    assert done.code == 0 and "+50% CHANGED" in done.out and "+0%" in done.out
    facts = json.loads((out / "perf.json").read_text())
    assert [each["before"] for each in facts["figures"]] == [4.0, 100.0] and facts["figures"][0]["changed"]
    assert facts["parts"]["good"]["peak_mb"] > 10 and facts["parts"]["good"]["stages"]["resting"] >= 0.05
    assert (out / "perf.md").read_text().count("\n|") == 7 and "resting" in (out / "perf.md").read_text()
    assert all((out / name).stat().st_size > 1000 for name in ("perf.png", "perf-parts.png"))
    assert [each.values["good", "rate of cpu"] for each in history.read(past)] == [100.0, 100.0]


def test_a_part_that_goes_wrong_is_a_line_and_the_others_go_on(
    bench, made: Callable[..., Path], tmp_path: Path
) -> None:
    made("bad", "dead", "good")
    done = bench("perf", "all", "--tiny", "--history", tmp_path / "none", "--out", tmp_path / "out", "--json")
    found = json.loads(done.out)
    assert done.code == 1 and found["failed"] == {
        "bad": "it is broken; 1 figure from before is kept",
        "dead": f"ended with exit code 3, its last line: the last words (log: {tmp_path / 'out/perf.log'})",
    }
    assert [each["part"] for each in found["figures"]] == ["bad", "good", "good"]
    assert all(f"{part}: {why}" in done.err.splitlines() for part, why in found["failed"].items())


def test_a_part_that_takes_too_long_is_ended(
    made: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made("slow")
    later = [0.0]

    def report(what: str, done: int, total: int | None) -> None:
        later[0] = 1000.0  # it has told its figure and sleeps

    monkeypatch.setattr(
        apart, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + later[0], sleep=time.sleep)
    )
    found = apart.run(everything.PARTS["slow"], Asked("cpu", True), 900.0, tmp_path / "log", report)
    assert found.failed == "took more than 15 min 00 s and was ended" and found.use.seconds > 1000
    assert [each.what for each in found.figures] == ["rate"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)


def test_time_for_all_parts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = [0.0]
    begun: list[tuple[str, float]] = []

    def run(part: Part, asked: Asked, limit_s: float, log: Path, report: object) -> everything.apart.Outcome:
        begun.append((part.what, limit_s))
        clock[0] += 50
        return everything.apart.Outcome()

    monkeypatch.setattr(everything.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(everything.apart, "run", run)
    made = {name: Part(name, "", seconds) for name, seconds in (("a", 20), ("b", 40), ("c", 60), ("d", 10))}
    monkeypatch.setattr(everything, "PARTS", made)
    past = [Measured("", "", "cpu", history.now([], "cpu", "usual").machine, "usual", "", [], {"b": spent(70)})]
    found = everything.measure(list(made), Asked("cpu", False), past, Path(), lambda *_: None, minutes=2)
    assert begun == [("a", 60), ("b", 70), ("d", 20)]
    assert dict(found.failed) == {"c": "left out: it takes about 1 min 00 s, 20 s are left"}


def spent(seconds: float) -> Spent:
    return Spent(seconds, 600.0, 0.5, stages={"features": seconds / 2})


def test_parts_by_name_and_by_device(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert everything.chosen([], Asked("cpu", False)) == list(PARTS)
    on_card = everything.chosen([], Asked("cuda", False))
    assert on_card[0] == "embedding" and "site" not in on_card
    assert everything.chosen(["store", "peers"], Asked("cuda", False)) == ["peers", "store"]
    about = [part.seconds or 0 for name, part in PARTS.items() if name != "scaling"]
    assert sum(about) < 26 * 60 and sum(part.card_seconds or 0 for part in PARTS.values()) <= 8 * 60
    assert bench("perf", "all", "--only", "none").err.count("\n") == 1
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    done = bench("perf", "all", "--device", "cuda")
    assert done.code == 2 and done.err.count("\n") == 1 and "no CUDA device here" in done.err


def test_the_page_says_how_long_each_part_takes() -> None:
    text = (pages.ROOT / "docs/performance.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|[^|]*\| (\S+)[^|]*\| (\S+)[^|]*\|", text, re.MULTILINE)
    minutes = [(name, _minutes(part.seconds), _minutes(part.card_seconds)) for name, part in PARTS.items()]
    assert told == minutes


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else str(math.ceil(seconds / 60))


def test_another_machine_or_size_is_not_compared(tmp_path: Path) -> None:
    here = history.now([Kept("peers", "speed", 4.0, None, True)], "cpu", "usual", {"peers": spent(9.0)})
    for other in (replace(here, machine="another"), replace(here, device="card"), replace(here, size="tiny")):
        assert history.against(here, [other])[0].before is None
    earlier = replace(here, figures=[Kept("peers", "speed", 2.0, None, True)])
    (line,) = history.against(here, [earlier])
    assert line.change == 1.0 and line.changed
    history.add(tmp_path / "perf.jsonl", here)
    assert history.read(tmp_path / "perf.jsonl") == [here]
    (tmp_path / "perf.jsonl").write_text('{"day": 1}\n')
    with pytest.raises(BenchError, match=r"perf.jsonl:1: is no measurement"):
        history.read(tmp_path / "perf.jsonl")


def test_a_figure_is_kept_without_what_varies() -> None:
    kept = history.kept(
        "peers", Figure("speed (values 1e-03 apart), times as fast", 1.23456789e-7, float("nan"), True)
    )
    assert kept == Kept("peers", "speed, times as fast", 1.23457e-7, None, True)


@pytest.mark.parametrize(
    ("value", "target", "ok", "found"),
    [(6.0, 3.0, True, 2.0), (1.0, 3.0, True, 3.0), (1.5, 3.0, False, 0.5), (6.0, 3.0, False, 0.5)],
)
def test_the_plot_shows_how_far_a_figure_is_from_its_target(
    value: float, target: float, ok: bool, found: float
) -> None:
    now, before = written.margin(Line(Kept("a", "b", value, target, ok), 3.0))
    assert now == pytest.approx(found) and before == 1.0


PAGE = """head

<!-- measured: store -->
by hand
<!-- end of store -->

<!-- measured: parts -->
<!-- end of parts -->
"""


def measured(value: float, seconds: float, day: str = "2026-01-02", machine: str = "x, 2 cores") -> Measured:
    figures = [Kept("store", "read | again, times as fast", value, 2.0, value >= 2)]
    return Measured(day, "abc", "cpu", machine, "usual", "torch==1", figures, {"store": spent(seconds)})


def test_a_page_is_made_of_the_history() -> None:
    assert page.made(PAGE, []) == PAGE == page.made(PAGE, [replace(measured(3, 9), size="tiny")])
    found = page.made(PAGE, [measured(3, 10), measured(1.5, 20, "2026-02-03"), measured(8, 10, machine="y")])
    assert "by hand" not in found and found.startswith("head\n")
    assert "| what | target | cpu, x, 2 cores (2026-02-03, abc) | cpu, y (2026-01-02, abc) |" in found
    assert "| read \\| again, times as fast | 2.00 | **1.50** (-50% CHANGED) | 8.00 |" in found
    assert found.count("Measured on") == 2 and "Measured on cpu, x, 2 cores: 2026-02-03, abc, torch==1." in found
    assert "| store | 20 s (+100% CHANGED) | 600 | 50% | – | – | features: 10 s |" in found
    assert page.made(found, []) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- measured: storr -->\n<!-- end of storr -->", "storr is no part"),
        ("<!-- measured: store -->\n", "the table of store has no end"),
        ("<!-- measured: store -->\n<!-- measured: site -->\n<!-- end of store -->\n", "the table of site has no"),
    ],
)
def test_a_page_that_is_wrong_is_a_line(text: str, said: str) -> None:
    with pytest.raises(BenchError, match=said):
        page.made(text, [measured(3, 9)])


def test_the_page_as_a_command(bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "speed.md").write_text(PAGE)
    (tmp_path / "other.md").write_text("no table\n")
    monkeypatch.setattr(page.write, "__defaults__", (tmp_path,))
    history.add(tmp_path / "perf.jsonl", measured(3, 9))
    for said in ("made anew", "as it was"):
        done = bench("perf", "page", "--history", tmp_path / "perf.jsonl")
        assert done.code == 0 and f"speed.md: {said}" in done.err and "other" not in done.err
    assert "| 3.00 |" in (tmp_path / "speed.md").read_text()


def test_no_figure_of_the_documents_was_typed() -> None:
    past = history.read(history.HISTORY)
    begun: set[str] = set()
    for path in pages.PAGES:
        text = path.read_text(encoding="utf-8")
        assert page.made(text, past, path.name) == text, "bench perf page makes it anew"
        begun |= set(page.BEGIN.findall(text))
    assert begun == {*parts.PARTS, page.ALL}
