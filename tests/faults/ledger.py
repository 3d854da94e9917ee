"""What the fault tests saw. `RELIABILITY_RECORD=1 pytest tests/faults` keeps it and writes docs/reliability.md."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

SEEN = Path(__file__).parent / "seen.json"
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN = "<!-- the table is written by the tests -->\n"
_FOLDERS = re.compile(r"(?<!\S)/\S*/(?=[^/\s]+)")  # of the test: nobody's business
LONGEST = 220  # characters of a message that the table shows


@dataclass(frozen=True)
class Seen:
    """One line of the table."""

    fault: str
    """What was planted."""
    before: str
    """What an earlier version made of it; empty where it was not measured."""
    now: str
    """What happens: values, counts, exit code."""
    message: str
    """What the user is told."""


def wanted() -> bool:
    """Whether this run keeps what it sees."""
    return bool(os.environ.get("RELIABILITY_RECORD"))


def saw(fault: str, now: str, message: str = "", before: str = "") -> None:
    """Keep a line, where a record is wanted. Folders of the test are left out of the message."""
    if not wanted():
        return
    have = _have()
    said = [line for line in message.splitlines() if "━" not in line] or [""]
    shown = " ".join(_FOLDERS.sub("", said[-1].replace(str(Path.cwd()) + "/", "")).split())
    have[" ".join(fault.split())] = asdict(Seen(fault, before, now, shown[:LONGEST]))
    SEEN.write_text(json.dumps(have, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _have() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.is_file() else {}
    return found


def table() -> str:
    """The table as docs/reliability.md has it."""
    lines = ["| planted | before | now | what is said |", "| --- | --- | --- | --- |"]
    for line in _have().values():
        cells = (line["fault"], line["before"], line["now"], line["message"])
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;").replace("<", "&lt;").replace("`", "'")


def write() -> None:
    """Put the table into the page."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(head + BEGIN + table(), encoding="utf-8")
