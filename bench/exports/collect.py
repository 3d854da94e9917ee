"""Everything that result files and run folders hold, as tables: what queries and exports are made from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import rewards
from sightsound.bench.core import results, scores, store
from sightsound.bench.core.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd

GATE = "baseline.csv"
"""What `bench check` compares with: several seeds of one system, no table of results."""
FILE = "file"
"""The column that says which file a row was read from."""


@dataclass(frozen=True)
class Source:
    """A result file or the rows of a run."""

    name: str
    """`measured.csv`, or `RUN/rows.csv`."""
    path: Path
    """Where it lies."""
    run: Path | None = None
    """The run folder, where it is one's."""


def sources(folder: Path | None, runs: Sequence[Path] = (), *, but: Sequence[str] = ()) -> list[Source]:
    """The result files of `folder` and the rows of `runs`; without either, the files that `bench` finds by itself.

    `but`: names of files that are left out, as the gate's baseline is where tables are made.
    BenchError for a folder without a result file and for a run that was not scored.
    """
    found = [] if folder is None and runs else [each for each in _files(folder) if each.name not in but]
    for run in dict.fromkeys(runs):
        if store.read_plan(run) is None:
            raise BenchError(f"{run}: holds no run; name a folder that `bench run` or `bench score` made")
        path = run / "rows.csv"
        if not path.is_file():
            raise BenchError(f"{path}: is not there yet; `bench run` with the same options scores the run")
        found.append(Source(f"{run.resolve().name}/{path.name}", path, run))
    return found


def _files(folder: Path | None) -> list[Source]:
    root = folder or results.default("measured.csv", "published.csv").parent
    found = sorted(path for path in root.glob("*.csv") if path.name != rewards.NAME)  # that has other columns
    if not found:
        raise BenchError(f"{root}: holds no result file (.csv)")
    return [Source(path.name, path) for path in found]


def rows(found: Sequence[Source]) -> pd.DataFrame:
    """All rows of the sources, in the schema's columns and FILE."""
    import pandas as pd

    return pd.concat([results.read(each.path).assign(**{FILE: each.name}) for each in found], ignore_index=True)


def examples(found: Sequence[Source]) -> pd.DataFrame:
    """The values by example beside the sources, with FILE; empty where there are none."""
    import pandas as pd

    read = [scores.read(scores.beside(each.path)).assign(**{FILE: each.name}) for each in found]
    full = [table for table in read if len(table)]
    return pd.concat(full, ignore_index=True) if full else read[0]


def examples_of(rows: pd.DataFrame, found: Sequence[Source]) -> pd.DataFrame:
    """The values by example behind these rows alone."""
    from sightsound.bench.core.console import records

    table = examples(found)
    wanted = {scores.key(row) for row in records(rows)}
    wanted |= {(*key[:-1], scores.LATER["n"]) for key in wanted}  # of older files
    kept = [key in wanted for key in table[list(scores.KEY)].itertuples(index=False, name=None)]
    return table[kept]


def views(found: Sequence[Source], spoilt: Sequence[rewards.Reward]) -> dict[str, pd.DataFrame]:
    """The tables of `bench results query` by name; docs/exports.md says what each holds."""
    import pandas as pd

    from sightsound.bench.exports import folders

    made = {"rows": rows(found), "scores": examples(found)}
    made["rewards"] = pd.DataFrame(spoilt, columns=list(rewards.Reward.__dataclass_fields__))
    made |= folders.views([each.run for each in found if each.run is not None])
    made["metrics"] = _metrics(made["rows"]["metric"])
    for each in found:
        name = re.sub(r"\W", "_", each.path.stem.lower())
        if each.run is None and name not in made:
            made[name] = results.read(each.path)
    return made


def _metrics(names: Any) -> pd.DataFrame:
    """What is known of the metrics that rows name."""
    import pandas as pd

    from sightsound.bench.core import labels, registry

    known = registry.metrics()
    lines = []
    for name in sorted(set(names)):
        card = known.get(name.partition("@")[0]) if name.partition("@")[0] in known else None
        about = (card.kind, card.definition, card.source) if card else ("", "", "")
        lines.append((name, labels.short(name), labels.quality(name), *about))
    return pd.DataFrame(lines, columns=["metric", "short", "quality", "kind", "definition", "origin"])
