"""The leaderboard: Markdown tables from the result files, measured and published apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import below, rewards, show, ties
from sightsound.bench.core import console, registry, results, scores, store
from sightsound.bench.core.faults import printable
from sightsound.metrics.statistics.parts import Parts

if TYPE_CHECKING:
    import pandas as pd

HEAD = """# Leaderboard

Written by `bench leaderboard` from `results/`; do not edit. Measured values carry 95% intervals (Student's t over
groups, docs/statistics.md). Examples that share a track, a picture or a song are one group: `groups` is how many
there are, `in effect` how many of one size would say as much; intervals are over groups and claim no more. Two
values are compared only where task, split, n and signature agree; pocket metrics and pocket variants are not
comparable with any paper's figures. Signatures stand below each table.

Systems that share a letter in a column are not told apart: their difference, taken example by example, is not
significant once all pairs and metrics of the table are corrected for (Holm, 5%). No letter: a rank, a system with
failures, or no test, because groups are too few or the values by example are not in `results/measured.parquet`.
*Smallest difference seen* is the true difference that this n would show four times in five for a middling pair of
systems under test, before that correction. *Floor* is what two sets of the reference's own source would give.

≈ behind a distance: not distinguishable from its floor, or from 0.

† behind a system: it failed on examples that it should have answered; its values are over the rest, and it is
tied with nobody (docs/reliability.md).
"""


def write(folder: Path, out: Path) -> None:
    """Write `out` from `measured.csv` and `published.csv` in `folder`."""
    parts = [HEAD]
    measured = folder / "measured.csv"
    spoilt = rewards.find(folder)
    if measured.is_file():
        parts.append("## Measured\n")
        examples = scores.parts(scores.read(scores.beside(measured)))
        tables = results.fullest(results.read(measured)).groupby(["task", "split", "seed"])
        parts += [_measured(part, examples, spoilt) for _, part in tables]
    published = folder / "published.csv"
    if published.is_file():
        parts.append(
            "## Published\n\nAs their authors printed them, one table a source; the column is the definition "
            "behind the figure.\n"
        )
        parts += [_published(part) for _, part in results.read(published).groupby(["run", "task", "split"])]
    store.write_text(out, "\n".join(parts).rstrip() + "\n")


BREAK = "<br>"
FAILED = "†"
"""Behind a system that failed on an example: its values are over what is left, it is neither ranked nor tied."""
PASSED_OVER = "◦"
"""Behind a value that a copy of the system's outputs beats of which 40% are silent. GitHub keeps no colour in
Markdown: such a value is slanted where a page would show it in grey."""
PASSED_OVER_SAYS = f"""
*Slanted, with {PASSED_OVER} behind it*: a value to pass over. The system scores worse than copies of its own
outputs of which 40% are silent, so under this metric a better value need not mean better music (docs/metrics.md).

"""


def _measured(
    table: pd.DataFrame, examples: Mapping[tuple[Any, ...], Parts], spoilt: Sequence[rewards.Reward]
) -> str:
    first = table.iloc[0]
    records = console.records(table)
    metrics = sorted({row["metric"] for row in records})
    systems = sorted({show.label(row) for row in records}, key=lambda name: (name.startswith("reference"), name))
    cells = {(show.label(row), row["metric"]): row for row in records}
    columns = ties.columns(cells.values(), examples)
    adjusted = dict(zip(columns, ties.corrected(list(columns.values())), strict=True))
    letters = {metric: ties.letters(column, adjusted[metric]) for metric, column in columns.items()}
    lines = []
    for system in systems:
        mine = [cells[system, metric] for metric in metrics if (system, metric) in cells]
        values = [
            _cell(cells.get((system, metric)), letters[metric].get(system, ""), spoilt) for metric in metrics
        ]
        n, groups, effective, failed = show.counts(mine)
        name = f"{system} {FAILED}" if failed != "0" else system
        lines.append([name, *values, f"{n} ({failed} failed)", groups, effective])
    floors = [show.floor([row for row in cells.values() if row["metric"] == metric]) for metric in metrics]
    if any(floors):
        lines.append(["*floor*", *(text.replace("\n", BREAK) for text in floors), "", "", ""])
    smallest = [ties.detectable(columns[metric]) for metric in metrics]
    seen = ["" if isnan(value) else console.number(value, 2) for value in smallest]
    lines.append(["*smallest difference seen*", *seen, "", "", ""])
    heads = ["system", *(_arrow(metric, table) for metric in metrics), *show.COUNTS[:3]]
    signatures = sorted(set(table["signature"]))
    passed_over = any(f" {PASSED_OVER}" in cell for line in lines for cell in line)
    certain = "".join(f"- {_escaped(line)}\n" for line in below.certainty(list(cells.values())))
    return (
        f"### {first['task']} on {first['split']}, seed {first['seed']}\n\n{_table(heads, lines)}"
        + (PASSED_OVER_SAYS if passed_over else "\n")
        + (f"{certain}\n" if certain else "")
        + "<details><summary>Signatures</summary>\n\n"
        + "\n".join(f"- `{s}`" for s in signatures)
        + "\n\n</details>\n\n<details><summary>Networks and their licences</summary>\n\n"
        + "\n".join(f"- {name}: {registry.extractor(name).licence}" for name in _networks(signatures))
        + "\n\n</details>\n"
        + _leaks(systems)
    )


def _leaks(systems: Sequence[str]) -> str:
    """What the cards of these systems say of training data that leaks into a split."""
    cards = registry.model_cards()
    families = dict.fromkeys(system.partition(":")[0] for system in systems)
    lines = [f"- {name}: {cards[name].leaks}" for name in families if name in cards and cards[name].leaks]
    if not lines:
        return ""
    return "\n<details><summary>Training data that leaks</summary>\n\n" + "\n".join(lines) + "\n\n</details>\n"


def _networks(signatures: Sequence[str]) -> list[str]:
    """Names of the extractors in the signatures' field `x`, those that are known here."""
    fields = [part for text in signatures for part in text.split("|") if part.startswith("x:")]
    names = {each.split("@")[0] for part in fields for each in part.removeprefix("x:").split("+")}
    return sorted(names & set(registry.extractor_names()))


def _cell(row: Mapping[str, Any] | None, letters: str, spoilt: Sequence[rewards.Reward]) -> str:
    value, _, interval = show.cell(row).partition("\n")
    parts = [part for part in (f"{value} {letters}".strip(), interval) if part]
    if row is not None and rewards.grey(spoilt, row):
        slanted = [f"*{part}*" for part in parts]
        parts = [f"{slanted[0]} {PASSED_OVER}", *slanted[1:]]
    return BREAK.join(parts)


def _published(table: pd.DataFrame) -> str:
    first = table.iloc[0]
    metrics = list(dict.fromkeys(table["metric"]))
    records = console.records(table)
    cells = {(show.label(row), row["metric"]): row for row in records}
    systems = list(dict.fromkeys(show.label(row) for row in records))
    lines = [
        [
            system,
            *(f"{cells[system, m]['value']:g}" if (system, m) in cells else console.NO_VALUE for m in metrics),
        ]
        for system in systems
    ]
    heads = ["system", *(_arrow(metric, table) for metric in metrics)]
    size = f", n {first['n']}" if first["n"] else ""
    return f"### {first['run']}: {first['task']} on {first['split']}{size}\n\n{_table(heads, lines)}"


def _arrow(metric: str, table: pd.DataFrame) -> str:
    up = bool(table.loc[table["metric"] == metric, "higher_is_better"].iloc[0])
    return f"{metric} {'↑' if up else '↓'}"


def _table(heads: list[str], lines: list[list[str]]) -> str:
    rows = [[*map(_escaped, heads)], ["---"] * len(heads), *([*map(_escaped, line)] for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _escaped(text: str) -> str:
    """A cell of Markdown: text from outside is no markup, but for the line breaks that the board itself puts
    in."""
    parts = [printable(part) for part in text.split(BREAK)]
    return BREAK.join(
        part.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("`", "&#96;")
        for part in parts
    )
