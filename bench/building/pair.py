"""`bench splits build pair`: one track for each picture by the cosine of joint embeddings, as Art2Mus did.

The summary is the paper's Table 1: largest, smallest and mean similarity of the pairs, and how many lie above and
below the mean. The pairs are chosen by the very cosine that a metric in the same space measures: such a score
tells how well the choice is repeated and nothing about how well the music fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sightsound.bench.building import greedy, optimal, product
from sightsound.bench.building.scores import NONE, STEPS, Indices, Scores, Vectors, score
from sightsound.bench.building.sources import Missing, Source, digest, ids, outside, place, scan
from sightsound.bench.building.spaces import Embedder, pair
from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Report
from sightsound.bench.splits.media import manifest

METHODS = {
    "greedy": "the pictures take turns in the order of their names, each the most similar track that is left",
    "best_first": "of all pairs that are left the most similar is taken",
    "optimal": "the largest sum of similarities",
}
TIES = (
    "Ties are cosines equal to a millionth. greedy: the track whose name comes first; best_first: the picture "
    "whose name comes first, then the track; optimal: the solver's choice."
)
COLUMNS = ("method", "pairs", "max", "min", "mean", "above mean", "at or below", "as the first method")


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    images: Path
    """Folder of pictures."""
    music: Path
    """Folder of tracks."""
    out: Path
    """Folder of the product."""
    space: str = "pocket"
    """See sightsound.bench.building.spaces.pair."""
    methods: Sequence[str] = ("greedy", "optimal")
    """The first makes the split, the others stand beside it."""
    device: str = "cpu"
    """Where the networks run; the assignment runs on the CPU."""
    mirror: Path | None = None
    """Folder laid out like the hub, searched first."""


class Choice(NamedTuple):
    """What a method chose."""

    columns: Indices
    """The track of each picture, `[pictures]`, NONE without one."""
    scores: Scores
    """Millionths of the cosine, `[pictures]`; 0 without a track."""
    gap: float | None
    """How much more total similarity another choice could have at most; None: not known."""


def build(request: Request, report: Report) -> dict[str, Any]:
    """Write the product; returns its summary. Raises BenchError for unknown folders, spaces and methods."""
    if (
        not request.methods
        or len(set(request.methods)) < len(request.methods)
        or set(request.methods) - set(METHODS)
    ):
        raise BenchError(f"--method {','.join(request.methods)}: there are {', '.join(METHODS)}, each once")
    extractors = pair(request.space, ("image", "audio"))
    outside(request.out, request.images, request.music)
    pictures, missing = scan(request.images, "images", report)
    tracks, unread = scan(request.music, "music", report)
    missing += unread
    embedder = Embedder(extractors, request.device, request.mirror)
    with store.locked(request.out):
        plan = {"builder": "pair", "methods": list(request.methods), "extractors": embedder.signatures()}
        product.claim(request.out, plan | {"images": digest(pictures), "music": digest(tracks)})
        rows, row_vectors, bad = embedder.vectors({s.name: s.item for s in pictures}, extractors[0], report)
        columns, column_vectors, bad_tracks = embedder.vectors(
            {s.name: s.item for s in tracks}, extractors[1], report
        )
        missing += [Missing("image", name, reason) for name, reason in bad.items()]
        missing += [Missing("music", name, reason) for name, reason in bad_tracks.items()]
        choices = choose(row_vectors, column_vectors, request.methods, report) if rows and columns else {}
        by_name = {source.name: source for source in (*pictures, *tracks)}
        names = {
            method: [(rows[at], columns[column], int(choice.scores[at]) / STEPS) for at, column in _pairs(choice)]
            for method, choice in choices.items()
        }
        split: list[manifest.Row] = []
        if choices:
            first = request.methods[0]
            left = np.flatnonzero(choices[first].columns == NONE)
            missing += [Missing("image", rows[at], f"{first}: no track is left for it") for at in left]
            split = _split(request.out, [(by_name[a], by_name[b]) for a, b, _ in names[first]], report)
        lines = [(method, a, b, f"{value:.6f}") for method, each in names.items() for a, b, value in each]
        store.write_text(
            request.out / "pairs.csv", product.table(("method", "image", "music", "similarity"), lines)
        )
        summary = {method: facts(choice, choices[request.methods[0]]) for method, choice in choices.items()}
        found = {
            "builder": "pair",
            "extractors": list(extractors),
            "methods": {method: {"rule": METHODS[method], **summary[method]} for method in summary},
            "ties": TIES,
        }
        product.finish(request.out, {".": split}, missing, found, _text(request, extractors, summary))
        return found


def choose(
    rows: Vectors, columns: Vectors, methods: Sequence[str], report: Report = lambda what, done, total: None
) -> dict[str, Choice]:
    """What each method chooses. ValueError for vectors of different lengths: those are not in one space."""
    if rows.shape[1] != columns.shape[1]:
        raise BenchError(f"vectors of {rows.shape[1]} and {columns.shape[1]} numbers are not in one space")
    found = {}
    for method in methods:
        gap = None
        if method == "optimal":
            chosen, gap = optimal.assign(rows, columns, report)
        else:
            chosen = (greedy.in_turn if method == "greedy" else greedy.best_first)(rows, columns, report)
        scores = score(rows, columns, np.arange(len(rows)), np.maximum(chosen, 0))
        found[method] = Choice(chosen, np.where(chosen == NONE, 0, scores), gap)
    return found


def facts(choice: Choice, first: Choice) -> dict[str, Any]:
    """A line of the paper's Table 1, and how many pairs are also the first method's."""
    paired = choice.columns != NONE
    points = choice.scores[paired]
    total = int(points.sum())
    above = int((points * len(points) > total).sum())  # whole numbers: a pair at the mean is not above it
    return {
        "pairs": len(points),
        "max": int(points.max()) / STEPS,
        "min": int(points.min()) / STEPS,
        "mean": total / len(points) / STEPS,
        "above_mean": above,
        "at_or_below_mean": len(points) - above,
        "as_first": int((paired & (choice.columns == first.columns)).sum()),
        "gap": choice.gap,
    }


def _pairs(choice: Choice) -> list[tuple[int, int]]:
    return [(at, column) for at, column in enumerate(choice.columns.tolist()) if column != NONE]


def _split(out: Path, pairs: Sequence[tuple[Source, Source]], report: Report) -> list[manifest.Row]:
    rows = []
    for name, (picture, track) in zip(ids([picture.name for picture, _ in pairs]), pairs, strict=True):
        example = Example(
            id=name,
            group=name,  # no picture and no track is there twice
            image=place(picture, out / "images" / f"{name}{picture.path.suffix.lower()}"),
            audio=place(track, out / "audio" / f"{name}{track.path.suffix.lower()}"),
        )
        origin = f"image={picture.name} sha256:{picture.sha256}; audio={track.name} sha256:{track.sha256}"
        rows.append(manifest.Row(example, origin))
        report("writing", len(rows), len(pairs))
    return rows


def _text(request: Request, extractors: tuple[str, str], summary: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for method, line in summary.items():
        cosines = [f"{line[key]:.4f}" for key in ("max", "min", "mean")]
        counts = [line[key] for key in ("above_mean", "at_or_below_mean", "as_first")]
        lines.append([method, line["pairs"], *cosines, *counts])
    notes = [f"- {method}: {METHODS[method]}" for method in summary]
    for method, line in summary.items():
        if line["gap"]:
            notes.append(
                f"- {method}: not proved to be the largest; at most {line['gap']:.6f} in all is missing to it"
            )
    first = (
        f"Cosines of {extractors[0]} (pictures) and {extractors[1]} (first 10 s of a track); the split holds the "
        f"pairs of {request.methods[0]}.\n"
    )
    return "\n".join(
        [
            "# Pairs by similarity\n",
            first,
            product.markdown(COLUMNS, lines) + "\n",
            *notes,
            f"- {TIES}",
            "- A metric in the space that the pairs were chosen by is circular on this split.",
        ]
    )
