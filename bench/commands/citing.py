"""`bench cite`: what a run used, as a paragraph for a paper and its BibTeX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import Cards, Json

app = typer.Typer()


@app.command()
def cite(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX with \\cite; else text with [@keys]")] = False,
    bib: Annotated[Path | None, typer.Option("--bib", help="file for the BibTeX; none: below the text")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="file for the text; none: standard output")] = None,
    cards: Cards = None,
    json: Json = False,
) -> None:
    """Write a paper's methods paragraph for a run: signatures, versions, licences, citations."""
    from sightsound.bench.citing.methods import methods
    from sightsound.bench.core import cards as door
    from sightsound.bench.core import console
    from sightsound.bench.exports import files

    for module in cards or ():
        door.adopt_all(module)
    found = methods(folder, latex=latex)
    if json:
        console.as_json(found.as_json())
        return
    if bib is not None:
        files.text(found.bibtex, bib)
        console.say(f"{console.shown(bib)}: {found.bibtex.count('@')} works")
    files.text(found.text if bib is not None else f"{found.text}\n{found.bibtex}", out)
