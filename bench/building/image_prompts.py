"""What `caption` writes: an image prompt for each picture, with its music where there is some."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sightsound.bench.building import product
from sightsound.bench.building.sources import Source, ids, place
from sightsound.bench.core.types import Example, Report
from sightsound.bench.splits.media import manifest


class Subject(NamedTuple):
    """A picture to be described."""

    picture: Source
    music_caption: str = ""
    """Caption of the music that goes with it."""
    track: Source | None = None
    """File of that music."""
    group: str = ""
    """Group in the split that it comes from."""


def rows(
    out: Path, subjects: Mapping[str, Subject], made: Mapping[str, str], named: bool, report: Report
) -> list[manifest.Row]:
    """Place the files and make the manifest's rows: music, and picture and prompt to compare with."""
    made_rows: list[manifest.Row] = []
    for example_id, (name, prompt) in zip(list(made) if named else ids(list(made)), made.items(), strict=True):
        picture, caption, track, group = subjects[name]
        origin = f"reference_image={picture.name} sha256:{picture.sha256}"
        audio = None
        if track is not None:
            audio = place(track, out / "audio" / f"{example_id}{track.path.suffix.lower()}")
            origin += f"; audio={track.name} sha256:{track.sha256}"
        example = Example(
            id=example_id,
            group=group or example_id,
            audio=audio,
            caption=caption or None,
            reference_image=place(picture, out / "images" / f"{example_id}{picture.path.suffix.lower()}"),
            reference_text=prompt,
        )
        made_rows.append(manifest.Row(example, origin))
        report("writing", len(made_rows), len(made))
    return made_rows


def text(summary: Mapping[str, Any]) -> str:
    """The summary for people."""
    names = {"prompt": "CLIPScore, picture and prompt", "answers": "B-CLIPScore, picture and the viewer's answers"}
    lines = [
        (names[what], *(f"{spread[key]:.4f}" for key in ("mean", "min", "max")), spread["n"])
        for what, spread in summary["clip_scores"].items()
        if spread
    ]
    scored = (
        f"{product.markdown(('0 to 1', 'mean', 'min', 'max', 'pictures'), lines)}\n\n"
        f"- CLIPScore by {' and '.join(summary['clip'])}"
        if lines
        else "- no CLIPScore: no CLIP was named with --clip"
    )
    counts = (
        f"- {summary['prompts']} prompts for {summary['pictures']} pictures, {summary['with_music_caption']} "
        f"with a caption of the music; {summary['over_70_words']} have 70 words or more"
    )
    return "\n".join(
        [
            "# Image prompts for pictures\n",
            scored,
            f"- viewer: {summary['viewer']}",
            f"- chat: {summary['chat']}",
            counts,
            f"- {summary['examples_shown']} example prompts shown (the thesis: 5 of DiffusionDB)",
        ]
    )
