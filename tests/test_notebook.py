"""Every cell of the notebooks runs, and shows what the stored notebook shows."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pages
from tests.notebook import code_cells

NOTEBOOKS = sorted((pages.ROOT / "docs").rglob("*.ipynb"))
NUMBER = re.compile(
    r"-?\d+\.\d+(?:e[+-]?\d+)?"
    r"|-?\b\d+(?= (?:±|\[))|(?<=± )\d+\b|(?<=\[)-?\d+(?=,)|(?<=, )-?\d+(?=\])"  # values and intervals of a table
)
CLOSE = 2e-3  # machines differ in the last digits that are shown


def same(shown: str, stored: str) -> bool:
    """Whether two texts say the same: equal words, numbers that are close. Digests are as the files are."""
    words = [re.sub(r"@[0-9a-f]{6}", "@", " ".join(NUMBER.sub("#", text).split())) for text in (shown, stored)]
    numbers = [NUMBER.findall(text) for text in (shown, stored)]
    return words[0] == words[1] and all(map(close, *numbers))


def close(a: str, b: str) -> bool:
    """Whether two numbers differ by no more than a step of their last digit, or by CLOSE."""
    step = 10.0 ** -len(a.partition(".")[2]) if "e" not in a else 0.0
    x, y = float(a), float(b)
    return math.isclose(x, y, rel_tol=CLOSE, abs_tol=CLOSE) or abs(x - y) < 1.5 * step


def texts(outputs: list) -> list[str]:
    """What a cell shows as text; a figure as its kind."""
    return [
        "".join(each["text"]) if "text" in each else "".join(each["data"].get("text/plain", "a figure"))
        for each in outputs
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_stored(path: Path, tmp_path: Path) -> None:
    places = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(pages.ROOT))))  # for `tests`
    here = {name: text for name, text in os.environ.items() if name != "COLUMNS"}  # a table's width
    done = subprocess.run(
        [sys.executable, "-m", "tests.notebook", str(path)],
        cwd=tmp_path,
        env={**here, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    stored = [texts(cell["outputs"]) for cell in code_cells(json.loads(path.read_text(encoding="utf-8")))]
    shown = [texts(outputs) for outputs in json.loads(done.stdout.splitlines()[-1])]
    differ = [
        (number, mine, theirs)
        for number, (mine, theirs) in enumerate(zip(shown, stored, strict=True))
        if len(mine) != len(theirs) or not all(map(same, mine, theirs))
    ]
    assert differ == [], "python -m tests.notebook FILE --write makes the outputs anew"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_names_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|work|Users|var)/", text)
    assert len(text) < 200_000


def test_another_number_or_word_is_noticed() -> None:
    assert same("fad  1.2345 ok", "fad 1.2346 ok")
    assert not same("fad 1.234", "fad 1.334")
    assert not same("fad 1.234", "kad 1.234")
    assert not same("1.0 and 2.0", "1.0")
    assert same("59 ± 21 n 16", "60 ± 20 n 16") and not same("59 ± 21 n 16", "59 ± 21 n 15")
    assert same("152 [142, 164]", "152 [143, 164]") and not same("152 [142, 164]", "152 [142, 170]")
    assert same("x:musicnn_msd@a41d5b", "x:musicnn_msd@a41d5c") and not same("sr:16000", "sr:16001")
