"""`bench splits build`: the papers' own ways of making data, on any two folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightsound.bench.commands.config import Commands
from sightsound.bench.commands.options import Device, Json, Mirror, PresetName, Seed, takes

if TYPE_CHECKING:
    from sightsound.bench.core.types import Report

app = Commands(help="Make a split from your own folders, the ways the papers did.", no_args_is_help=True)


@dataclass(frozen=True)
class Shared:
    """The options that the builders share, as the user gave them."""

    out: Path
    images: Path | None = None
    music: Path | None = None
    preset: str = "pocket"
    seed: int = 0
    device: str = "auto"
    mirror: Path | None = None
    llm_url: str = ""
    llm_model: str = ""
    json: bool = False

    def models(self) -> dict[str, Any]:
        """Where and how models run, as the builders' requests name it."""
        return {
            "seed": self.seed,
            "device": _device(self.device),
            "mirror": self.mirror,
            "llm_url": self.llm_url,
            "llm_model": self.llm_model,
        }


_OUT = "folder of the new split; the same command resumes it"
_takes = partial(
    takes,
    record=Shared,
    kinds={
        "out": Annotated[Path, typer.Option("--out", help=_OUT)],
        "images": Annotated[Path | None, typer.Option("--images", help="folder of pictures")],
        "music": Annotated[Path | None, typer.Option("--music", help="folder of tracks")],
        "preset": PresetName,
        "seed": Seed,
        "device": Device,
        "mirror": Mirror,
        "llm_url": Annotated[str, typer.Option("--llm-url", help="OpenAI-compatible address, for `openai`")],
        "llm_model": Annotated[str, typer.Option("--llm-model", help="name of the model there")],
        "json": Json,
    },
)
_TWO_FOLDERS = ("images", "music", "out")
_MODELS = ("seed", "device", "mirror", "llm_url", "llm_model", "json")


@app.command("pair")
@_takes(*_TWO_FOLDERS, "device", "mirror", "json", required=_TWO_FOLDERS)
def pair(
    shared: Shared,
    space: Annotated[
        str, typer.Option("--extractor", help="joint space: pocket, imagebind, or two extractors with a comma")
    ] = "pocket",
    method: Annotated[
        str, typer.Option("--method", help="of greedy, best_first, optimal; the first makes the split")
    ] = "greedy,optimal",
) -> None:
    """One track for each picture by similarity, as Art2Mus did, and the best assignment beside it."""
    from sightsound.bench.building import pair as builder

    images, music = _two_folders(shared)
    methods = [name.strip() for name in method.split(",")]
    request = builder.Request(images, music, shared.out, space, methods, _device(shared.device), shared.mirror)
    _make(lambda report: builder.build(request, report), shared)


@app.command("annotate")
@_takes("out", "images", "music", "preset", *_MODELS)
def annotate(
    shared: Shared,
    pairs: Annotated[
        Path | None, typer.Option("--pairs", help="folder with a manifest.csv of pictures and their music instead")
    ] = None,
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
) -> None:
    """Stories, music captions and music for pictures by MusFlow's four agents."""
    from sightsound.bench.building import annotate as builder

    given = {"writer": captioner, "reviewer": reviewer, "composer": composer, "listener": listener}
    agents = _agents(shared.preset, builder.PAPER, given)
    request = builder.Request(
        shared.out, shared.images, shared.music, pairs, **agents, review_at=review_at, filter_at=filter_at,
        **shared.models(),
    )  # fmt: skip
    _make(lambda report: builder.build(request, report), shared)


@app.command("caption")
@_takes("out", "images", "preset", *_MODELS)
def caption(
    shared: Shared,
    split: Annotated[
        str | None, typer.Option("--split", help="split with pictures, or its folder, instead")
    ] = None,
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
) -> None:
    """An image prompt for each picture by a captioner and a chat model, as in Lawrence's thesis."""
    from sightsound.bench.building import caption as builder

    agents = _agents(shared.preset, builder.PAPER, {"viewer": captioner, "chat": chat, "clip": clip})
    request = builder.Request(shared.out, shared.images, split, **agents, examples=examples, **shared.models())
    _make(lambda report: builder.build(request, report), shared)


@app.command("emotion")
@_takes(*_TWO_FOLDERS, "seed", "json", required=_TWO_FOLDERS, seed=42)
def emotion(
    shared: Shared,
    leaky: Annotated[bool, typer.Option("--leaky", help="split by pairs as the paper did: songs leak")] = False,
    song_pattern: Annotated[
        str, typer.Option("--song-pattern", help="regular expression with (?P<song>...) over a piece's name")
    ] = "",
    songs: Annotated[Path | None, typer.Option("--songs", help="CSV with file,song instead")] = None,
) -> None:
    """Pictures and music drawn together within an emotion; both folders have a folder for each."""
    from sightsound.bench.building import emotion as builder

    images, music = _two_folders(shared)
    pattern = song_pattern or builder.PIECE
    request = builder.Request(images, music, shared.out, leaky, pattern, songs, shared.seed)
    _make(lambda report: builder.build(request, report), shared)


def _two_folders(shared: Shared) -> tuple[Path, Path]:
    """The folders of a builder that requires both."""
    assert shared.images is not None and shared.music is not None  # the command line asks for them
    return shared.images, shared.music


def _agents(preset: str, paper: Mapping[str, str], given: Mapping[str, str]) -> dict[str, Any]:
    """The parts that were named, else the preset's; those of `pocket` are the request's own defaults."""
    from sightsound.bench.core import console, registry

    defaults = paper if registry.preset(preset).name == "paper" else {}
    chosen = {**defaults, **{role: name for role, name in given.items() if name}}
    if len(chosen) < len(given) or not all(given.values()):
        console.say(
            f"preset {preset}: " + (", ".join(f"{role} {name}" for role, name in chosen.items()) or "pocket parts")
        )
    return chosen


def _make(build: Callable[[Report], dict[str, Any]], shared: Shared) -> None:
    """Build with a bar, then show the summary."""
    from sightsound.bench.core import console

    with console.progress() as report:
        summary = build(report)
    if shared.json:
        console.as_json(summary)
    else:
        print((shared.out / "summary.md").read_text(encoding="utf-8"), end="")


def _device(name: str) -> str:
    from sightsound.bench.stages import choose

    return choose.device_of(name)
