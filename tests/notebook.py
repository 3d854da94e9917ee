"""Runs a notebook without Jupyter: every code cell in one namespace, what it shows compared with what is stored.

`python -m tests.notebook FILE` runs it in the working folder and prints what each cell shows, as JSON;
`--write` puts that into the file.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

Shown = list[dict[str, Any]]
"""Outputs of a cell, as the notebook format has them."""


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells that run, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(notebook: dict[str, Any]) -> list[Shown]:
    """What each code cell shows: what it prints, the value of its last line, its figures."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    return [
        _run(f"cell {number}", "".join(cell["source"]), namespace)
        for number, cell in enumerate(code_cells(notebook))
    ]


def _run(name: str, source: str, namespace: dict[str, Any]) -> Shown:
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
    shown: Shown = []
    if printed.getvalue():
        shown.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    shown += _figures()
    if value is not None and not source.rstrip().endswith(";"):
        data = {"text/plain": _lines(repr(value))}
        shown.append({"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": data})
    return shown


def _figures() -> Shown:
    """The figures that are open, which are then closed."""
    from matplotlib import pyplot

    shown: Shown = []
    for number in pyplot.get_fignums():
        picture = io.BytesIO()
        pyplot.figure(number).savefig(
            picture, format="png", dpi=72, bbox_inches="tight", metadata={"Software": None}
        )
        data = {"image/png": base64.b64encode(picture.getvalue()).decode()}
        shown.append({"output_type": "display_data", "metadata": {}, "data": data})
    pyplot.close("all")
    return shown


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main(path: Path, *, write: bool) -> None:
    """Run a notebook; print, or keep, what it shows."""
    os.environ["MPLBACKEND"] = "Agg"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    shown = run(notebook)
    if not write:
        print(json.dumps(shown))
        return
    for number, (cell, of_cell) in enumerate(zip(code_cells(notebook), shown, strict=True), 1):
        cell |= {"outputs": of_cell, "execution_count": number}
        for output in of_cell:
            if "execution_count" in output:
                output["execution_count"] = number
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), write="--write" in sys.argv)
