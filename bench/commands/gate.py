"""The command of the gate: check."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sightsound.bench.commands.options import Json

app = typer.Typer()


@app.command()
def check(
    folders: Annotated[list[Path], typer.Argument(help="run folder; with --update the baseline's runs")],
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="result file; none: results/baseline.csv, else the package's"),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="JUnit XML to write")] = None,
    github: Annotated[
        bool, typer.Option("--github", help="annotations of GitHub; also where GITHUB_ACTIONS is set")
    ] = False,
    update: Annotated[bool, typer.Option("--update", help="make the runs the baseline instead")] = False,
    reason: Annotated[str, typer.Option("--reason", help="why the baseline changes, with --update")] = "",
    json: Json = False,
) -> None:
    """Fail when a run is worse than its baseline by more than chance allows."""
    from dataclasses import asdict

    from sightsound.bench.boards import check as gate
    from sightsound.bench.boards import ci
    from sightsound.bench.core import console, results, store
    from sightsound.bench.core.errors import BenchError

    if update:
        _update(folders, baseline, reason)
        return
    if len(folders) > 1:
        raise BenchError(f"{folders[1]}: one run is checked at a time; with --update several make a baseline")
    run = gate.read(folders[0] / "rows.csv", "run the same command again: it scores what is there")
    path = baseline or results.default("baseline.csv")
    findings = gate.check(run, gate.read(path, f"publish a run of this version: `bench publish RUN --to {path}`"))
    if junit is not None:
        store.write_text(junit, ci.junit(findings, folders[0].name))
    if json:
        console.as_json([asdict(finding) for finding in findings])
    else:
        lines = [
            (
                "ok" if f.ok else "FAILED",
                f.system,
                f.metric,
                console.number(f.baseline),
                console.number(f.value),
                f.verdict,
            )
            for f in findings
        ]
        console.listing(("", "system", "metric", "baseline", "run", "verdict"), lines)
    if github or os.environ.get("GITHUB_ACTIONS") == "true":
        for line in ci.github(findings, path):
            typer.echo(line, err=json)
    if bad := sum(not finding.ok for finding in findings):
        console.say(f"{bad} of {len(findings)} rows failed the check")
        raise typer.Exit(1)


def _update(folders: list[Path], baseline: Path | None, reason: str) -> None:
    from sightsound.bench.core import results
    from sightsound.bench.publishing import baseline as baselines

    path = baseline or results.FOLDER / "baseline.csv"
    changes = baselines.update(path, folders, reason)
    for change in changes:
        print(f"changed: {change}")
    print(f"{path}: {len(changes)} values changed; {baselines.changes_file(path)} says why")
