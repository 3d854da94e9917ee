"""Every recipe runs from its command on tiny checkpoints, and every published figure it claims gets a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sightsound.bench.core import registry
from sightsound.bench.reproduce import recipe
from sightsound.bench.stages import settings
from tests.conftest import Done
from tests.reproduce.media import COUNT

QUICK = {"seconds": "1", "steps": "1", "frames": "2", "candidates": "1"}
"""Options that make the systems quick, those that know them: a second of music, one step."""
LIMITS = {"mozart-1a": COUNT}
"""Table -> examples of each run; of the others 3."""


def quick(known: recipe.Recipe) -> set[str]:
    """Those of QUICK that some system of a recipe knows."""
    specs = {spec for run in known.runs for spec in run.systems.values()}
    systems = [system for spec in specs for system in registry.systems(spec, preset="paper")]
    return {key for system in systems for key in settings.known(system) or ()} & QUICK.keys()


@pytest.mark.parametrize("table", recipe.names())
def test_every_figure_of_a_table_gets_a_value(
    table: str, world: Path, prepared: Callable[[str], None], bench: Callable[..., Done]
) -> None:
    known = recipe.read(table)
    for run in known.runs:
        prepared(run.split)
    given = [word for key in quick(known) for word in ("--set", f"{key}={QUICK[key]}")]
    runs = [word for run in known.runs for word in ("--run", run.name)]
    done = bench(
        *("reproduce", table, "--limit", LIMITS.get(table, 3), "--mirror", "mirror", "--device", "cpu"),
        *(*runs, *given, "--out", table, "--json"),
    )
    assert done.code == 0, done.err
    found = json.loads(done.out)["figures"]
    lacking = [f"{f['system']} {f['metric']}: {f['note']}" for f in found if f["value"] is None]
    assert [line for line in lacking if not line.endswith(tuple(known.without.values()))] == []
    assert {"table.md", "table.csv"} <= {path.name for path in Path(table).iterdir()}
