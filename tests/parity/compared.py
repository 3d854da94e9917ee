"""Ours against a reference's figures: asserted in every test run, written down in a run of `make reference`.

The rows in rows/ say what is compared with what. `python -m tests.parity.compared` takes the figures out of those
that `make reference` measures again; the tests of the networks, run with PARITY_RECORD=1, put in what they find;
tests/reference/compare.py writes the page and complains about a row that no test filled.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

ROWS = Path(__file__).parent / "rows"
AGAIN = ("audio", "joint", "textimage")  # topics whose networks tests/reference runs; `once` in a row excepts it
RECORD = "PARITY_RECORD"


def close(name: str, inputs: str, found: Any, wanted: Any, share: float) -> None:
    """Assert that no number of `found` is further from `wanted` than `share` of the largest of these.

    `name` and `inputs` are those of a row of rows/; with PARITY_RECORD set, the difference is written there.
    """
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape
    scale = float(np.abs(wanted).max())
    largest = float(np.abs(found.astype(np.float64) - wanted).max())
    path, rows, index = _row(name, inputs)
    if os.environ.get(RECORD):
        rows[index] |= {"largest_difference": largest, "scale": scale}
        _write(path, rows)
    assert largest <= share * scale, f"{name}, {inputs}: {largest} apart, of {scale}"


def _row(name: str, inputs: str) -> tuple[Path, list[dict[str, Any]], int]:
    for topic in AGAIN:
        path = ROWS / f"{topic}.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        for index, row in enumerate(rows):
            if (row.get("network") or row.get("metric"), row["inputs"]) == (name, inputs):
                return path, rows, index
    raise AssertionError(f"no row {name!r} of {inputs!r} in {ROWS}: add it, with its reference and version")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Take out the figures that are to be measured again."""
    for topic in AGAIN:
        path = ROWS / f"{topic}.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        _write(path, [row if row.get("once") else row | {"largest_difference": None} for row in rows])


if __name__ == "__main__":
    main()
