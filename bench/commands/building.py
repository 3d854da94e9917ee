"""`bench splits build`: the papers' own ways of making data, on any two folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightsound.bench.commands.options import Device, Json, Mirror, PresetName, Seed

if TYPE_CHECKING:
    from sightsound.bench.core.types import Report

app = typer.Typer(help="Make a split from your own folders, the ways the papers did.", no_args_is_help=True)

Images = Annotated[Path, typer.Option("--images", help="folder of pictures")]
Music = Annotated[Path, typer.Option("--music", help="folder of tracks")]
MaybeImages = Annotated[Path | None, typer.Option("--images", help="folder of pictures")]
LlmUrl = Annotated[str, typer.Option("--llm-url", help="OpenAI-compatible address, for `openai`")]
LlmModel = Annotated[str, typer.Option("--llm-model", help="name of the model there")]
Out = Annotated[Path, typer.Option("--out", help="folder of the new split; the same command goes on with it")]


@app.command("pair")
def pair(
    images: Images,
    music: Music,
    out: Out,
    space: Annotated[
        str, typer.Option("--extractor", help="joint space: pocket, imagebind, or two extractors with a comma")
    ] = "pocket",
    method: Annotated[
        str, typer.Option("--method", help="of greedy, best_first, optimal; the first makes the split")
    ] = "greedy,optimal",
    device: Device = "auto",
    mirror: Mirror = None,
    json: Json = False,
) -> None:
    """One track for each picture by similarity, as Art2Mus did, and the best assignment beside it."""
    from sightsound.bench.building import pair as builder

    methods = [name.strip() for name in method.split(",")]
    request = builder.Request(images, music, out, space, methods, _device(device), mirror)
    _make(lambda report: builder.build(request, report), out, json)


@app.command("annotate")
def annotate(
    out: Out,
    images: MaybeImages = None,
    music: Annotated[Path | None, typer.Option("--music", help="folder of tracks")] = None,
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="folder with a manifest.csv of pictures and their music instead")
    ] = None,
    preset: PresetName = "pocket",
    captioner: Annotated[
        str, typer.Option("--captioner", help="writes the stories: labels, blip_base, blip_large, blip2, qwen2_vl")
    ] = "",
    reviewer: Annotated[str, typer.Option("--reviewer", help="joint space: pocket, clip_vit_b32, ...")] = "",
    composer: Annotated[
        str,
        typer.Option("--composer", help="qwen2_vl, smollm2, qwen2_5_7b_instruct, mistral_7b_instruct, openai"),
    ] = "",
    listener: Annotated[str, typer.Option("--filter", help="joint space: pocket, clap_music, ...")] = "",
    review_at: Annotated[float, typer.Option("--review-at", help="least cosine of picture and story")] = 0.3,
    filter_at: Annotated[float, typer.Option("--filter-at", help="least cosine of caption and music")] = 0.3,
    seed: Seed = 0,
    device: Device = "auto",
    mirror: Mirror = None,
    llm_url: LlmUrl = "",
    llm_model: LlmModel = "",
    json: Json = False,
) -> None:
    """Stories, music captions and music for pictures by MusFlow's four agents."""
    from sightsound.bench.building import annotate as builder

    given = {"writer": captioner, "reviewer": reviewer, "composer": composer, "listener": listener}
    agents = _agents(preset, builder.PAPER, given)
    request = builder.Request(
        out, images, music, pairs, **agents, review_at=review_at, filter_at=filter_at, seed=seed,
        device=_device(device), mirror=mirror, llm_url=llm_url, llm_model=llm_model,
    )  # fmt: skip
    _make(lambda report: builder.build(request, report), out, json)


@app.command("caption")
def caption(
    out: Out,
    images: MaybeImages = None,
    split: Annotated[
        str | None, typer.Option("--split", help="split with pictures, or its folder, instead")
    ] = None,
    preset: PresetName = "pocket",
    captioner: Annotated[
        str, typer.Option("--captioner", help="answers the questions: labels, blip2, qwen2_vl")
    ] = "",
    chat: Annotated[
        str, typer.Option("--chat", help="smollm2, mistral_7b_instruct, qwen2_5_7b_instruct, openai")
    ] = "",
    clip: Annotated[
        str, typer.Option("--clip", help="joint space for CLIPScore: clip_vit_b32, clip_vit_b16")
    ] = "",
    examples: Annotated[Path | None, typer.Option("--examples", help="image prompts to show, one a line")] = None,
    seed: Seed = 0,
    device: Device = "auto",
    mirror: Mirror = None,
    llm_url: LlmUrl = "",
    llm_model: LlmModel = "",
    json: Json = False,
) -> None:
    """An image prompt for each picture by a captioner and a chat model, as in Lawrence's thesis."""
    from sightsound.bench.building import caption as builder

    agents = _agents(preset, builder.PAPER, {"viewer": captioner, "chat": chat, "clip": clip})
    request = builder.Request(
        out, images, split, **agents, examples=examples, seed=seed, device=_device(device), mirror=mirror,
        llm_url=llm_url, llm_model=llm_model,
    )  # fmt: skip
    _make(lambda report: builder.build(request, report), out, json)


@app.command("emotion")
def emotion(
    images: Images,
    music: Music,
    out: Out,
    leaky: Annotated[bool, typer.Option("--leaky", help="split by pairs as the paper did: songs leak")] = False,
    song_pattern: Annotated[
        str, typer.Option("--song-pattern", help="regular expression with (?P<song>...) over a piece's name")
    ] = "",
    songs: Annotated[Path | None, typer.Option("--songs", help="CSV with file,song instead")] = None,
    seed: Annotated[int, typer.Option("--seed", help="seed of the draw")] = 42,
    json: Json = False,
) -> None:
    """Pictures and music drawn together within an emotion; both folders have a folder for each."""
    from sightsound.bench.building import emotion as builder

    pattern = song_pattern or builder.PIECE
    request = builder.Request(images, music, out, leaky, pattern, songs, seed)
    _make(lambda report: builder.build(request, report), out, json)


def _agents(preset: str, paper: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The parts that were named, else the preset's; those of `pocket` are the request's own defaults."""
    from sightsound.bench.core import console, registry

    defaults = paper if registry.preset(preset).name == "paper" else {}
    chosen = {**defaults, **{role: name for role, name in given.items() if name}}
    if len(chosen) < len(given) or not all(given.values()):
        console.say(
            f"preset {preset}: " + (", ".join(f"{role} {name}" for role, name in chosen.items()) or "pocket parts")
        )
    return chosen


def _make(build: Callable[[Report], dict[str, Any]], out: Path, json: bool) -> None:
    """Build with a bar, then show the summary."""
    from sightsound.bench.core import console

    with console.progress() as report:
        summary = build(report)
    if json:
        console.as_json(summary)
    else:
        print((out / "summary.md").read_text(encoding="utf-8"), end="")


def _device(name: str) -> str:
    from sightsound.bench.stages import choose

    return choose.device_of(name)
