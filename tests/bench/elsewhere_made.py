"""What tests of models elsewhere share: commands and models that are written out, runs in processes of their own,
and another interpreter."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from sightsound.bench.core import results
from sightsound.bench.elsewhere import interpreter

RUN = ("run", "--task", "image2music", "--device", "cpu")
EXAMPLES = 12
SCRIPT = """
import array, json, math, os, random, sys, time, wave

def samples(example, seconds=1):
    rng = random.Random(example["seed"])
    pitch = rng.uniform(100, 400)
    return array.array("h", [int(9000 * math.sin(i * pitch / 1273)) for i in range(8000 * seconds)]).tobytes()

def write(path, data):
    with wave.open(path, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(data)

def name(example, suffix=".wav"):
    return os.path.join(OUT, example["id"] + suffix)

EXAMPLES, OUT = sys.argv[-2:]
asked = [json.loads(line) for line in open(EXAMPLES)]
with open("asked.txt", "a") as file:
    file.write(" ".join(example["id"] for example in asked) + "\\n")
for example in asked:
    one = example["id"].endswith("3")
"""
"""A command without any package; what it does with an example is put behind it."""
PLAIN = "write(name(example), samples(example))"


def script(body: str = PLAIN, after: str = "") -> str:
    """Write `gen.py` and give the `--model` that runs it."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    Path("gen.py").write_text(f"{SCRIPT}{lines}{after}\n", encoding="utf-8")
    return f"exec:{shlex.quote(sys.executable)} gen.py"


def asked() -> list[list[str]]:
    """The ids that each call of the command was given, the last three digits."""
    return [[word[-3:] for word in line.split()] for line in Path("asked.txt").read_text().splitlines()]


def journal(system: str, run: str = "r") -> dict[str, dict[str, Any]]:
    """The last record of each example by the last three digits of its id."""
    path = Path(run, "systems", system, "outputs.jsonl")
    lines = path.read_text().splitlines() if path.exists() else []
    return {record["id"][-3:]: record for record in map(json.loads, lines)}


def failures(system: str, run: str = "r") -> dict[str, str]:
    """Why each example that failed did."""
    return {name: record["error"] for name, record in journal(system, run).items() if record["error"]}


def values(run: str) -> pd.DataFrame:
    """The run's rows without what a clock decides."""
    return results.read(Path(run, "rows.csv")).drop(columns=["run", "seconds"])


def outputs(run: str, system: str) -> dict[str, bytes]:
    """Every output's bytes by name."""
    return {path.name: path.read_bytes() for path in sorted(Path(run, "systems", system, "outputs").iterdir())}


def start(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    """The toy's command in a process of its own, `bench generate` and `bench run` alike."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), root]))
    environment = os.environ | {"SIGHTSOUND_CACHE": str(folder / "cache"), "PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.toy", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # a shell that starts tests in the background lets them ignore Ctrl-C, and so would this process
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def kill_five_times(words: tuple[str, ...], system: str, folder: Path, seed: int) -> int:
    """Run `words` with `--out killed` and kill it five times with SIGKILL, each time after a random number of
    further outputs has reached the journal; then let it end. The outputs that were there at the kills."""
    rng, seen = random.Random(seed), 0
    at = sorted(rng.sample(range(1, EXAMPLES), 5))
    path = Path("killed", "systems", system, "outputs.jsonl")
    for count in at:
        process = start(*words, "--out", "killed", folder=folder)
        while process.poll() is None and (not path.is_file() or path.read_bytes().count(b"\n") < count):
            time.sleep(0.005)
        assert process.poll() is None, process.stderr and process.stderr.read()
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = path.read_bytes().count(b"\n")
        assert seen < EXAMPLES
    last = start(*words, "--out", "killed", folder=folder)
    errors = last.communicate()[1].decode()
    assert last.returncode == 0, errors
    return seen


def pid_in(path: Path) -> int:
    """The number that a process writes into a file, within two minutes."""
    until = time.monotonic() + 120
    while not (path.exists() and path.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    return int(path.read_text())


def has_gone(pid: int) -> bool:
    """Whether a process ends within five seconds; one that nobody waits for counts as ended."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@cache
def other_python() -> str:
    """An interpreter of another Python version than this one, the oldest that there is from 3.8 to 3.12 (for which
    there is a numpy 1); this one where the machine has no other."""
    known = [shutil.which(f"python3.{minor}") for minor in range(8, 13)]
    found = [str(path) for path in Path.home().glob(".pyenv/versions/3.*/bin/python3")]
    versions = {path: interpreter.version_of(path) for path in [*filter(None, known), *found]}
    fit = {path: version for path, version in versions.items() if version and (3, 8) <= version < (3, 13)}
    others = [path for path, version in fit.items() if version[:2] != sys.version_info[:2]]
    return min(others, key=lambda path: fit[path], default=sys.executable)


def with_old_numpy(folder: Path) -> str:
    """The interpreter of a new environment with numpy 1, of `other_python`'s version."""
    subprocess.run([other_python(), "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "numpy<2"], check=True)
    return python
