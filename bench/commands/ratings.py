"""Commands about people's answers: import them as rows, show what a paper's raters were asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands.complete import names as known
from sightsound.bench.commands.options import Json

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(help="What people answered about outputs: as rows; and what papers asked.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with the columns rater, example, system, question, answer")],
    questionnaire: Annotated[
        str,
        typer.Option("--questionnaire", help="a paper's, see `bench ratings questions`, or FILE.toml"),
    ] = "",
    run: Annotated[
        Path | None, typer.Option("--run", help="run folder whose outputs were rated: its systems and examples")
    ] = None,
    task: Annotated[
        str, typer.Option("--task", help="task of the outputs, without --run", autocompletion=known("task"))
    ] = "",
    split: Annotated[
        str, typer.Option("--split", help="split of the outputs, without --run", autocompletion=known("split"))
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option("--to", help="result file, or a folder with measured.csv; none: only shown"),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="rows of the same value that say something else give way")
    ] = False,
    json: Json = False,
) -> None:
    """Make rows of ratings, with intervals over raters and examples."""
    from sightsound.bench.core import console, results, scores
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.publishing.merge import merge
    from sightsound.bench.ratings import about, answers, rows
    from sightsound.bench.ratings import questionnaire as questionnaires

    if run is not None and (task or split):
        raise BenchError("--run says which task and split; leave out --task and --split")
    asked = questionnaires.read(questionnaire) if questionnaire else questionnaires.plain()
    given = answers.read(file, asked)
    what = about.of_run(run) if run else about.without_run(file, asked, task, split)
    made = results.frame(rows.make(given, asked, what, str(file)))
    if json:
        console.as_json(console.records(made))
    else:
        _shown(made, f"{what.task} on {what.split}")
    if to is not None:
        target = to / "measured.csv" if to.is_dir() or not to.suffix else to
        done = merge(target, made, scores.table([]), replace=replace)
        for change in done.replaced:
            console.say(f"replaced: {change}")
        console.say(f"{target}: {done.rows} rows, {done.added} of them new")


def _shown(table: pd.DataFrame, title: str) -> None:
    from sightsound.bench.core import console, labels, results

    lines = []
    for row in results.rows(table):
        interval = "" if row.ci_low != row.ci_low else f"{row.ci_low:.2f} to {row.ci_high:.2f}"
        other = [name for name in row.competitors.split() if name != results.label(row)]
        lines.append(
            (labels.short(row.metric), results.label(row), " ".join(other), console.number(row.value), interval,
             str(row.n), row.note)
        )  # fmt: skip
    console.listing(("question", "system", "against", "value", "95%", "examples", ""), lines, title)


@app.command()
def questions(
    name: Annotated[str, typer.Argument(help="show this one, or FILE.toml; none: list the papers'")] = "",
    json: Json = False,
) -> None:
    """What raters were asked, as the papers print it."""
    from dataclasses import asdict

    from sightsound.bench.core import console
    from sightsound.bench.ratings import questionnaire as questionnaires

    found = [questionnaires.read(each) for each in ([name] if name else questionnaires.names())]
    if json:
        console.as_json([asdict(each) for each in found])
        return
    for each in found:
        lines = [(q.name, q.metric, f"“{q.asks}”" if q.printed else q.asks, q.scale) for q in each.questions]
        console.listing(("question", "metric", "asked", "scale"), lines, f"{each.name}: {each.title}")
        if name:
            print(f"\n{each.source}\n{each.protocol}")
            if each.unknown:
                print(f"Not said: {'; '.join(each.unknown)}.")
