"""What `import sightsound` offers: the stages as functions, without a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightsound.bench.core import registry, results, scores
from sightsound.bench.core.errors import BenchError
from sightsound.bench.exports import collect
from sightsound.bench.features import embed
from sightsound.bench.remote import copies
from sightsound.bench.result import Result
from sightsound.bench.review import warnings
from sightsound.bench.splits.media.formats import SUFFIXES
from sightsound.bench.stages import choose, reading, scoring
from sightsound.bench.stages import run as stages
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request

if TYPE_CHECKING:
    import pandas as pd


def _silent(what: str, done: int, total: int | None) -> None:
    """A Report that tells nobody."""


def run(model: str | Sequence[str], task: str, **options: Any) -> Result:
    """Generate with systems on a split and score them, as `bench run` does (docs/results.md).

    `model`: one name or several; `options`: those of `bench run` by name (`split`, `preset`, `metrics`, `limit`,
    `seed`, `device`, `out`, ...). Raises BenchError, one line, for wrong input.
    """
    asked = Options(task, [model] if isinstance(model, str) else model, **_joined(options))
    request = choose.request(asked, choose.systems_for(asked, references=True))
    return _result(request, stages.run(request, _silent))


def score(
    systems: Mapping[str, str | Path],
    task: str | None = None,
    *,
    reference: str | Path | None = None,
    conditions: str | Path | None = None,
    captions: str | Path | None = None,
    paired: bool | None = None,
    matched: bool = False,
    **options: Any,
) -> Result:
    """Score folders of files that were made elsewhere, as `bench score` does (docs/folders.md).

    `systems`: name -> folder; all are in one table. `reference`: a folder or a split; `conditions` (pictures,
    videos, music) and `captions`: what they were made from; or `split`, whose examples' ids name the files. The
    task is worked out where it is not given. Further `options` as in `run`. Raises BenchError, one line, for
    folders that do not fit together.
    """
    asked = Options(task or "", **_joined(options | {"reference": reference}))
    mine, given = scoring.of_folders({name: Path(folder) for name, folder in systems.items()})
    given = replace(
        given,
        conditions=Path(conditions) if conditions else None,
        captions=Path(captions) if captions else None,
        paired=paired,
        matched=matched,
    )
    request = scoring.request(asked, mine, given, _silent)
    return _result(request, stages.adopt(request, _silent))


def _result(request: Request, table: pd.DataFrame) -> Result:
    return Result(
        rows=table,
        scores=scores.read(request.folder / scores.NAME),
        warnings=warnings.read(request.folder),
        folder=request.folder,
        order=tuple(system.label for system in request.systems),
        directions={card.name: card.higher_is_better for card in request.metrics},
    )


def _joined(options: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics may come as a list; paths as strings."""
    made = dict(options)
    if not isinstance(made.get("metrics") or "", str):
        made["metrics"] = ",".join(made["metrics"])
    made["reference"] = str(made["reference"]) if made.get("reference") else None
    return made | {name: Path(made[name]) for name in ("out", "mirror", "corpus") if made.get(name)}


def fad(
    generated: str | Path,
    reference: str | Path,
    network: str = "vggish",
    *,
    device: str = "auto",
    mirror: str | Path | None = None,
) -> float:
    """Fréchet audio distance between two folders of audio, any number of files in each, folders below included.

    In squared units of the network's embedding, plug-in estimate; 0 for equal sets. `network`: any that
    `bench list network` names. Raises BenchError for a folder without audio and for a file that cannot be read.
    """
    card = registry.metric(f"fad_{network}")
    sides = [
        embed(card.needs[0].extractor, _audio_in(copies.here(folder)), device=device, mirror=mirror)
        for folder in (generated, reference)
    ]
    rows = [
        reading.module_of(card).statistics([clip[card.needs[0].output] for clip in side], **card.options)
        for side in sides
    ]
    if (few := min(map(len, rows))) < card.min_clips:
        raise BenchError(f"{card.name} needs {card.min_clips} clips on each side, one has {few}")
    arguments = [part for side in rows for part in (side, np.ones(len(side)))]
    return float(reading.function_of(card, "aggregate")(*arguments))


def _audio_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES["audio"])
    if not found:
        raise BenchError(f"{folder}: holds no audio ({' '.join(sorted(SUFFIXES['audio']))})")
    return found


def read_results(folder: str | Path | None = None, runs: Sequence[str | Path] = ()) -> pd.DataFrame:
    """All rows of the result files in `folder` and of the run folders `runs`.

    Without a folder the rows of the runs alone, and without runs either those that come with the package. The
    columns are those of docs/results.md and `file`, the file that a row is from. BenchError for a folder without a
    result file and for a run without rows.
    """
    root = Path(folder) if folder else None if runs else results.CARRIED
    return collect.rows(collect.sources(root, [copies.here(run) for run in runs]))
