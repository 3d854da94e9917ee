"""What `annotate` writes: a quadruple of picture, story, music caption and music for each example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.building import product
from sightsound.bench.building.sources import Source, ids, place
from sightsound.bench.core.types import Example, Report
from sightsound.bench.splits.media import manifest


def rows(
    out: Path, quads: Mapping[str, tuple[Source, str, str, Source]], named: bool, report: Report
) -> list[manifest.Row]:
    """Place the files and make the manifest's rows; `named`: the names are ids already."""
    made: list[manifest.Row] = []
    groups = dict(zip(tracks := sorted({track.name for *_, track in quads.values()}), ids(tracks), strict=True))
    for example_id, (picture, story, caption, track) in zip(
        list(quads) if named else ids(list(quads)), quads.values(), strict=True
    ):
        example = Example(
            id=example_id,
            group=groups[track.name],
            image=place(picture, out / "images" / f"{example_id}{picture.path.suffix.lower()}"),
            audio=place(track, out / "audio" / f"{groups[track.name]}{track.path.suffix.lower()}"),
            story=story,
            caption=caption,
        )
        origin = f"image={picture.name} sha256:{picture.sha256}; audio={track.name} sha256:{track.sha256}"
        made.append(manifest.Row(example, origin))
        report("writing", len(made), len(quads))
    return made


def summary(
    agents: Mapping[str, str],
    left: Mapping[str, int],
    fits: Mapping[str, float],
    hears: Mapping[str, float],
    matched: Sequence[str],
) -> dict[str, Any]:
    """The summary's data: the agents, how many were left after each stage, the cosines of picture and story and of
    caption and music before the thresholds, and the names of the tracks that were taken."""
    uses = Counter(matched)
    return {
        "builder": "annotate",
        "agents": dict(agents),
        "left": dict(left),
        "mean_image_story": float(np.mean(list(fits.values()))) if fits else None,
        "mean_caption_music": float(np.mean(list(hears.values()))) if hears else None,
        "different_tracks": len(uses),
        "most_for_one_track": max(uses.values(), default=0),
    }


def text(summary: Mapping[str, Any]) -> str:
    """The summary for people."""
    lines = list(summary["left"].items())
    means = [
        f"- mean cosine of {what}, before the threshold: {summary[key]:.4f}"
        for key, what in (("mean_image_story", "picture and story"), ("mean_caption_music", "caption and music"))
        if summary[key] is not None
    ]
    return "\n".join(
        [
            "# Quadruples of picture, story, caption and music\n",
            *(f"- {agent}: {what}" for agent, what in summary["agents"].items()),
            "",
            product.markdown(("stage", "left"), lines) + "\n",
            *means,
            f"- {summary['different_tracks']} different tracks, one for {summary['most_for_one_track']} pictures",
            "- the composer is not the paper's, which was tuned on 10,000 examples and is not published",
        ]
    )
