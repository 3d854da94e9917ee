"""Commands that measure the suite itself: perf all, page, peers, engines, metrics, systems, generate, folders,
store, scaling, site, thd, rewards, gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.bench.commands import perf_all
from sightsound.bench.commands.config import Commands
from sightsound.bench.commands.options import Device, Json, Metrics, Mirror, takes
from sightsound.bench.stages.options import Options

if TYPE_CHECKING:
    from sightsound.bench.perf.metrics import Figure

app = Commands(help="Measure the suite itself: its speed, its metrics and its gate.", no_args_is_help=True)


@app.command()
def metrics(json: Json = False) -> None:
    """How much faster the metrics are than what they replace."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import metrics as perf

    with console.progress() as report:
        figures = list(perf.metrics(report))
    _print(figures, json)


app.command(name="all")(perf_all.everything)
app.command()(perf_all.page)


@app.command()
def engines(
    workers: Annotated[str, typer.Option("--workers", help="numbers of worker processes, by commas")] = "1,2,4",
    clips: Annotated[int, typer.Option("--clips", min=2, help="clips of ten seconds")] = 1000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="times that each number is measured")] = 3,
    network: Annotated[
        str, typer.Option("--network", help="musicnn_mtt, vggish, panns_16k or passt")
    ] = "musicnn_mtt",
    device: Device = "cpu",
    json: Json = False,
) -> None:
    """How much faster several worker processes embed than one."""
    from sightsound.bench.core import console
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.perf import engines as perf_engines
    from sightsound.bench.perf.untrained import NETWORKS
    from sightsound.bench.stages import choose

    if not all(each.strip().isdecimal() and int(each) >= 1 for each in workers.split(",")):
        raise BenchError(f"--workers {workers}: name numbers of workers, such as 1,2,4")
    if network not in NETWORKS:
        raise BenchError(f"--network {network}: no such network here; there are {', '.join(NETWORKS)}")
    counts, where = [int(each) for each in workers.split(",")], choose.device_of(device)
    with console.progress() as report:
        figures = list(perf_engines.measure(counts, clips, report, rounds=rounds, device=where, network=network))
    _print(figures, json)


@app.command()
def peers(
    device: Device = "cpu",
    tiny: Annotated[bool, typer.Option("--tiny", help="only look if all runs: the figures say nothing")] = False,
    json: Json = False,
) -> None:
    """How much faster FAD, KL and inception score are, from files, than the ways of other packages."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import peer_world
    from sightsound.bench.perf import peers as perf_peers
    from sightsound.bench.stages import choose

    where = choose.device_of(device)
    usual = peer_world.CARD if where.startswith("cuda") else peer_world.USUAL
    with console.progress() as report:
        figures = list(perf_peers.measure(where, peer_world.TINY if tiny else usual, report))
    _print(figures, json)


@app.command()
def systems(json: Json = False) -> None:
    """How much faster systems and builders are than the plain way to do the same."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import systems as perf_systems

    with console.progress() as report:
        figures = list(perf_systems.measure(report))
    _print(figures, json)


@app.command()
@takes(
    *("model", "task", "split", "preset", "limit", "device", "batch_size", "mirror", "settings"),
    required=(),
    task="",
    limit=16,
)
def generate(
    options: Options,
    tiny: Annotated[bool, typer.Option("--tiny", help="without a model: only look if all runs")] = False,
    json: Json = False,
) -> None:
    """Clips a minute of a system, and how much of the time is not the model's; without --model how well MusicGen
    and LLaMA of random weights use the device."""
    from sightsound.bench.core import console
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.perf import decoding
    from sightsound.bench.perf import generate as perf_generate
    from sightsound.bench.stages import choose

    if not options.model:
        where = choose.device_of(options.device)
        with console.progress() as report:
            figures = decoding.measure(where, tiny, report)
        _print(figures, json)
        return
    if not options.task:
        raise BenchError("--task: name the task that the model is to do")
    systems = choose.systems_for(options, references=False)
    request = choose.request(options, systems, scores=False)
    for note in options.notes:
        console.say(note)
    with console.progress() as report:
        figures = perf_generate.measure(request, report)
    _print(figures, json)


@app.command()
def folders(
    count: Annotated[int, typer.Option("--count", help="clips on each side")] = 1000, json: Json = False
) -> None:
    """How long scoring two folders takes beside decoding them and running the network."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import folders as perf_folders

    with console.progress() as report:
        figures = perf_folders.measure(count, report)
    _print(figures, json)


@app.command()
def store(
    count: Annotated[int, typer.Option("--count", min=10, help="clips")] = 10000, json: Json = False
) -> None:
    """What keeping features takes, and reading them again, beside one small file a clip."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import store as perf_store

    with console.progress() as report:
        figures = perf_store.measure(count, report)
    _print(figures, json)


@app.command()
def again(count: Annotated[int, typer.Option("--count", min=2, help="clips")] = 400, json: Json = False) -> None:
    """How long the same `bench score` takes a second time."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import again as perf_again

    with console.progress() as report:
        figures = perf_again.measure(count, report)
    _print(figures, json)


@app.command()
def scaling(
    sizes: Annotated[str, typer.Option("--sizes", help="numbers of clips, by commas")] = "250,2500,25000",
    json: Json = False,
) -> None:
    """How long scoring takes, and how much memory, as the clips grow: six made systems, ten metrics."""
    from sightsound.bench.core import console
    from sightsound.bench.core.errors import BenchError
    from sightsound.bench.perf import scaling as perf_scaling

    if not all(each.strip().isdecimal() and int(each) >= 10 for each in sizes.split(",")):
        raise BenchError(f"--sizes {sizes}: name numbers of clips, 10 at least, such as 250,2500")
    with console.progress() as report:
        runs = perf_scaling.measure([int(each) for each in sizes.split(",")], report)
    figures = perf_scaling.figures(runs)
    if json:
        console.as_json({"runs": [run._asdict() for run in runs], "figures": [each._asdict() for each in figures]})
        if not all(each.ok for each in figures):
            raise typer.Exit(1)
        return
    _print(figures, json)


@app.command()
def site(
    systems: Annotated[int, typer.Option("--systems", min=3, help="systems of the made board")] = 20,
    examples: Annotated[int, typer.Option("--examples", min=10, help="examples of the made board")] = 2500,
    json: Json = False,
) -> None:
    """How quick and how large the pages of a large board are, in a headless Chromium."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import site as perf_site

    with console.progress() as report:
        figures = perf_site.measure(systems, examples, report)
    _print(figures, json)


@app.command()
def thd(json: Json = False) -> None:
    """What the harmonic distortion reads on tones of known ratio, and on sounds it is not made for."""
    from sightsound.bench.core import console
    from sightsound.bench.perf import thd as perf_thd

    found = list(perf_thd.readings())
    if json:
        console.as_json([each._asdict() for each in found])
        return
    lines = [
        (
            each.sound,
            *(console.number(value, 3) for value in (each.truth, each.least, each.most)),
            *(f"{share:.0%}" for share in (each.without, each.voiced)),
        )
        for each in found
    ]
    console.listing(("sound", "true", "lowest", "highest", "without a value", "voiced frames"), lines)


@app.command()
def rewards(
    folder: Annotated[Path, typer.Argument(help="run folder")],
    draws: Annotated[int, typer.Option("--draws", min=1, help="copies of each kind that chance decides")] = 5,
    metrics: Metrics = None,
    to: Annotated[Path | None, typer.Option("--to", help="table to add the rows to, results/rewards.csv")] = None,
    device: Device = "auto",
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """What the metrics reward: a run's outputs against spoilt copies (silent, noise, all one clip, mispaired)."""
    from dataclasses import asdict

    from sightsound.bench.boards import rewards as tables
    from sightsound.bench.core import console
    from sightsound.bench.perf import rewards as perf_rewards
    from sightsound.bench.stages import choose

    with console.progress() as report:
        found = perf_rewards.measure(
            folder,
            draws=draws,
            metrics=[name.strip() for name in (metrics or "").split(",") if name.strip()],
            device=choose.device_of(device),
            mirror=mirror,
            report=report,
        )
    if json:
        console.as_json([asdict(each) for each in found])
    else:
        console.listing(*tables.table(found))
        console.say("! always better than as it is, k/n in k of n draws, = not noticed")
    if to:
        console.say(f"{to}: {tables.keep(to, found)} rows")


@app.command()
def gate(
    folders: Annotated[list[Path], typer.Argument(help="run folders of one system, each with another seed")],
    device: Annotated[str, typer.Option("--device", help="for features that are no longer stored")] = "cpu",
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """How often `bench check` fails an unchanged system, and how often it sees spoilt outputs."""
    from dataclasses import asdict

    from sightsound.bench.core import console
    from sightsound.bench.perf import gate as perf_gate

    with console.progress() as report:
        lines = perf_gate.measure(folders, device=device, mirror=mirror, report=report)
    if json:
        console.as_json([asdict(line) for line in lines])
        return
    console.listing(*perf_gate.table(lines))


def _print(figures: Sequence[Figure], json: bool) -> None:
    """The figures; ends with 1 if a bound is not kept."""
    from sightsound.bench.core import console

    if json:
        console.as_json([figure._asdict() for figure in figures])
    else:
        lines = [
            (
                "ok" if each.ok else "MISSED",
                each.what,
                console.number(each.value, 3),
                console.number(each.target, 3) if each.target else "",
            )
            for each in figures
        ]
        console.listing(("", "", "measured", "target"), lines)
    if not all(figure.ok for figure in figures):
        raise typer.Exit(1)
