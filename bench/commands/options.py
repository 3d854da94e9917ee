"""The options that the commands share, with their help: each is stated here once and handed on by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from sightsound.bench.commands.complete import after_commas, names, systems
from sightsound.bench.commands.config import Config
from sightsound.bench.stages.options import Options

Model = Annotated[
    list[str],
    typer.Option(
        "--model",
        help="family, family:variant, package.module:Class, each with +key=value; or [NAME=]exec:COMMAND",
        autocompletion=systems,
    ),
]
TaskName = Annotated[str, typer.Option("--task", help="task, see `bench tasks`", autocompletion=names("task"))]
SplitName = Annotated[
    str | None,
    typer.Option(
        "--split",
        help="split, see `bench splits`, or a folder or URI with a manifest",
        autocompletion=names("split"),
    ),
]
PresetName = Annotated[str, typer.Option("--preset", help="pocket or paper", autocompletion=names("preset"))]
Metrics = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        help="names, separated by commas; NAME@FIELD: read that",
        autocompletion=after_commas("metric"),
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", help="take N examples, always the same")]
Seed = Annotated[int, typer.Option("--seed", help="seed of the run")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1")]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="examples a call of the model")]
Engine = Annotated[
    str, typer.Option("--engine", help="local, processes, ray or ray:HOST:PORT; none: processes for several GPUs")
]
Workers = Annotated[int | None, typer.Option("--workers", help="of the engine; none: one a GPU")]
GpuShare = Annotated[float, typer.Option("--gpu-share", help="of a GPU and its memory, for each worker; 0.5: two")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="run folder, or its URI (docs/remote.md); the same one goes on where it stopped"),
]
Mirror = Annotated[
    Path | None,
    typer.Option(
        *("--mirror", "--weights"),
        envvar="SIGHTSOUND_MIRROR",
        help="folder or URI with weights, laid out like the hub or with one folder an asset; searched first",
    ),
]
Settings = Annotated[list[str] | None, typer.Option("--set", help="key=value for all systems that know it")]
Python = Annotated[
    str | None, typer.Option("--python", help="interpreter in which package.module:Class models run, 3.8 or later")
]
Corpus = Annotated[Path | None, typer.Option("--corpus", help="texts, one a line, for metrics that read a corpus")]
Reference = Annotated[
    str | None,
    typer.Option(
        "--reference", help="what outputs are compared with: a folder or its URI, or (distances of sets) a split"
    ),
]
Length = Annotated[
    str,
    typer.Option("--length", help="how much of a clip the metrics hear: first10s, 30s, full or windows of 10 s"),
]
Retry = Annotated[bool, typer.Option("--retry-failed", help="try again the examples that failed")]
Remake = Annotated[bool, typer.Option("--remake", help="make anew what another version of a system has made")]
Missing = Annotated[
    bool,
    typer.Option(
        "--allow-missing-metrics", help="go on without the metrics whose networks cannot be fetched, and say which"
    ),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", help="I/N: make part I of N alone (docs/slurm.md); `bench merge` puts them together"),
]
Timeout = Annotated[float, typer.Option("--timeout", help="most seconds a model may take for an example; 0: none")]
InTurn = Annotated[
    bool,
    typer.Option("--in-turn", help="make no prompts while the generator is at the batch before"),
]
FeatureDevice = Annotated[str, typer.Option("--device", help="for features that are no longer stored")]
Cards = Annotated[list[str] | None, typer.Option("--cards", help="module with cards that the run took from it")]
Plan = Annotated[
    bool, typer.Option("--plan", help="tell what it would take (downloads, disk, memory, hours) and do nothing")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, nothing else there")]
Wide = Annotated[
    bool, typer.Option("--wide", help="all columns of the table beside each other, whatever the width")
]

_TAKEN: dict[str, Any] = {
    "model": Model,
    "task": TaskName,
    "split": SplitName,
    "preset": PresetName,
    "metrics": Metrics,
    "limit": Limit,
    "seed": Seed,
    "device": Device,
    "batch_size": BatchSize,
    "engine": Engine,
    "workers": Workers,
    "gpu_share": GpuShare,
    "out": Out,
    "mirror": Mirror,
    "settings": Settings,
    "python": Python,
    "corpus": Corpus,
    "reference": Reference,
    "length": Length,
    "retry": Retry,
    "remake": Remake,
    "timeout": Timeout,
    "in_turn": InTurn,
    "allow_missing_metrics": Missing,
    "shard": Shard,
}
_REQUIRED = ("task", "model")
_SHOWN_ONLY = ("json", "wide", "plan")  # options of how a result is shown, which are no part of a run


def takes(
    *names: str,
    record: Callable[..., Any] = Options,
    kinds: Mapping[str, Any] = _TAKEN,
    required: Sequence[str] = _REQUIRED,
    **defaults: Any,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options `names`, which it gets together as its first argument, a `record`.

    `kinds`: name -> type of the option; `defaults`: another default than that of `record`. The command's own
    parameters stand after them, and last `--config`, by which a file gives any of them
    (bench/commands/config.py).
    """
    given = {each.name: each.default for each in fields(record)} | defaults  # type: ignore[arg-type]

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**arguments: Any) -> None:
            shared = {name: arguments.pop(name) for name in names}
            arguments.pop("config")  # read before this was called
            if record is Options:
                own = {name: value for name, value in arguments.items() if name not in _SHOWN_ONLY}
                shared |= {"command": command.__name__, "own": own}
            command(record(**shared), **arguments)

        kind = inspect.Parameter.KEYWORD_ONLY
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        parameters = [
            inspect.Parameter(
                name,
                kind,
                annotation=kinds[name],
                default=inspect.Parameter.empty if name in required or given[name] is MISSING else given[name],
            )
            for name in names
        ]
        first = [parameter for parameter in own if parameter.default is inspect.Parameter.empty]
        rest = [parameter for parameter in own if parameter.default is not inspect.Parameter.empty]
        config = inspect.Parameter("config", kind, annotation=Config, default=None)
        together = [*first, *parameters, *rest, config]
        signature = inspect.Signature([parameter.replace(kind=kind) for parameter in together])
        run.__signature__ = signature  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in together}
        return run

    return wrap
