"""The documents, as tests read them: pages, code blocks, links, and the names of files in them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(path for path in (ROOT / "docs").rglob("*.md") if path.name != "parity.md"),
        ROOT / "tests/reference/parity.md",  # what docs/parity.md is written from; its tables name others' files
    ]
)
_TOP = "bench|metrics|baselines|results|tests|docs|sightsound"
_PATH = re.compile(rf"(?<![\w/.:-])((?:{_TOP})/[\w./*-]*\w(?:\*?\.\w+)?/?)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@cache
def files() -> frozenset[str]:
    """Every file of the repository, those that are new and not yet added included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return frozenset(name for name in found if name and (ROOT / name).exists())


def paths(text: str) -> set[str]:
    """Paths from the top of the repository that a text names; a `*` stands for anything."""
    return {found.rstrip("/") for found in _PATH.findall(text)}


def exists(path: str) -> bool:
    """Whether a path from the top of the repository is a file or a folder, or matches one."""
    return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()


def links(text: str) -> list[str]:
    """Targets of a page's links to other pages, `page.md#heading` included."""
    return [target for target in _LINK.findall(text) if not target.startswith("http")]


def anchors(text: str) -> set[str]:
    """What a link to a heading of the page is called."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(text: str) -> Iterator[str]:
    """Code blocks, fenced or indented. An indented line belongs to a block where an empty line comes before it."""
    fenced = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    for block in fenced.findall(text):
        yield "\n".join(block.split("\n")[1:-1])
    for part in re.split(r"\n\s*\n", fenced.sub("", text)):
        lines = part.strip("\n").split("\n")
        if all(line.startswith("    ") for line in lines):
            yield "\n".join(line[4:] for line in lines)


def commands(text: str, name: str) -> list[str]:
    """Lines of code blocks that call the program `name`, without comments; continued lines are joined."""
    lines = (line for block in blocks(text) for line in re.sub(r"\\\n\s*", " ", block).split("\n"))
    return [re.sub(r"\s+#.*|\s{3,}.*", "", line) for line in lines if f"{line} ".startswith(f"{name} ")]
