"""The command `bench`: one short function a command. Heavy imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd

    from bench.choose import Options
    from bench.run import Request

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
assets_app = typer.Typer(help="Weights and media from outside: list, fetch, verify.", no_args_is_help=True)
splits_app = typer.Typer(help="Data sets: list them, or verify one.", invoke_without_command=True)
app.add_typer(assets_app, name="assets")
app.add_typer(splits_app, name="splits")

Model = Annotated[list[str], typer.Option("--model", help="family, family:variant or package.module:Class")]
TaskName = Annotated[str, typer.Option("--task", help="task, see `bench tasks`")]
SplitName = Annotated[str | None, typer.Option("--split", help="split, see `bench splits`")]
PresetName = Annotated[str, typer.Option("--preset", help="pocket or paper")]
Metrics = Annotated[str | None, typer.Option("--metrics", help="names, separated by commas")]
Limit = Annotated[int | None, typer.Option("--limit", help="take N examples, always the same")]
Seed = Annotated[int, typer.Option("--seed", help="seed of the run")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1")]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="examples a call of the model")]
Out = Annotated[Path | None, typer.Option("--out", help="run folder; the same one goes on where it stopped")]
Mirror = Annotated[
    Path | None,
    typer.Option("--mirror", envvar="SIGHTSOUND_MIRROR", help="folder laid out like the hub, searched first"),
]
Settings = Annotated[list[str] | None, typer.Option("--set", help="key=value for the model")]
Retry = Annotated[bool, typer.Option("--retry-failed", help="try again the examples that failed")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, nothing else there")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(metadata.version("sightsound-bench"))
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="version")] = False,
) -> None:
    """Benchmark music generated from images, video and text."""


@app.command()
def run(
    model: Model,
    task: TaskName,
    split: SplitName = None,
    preset: PresetName = "pocket",
    metrics: Metrics = None,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    batch_size: BatchSize = None,
    out: Out = None,
    mirror: Mirror = None,
    settings: Settings = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Generate with a model on a split, score, and print the table."""
    from bench import choose, show
    from bench import run as stages

    options = choose.Options(
        task, split, preset, _names(metrics), limit, seed, device, batch_size, out, mirror, retry, settings or ()
    )
    request = choose.request(options, choose.systems_for(options, model, references=True))
    _tell(options)
    with show.progress() as report:
        table = stages.run(request, report)
    _end(request, table, json)


@app.command()
def generate(
    model: Model,
    task: TaskName,
    split: SplitName = None,
    preset: PresetName = "pocket",
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    batch_size: BatchSize = None,
    out: Out = None,
    mirror: Mirror = None,
    settings: Settings = None,
    retry: Retry = False,
    json: Json = False,
) -> None:
    """Generate only; `bench run` with the same options scores it later."""
    from dataclasses import asdict

    from bench import choose, show
    from bench import run as stages

    options = choose.Options(
        task, split, preset, (), limit, seed, device, batch_size, out, mirror, retry, settings or ()
    )
    systems = choose.systems_for(options, model, references=False)
    request = choose.request(options, systems, scores=False)
    _tell(options)
    with show.progress() as report:
        outputs = stages.generate_only(request, report)
    failed = stages.failed(outputs)
    if json:
        show.as_json({label: [asdict(output) for output in made.values()] for label, made in outputs.items()})
    else:
        for label, made in outputs.items():
            print(f"{label}: {len(made)} examples in {request.folder}")
    if failed:
        show.say(f"{failed} failed; `--json` tells why each")
        raise typer.Exit(1)


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(help="files named by example id")],
    task: TaskName,
    name: Annotated[str, typer.Option("--name", help="name of the system, `mine` or `mine:variant`")],
    split: SplitName = None,
    preset: PresetName = "pocket",
    metrics: Metrics = None,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    out: Out = None,
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Score a folder of files that were generated elsewhere."""
    from bench import choose, show
    from bench import run as stages

    options = choose.Options(task, split, preset, _names(metrics), limit, seed, device, None, out, mirror)
    mine = choose.given(name)
    systems = (mine, *choose.systems_for(options, (), references=True))
    request = choose.request(options, systems)
    _tell(options)
    with show.progress() as report:
        table = stages.adopt(request, mine, folder, report)
    _end(request, table, json)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _tell(options: Options) -> None:
    from bench import show

    for note in options.notes:
        show.say(note)


def _end(request: Request, table: pd.DataFrame, json: bool) -> None:
    """Print the table and end with 1 if an example failed."""
    from bench import show

    if json:
        show.as_json(show.records(table))
    else:
        order = [system.label for system in request.systems]
        show.values(table, order, {card.name: card.higher_is_better for card in request.metrics})
    show.say(f"rows: {request.folder / 'rows.csv'}")
    for note in sorted({f"{row['metric']}: {row['note']}" for row in show.records(table) if row["note"]}):
        show.say(note)
    if table["n_failed"].sum():
        show.say("some examples failed; outputs.jsonl of each system tells why")
        raise typer.Exit(1)


@app.command()
def models(json: Json = False) -> None:
    """The systems and their variants."""
    from bench import listings

    listings.models(json)


@app.command()
def metrics(json: Json = False) -> None:
    """The metrics and what each reads."""
    from bench import listings

    listings.metrics(json)


@app.command()
def tasks(json: Json = False) -> None:
    """The tasks: what goes in, what comes out."""
    from bench import listings

    listings.tasks(json)


@app.command()
def doctor(mirror: Mirror = None, json: Json = False) -> None:
    """What is here, what is missing and how to get it."""
    from bench import listings

    listings.doctor(mirror, json)


@splits_app.callback()
def splits(context: typer.Context, json: Json = False) -> None:
    """The data sets; `bench splits verify NAME` checks one."""
    from bench import listings

    if context.invoked_subcommand is None:
        listings.splits(json)


@splits_app.command("verify")
def splits_verify(name: str, mirror: Mirror = None, json: Json = False) -> None:
    """Prepare a split if it isn't there and check every file of it."""
    from bench import listings, registry, show
    from bench import splits as data

    if name not in registry.split_cards():
        raise registry.unknown("split", name, registry.split_cards())
    with show.progress() as report:
        data.prepare(name, mirror, report)
    listings.problems(name, data.verify(name), json)


@assets_app.command("list")
def assets_list(mirror: Mirror = None, json: Json = False) -> None:
    """Every asset, its licence and whether it is here."""
    from bench import listings

    listings.assets_(mirror, json)


@assets_app.command("fetch")
def assets_fetch(
    names: Annotated[list[str] | None, typer.Argument(help="names; none: what the pocket preset needs")] = None,
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """Fetch assets into the cache."""
    from bench import assets, listings, show

    wanted = names or listings.pocket_assets()
    with show.progress() as report:
        folders = {name: str(assets.fetch(name, mirror, report)) for name in wanted}
    if json:
        show.as_json(folders)
    else:
        show.listing(("asset", "folder"), list(folders.items()))


@assets_app.command("verify")
def assets_verify(names: list[str] | None = None, mirror: Mirror = None, json: Json = False) -> None:
    """Read every byte of the assets that are here and compare with their sha256."""
    from bench import assets, listings

    wanted = names or listings.assets_here(mirror)
    listings.problems("assets", [problem for name in wanted for problem in assets.verify(name, mirror)], json)


@app.command()
def publish(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    to: Annotated[Path, typer.Option("--to", help="result file")] = Path("results/measured.csv"),
) -> None:
    """Add a run's rows to the results."""
    from bench import results

    count = results.publish(to, results.read(folder / "rows.csv"))
    print(f"{to}: {count} rows")


@app.command()
def leaderboard(
    results_folder: Annotated[Path, typer.Option("--results", help="folder of result files")] = Path("results"),
    out: Annotated[Path, typer.Option("--out", help="file to write")] = Path("leaderboard.md"),
) -> None:
    """Write the leaderboard from the results."""
    from bench import board

    board.write(results_folder, out)
    print(f"{out}: written")


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    baseline: Annotated[Path, typer.Option("--baseline", help="result file")] = Path("results/baseline.csv"),
    json: Json = False,
) -> None:
    """Fail when a run is worse than its baseline by more than chance allows."""
    from dataclasses import asdict

    from bench import results, show
    from bench.check import check as judge

    findings = judge(results.read(folder / "rows.csv"), results.read(baseline))
    if json:
        show.as_json([asdict(finding) for finding in findings])
    else:
        lines = [
            (
                "ok" if f.ok else "FAILED",
                f.system,
                f.metric,
                show.number(f.baseline),
                show.number(f.value),
                f.verdict,
            )
            for f in findings
        ]
        show.listing(("", "system", "metric", "baseline", "run", "verdict"), lines)
    if bad := sum(not finding.ok for finding in findings):
        show.say(f"{bad} of {len(findings)} rows failed the check")
        raise typer.Exit(1)


def main() -> None:
    """Entry point: a wrong input is one line on standard error and exit code 2."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # the bars are ours
    try:
        app()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("bench: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
