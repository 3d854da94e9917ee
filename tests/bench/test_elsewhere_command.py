"""`exec:COMMAND`: real commands that do well, die, hang, answer for others and leave half a file."""

from __future__ import annotations

import json
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from tests.bench import elsewhere_made as made
from tests.bench.elsewhere_made import RUN, asked, failures, journal, outputs, script, values

OUT = ("--out", "r")


def generate(bench, model, *words):
    return bench("generate", *RUN[1:], "--model", model, *OUT, *words)


def test_a_command_is_a_system(toy_world, bench):
    done = bench(*RUN, "--model", script(), *OUT, "--json")
    assert done.code == 0, done.err
    (row,) = [row for row in json.loads(done.out) if row["model"] == "gen" and row["metric"] == "fad_toy"]
    assert (row["n"], row["n_failed"]) == (12, 0) and "is called gen" in done.err
    assert row["versions"].split()[1] == f"python=={sys.version.split()[0]}"
    assert {record["seed"] for record in journal("gen").values()} == {0}
    assert sum(record["took_s"] for record in journal("gen").values()) == pytest.approx(row["seconds"], abs=0.01)
    assert bench(*RUN, "--model", script(), *OUT).code == 0 and len(asked()) == 1, "nothing was missing"


def test_it_gets_what_the_task_shows_and_nothing_else(toy_world, bench):
    body = "\n".join(["json.dump([example, dict(os.environ)], open('seen.json', 'w'))", made.PLAIN])
    assert generate(bench, script(body), "--seed", "7").code == 0
    example, environment = json.loads(Path("seen.json").read_text())
    assert set(example) == {"id", "seed", "image"} and Path(example["image"]).is_file()
    assert environment["SIGHTSOUND_SEED"] == "7" and environment["SIGHTSOUND_TASK"] == "image2music"
    assert Path(environment["SIGHTSOUND_OUT"]).is_relative_to(toy_world / "r")


def test_placeholders_and_names(toy_world, bench):
    model = script().replace("gen.py", "gen.py --list={examples} {examples} {out} '{\"a\": 1}' {examples} {out}")
    assert generate(bench, f"mine:v2={model}").code == 0
    assert len(outputs("r", "mine.v2")) == 12
    both = bench("generate", *RUN[1:], "--model", script(), "--model", f"{script()} again", "--out", "r2")
    assert both.code == 2 and "two systems are called gen" in both.err
    assert "reference rows" in generate(bench, f"reference={script()}", "--out", "r3").err


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("exec:nowhere_at_all {out}", "nowhere_at_all: no such program"),
        ("exec:", "no command"),
        ("exec:'a", "No closing quotation"),
        ("exec:./plain.txt", "is not executable"),
        ("exec:./headless", "a script has to begin with a line such as #!/bin/sh"),
        ("exec:./strange", "its first line names a program that is not there"),
    ],
)
def test_what_cannot_be_started_is_one_line(toy_world, bench, model, said):
    for name, text in {"plain.txt": "x", "headless": "x", "strange": "#!/nowhere/at/all\n"}.items():
        Path(name).write_text(text)
        Path(name).chmod(0o644 if name == "plain.txt" else 0o755)
    done = generate(bench, model)
    lines = [line for line in done.err.splitlines() if line.startswith("bench:")]
    assert done.code == 2 and len(lines) == 1 and said in lines[0], done.err
    assert "Traceback" not in done.err


def test_options_are_not_a_command_s(toy_world, bench):
    done = generate(bench, script(), "--set", "a=1")
    assert done.code == 2 and "in the command itself" in done.err


def test_killed_five_times_ends_with_the_rows_of_one_that_was_not(toy_world):
    words = (*RUN, "--model", script(f"{made.PLAIN}\ntime.sleep(0.15)"))
    whole = made.start(*words, "--out", "whole", folder=toy_world)
    assert whole.wait() == 0, whole.stderr.read()
    Path("asked.txt").unlink()
    made.kill_five_times(words, "gen", toy_world, seed=1)
    assert outputs("killed", "gen") == outputs("whole", "gen")
    pd.testing.assert_frame_equal(values("killed"), values("whole"), check_exact=True)
    calls = asked()
    assert len(calls) == 6 and all(len(later) < len(earlier) for earlier, later in pairwise(calls))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_no_process_is_left(toy_world, number, code):
    body = f"open('pid', 'w').write(str(os.getpid()))\n{made.PLAIN}\ntime.sleep(60)"
    process = made.start("generate", *RUN[1:], "--model", script(body), *OUT, folder=toy_world)
    pid = made.pid_in(Path("pid"))
    process.send_signal(number)
    assert process.wait() == code
    assert made.has_gone(pid)


def test_a_file_that_is_half_written_at_a_kill_is_not_taken(toy_world, bench):
    half = "    out = open(name(example), 'wb'); out.write(b'RIFF'); out.flush()"
    stop = f"{half}\n    open('stopped', 'w')\n    time.sleep(60)"
    body = f"if one and not os.path.exists('stopped'):\n{stop}\n{made.PLAIN}"
    process = made.start("generate", *RUN[1:], "--model", script(body), *OUT, folder=toy_world)
    until = time.monotonic() + 120
    while not (Path("stopped").exists() and len(journal("gen")) == 3) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.kill()
    process.wait()
    assert set(journal("gen")) == {"000", "001", "002"}
    assert generate(bench, script(body)).code == 0
    assert asked()[1] == [f"{number:03d}" for number in range(3, 12)]


def test_a_file_that_is_written_while_others_are_is_taken_whole(toy_world, bench):
    body = (
        "if one:\n    held, data = open(name(example), 'wb'), samples(example)\n"
        "    write('whole.wav', data)\n    held.write(open('whole.wav', 'rb').read()[:999]); held.flush()\n"
        "else:\n    write(name(example), samples(example))\n    time.sleep(0.2)"
    )
    end = "held.write(open('whole.wav', 'rb').read()[999:]); held.close()"
    assert generate(bench, script(body, end)).code == 0
    assert outputs("r", "gen")["toy.003.wav"] == Path("whole.wav").read_bytes()


DIES = {
    "exit code 3": "if one: print('it is broken'); sys.exit(3)",
    "signal 11 (SIGSEGV)": "if one: print('it is broken'); sys.stdout.flush(); os.kill(os.getpid(), 11)",
}


@pytest.mark.parametrize("how", DIES)
@pytest.mark.parametrize("slow", [False, True])
def test_one_at_which_it_dies_fails_alone(toy_world, bench, how, slow):
    body = f"{DIES[how]}\n{made.PLAIN}\n{'time.sleep(0.1)' if slow else ''}"
    done = generate(bench, script(body))
    assert done.code == 1, done.err
    assert list(failures("gen")) == ["003"]
    why = failures("gen")["003"]
    assert how in why and "its last line: it is broken" in why and "r/systems/gen/elsewhere.log" in why
    assert [call for call in asked() if len(call) == 1 and call != ["002"]] == [["003"]], "it was asked once more"


def test_it_dies_in_the_middle_of_a_file(toy_world, bench):
    body = f"if one: open(name(example), 'wb').write(b'RIFF'); os._exit(9)\n{made.PLAIN}"
    assert generate(bench, script(body)).code == 1
    assert list(failures("gen")) == ["003"] and "exit code 9" in failures("gen")["003"]


def test_one_that_hangs_costs_one_example(toy_world, bench):
    body = f"if one: time.sleep(600)\n{made.PLAIN}\ntime.sleep(0.05)"
    done = generate(bench, script(body), "--timeout", "2")
    assert done.code == 1, done.err
    assert list(failures("gen")) == ["003"] and "nothing came within 2 s" in failures("gen")["003"]
    assert "elsewhere.log" in failures("gen")["003"]


def test_notes_errors_and_rubbish(toy_world, bench):
    body = "\n".join(
        [
            "print('}{ rubbish', '\\x00' * 3, 'toy.000'); sys.stdout.flush()",
            "notes = open(os.path.join(OUT, 'notes.jsonl'), 'a')",
            "if one: notes.write(json.dumps({'id': example['id'], 'error': 'no\\nway'}) + '\\n'); continue",
            made.PLAIN,
            "said = {'id': example['id'], 'notes': {'prompt': 'a drum', 'n': 2}}",
            "notes.write(json.dumps(said) + '\\nnot json\\n')",
            "notes.write(json.dumps({'id': 'other', 'notes': {}}) + '\\n'); notes.close()",
        ]
    )
    done = generate(bench, script(body))
    assert done.code == 1 and failures("gen") == {"003": "no way"}
    assert journal("gen")["000"]["notes"] == {"prompt": "a drum", "n": "2"}
    assert "not asked are left out (1): other" in done.err and "no JSON object with an id (11)" in done.err


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os.symlink('/etc/hostname', name(example))", "is a link"),
        ("os.symlink(os.path.abspath('gen.py'), name(example))", "is a link"),
        ("os.mkdir(name(example))", "is a link, a pipe or a folder"),
        ("os.mkfifo(name(example))", "is a link, a pipe or a folder"),
        ("open(name(example), 'wb').truncate(3 << 30)", "are the most that is taken"),
        ("open(name(example), 'wb').write(samples(example))", "cannot be decoded"),
        ("open(name(example), 'wb')", "no audio in it"),
        ("write(name(example), samples(example)); write(name(example, '.mp3'), b'')", "several files"),
        ("open(name(example, '.npy'), 'wb').write(b'x')", "the command gave no audio file"),
        ("write(os.path.join(OUT, 'toy.999.wav'), samples(example))", "the command gave no audio file"),
    ],
)
def test_an_odd_answer_costs_its_example(toy_world, bench, body, said):
    done = generate(bench, script(f"if one: {body}\nelse: {made.PLAIN}"))
    assert done.code == 1, done.err
    assert list(failures("gen")) == ["003"] and said in failures("gen")["003"], failures("gen")
    assert ("toy.999.wav" in done.err) == ("999" in body)
    assert len(outputs("r", "gen")) == 11 and not [path for path in Path("r").rglob("*") if path.is_symlink()]


def test_a_command_that_never_works_ends_the_run(toy_world, bench):
    done = generate(bench, script("raise RuntimeError('no such weights')"))
    assert done.code == 2 and "nothing came of the first 3 examples" in done.err, done.err
    assert "no such weights" in done.err and "Traceback" not in done.err
    assert not Path("r/systems/gen/outputs.jsonl").exists(), "nothing is written down as a failure"
    assert generate(bench, script()).code == 0, "there is nothing that another version made"


def test_an_edited_script_does_not_add_to_what_there_is(toy_world, bench):
    assert generate(bench, script(), "--limit", "6").code == 0
    done = generate(bench, script(f"{made.PLAIN} # edited"), "--limit", "6")
    assert done.code == 2 and "made by another version of exec:" in done.err, done.err
    assert generate(bench, script(f"{made.PLAIN} # edited"), "--limit", "6", "--remake").code == 0


def test_texts_and_pictures(toy_world, bench):
    """What is taken depends on the task."""
    from sightsound.bench.elsewhere.answers import Answers

    folder = toy_world / "out"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"x")
    (folder / "a.txt").write_text("a prompt")
    for kind, suffix in (("image", ".png"), ("text", ".txt")):
        (answer,) = Answers(folder, ["a"], kind).new(session=None, whole=True)
        assert answer.path == folder / f"a{suffix}"
    (none,) = Answers(folder, ["a"], "audio").new(session=None, whole=True)
    assert "no audio file (.wav" in str(none.error)


def test_a_name_is_made_from_the_command(toy_world):
    from sightsound.bench.elsewhere.systems import command_in, name_of

    Path("gen.py").touch()
    assert name_of(["python3", "gen.py"]) == "gen" and name_of(["./my tool.sh", "gen.py"]) == "my_tool"
    assert name_of(["python3", "-m", "package"]) == "python3"
    assert command_in("a:b=exec:x=exec:y") == ("a:b", "x=exec:y")
    assert command_in("exec:a=exec:b") == ("", "a=exec:b")
    assert command_in("mozart:pocket") is None
