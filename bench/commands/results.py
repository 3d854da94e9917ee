"""`bench results`: SQL over results, tables for papers and other tools, plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands.complete import after_commas, names
from sightsound.bench.commands.options import Json

if TYPE_CHECKING:
    import pandas as pd

    from sightsound.bench.exports.collect import Source
    from sightsound.bench.exports.select import Selection
    from sightsound.bench.exports.sheets import Sheet

app = typer.Typer(no_args_is_help=True, help="Query, export and plot results.")

Folder = Annotated[
    Path | None, typer.Option("--results", help="folder of result files; none: results/, else the package's")
]
Runs = Annotated[list[Path] | None, typer.Option("--run", help="run folder; without --results of runs alone")]
Csv = Annotated[bool, typer.Option("--csv", help="CSV on standard output, nothing else there")]
Task = Annotated[str, typer.Option("--task", help="of this task alone", autocompletion=names("task"))]
Split = Annotated[str, typer.Option("--split", help="on this split alone", autocompletion=names("split"))]
Metrics = Annotated[
    str, typer.Option("--metrics", help="these, separated by commas", autocompletion=after_commas("metric"))
]
Systems = Annotated[str, typer.Option("--systems", help="family:variant or family, separated by commas")]
Seed = Annotated[int | None, typer.Option("--seed", help="of this seed alone")]
Origin = Annotated[str, typer.Option("--source", help="measured, published or all")]
References = Annotated[bool, typer.Option("--references/--no-references", help="with the reference rows")]


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="one SELECT; SHOW TABLES names the tables, docs/exports.md explains")],
    folder: Folder = None,
    runs: Runs = None,
    csv: Csv = False,
    json: Json = False,
) -> None:
    """Ask result files and run folders in SQL (DuckDB); nothing is written."""
    from sightsound.bench.boards import rewards
    from sightsound.bench.core import console
    from sightsound.bench.exports import collect
    from sightsound.bench.exports import query as asking

    found = collect.sources(folder, runs or ())
    answer = asking.query(sql, collect.views(found, rewards.find(folder)))
    if json:
        console.as_json(answer.as_json())
    elif csv:
        print(answer.as_csv(), end="")
    else:
        console.listing(answer.columns, answer.as_text())


@app.command()
def export(
    latex: Annotated[bool, typer.Option("--latex", help="tables with booktabs")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="tables for GitHub")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="rows; no cell is a formula")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="rows, to --out FILE")] = False,
    wandb: Annotated[bool, typer.Option("--wandb", help="a run a system; with --out offline, below it")] = False,
    hub: Annotated[bool, typer.Option("--hub", help="a data set with its card, in --out FOLDER")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="file or folder; none: standard output")] = None,
    task: Task = "",
    split: Split = "",
    metrics: Metrics = "",
    systems: Systems = "",
    seed: Seed = None,
    source: Origin = "measured",
    references: References = True,
    folder: Folder = None,
    runs: Runs = None,
    intervals: Annotated[
        str, typer.Option("--intervals", help="half (± where even), ends ([low, high]) or none")
    ] = "half",
    columns: Annotated[int, typer.Option("--columns", min=1, help="most metrics a table")] = 4,
    document: Annotated[bool, typer.Option("--document", help="LaTeX: a document that compiles as it is")] = False,
    project: Annotated[str, typer.Option("--project", help="of Weights & Biases")] = "sightsound",
    push: Annotated[
        str | None, typer.Option("--push", help="owner/name on the hub to send the data set to")
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="a data set that --push makes is private")] = False,
) -> None:
    """Write results for a paper, a spreadsheet or another tool."""
    from sightsound.bench.core import console, results
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.exports import collect, files
    from sightsound.bench.exports import latex as as_latex
    from sightsound.bench.exports import markdown as as_markdown
    from sightsound.bench.exports.wording import INTERVALS

    forms = {"latex": latex, "markdown": markdown, "csv": csv, "parquet": parquet, "wandb": wandb, "hub": hub}
    if (asked := sum(forms.values())) != 1:
        named = ", ".join(f"--{form}" for form in forms)
        raise BenchError(f"{asked or 'no'} forms are asked for; give one of {named}")
    if (parquet or hub) and out is None:
        raise BenchError(f"--{'parquet' if parquet else 'hub'} needs --out")
    if intervals not in INTERVALS:
        raise BenchError(f"--intervals {intervals}: give one of {', '.join(INTERVALS)}")
    if push and not hub:
        raise BenchError("--push sends what --hub writes; give --hub --out FOLDER")
    asked_for = _selection(task, split, metrics, systems, seed, source, references)
    found = collect.sources(folder, runs or (), but=(collect.GATE,))
    rows = asked_for.of(collect.rows(found))
    if csv:
        files.text(results.as_csv(rows), out)
    elif parquet and out:
        files.parquet(rows, out)
    elif wandb:
        from sightsound.bench.exports import tracking

        count = tracking.send(rows, project, out)
        console.say(f"wandb: {count} runs in {console.shown(out) if out else f'the project {project}'}")
    elif hub and out:
        _hub(rows, found, folder, out, push, private=private)
    else:
        made = _sheets(rows, found, folder, columns)
        files.text(
            as_latex.tables(made, intervals=intervals, document=document)
            if latex
            else as_markdown.tables(made, intervals=intervals),
            out,
        )
    if out is not None and not wandb:
        console.say(f"{console.shown(out)}: {len(rows)} rows")


@app.command()
def plot(
    out: Annotated[Path, typer.Option("--out", help="file to write: .png, .svg or .pdf")],
    kind: Annotated[
        str, typer.Option("--kind", help="forest (intervals by system), against (metric over metric), n (by size)")
    ] = "forest",
    x: Annotated[str, typer.Option("--x", help="against: metric on the horizontal axis")] = "",
    y: Annotated[str, typer.Option("--y", help="against: metric on the vertical axis; n: the metric")] = "",
    task: Task = "",
    split: Split = "",
    metrics: Metrics = "",
    systems: Systems = "",
    seed: Seed = None,
    source: Origin = "measured",
    references: References = True,
    folder: Folder = None,
    runs: Runs = None,
) -> None:
    """Plot intervals by system, one metric against another, or values against the number of examples."""
    from sightsound.bench.core import console, registry
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.exports import collect, drawing, wording
    from sightsound.bench.exports import plot as plots

    if kind not in plots.KINDS:
        raise registry.unknown("kind of plot", kind, plots.KINDS)
    if (kind == "against" and not (x and y)) or (kind == "n" and not y):
        raise BenchError(
            f"--kind {kind} needs {'--x METRIC and --y METRIC' if kind == 'against' else '--y METRIC'}"
        )
    drawing.check(out)
    chosen = metrics if kind == "forest" else ",".join(filter(None, (x, y)))
    found = collect.sources(folder, runs or (), but=(collect.GATE,))
    rows = _selection(task, split, chosen, systems, seed, source, references).of(collect.rows(found))
    if kind == "n":
        plots.by_n(rows, y, out)
    else:
        sheets = _sheets(rows, found, folder, 0)
        if len(sheets) > 1:
            several = "; ".join(wording.title(each) for each in sheets[:4])
            raise BenchError(
                f"a plot is of one table, these are {len(sheets)} ({several}); narrow it with --task, --split, "
                "--seed or --run"
            )
        if kind == "forest":
            plots.forest(sheets[0], out)
        else:
            console.say(plots.against(sheets[0], x, y, out))
    console.say(f"{console.shown(out)}: written")


def _selection(
    task: str, split: str, metrics: str, systems: str, seed: int | None, source: str, references: bool
) -> Selection:
    from sightsound.bench.exports.select import Selection

    lists = [tuple(filter(None, map(str.strip, text.split(",")))) for text in (metrics, systems)]
    return Selection(task, split, lists[0], lists[1], seed, source, references)


def _sheets(rows: pd.DataFrame, found: list[Source], folder: Path | None, most: int) -> list[Sheet]:
    from sightsound.bench.boards import rewards
    from sightsound.bench.core import scores
    from sightsound.bench.exports import collect, sheets

    return sheets.sheets(rows, scores.parts(collect.examples(found)), rewards.find(folder), most)


def _hub(
    rows: pd.DataFrame, found: list[Source], folder: Path | None, out: Path, push: str | None, *, private: bool
) -> None:
    from sightsound.bench.core import console
    from sightsound.bench.exports import collect
    from sightsound.bench.exports import hub as data_set

    if push:
        data_set.check_name(push)
    data_set.write(out, rows, collect.examples_of(rows, found), _sheets(rows, found, folder, 0))
    if push:
        console.say(f"sent: {data_set.push(out, push, private=private)}")
