"""The leaderboard: Markdown tables from the result files, measured and published apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightsound.bench.boards import below, grid, markdown, rewards, scope, ties
from sightsound.bench.boards.cells import OTHERS
from sightsound.bench.boards.grid import Column, Grid
from sightsound.bench.boards.markdown import FAILED, PASSED_OVER, code, escaped, fold
from sightsound.bench.core import console, registry, results, scores, store
from sightsound.metrics.statistics.parts import Parts

if TYPE_CHECKING:
    pass

HEAD = f"""# Leaderboard

Written by `bench leaderboard` from `results/`; do not edit. Values carry 95% intervals (Student's t over groups,
docs/statistics.md): `value ± half` where the interval is about even (the longer half is written), else its ends.
Examples that share a track, a picture or a song are one group: `groups` is how many there are, `in effect` how
many of one size would say as much; intervals are over groups and claim no more. Two values are compared only where
task, split, n and signature agree; pocket metrics and pocket variants are not comparable with any paper's figures.
What the short names stand for, and the signatures, are in a fold below each table.

- **Bold**: the best value of the systems under test, where its interval is clear of every other's. Reference rows
  do not compete.
- **Letters**: systems that share one in a column are not told apart: their difference, taken example by example,
  is not significant once all pairs and metrics of the task and split are corrected for (Holm, 5%). No letter: a
  rank, a system with failures, or no test, because groups are too few or the values by example are not in
  `results/measured.parquet`.
- *detectable*: the true difference that this n would show four times in five for a middling pair of systems under
  test, before that correction.
- *floor*: what two sets of the reference's own source would give. ≈ behind a distance: not distinguishable from
  its floor, or from 0.
- {OTHERS} behind a system: others measured it and handed it in; a line below the table says who, and whether its
  values were computed again here (*verified*) or stand as they came (*submitted*; docs/submitting.md).
- {FAILED} behind a system: it failed on examples that it should have answered; its values are over the rest, and
  it is tied with nobody (docs/reliability.md).
"""
PASSED_OVER_SAYS = f"""*Slanted, with {PASSED_OVER} behind it*: a value to pass over. The system scores worse than
copies of its own outputs of which 40% are silent, so under this metric a better value need not mean better music
(docs/metrics.md).

"""
PUBLISHED = """## Published

As their authors printed them, one table a source; the fold below each names the definition behind a column. The
suite measured none of them, so none stands beside a measured value.
"""


def write(folder: Path, out: Path) -> None:
    """Write `out` from `measured.csv` and `published.csv` in `folder`. BenchError for two rows of one place."""
    parts = [HEAD]
    measured = folder / "measured.csv"
    spoilt = rewards.find(folder)
    if measured.is_file():
        parts.append("## Measured\n")
        examples = scores.parts(scores.read(scores.beside(measured)))
        tables = results.fullest(results.read(measured)).groupby(["task", "split", "seed"])
        parts += [_measured(console.records(part), examples, spoilt) for _, part in tables]
    published = folder / "published.csv"
    if published.is_file():
        parts.append(PUBLISHED)
        tables = results.read(published).groupby(["run", "task", "split", "n"])
        parts += [_published(console.records(part)) for _, part in tables]
    store.write_text(out, "\n".join(parts).rstrip() + "\n")


Records = Sequence[Mapping[str, Any]]
"""Rows of the results."""


def _measured(
    records: Records, examples: Mapping[tuple[Any, ...], Parts], spoilt: Sequence[rewards.Reward]
) -> str:
    found = _judged(records, examples)
    passed = {place for place, row in found.rows.items() if rewards.grey(spoilt, row)}
    tables = markdown.tables(found, lambda name, column: (name, column) in passed)
    said = [
        scope.sentence(found),
        *below.others(records),
        *(line for line in below.certainty(records) if line != scope.nothing(records)),
    ]
    signatures = sorted({row["signature"] for row in records})
    first = records[0]
    title = f"### {escaped(first['task'])} on {escaped(first['split'])}, seed {first['seed']}"
    return (
        f"{title}\n\n{tables}\n{markdown.counts(found)}\n"
        + (PASSED_OVER_SAYS if passed else "")
        + "".join(f"- {escaped(line.replace('`', ''))}\n" for line in said)
        + "\n"
        + fold("Names and signatures", _signatures(found))
        + fold(
            "Networks and their licences",
            (f"{name}: {escaped(registry.extractor(name).licence)}" for name in _networks(signatures)),
        )
        + fold("Training data that leaks", _leaks(found))
    ).rstrip() + "\n"


def _judged(records: Records, examples: Mapping[tuple[Any, ...], Parts]) -> Grid:
    """The grid with the letters of its tie groups and the differences that it would show."""
    bare = grid.build(records)
    columns = ties.of_grid(bare, examples)
    adjusted = dict(zip(columns, ties.corrected(list(columns.values())), strict=True))
    found = grid.build(records, detectable={column: ties.detectable(each) for column, each in columns.items()})
    letters = {
        (name, column): letter
        for column, each in columns.items()
        for name, letter in ties.letters(each, adjusted[column]).items()
    }
    return replace(found, letters=letters)


def _signatures(found: Grid) -> list[str]:
    """Of each column its name in full and the signatures of its values, each with the numbers of clips."""
    lines = []
    for column in found.columns:
        own = sorted({row["signature"] for (_, of), row in found.rows.items() if of == column})
        lines.append(f"{escaped(column.name)}: {', '.join(map(code, [column.metric, *filter(None, own)]))}")
    return lines


def _leaks(found: Grid) -> list[str]:
    """What the cards of these systems say of training data that leaks into a split."""
    cards = registry.model_cards()
    families = dict.fromkeys(line.label.partition(":")[0] for line in found.lines)
    return [f"{name}: {escaped(cards[name].leaks)}" for name in families if name in cards and cards[name].leaks]


def _networks(signatures: Sequence[str]) -> list[str]:
    """Names of the extractors in the signatures' field `x`, those that are known here."""
    fields = [part for text in signatures for part in text.split("|") if part.startswith("x:")]
    names = {each.split("@")[0] for part in fields for each in part.removeprefix("x:").split("+")}
    return sorted(names & set(registry.extractor_names()))


def _published(records: Records) -> str:
    first = records[0]
    found = grid.printed(records)
    size = f", n {first['n']}" if first["n"] else ""
    where = f"{escaped(first['run'])}: {escaped(first['task'])} on {escaped(first['split'])}{size}"
    return f"### {where}\n\n{markdown.tables(found)}\n{fold('Definitions', _definitions(found))}".rstrip() + "\n"


def _definitions(found: Grid) -> list[str]:
    """The definition behind each column, and what is known of it."""
    lines = []
    for column in found.columns:
        notes = dict.fromkeys(row["note"] for (_, of), row in found.rows.items() if of == column)
        lines.append(": ".join(filter(None, (_name(column), "; ".join(map(escaped, filter(None, notes)))))))
    return lines


def _name(column: Column) -> str:
    return (
        f"{escaped(column.name)}, {code(column.metric)}" if column.name != column.metric else code(column.metric)
    )
