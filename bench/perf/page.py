"""`bench perf page`: the tables of the documents, made from the history, so that nobody types a figure.

A table lies between `<!-- measured: PART -->` and `<!-- end of PART -->`, PART being a part of `bench perf all`,
or `parts` for what each of them took. Where the history has nothing of a part, what lies between stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import write_text
from sightsound.bench.perf import history, written
from sightsound.bench.perf.history import Kept, Measured, Spent
from sightsound.bench.perf.metrics import CHECKOUT
from sightsound.bench.perf.parts import PARTS

BLOCK = re.compile(r"(<!-- measured: (\S+) -->\n)(.*?)(<!-- end of \2 -->)", re.DOTALL)
BEGIN = re.compile(r"<!-- measured: (\S+) -->")
ALL = "parts"
"""In the place of a part: what all of them took."""


def write(path: Path, folder: Path = CHECKOUT / "docs") -> dict[Path, bool]:
    """Make the tables of every page below `folder` from the history `path`: page that has some -> whether it is
    another one now."""
    found, past = {}, history.read(path)
    for page in sorted(folder.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if not BEGIN.search(text):
            continue
        new = made(text, past, page.name)
        found[page] = new != text
        if new != text:
            write_text(page, new)
    if not found:
        raise BenchError(f"{folder}: no page has a table to be made; `bench perf page` is for a checkout")
    return found


def made(text: str, past: Sequence[Measured], name: str = "the page") -> str:
    """The page with its tables as the history has them. BenchError for a table of no part or without its end."""
    begun, whole = BEGIN.findall(text), [part for _, part, _, _ in BLOCK.findall(text)]
    if odd := [part for part in begun if part not in PARTS and part != ALL]:
        raise BenchError(
            f"{name}: {odd[0]} is no part of `bench perf all`; there are {', '.join(PARTS)} and {ALL}"
        )
    if begun != whole:
        raise BenchError(f"{name}: the table of {next(iter(set(begun) - set(whole)), begun[0])} has no end")
    usual = [each for each in past if each.size == "usual"]

    def block(found: re.Match[str]) -> str:
        begin, part, between, end = found.groups()
        new = _took(usual) if part == ALL else _figures(part, usual)
        return f"{begin}{new or between}{end}"

    return BLOCK.sub(block, text)


def _figures(part: str, past: Sequence[Measured]) -> str:
    """A part's figures, a column a kind of machine; empty where there are none."""
    newest: dict[tuple[str, str], Measured] = {}
    for one in past:
        if any(each.part == part for each in one.figures):
            newest[one.kind] = one
    rows: dict[str, dict[tuple[str, str], str]] = {}
    targets: dict[str, str] = {}
    for kind, one in newest.items():
        was = history.before(one, past[: past.index(one)])
        for each in one.figures:
            if each.part == part:
                rows.setdefault(each.what, {})[kind] = _cell(each, was.get((part, each.what)))
                targets.setdefault(each.what, "–" if each.target is None else written.number(each.target))
    if not rows:
        return ""
    header = ("what", "target", *(f"{_kind(one)} ({_when(one)})" for one in newest.values()))
    lines = [(what, targets[what], *(row.get(kind, "") for kind in newest)) for what, row in rows.items()]
    return f"{written.marked(header, lines)}\n"


def _took(past: Sequence[Measured]) -> str:
    """What the parts took where they were measured last, a table a kind of machine; empty where nothing was."""
    tables = []
    for kind in dict.fromkeys(one.kind for one in past if one.parts):
        latest: dict[str, tuple[Measured, Spent, float | None]] = {}
        for one in past:
            for part, spent in one.parts.items() if one.kind == kind else ():
                latest[part] = one, spent, latest[part][1].seconds if part in latest else None
        ordered = {part: latest[part] for part in PARTS if part in latest}
        was = {part: before for part, (_, _, before) in ordered.items() if before}
        header, rows = written.parts_table({part: spent for part, (_, spent, _) in ordered.items()}, was)
        tables.append(f"{written.marked(header, rows)}\n\n{_where([one for one, _, _ in ordered.values()])}\n")
    return "\n".join(tables)


def _cell(figure: Kept, before: float | None) -> str:
    """A value, bold where it misses its target, with its change where that is worth a look."""
    value = written.number(figure.value)
    change = history.change(figure.value, before)
    note = f" ({written.marked_change(change)})" if change is not None and abs(change) > history.CHANGED else ""
    return f"{value if figure.ok else f'**{value}**'}{note}"


def _kind(one: Measured) -> str:
    return f"{one.device}, {one.machine.replace('OMP_NUM_THREADS=all', 'all threads')}"


def _when(one: Measured) -> str:
    return f"{one.day}, {one.commit or 'no commit'}"


def _where(shown: Sequence[Measured]) -> str:
    """Where, when and with which packages, a line a measurement."""
    lines = dict.fromkeys(f"Measured on {_kind(one)}: {_when(one)}, {one.versions}." for one in shown)
    return "\n".join(lines)
