"""`bench watch`: runs in processes of their own, read from their folders at every stage of their life."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from sightsound.bench.boards import live, live_show, sofar
from sightsound.bench.core import heartbeat, results
from sightsound.bench.core.types import Output
from tests.bench.test_flow import RUN, start


def seen(bench, folder: str = "r") -> dict:
    done = bench("watch", folder, "--json")
    return json.loads(done.out)


def until(bench, holds, folder: str = "r", wait_s: float = 60.0) -> dict:
    """What is seen of a run as soon as `holds` of it."""
    ends = time.monotonic() + wait_s
    while time.monotonic() < ends:
        if Path(folder).is_dir() and holds(found := seen(bench, folder)):
            return found
        time.sleep(0.1)
    raise AssertionError(f"it never came to this: {found if Path(folder).is_dir() else 'no folder'}")


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.name != heartbeat.PROGRESS
    }


def test_a_run_from_its_beginning_over_a_kill_to_its_end(toy_world, bench):
    words = (*RUN, "--out", "r", "--set", "wait_s=0.5", "--set", "fail=toy.001")
    places = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(Path(__file__).parents[2]))))
    process = start(*words, cache=toy_world / "cache", PYTHONPATH=places)
    try:
        found = until(bench, lambda run: any(each["done"] for each in run["systems"]))
        assert found["state"] == "running" and f"process {process.pid}" in found["said"]
        assert found["title"] == "image2music on toy, seed 0" and not found["rows"]
        (stage,) = [each for each in found["stages"] if each["name"].startswith("generating by echo")]
        assert stage["total"] == 12 and 0 < stage["done"] <= 12
        assert [each["wanted"] for each in found["systems"]][:3] == [12, 12, 6]
        assert [each["example"] for each in found["failures"]] == ["toy.001"]
        assert "cannot be done" in found["failures"][0]["reason"]
        assert any("generating by echo" in line for line in found["log"])
        text = bench("watch", "r", "--once")
        assert text.code == 0 and "stages" in text.out and "last failures" in text.out
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = everything(Path("r"))
    done = bench("watch", "r", "--once")
    assert done.code == 1 and f"process {process.pid} is gone" in done.out
    assert "it crashed or was killed; the same command goes on" in " ".join(done.out.split())
    assert everything(Path("r")) == before, "it changes nothing"
    assert bench(*words[:-4], *words[-2:], "--remake").code == 1
    done = bench("watch", "r", "--once")
    assert done.code == 0 and "ended after" in done.out and "cosine_toy ↑" in done.out and "11" in done.out
    assert seen(bench)["final"]


def test_values_are_those_of_the_run_before_it_has_any_of_its_own(toy_world, bench):
    bench(*RUN, "--model", "echo:twin", "--out", "r")
    scored = {(row.model, row.variant, row.metric): row for row in results.rows(results.read(Path("r/rows.csv")))}
    Path("r/rows.csv").unlink()
    progress = json.loads(Path("r", heartbeat.PROGRESS).read_text())
    Path("r", heartbeat.PROGRESS).write_text(json.dumps(progress | {"state": "running", "process": 2**22 + 1}))
    before = everything(Path("cache")), everything(Path("r"))
    found = seen(bench)
    assert found["state"] == "gone" and not found["final"]
    rows = {(row["model"], row["variant"], row["metric"]): row for row in found["rows"]}
    assert rows.keys() == scored.keys()
    for key, row in rows.items():
        for name in ("value", "ci_low", "ci_high"):
            whole = getattr(scored[key], name)
            assert row[name] == pytest.approx(whole, nan_ok=True) if row[name] is not None else whole != whole
        assert (row["n"], row["signature"]) == (scored[key].n, scored[key].signature)
    assert (everything(Path("cache")), everything(Path("r"))) == before, "it changes nothing"
    assert "values so far" in bench("watch", "r", "--once").out
    # of a network whose features are not all there, no value; the others stay
    features = [path for path in Path("cache/features").rglob("*") if path.suffix in (".pack", ".index")]
    for path in features:
        path.unlink()
    assert seen(bench)["rows"] == []
    assert "still to come" not in bench("watch", "r", "--once").out


def test_states_that_a_folder_tells(toy_world, bench, monkeypatch):
    assert bench("watch", "nowhere", "--once").code == 2
    Path("r").mkdir()
    assert seen(bench)["state"] == "beginning"
    bench(*RUN, "--out", "r", "--limit", 4)
    progress = heartbeat.read(Path("r"))
    assert progress is not None and progress.state == heartbeat.ENDED and seen(bench)["state"] == "ended"

    def told(**changes: object) -> tuple[str, str]:
        said = json.loads(Path("r", heartbeat.PROGRESS).read_text()) | {"process": os.getpid()} | changes
        Path("r", heartbeat.PROGRESS).write_text(json.dumps(said))
        found = live.look(Path("r"), sofar.Known(), now=said["written"] + 100)
        return found.state, found.said

    assert told(state="running")[0] == "silent", "the process is there, but has not said so for long"
    state, said = told(state="running", host="elsewhere")
    assert state == "silent" and "on elsewhere gave no sign of life for 1 min 40 s, if the clocks agree" in said
    assert told(state="stopped", error="the disk is full")[1].endswith(
        "the disk is full; the same command goes on"
    )
    Path("r", heartbeat.PROGRESS).write_text("{")
    done = bench("watch", "r", "--once")
    assert done.code == 2 and done.err.startswith("bench: r/progress.json: cannot be read")
    Path("r", heartbeat.PROGRESS).unlink()
    assert seen(bench)["said"] == "ended (by a version that tells no more)"
    Path("r/rows.csv").unlink()
    assert seen(bench)["state"] == "unknown" and seen(bench)["rows"], "its features are there"


def test_a_run_that_stops_says_why(toy_world, bench, monkeypatch):
    def full(model, examples, seed):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tests.toy.Echo.generate", full)
    assert bench(*RUN, "--out", "r").code != 0
    done = bench("watch", "r", "--once")
    assert done.code == 1 and "the disk is full" in done.out
    assert any("stopped: " in line for line in seen(bench)["log"])


@pytest.mark.parametrize("width", [50, 80, 200])
def test_nothing_is_wider_than_the_terminal_or_controls_it(width):
    odd = "\x1b[2Jgone\n" + "long_word_" * 12
    found = live.Live(
        folder="r",
        title=f"image2music on {odd}",
        state="running",
        said=odd,
        stages=[
            {"name": odd, "done": 3, "total": 12, "ended": False, "seconds": 9.0, "rate": 0.5, "left_s": 18.0}
        ],
        systems=[live.System(odd, 3, 12, 1, 2.5, 30.0)],
        failures=[{"system": "a", "example": "b", "reason": odd}],
        log=[odd],
        remarks=[odd],
    )
    lines = [line.plain for line in live_show.lines(found, width)]
    assert max(map(len, lines)) <= width and not any("\x1b" in line or "\n" in line for line in lines)
    assert any("3/12" in line and "18 s" in line for line in lines)


def test_a_report_is_kept_at_once_and_a_line_that_was_said(tmp_path):
    told = []
    with heartbeat.kept(tmp_path, lambda *words: told.append(words), {"a": 2}) as report:
        report("work", 0, 2)
        begun = heartbeat.read(tmp_path)
        report("work", 2, 2)
        from sightsound.bench.core import console

        console.say("hello \x1b[31m")
    assert begun is not None and begun.state == heartbeat.RUNNING and begun.process == os.getpid()
    assert [(each.name, each.done, each.total) for each in begun.stages] == [("work", 0, 2)]
    ended = heartbeat.read(tmp_path)
    assert ended is not None and ended.state == heartbeat.ENDED and ended.stages[0].ended
    assert told == [("work", 0, 2), ("work", 2, 2)]
    log = (tmp_path / heartbeat.LOG).read_text().splitlines()
    assert log[0].endswith(" hello [31m") and log[-1].endswith(" ended")
    with pytest.raises(ValueError), heartbeat.kept(tmp_path, lambda *words: None, {}):
        raise ValueError("no more")
    stopped = heartbeat.read(tmp_path)
    assert stopped is not None and (stopped.state, stopped.error) == (heartbeat.STOPPED, "no more")


def test_a_journal_that_is_written_to_is_read_up_to_its_last_whole_line(toy_world, bench):
    bench(*RUN, "--out", "r", "--limit", 4)
    journal = next(Path("r/systems").glob("echo*/outputs.jsonl"))
    with journal.open("a") as file:
        file.write(json.dumps({"id": Output("half").id})[:-3])
    assert next(each for each in seen(bench)["systems"] if each["name"].startswith("echo"))["done"] == 4
