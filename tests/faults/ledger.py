"""What the fault tests saw. `RELIABILITY_RECORD=1 pytest tests/faults` keeps it for docs/reliability.md."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

SEEN = Path(__file__).parent / "seen.json"
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


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


def saw(fault: str, now: str, message: str = "", before: str = "") -> None:
    """Keep a line, where a record is wanted."""
    if not os.environ.get("RELIABILITY_RECORD"):
        return
    have = json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.is_file() else {}
    have[fault] = asdict(Seen(fault, before, now, " ".join(message.split())[:300]))
    SEEN.write_text(json.dumps(have, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def page() -> str:
    """The table as docs/reliability.md has it."""
    have = json.loads(SEEN.read_text(encoding="utf-8"))
    lines = ["| planted | before | now | what is said |", "| --- | --- | --- | --- |"]
    for line in have.values():
        cells = (line["fault"], line["before"], line["now"], line["message"])
        lines.append("| " + " | ".join(cell.replace("|", "&#124;").replace("<", "&lt;") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
