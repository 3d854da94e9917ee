"""The example pages' data: a board's list, and its examples in pieces of `CHUNK`.

`examples/SLUG`: systems, metrics, ids, how many systems failed on an example, the best, worst and most disputed.
`examples/SLUG/N`: the examples N*CHUNK and on, each with its conditions, reference, outputs and values
`[metric][system]`. So a page of 2,500 examples loads a list of names and the piece that is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.boards.structure import is_reference
from sightsound.bench.core.types import Report, chunks
from sightsound.bench.site import outstanding
from sightsound.bench.site.answers import Answer, Answers, Shown, answers
from sightsound.bench.site.collect import Board
from sightsound.bench.site.links import values_path
from sightsound.bench.site.media import File, Media, Ref
from sightsound.bench.site.outstanding import Clips, Standing
from sightsound.bench.site.page import Data, Part
from sightsound.bench.site.shelf import Shelf

CHUNK = 25
LISTED = 50
"""Examples in each of the lists of the best, the worst and the disputed."""


@dataclass(frozen=True)
class Gathered:
    """All that is known of a board's examples."""

    board: Board
    """The board."""
    found: Answers
    """What the systems gave."""
    systems: Sequence[str]
    """Labels, those under test first."""
    clips: Clips
    """Values by clip."""
    standings: Sequence[Standing]
    """Of the clips of systems under test."""


def gathered(board: Board, mirror: Path | None) -> Gathered:
    """Read the runs of a board."""
    found = answers(board.task, board.runs, mirror, set(board.scores["example"]))
    systems = list(found.systems)
    clips = outstanding.clips(board.scores, board.columns, systems, [each.id for each in found.examples])
    tested = [name for name in systems if not reference(name)]
    return Gathered(board, found, systems, clips, outstanding.standings(clips, tested))


def reference(label: str) -> bool:
    """Whether a system is a reference row."""
    return is_reference(label.partition(":")[0])


def parts(of: Gathered, shelf: Shelf) -> Iterator[Part]:
    """The data files of a board's examples, and their media."""
    name = f"examples/{of.board.slug}"
    failed: dict[int, int] = {}
    for number, piece in enumerate(chunks(of.found.examples, CHUNK)):
        drawn = records(
            of, piece, shelf.media, shelf.report, f"media of {of.board.title}, examples from {number * CHUNK + 1}"
        )
        yield from shelf.parts()
        yield Data(f"data/{name}/{number}.js", f"{name}/{number}", drawn)
        for at, one in enumerate(drawn, number * CHUNK):
            count = sum(output.get("failed", False) for output in one["outputs"] if output)
            failed |= {at: count} if count else {}
    yield Data(f"data/{name}.js", name, listing(of, failed))


def listing(of: Gathered, failed: Mapping[int, int]) -> dict[str, Any]:
    """What the list of a board's examples reads, see the top of this file."""
    place = {example.id: at for at, example in enumerate(of.found.examples)}
    system = {name: at for at, name in enumerate(of.systems)}
    silent = [column for column in of.clips.columns if not outstanding.counts(column)]

    def lines(found: Sequence[Standing], value: str) -> list[tuple[int, int, float]]:
        return [(place[each.example], system[each.system], getattr(each, value)) for each in found]

    return {
        "slug": of.board.slug,
        "title": of.board.title,
        "kind": of.found.task.output,
        "systems": [{"name": name, "reference": reference(name)} for name in of.systems],
        "metrics": [
            {
                "key": column.key,
                "short": column.short,
                "title": column.metric + (f" ({column.other})" if column.other else ""),
                "up": column.higher_is_better,
            }
            for column in of.clips.columns
        ],
        "ids": [example.id for example in of.found.examples],
        "failed": failed,
        "problems": of.found.problems,
        "chunk": CHUNK,
        "values": values_path(of.board.slug) if of.clips.columns else "",
        "best": lines(outstanding.best(of.standings, LISTED), "mean"),
        "worst": lines(outstanding.worst(of.standings, LISTED), "mean"),
        "disputed": lines(outstanding.disputed(of.standings, LISTED), "dispute"),
        "said": "Metrics of this board that do not count towards it (checks, ranks): "
        f"{', '.join(column.short for column in silent) or 'none'}.",
    }


def records(
    of: Gathered,
    piece: Sequence[Shown],
    media: Media,
    report: Report,
    what: str = "media",
    systems: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Some examples as their page reads them; their media are made ready.

    `systems`: the first ones of all, whose outputs are there; None for all.
    """
    systems = of.systems if systems is None else systems
    given = {(name, each.id): of.found.answer(name, each.id) for each in piece for name in systems}
    files = [file for each in piece for file in (*each.files.values(), each.reference) if file]
    files += [answer.file for answer in given.values() if answer.file]
    refs = media.ready(files, report, what)
    place = {example: at for at, example in enumerate(of.clips.examples)}
    return [
        {
            "id": each.id,
            "group": each.group,
            "texts": each.texts,
            "files": {name: refs[file] for name, file in each.files.items()},
            "reference": refs[each.reference] if each.reference else None,
            "reference_text": each.reference_text,
            **_outputs([given[name, each.id] for name in systems], refs),
            "values": [_four(of.clips.values[column.key][:, place[each.id]]) for column in of.clips.columns],
        }
        for each in piece
    ]


def _four(values: NDArray[np.float64]) -> list[float]:
    """With the four digits that a page shows."""
    return [float(f"{value:.4g}") for value in values]


def _outputs(answers: Sequence[Answer], refs: Mapping[File, Ref]) -> dict[str, Any]:
    """The answers to an example, and the texts on the way, each of which stands in `words` once."""
    words: dict[str, int] = {}
    outputs = []
    for answer in answers:
        said = _output(answer, refs[answer.file] if answer.file else None)
        if answer.notes:
            said["notes"] = {name: words.setdefault(text, len(words)) for name, text in answer.notes.items()}
        if answer.took_s:
            said["took"] = round(answer.took_s, 2)
        outputs.append(said)
    return {"outputs": outputs, "words": list(words)}


def _output(answer: Answer, ref: Ref | None) -> dict[str, Any]:
    """An answer as a page reads it; a file that cannot be shown costs this output alone."""
    if ref is not None:
        return {"why": ref["why"]} if "why" in ref else {"ref": ref}
    if answer.why:
        return {"why": answer.why, "failed": True} if answer.failed else {"why": answer.why}
    return {"text": answer.text}
