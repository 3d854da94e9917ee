"""What a command says while it works: lines without a terminal, bars on one, how much, and the log."""

from __future__ import annotations

import io
import re
import sys
import threading
import time

import pytest

from sightsound.bench.core import console, logs
from sightsound.bench.core.progress import Lines, span
from tests import toy

RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--limit", "6", "--out", "r")


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def lines(told, clock):
    return Lines(told.append, 30.0, clock)


def after(clock, lines, seconds):
    """Time passes, second by second, and what is due is told."""
    for _ in range(seconds):
        clock.now_s += 1
        lines.tick()


def test_a_stage_tells_its_start_its_end_and_every_half_minute_between(lines, told, clock):
    lines.report("generating", 2, 12)  # two are there already and count for no rate
    after(clock, lines, 29)
    assert told == ["generating: 2/12"]
    after(clock, lines, 1)
    assert told[1:] == ["generating: 2/12, at it for 30 s"]
    lines.report("generating", 2, 12)  # the model is there now: here the rate begins
    after(clock, lines, 20)
    lines.report("generating", 7, 12)
    after(clock, lines, 10)
    assert told[2:] == ["generating: 7/12, 4 s each, 10 s left"]
    after(clock, lines, 30)
    assert told[3:] == ["generating: 7/12, 4 s each, longer than the others"]
    lines.report("generating", 12, 12)
    assert told[4:] == ["generating: 12/12 in 1 min 30 s"]
    lines.report("generating", 12, 12)
    assert len(told) == 5


def test_a_fast_stage_tells_how_many_a_second_and_an_open_end_no_time_left(lines, told, clock):
    lines.report("pairing", 0, None)
    clock.now_s += 10
    lines.report("pairing", 50, None)
    after(clock, lines, 20)
    assert told == ["pairing: 0", "pairing: 50, 5/s"]


def test_what_was_reported_last_is_at_work_and_its_time_is_its_own(lines, told, clock):
    clock.now_s += 5
    lines.report("generating", 0, 2)
    lines.report("loading", 0, 1)
    after(clock, lines, 30)
    assert told[-1] == "loading: 0/1, at it for 30 s"
    lines.report("loading", 1, 1)
    after(clock, lines, 30)
    assert told[-1] == "generating: 0/2, at it for 1 min 00 s"
    lines.report("generating", 2, 2)
    after(clock, lines, 30)
    assert told[-1] == "at work for 1 min 35 s"  # nothing is open
    assert lines.spent_s == {"between stages": 5.0, "generating": 30.0, "loading": 30.0}


def test_a_stage_that_has_ended_may_begin_anew(lines, told, clock):
    lines.report("candidates", 3, 3)
    lines.report("candidates", 0, 4)
    clock.now_s += 4
    lines.report("candidates", 4, 4)
    assert told == ["candidates: 3/3, all there already", "candidates: 0/4", "candidates: 4/4 in 4.0 s"]


def test_an_interrupted_stage_tells_how_far_it_came(lines, told):
    with pytest.raises(KeyboardInterrupt), lines.running():
        lines.report("generating", 0, 5)
        lines.report("generating", 3, 5)
        raise KeyboardInterrupt
    assert told == ["generating: 0/5", "generating: 3/5, no more"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (9.96, "10 s"), (59.4, "59 s"), (61, "1 min 01 s"), (7199.6, "2 h 00 min")],
)
def test_a_length_of_time(seconds, said):
    assert span(seconds) == said


def test_without_a_terminal_no_silence_is_longer_than_the_interval(capsys):
    """While the work itself reports nothing, as a model at one long batch."""
    with console.progress(every_s=0.2) as report:
        report("generating", 0, 5)
        time.sleep(1.1)
        report("generating", 5, 5)
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "generating: 0/5" and re.fullmatch(r"generating: 5/5 in \d+\.\d s", told[-1])
    assert 4 <= len([line for line in told if "at it for" in line]) <= 5
    assert "progress" not in {thread.name for thread in threading.enumerate()}


def test_the_interval_comes_from_the_environment(monkeypatch, toy_world, bench):
    monkeypatch.setenv("SIGHTSOUND_PROGRESS_S", "0.1")
    done = bench(*RUN, "--set", "wait_s=0.3")
    assert "generating by echo:pocket+wait_s=0.3: 1/6" in done.err and "s left" in done.err
    monkeypatch.setenv("SIGHTSOUND_PROGRESS_S", "soon")
    done = bench(*RUN)
    assert done.code == 2 and done.err.endswith(
        "bench: SIGHTSOUND_PROGRESS_S is 'soon'; give seconds from line to line, e.g. 30\n"
    )


def test_a_run_names_its_stages_in_turn(toy_world, bench):
    done = bench(*RUN)
    told = [line for line in done.err.splitlines() if re.search(r": \d+/\d+", line)]
    stages = list(dict.fromkeys(line.partition(": ")[0] for line in told if not re.search(r"reference:\w", line)))
    assert [stage for stage in stages if not stage.startswith("looking at")] == [  # these are for the warnings
        "building the split toy",
        *("generating by echo:pocket", "loading echo:pocket"),
        *("reading outputs", "reading side reference"),
        *("decoding audio files", "loading spectrum", "features by spectrum"),
        "scores and intervals",
    ]
    rows = 2 * 6 + 1  # two metrics of a system and five reference rows, one rank
    assert any(re.match(rf"scores and intervals: {rows}/{rows} in ", line) for line in told)
    again = bench(*RUN)
    assert "generating by echo:pocket: 6/6, all there already" in again.err and "features by" not in again.err


class Eager(toy.Echo):
    """Notes how far the progress was whenever it is asked for the next example."""

    seen: list[int] = []  # noqa: RUF012
    now: list[int] = []  # noqa: RUF012

    def generate(self, examples, seed):
        for made in super().generate(examples, seed):
            yield made
            self.seen.append(self.now[-1])


def test_progress_goes_by_example_where_the_model_yields_one_by_one(toy_world, monkeypatch):
    from dataclasses import replace

    from sightsound.bench import splits
    from sightsound.bench.core import registry
    from sightsound.bench.stages.generate import generate

    (system,) = registry.systems("echo", "pocket")
    system = replace(system, build=replace(system.build, batch_size=6))
    examples = splits.load("toy", limit=6).examples

    def report(what, done, total):
        assert (what, total) == ("generating by echo:pocket", 6)
        Eager.now.append(done)

    generate(
        system, registry.task("image2music"), examples, toy_world, lambda: Eager("cpu", {}), seed=0, report=report
    )
    assert Eager.seen == [1, 2, 3, 4, 5, 6]


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self):
        return True


def test_on_a_terminal_there_are_bars_and_no_lines(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with console.progress(every_s=0.05) as report:
        report("generating", 0, 5)
        time.sleep(0.2)
        report("generating", 5, 5)
        report("loading", 0, 1)
        report("loading", 1, 1)
    text = shown.getvalue()
    assert "━" in text and "5/5" in text and "at it for" not in text
    assert "loading" not in text.rpartition("generating")[2]  # a single step is over when it is over


@pytest.mark.parametrize("words", [("-q", *RUN), (*RUN, "--quiet")], ids=["before", "after"])
def test_quiet_says_nothing_but_errors(toy_world, bench, words):
    done = bench(*words)
    assert (done.code, done.err) == (0, "") and "fad_toy" in done.out
    done = bench("-q", "run", "--model", "nobody", "--task", "image2music")
    assert done.code == 2 and done.err.startswith("bench: ") and done.err.count("\n") == 1


@pytest.mark.parametrize("words", [("-v", *RUN), (*RUN, "--verbose")], ids=["before", "after"])
def test_verbose_tells_times_and_places(toy_world, bench, words):
    said = bench(*words).err
    assert re.search(r"^time: [\d.]+ s generating by echo:pocket$", said, re.MULTILINE)
    assert f"split toy: read from {toy_world}/cache/splits/toy" in said
    assert re.search(rf"features by spectrum: (\d+) of \1 to be made; kept in {toy_world}/cache/features\n", said)
    assert "time: " not in bench(*RUN).err  # it holds for one command


def test_quiet_and_verbose_are_opposites(bench):
    done = bench("-q", "tasks", "-v")
    assert (done.code, done.err) == (2, "bench: --quiet and --verbose ask for opposites; leave one out\n")


def test_the_log_has_all_of_it_with_times_whatever_is_shown(toy_world, bench):
    done = bench("-q", "--log", "log.txt", *RUN)
    assert done.err == ""
    written = (toy_world / "log.txt").read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|DEBUG) ", line) for line in written)
    assert written[0].endswith(f": -q --log log.txt {' '.join(RUN)}")
    for part in ("INFO generating by echo:pocket: 6/6 in", "DEBUG split toy: read from", "DEBUG time: "):
        assert any(part in line for line in written)
    bench("tasks", "--log", "log.txt")
    assert (toy_world / "log.txt").read_text().splitlines()[: len(written)] == written, "added to"


def test_the_log_has_errors_and_tracebacks(toy_world, bench, monkeypatch):
    assert bench(*RUN, "--log", "l", "--set", "fail=toy.004").code in (0, 1)
    assert "ValueError: toy.004: cannot be done" in (toy_world / "l").read_text()
    assert bench("run", "--log", "m", "--model", "nobody", "--task", "image2music").code == 2
    written = (toy_world / "m").read_text()
    assert " ERROR no model named 'nobody'" in written and "Traceback" in written
    monkeypatch.setattr("sightsound.bench.commands.listing_tables.tasks", lambda json: 1 / 0)
    assert bench("tasks", "--log", "n").code == 3
    assert "ZeroDivisionError" in (toy_world / "n").read_text()
    assert not logs._files, "closed, or the next command would write there"


def test_the_log_holds_no_secret(toy_world, bench):
    bench(*RUN, "--log", "l", "--set", "api_key=sesame", "--set", "api_token=env:TOKEN")
    written = (toy_world / "l").read_text()
    assert "sesame" not in written and "api_key=..." in written and "api_token=env:TOKEN" in written


def test_a_log_that_cannot_be_written_is_one_line(tmp_path, bench):
    done = bench("--log", tmp_path, "tasks")
    assert (done.code, done.err) == (2, f"bench: --log {tmp_path}: cannot be written (Is a directory)\n")
