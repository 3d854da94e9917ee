"""Holds our values against those of the packages and writes docs/parity.md.

`python -m tests.reference.compare`, in the environment of `make env`; ends with 1 when a difference is too large.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.parity.compared import AGAIN, ROWS
from tests.reference import hand
from tests.reference.ours import OURS

HERE = Path(__file__).parent
RECORDED = HERE.parent / "parity" / "packages.json"
TEMPLATE = HERE / "parity.md"
PAGE = HERE.parents[1] / "docs" / "parity.md"
LARGEST = 1e-6  # of the largest reference value
LARGEST_NETWORK = 1e-4  # of the output's scale
LARGEST_OF = {"legacy.art2mus_kl": 1e-3}  # see parity.md
ON_PAPER = {
    "flat": f"{hand.FLAT:g}",
    "same": f"{hand.SAME:g}",
    "cropped": f"{hand.SAME_EACH_TIME:g}: all windows are heard",
    "paired": f"{hand.PAIRED:g}",
    "empty": "no value: ours raises ValueError",
}
"""Fault -> what it should be."""


def recorded() -> dict[str, Any]:
    """What tests/reference/packages.py wrote: `provenance` and `rows`."""
    record: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return record


def difference(row: dict[str, Any]) -> float:
    """Largest difference of our values from a recorded row's, divided by the largest of its values."""
    theirs = np.array(row["values"])
    ours = np.array(OURS[row["metric"]](row["inputs"]))
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def page() -> tuple[str, list[str]]:
    """The text of docs/parity.md and what is out of bounds in it."""
    record = recorded()
    tables: dict[str, list[str]] = {"metrics": [], "networks": [], "once": []}
    wrong = []
    for row in record["rows"]:
        found = difference(row)
        cells = row["metric"], row["reference"], f"`{row['function']}`", row["inputs"], f"{row['values'][0]:.6g}"
        tables["metrics"].append(_line(*cells, f"{found:.0e}"))
        if not found <= LARGEST:
            wrong.append(f"{row['metric']} on {row['inputs']} against {row['reference']}: {found:.1e}")
    for topic, row in _networks():
        name, bound = (row["metric"], LARGEST) if "metric" in row else (row["network"], LARGEST_NETWORK)
        bound = LARGEST_OF.get(name, bound)
        if row["largest_difference"] is None:
            wrong.append(f"{name} on {row['inputs']}: no test of this run has compared it")
            continue
        share = row["largest_difference"] / row["scale"]
        cells = name, f"{row['reference']} {row['version']}", row["inputs"], f"{row['largest_difference']:.0e}"
        table = "networks" if topic in AGAIN and not row.get("once") else "once"
        tables[table].append(_line(*cells, f"{row['scale']:.3g}", f"{share:.0e}"))
        if not share <= bound:
            wrong.append(f"{name} against {row['reference']}: {share:.1e} of the scale")
    faults = [
        _line(f["fault"], f["reference"], f"{f['value']:.3g}", ON_PAPER[f["name"]]) for f in record["faults"]
    ]
    made_with = ", ".join(f"{name} {value}" for name, value in record["provenance"].items() if name != "command")
    text = TEMPLATE.read_text(encoding="utf-8").format(
        versions=made_with,
        faults="\n".join(faults),
        **{name: "\n".join(lines) for name, lines in tables.items()},
    )
    return text, wrong


def _networks() -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of tests/parity/rows with their topics, topic after topic."""
    for path in sorted(ROWS.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            yield path.stem, row


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Write the page; say what is out of bounds."""
    text, wrong = page()
    PAGE.write_text(text, encoding="utf-8")
    for line in wrong:
        print(f"differs: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
