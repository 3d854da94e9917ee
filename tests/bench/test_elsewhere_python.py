"""`--python`: classes that run in another interpreter: of another version, with numpy 1, without numpy, killed,
dying, hanging and raising."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.bench import elsewhere_made as made
from tests.bench.elsewhere_made import RUN, failures, journal, other_python, outputs, values

MODEL = """
import array, ctypes, json, math, os, random, sys, time
from sightsound import Example, Generated, ModelCard, Variant, example_seed

class Odd:
    card = ModelCard("odd", ("image2music",), {VARIANTS}, "odd", "MIT")

    def __init__(self, device, weights, **options):
        self.options = options
        with open("built.txt", "a") as file:
            file.write(str(os.getpid()) + "\\n")
        START

    def generate(self, examples, seed):
        with open("asked.txt", "a") as file:
            file.write(" ".join(example.id for example in examples) + "\\n")
        for example in examples:
            rng = random.Random(example_seed(seed, example.id))
            pitch = rng.uniform(100, 400)
            sound = [0.3 * math.sin(i * pitch / 1273) for i in range(8000)]
            one = example.id.endswith("3")
            BODY
"""
PLAIN = "yield Generated(example.id, sound, 8000)"


def model(body: str = PLAIN, start: str = "pass", variants: str = "") -> str:
    """Write `odd.py` and give its `--model`."""
    lines = body.replace("\n", "\n" + " " * 12)
    text = MODEL.replace("BODY", lines).replace("START", start).replace("VARIANTS", variants)
    Path("odd.py").write_text(text, encoding="utf-8")
    return "odd:Odd"


def generate(bench, name, *words):
    words = ("--model", name, "--out", "r", "--python", other_python(), *words)
    return bench("generate", *RUN[1:], *words)


def test_a_class_without_numpy_in_another_interpreter(toy_world, bench):
    """Which interpreter that is the test says: of another version where the machine has one."""
    done = bench(*RUN, "--model", model(), "--out", "r", "--python", other_python(), "--json")
    assert done.code == 0, done.err
    (row,) = [row for row in json.loads(done.out) if row["model"] == "odd" and row["metric"] == "fad_toy"]
    version = subprocess.run([other_python(), "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    print(f"this is Python {sys.version.split()[0]}, the model ran in {version}")
    assert row["versions"].split()[1] == f"python=={version}" and "torch" not in row["versions"]
    maker = json.loads(Path("r/systems/odd/maker.json").read_text())
    assert maker["versions"]["python"] == version and maker["entry"] == "odd:Odd" and len(maker["code"]) == 64
    assert {record["seed"] for record in journal("odd").values()} == {0}
    assert all(record["took_s"] > 0 for record in journal("odd").values())
    assert "odd" not in sys.modules
    assert [len(call) for call in made.asked()] == [8, 4]


@pytest.mark.network
def test_numpy_1_killed_five_times_ends_with_the_rows_of_one_that_was_not(toy_world):
    python = made.with_old_numpy(toy_world / "old")
    body = (
        "import numpy as np\n"
        "assert np.__version__.startswith('1.')\n"
        "noise = np.random.default_rng(example_seed(seed, example.id)).standard_normal(8000)\n"
        "print('{\"id\": 1}' * 3)\n"
        "time.sleep(0.15)\n"
        "yield Generated(example.id, (np.array(sound) + 0.01 * noise).astype(np.float32), np.int64(8000))"
    )
    words = (*RUN, "--model", model(body), "--python", python, "--batch-size", "2")
    whole = made.start(*words, "--out", "whole", folder=toy_world)
    assert whole.wait() == 0, whole.stderr.read()
    assert "numpy==1." in results_of("whole")["versions"].iloc[0]
    made.kill_five_times(words, "odd", toy_world, seed=2)
    assert outputs("killed", "odd") == outputs("whole", "odd")
    pd.testing.assert_frame_equal(values("killed"), values("whole"), check_exact=True)


def results_of(run: str) -> pd.DataFrame:
    table = values(run)
    return table[table["model"] == "odd"]


def test_a_killed_bench_leaves_no_process(toy_world):
    name = model(f"open('pid', 'w').write(str(os.getpid()))\n{PLAIN}\ntime.sleep(60)")
    words = ("--model", name, "--out", "r", "--python", other_python())
    process = made.start("generate", *RUN[1:], *words, folder=toy_world)
    pid = made.pid_in(Path("pid"))
    process.kill()
    process.wait()
    assert made.has_gone(pid)


def test_the_same_bytes_as_in_this_process(toy_world, bench):
    name = model("yield Generated(example.id, array.array('d', sound), 8000)")
    assert generate(bench, name).code == 0
    here = bench("generate", *RUN[1:], "--model", name, "--out", "here")
    sys.modules.pop("odd")
    assert here.code == 0, here.err
    assert outputs("r", "odd") == outputs("here", "odd")
    code = [json.loads(Path(run, "systems/odd/maker.json").read_text())["code"] for run in ("r", "here")]
    assert code[0] == code[1]


def test_two_of_one_name_are_refused(toy_world, bench):
    Path("twin.py").write_text(Path(f"{model()}.py".replace(":Odd", "")).read_text())
    done = generate(bench, "twin:Odd", "--model", "odd:Odd")
    assert done.code == 2 and "two systems are called odd" in done.err, done.err
    Path("odd.py").write_text(Path("odd.py").read_text().replace('"odd"', '"echo"'))
    done = generate(bench, "odd:Odd")
    assert done.code == 2 and "another model named 'echo'" in done.err, done.err


ONE_FAILS = {
    "if one: raise KeyError('x')": "KeyError: 'x'",
    "if one: sys.exit(0)": "SystemExit: 0",
    "if one: raise ValueError('wrong')": "wrong",
    "if one: os._exit(7)": "its process ended with exit code 7",
    "if one: ctypes.string_at(0)": "its process ended with signal 11 (SIGSEGV)",
    "if one: print('ah'); os.kill(os.getpid(), 9)": "its last line: ah (log: r/systems/odd/elsewhere.log)",
    "if one: time.sleep(600)": "took longer than 2 s (--timeout)",
    "if one: yield Generated('toy.000x', sound, 8000); continue": "answered for 'toy.000x', which was not asked",
    "if one: yield 5; continue": "yielded a int, not a Generated",
    "if one: yield Generated(example.id, sound[:0], 8000); continue": "a clip has shape",
    "if one: yield Generated(example.id, 5, 8000); continue": "int cannot be taken as audio",
    "if one: yield Generated(example.id, [sound, [0.5]], 8000); continue": "lists of unequal lengths",
    "if one: yield Generated(example.id, sound, 'fast'); continue": "a sampling rate of fast Hz",
    "if one: yield Generated(example.id, sound, 8000, error='why\\nnot'); continue": "why not",
    "if one: yield Generated(example.id, path='nowhere.wav'); continue": "no such file",
    "if one: continue": "the model gave no answer",
    "if one: os.closerange(3, 99); time.sleep(600)": "its process ended with signal 9",
}


@pytest.mark.parametrize("body", ONE_FAILS)
def test_what_is_wrong_with_one_costs_one(toy_world, bench, body):
    done = generate(bench, model(f"{body}\n{PLAIN}"), "--timeout", "2", "--batch-size", "4", "--limit", "8")
    assert done.code == 1, done.err
    assert list(failures("odd")) == ["003"] and ONE_FAILS[body] in failures("odd")["003"], failures("odd")
    assert "Traceback" not in done.err and len(outputs("r", "odd")) == 7
    assert len(set(Path("built.txt").read_text().split())) <= 4, "a process for each death, and no more"


GOOD = [
    "yield Generated(example.id, array.array('f', sound), 8000.0)",
    "yield Generated(example.id, array.array('h', [int(9000 * s) for s in sound]), 8000)",
    "yield Generated(example.id, [sound, sound], 8000, notes={'a': 3, 'b': None})",
    "print('noise'); os.write(1, b'{}\\n'); os.write(2, b'{}\\n'); yield Generated(example.id, sound, 8000)",
    "os.chdir('/'); random.seed(1); yield Generated(example.id, tuple(sound), 8000)",
]


@pytest.mark.parametrize("body", GOOD)
def test_what_can_be_read_is_taken(toy_world, bench, body):
    here = Path.cwd()
    done = generate(bench, model(body))
    assert done.code == 0, done.err
    assert Path.cwd() == here
    if "notes" in body:
        assert journal("odd")["000"]["notes"] == {"a": "3", "b": "None"}


def test_a_killed_process_s_traceback_is_kept(toy_world, bench):
    assert generate(bench, model(f"if one: raise KeyError('x')\n{PLAIN}"), "--limit", "4").code == 1
    log = Path("r/systems/odd/errors.log").read_text()
    assert "In the other interpreter:" in log and "odd.py" in log and "KeyError: 'x'" in log


@pytest.mark.parametrize(
    ("python", "name", "said"),
    [
        ("nowhere/python", "odd:Odd", "no such program"),
        ("odd.py", "odd:Odd", "no program that can be run"),
        ("/bin/true", "odd:Odd", "is no Python interpreter"),
        ("./old", "odd:Odd", "is Python 3.7.9; models run in 3.8 or later"),
        ("", "absent:Odd", "No module named 'absent'"),
        ("", "odd:Absent", "odd has no 'Absent'"),
        ("", "odd:math", "no ModelCard and no class"),
        ("", "broken:Odd", "SyntaxError"),
        ("", "still:Still", "has no method `generate`"),
        ("", "odd:Odd:small", "no variant of odd named 'small'"),
        ("", "echo", "--python is for a model given as package.module:Class; none is"),
    ],
)
def test_what_cannot_be_found_is_one_line(toy_world, bench, python, name, said):
    model()
    Path("old").write_text("#!/bin/sh\necho this is python 3.7.9\n")
    Path("old").chmod(0o755)
    Path("broken.py").write_text("def (:\n")
    still = "class Still:\n    card = ModelCard('still', ('image2music',), {}, '', '')\n"
    Path("still.py").write_text(f"from sightsound import ModelCard\n{still}")
    done = generate(bench, name, *(("--python", python) if python else ()))
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert done.code == 2 and len(lines) == 1 and said in lines[0], done.err


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (
            "raise AttributeError('no such layer')",
            "size=3: could not be built: AttributeError: no such layer",
        ),
        ("os._exit(4)", "could not be built: its process ended with exit code 4"),
        ("if options: raise TypeError('what is that')", "an option is not known to it (what is that)"),
        ("raise MemoryError", "needs more memory"),
    ],
)
def test_a_constructor_that_fails_is_one_line(toy_world, bench, start, said):
    done = generate(bench, model(start=start), "--set", "size=3")
    assert done.code == 2 and said in done.err and "Traceback" not in done.err, done.err


def test_a_fault_of_the_machine_is_nobody_s_failure(toy_world, bench):
    body = f"if one and not os.path.exists('room'): raise OSError(28, 'No space left on device')\n{PLAIN}"
    done = generate(bench, model(body), "--batch-size", "2")
    assert done.code == 2 and "the disk is full" in done.err and not failures("odd")
    Path("room").touch()
    assert generate(bench, model(body), "--batch-size", "2").code == 0


def test_memory_that_runs_out_halves_the_batch(toy_world, bench):
    done = generate(bench, model(f"if len(examples) > 3: raise MemoryError\n{PLAIN}"), "--batch-size", "6")
    assert done.code == 0, done.err
    assert [len(call) for call in made.asked()] == [6, 3, 3, 3, 3]


def test_edited_code_does_not_add_to_what_there_is(toy_world, bench):
    assert generate(bench, model(), "--limit", "4").code == 0
    done = generate(bench, model(f"{PLAIN}  # edited"), "--limit", "4")
    assert done.code == 2 and "made by another version of odd" in done.err, done.err


def test_variants_and_options(toy_world, bench):
    variants = "'small': Variant('odd:Odd', 'the small one', batch_size=5), 'large': Variant('odd:Odd', 'large')"
    body = "yield Generated(example.id, sound, 8000, notes=self.options)"
    done = generate(bench, f"{model(body, variants=variants)}:small", "--set", "size=3")
    assert done.code == 0, done.err
    assert [len(call) for call in made.asked()] == [5, 5, 2]
    (folder,) = Path("r/systems").iterdir()
    assert folder.name.startswith("odd.small_size_3")
    assert json.loads((folder / "outputs.jsonl").read_text().splitlines()[0])["notes"] == {"size": "3"}


def test_a_picture_and_a_text_come_back(tmp_path):
    """Pictures as lists and bytes, texts as they are."""
    from sightsound.bench.elsewhere import remote, worker

    picture = [[[0, 128, 255], [1, 2, 3]]]
    for given in (
        picture,
        memoryview(bytes([0, 128, 255, 1, 2, 3])).cast("B", (1, 2, 3)),
        np.array(picture, np.uint8),
    ):
        message = worker.packed(worker.Generated("a", image=given), str(tmp_path), 0)
        answer = remote.unpacked(json.loads(json.dumps(message)), tmp_path)
        assert answer.image is not None and answer.image.dtype == np.uint8 and answer.image.tolist() == picture
    message = worker.packed(worker.Generated("a", text="a prompt\ud800"), str(tmp_path), 0)
    assert remote.unpacked(json.loads(json.dumps(message)), tmp_path).text == "a prompt\ud800"
    assert not list(tmp_path.iterdir()), "arrays are removed when they were read"
