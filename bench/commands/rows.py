"""Commands over rows and values by example: leaderboard, compare, audit, scores, power."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.complete import names as known
from sightsound.bench.commands.options import Cards, FeatureDevice, Json, Mirror, TaskName, Wide

app = typer.Typer()


@app.command()
def leaderboard(
    results_folder: Annotated[
        Path | None, typer.Option("--results", help="folder of result files; none: results/, else the package's")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="file to write")] = Path("leaderboard.md"),
) -> None:
    """Write the leaderboard from the results."""
    from sightsound.bench.boards import board
    from sightsound.bench.core import results

    board.write(results_folder or results.default("measured.csv", "published.csv").parent, out)
    print(f"{out}: written")


@app.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(help="run folders")],
    references: Annotated[bool, typer.Option("--references", help="also against the reference rows")] = False,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="runs of one system are its seeds, and one system together")
    ] = False,
    device: FeatureDevice = "cpu",
    mirror: Mirror = None,
    cards: Cards = None,
    latex: Annotated[bool, typer.Option("--latex", help="the pairs for a paper, on standard output")] = False,
    plot: Annotated[Path | None, typer.Option("--plot", help="file for a plot: .png, .svg or .pdf")] = None,
    json: Json = False,
    wide: Wide = False,
) -> None:
    """Compare the systems of runs pair by pair: differences, intervals, tests, ties."""
    from sightsound.bench.boards import compare as comparison
    from sightsound.bench.boards import show
    from sightsound.bench.core import cards as door
    from sightsound.bench.core import console
    from sightsound.bench.exports import drawing, pairs

    for module in cards or ():
        door.adopt_all(module)
    if plot is not None:
        drawing.check(plot)
    with console.progress() as report:
        found = comparison.compare(
            folders, references=references, seeds=seeds, device=device, mirror=mirror, report=report
        )
    rows = console.records(found.pairs)
    if json:
        console.as_json(rows)
    elif latex:
        print(pairs.table(rows, found.said), end="")
    else:
        show.pairs(rows, wide=wide)
    for line in found.said:
        console.say(line)
    if plot is not None:
        pairs.plot(rows, plot)
        console.say(f"{console.shown(plot)}: written")


@app.command()
def audit(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    python: Annotated[
        str | None,
        typer.Option("--python", help="interpreter that has the packages; none: this one"),
    ] = None,
    device: FeatureDevice = "cpu",
    mirror: Mirror = None,
    cards: Cards = None,
    json: Json = False,
) -> None:
    """Compute a run's values again with the packages that others measure with."""
    from dataclasses import asdict

    from sightsound.bench.audit import audit as auditing
    from sightsound.bench.audit import show
    from sightsound.bench.core import cards as door
    from sightsound.bench.core import console

    for module in cards or ():
        door.adopt_all(module)
    with console.progress() as report:
        found = auditing.audit(folder, python=python, device=device, mirror=mirror, report=report)
    if json:
        console.as_json(asdict(found))
    else:
        show.audit(found)
    if bad := sum(not finding.ok for finding in found.findings):
        console.say(f"{bad} of {len(found.findings)} values differ")
        raise typer.Exit(1)


@app.command()
def scores(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="name; none: all with values by clip", autocompletion=known("metric")),
    ] = None,
    system: Annotated[str | None, typer.Option("--system", help="family:variant; none: all")] = None,
    worst: Annotated[int, typer.Option("--worst", min=0, help="clips a metric; 0: all")] = 10,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output, nothing else there")] = False,
    json: Json = False,
) -> None:
    """Show the clips with the worst values, and the files to listen to."""
    from dataclasses import asdict

    from sightsound.bench.boards import worst as boards
    from sightsound.bench.core import console

    found = boards.worst(folder, metric=metric, system=system, count=worst)
    if json:
        console.as_json([asdict(clip) for clip in found.clips])
    elif csv:
        print(boards.as_csv(found.clips), end="")
    else:
        for name, up in found.up.items():
            clips = [clip for clip in found.clips if clip.metric == name]
            lines = [(console.number(c.value), c.system, c.example, c.file or "its file is gone") for c in clips]
            if lines:
                title = f"{name} {'↑' if up else '↓'}, worst first"
                console.listing(("value", "system", "example", "file"), lines, title)
            else:
                console.say(f"{name}: no clip of {system} has a value")
    if found.without:
        console.say(f"no values by clip (over sets of clips, or no value at all): {', '.join(found.without)}")


@app.command()
def power(
    task: TaskName,
    split: Annotated[
        str, typer.Option("--split", help="split, see `bench splits`", autocompletion=known("split"))
    ],
    metric: Annotated[
        str, typer.Option("--metric", help="metric, see `bench metrics`", autocompletion=known("metric"))
    ],
    difference: Annotated[float | None, typer.Option("--difference", help="to be shown, in its unit")] = None,
    relative: Annotated[float | None, typer.Option("--relative", help="the same as a share of the value")] = None,
    runs: Annotated[
        list[Path] | None, typer.Option("--run", help="run folder on the split; none: the published values")
    ] = None,
    json: Json = False,
) -> None:
    """How many examples it takes to show a difference, and what a split shows at its size."""
    from dataclasses import asdict

    from sightsound.bench.boards import power as planning
    from sightsound.bench.core import console

    found = planning.plans(task, split, metric, difference=difference, relative=relative, runs=runs or ())
    if json:
        console.as_json([asdict(plan) for plan in found])
        return
    title = f"{metric} on {split}: what a power of 80% at 5% takes"
    console.listing(planning.HEAD, planning.lines(found), title)
    print(f"{planning.sentence(found, split)}\n{planning.assumed(found)}")
