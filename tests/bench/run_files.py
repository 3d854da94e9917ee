"""What a run folder holds, to compare two of them byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

CLOCKED = ("progress.json", "run.log")  # what a clock decides, and what a run tells who watches it


def told(folder: Path) -> dict[str, bytes]:
    """Every file of a run folder, without shards, times and the seconds of rows."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in (*CLOCKED, ".lock") or name.startswith("shards/"):
            continue
        found[name] = path.read_bytes()
        if path.name == "outputs.jsonl":
            lines = [json.loads(line) | {"took_s": 0} for line in found[name].splitlines()]
            found[name] = json.dumps(lines).encode()
        if path.name == "rows.csv":
            head, *rows = found[name].decode().splitlines()
            place = head.split(",").index("seconds")
            found[name] = "\n".join(_without(row, place) for row in [head, *rows]).encode()
    return found


def whatever_the_engine(folder: Path) -> dict[str, bytes]:
    """The same without what says which engine it was: its options, what its workers printed, and in which order
    answers came."""
    found = {name: text for name, text in told(folder).items() if not name.startswith("workers/")}
    for name, text in found.items():
        if name == "run.toml":
            lines = [line for line in text.splitlines() if not line.startswith((b"engine", b"workers"))]
            found[name] = b"\n".join(lines)
        if name.endswith("outputs.jsonl"):
            last = {output["id"]: output for output in json.loads(text)}
            found[name] = json.dumps(sorted(last.items())).encode()
    return found


def _without(row: str, place: int) -> str:
    cells = row.split(",")
    return ",".join(cells[:place] + cells[place + 1 :])
