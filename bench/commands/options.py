"""The options that the commands share, with their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    typer.Option(
        *("--mirror", "--weights"),
        envvar="SIGHTSOUND_MIRROR",
        help="folder with weights, laid out like the hub or with one folder an asset; searched first",
    ),
]
Settings = Annotated[list[str] | None, typer.Option("--set", help="key=value for the model")]
Corpus = Annotated[Path | None, typer.Option("--corpus", help="texts, one a line, for metrics that read a corpus")]
Retry = Annotated[bool, typer.Option("--retry-failed", help="try again the examples that failed")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, nothing else there")]
