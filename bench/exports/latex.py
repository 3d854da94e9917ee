"""Tables for a paper: LaTeX with booktabs, best in bold, tie letters above the line, said in the caption."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sightsound.bench.core.console import NO_VALUE
from sightsound.bench.exports import wording
from sightsound.bench.exports.sheets import Cell, Column, Sheet
from sightsound.bench.exports.texts import code, latex

NEEDS = r"\usepackage{booktabs,graphicx}"
"""What the document's preamble must have."""
FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""A table that is wider than the text is made as wide."""
DOCUMENT = rf"""\documentclass{{article}}
\usepackage[a4paper,margin=2.5cm]{{geometry}}
{NEEDS}
\begin{{document}}
%s
\end{{document}}
"""


def tables(sheets: Sequence[Sheet], *, intervals: str = "half", document: bool = False) -> str:
    """A `table` environment a sheet; `document`: within a document that compiles as it is."""
    head = f"% Written by bench results export --latex. The preamble needs {NEEDS}\n"
    made = "\n".join(_table(sheet, number, intervals) for number, sheet in enumerate(sheets, 1))
    return DOCUMENT % made if document else head + made


def _table(sheet: Sheet, number: int, intervals: str) -> str:
    lines = [_line(sheet, system, intervals) for system in sheet.systems]
    tested = sum(system not in sheet.references for system in sheet.systems)
    if 0 < tested < len(lines):
        lines.insert(tested, r"\midrule")
    said = " ".join([f"{wording.title(sheet)}.", *wording.caption(sheet, intervals)])
    return "\n".join([
        r"\begin{table}[htbp]",
        rf"\caption[{{{latex(wording.title(sheet))}}}]{{{latex(said)} {_signatures(sheet)}}}",
        rf"\label{{{_label(sheet)}-{number}}}",
        r"\vspace{0.5ex}\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        FITTED,
        rf"\begin{{tabular}}{{l{'r' * len(sheet.columns)}}}",
        r"\toprule",
        " & ".join(["", *map(_head, sheet.columns)]) + r" \\",
        r"\midrule",
        *lines,
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
        "",
    ])  # fmt: skip


def _label(sheet: Sheet) -> str:
    """What `\\ref` takes, without the number: letters, digits and hyphens of task and split."""
    return "tab:" + re.sub(r"[^A-Za-z0-9]+", "-", f"{sheet.source or sheet.task} {sheet.split}").strip("-").lower()


def _head(column: Column) -> str:
    return f"{latex(column.name)} {latex('↑' if column.up else '↓')}"


def _line(sheet: Sheet, system: str, intervals: str) -> str:
    cells = [_cell(column.cells.get(system), intervals) for column in sheet.columns]
    return " & ".join([latex(system), *cells]) + r" \\"


def _cell(cell: Cell | None, intervals: str) -> str:
    if cell is None:
        return latex(NO_VALUE)
    value, interval = wording.figures(cell.row, intervals)
    shown = latex(value).replace("-", r"$-$") if value != NO_VALUE else latex(value)
    shown = rf"\textbf{{{shown}}}" if cell.best else shown
    letters = rf"\textsuperscript{{{latex(cell.letters)}}}" if cell.letters else ""
    behind = rf" {{\scriptsize {latex(interval).replace('-', '$-$')}}}" if interval else ""
    return f"{shown}{letters}{latex(wording.marks(cell))}{behind}"


def _signatures(sheet: Sheet) -> str:
    """Each column's signature, in a small typewriter face; of published figures the definitions' names."""
    head = "Definitions" if sheet.source else "Signatures"
    said = []
    for name, signature, others in wording.signatures(sheet):
        more = f" (n = {others} in others)" if others else ""
        said.append(f"{latex(name)}: {code(signature)}{more}")
    return rf"{{\scriptsize {head}. {'; '.join(said)}.}}"
