"""A reproduced table as text, Markdown and CSV: the paper's figures, ours, the gaps, and what explains them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sightsound.bench.core import published, store
from sightsound.bench.core.console import NO_VALUE, number, shown
from sightsound.bench.reproduce import markup, panels
from sightsound.bench.reproduce.apart import Part
from sightsound.bench.reproduce.figures import RATINGS, Figure
from sightsound.bench.reproduce.recipe import Recipe
from sightsound.bench.reproduce.running import Table

MARKDOWN, CSV = "table.md", "table.csv"
COLUMNS = (
    *("run", "task", "split", "system", "ours", "metric", "higher_is_better", "competitors"),
    *("published", "published_n"),
    *("value", "ci_low", "ci_high", "n", "n_failed", "gap", "gap_low", "gap_high", "note", "apart", "evidence"),
)
KINDS = ("paper", "ours", "gap")
"""The three lines of a system."""


def record(figure: Figure) -> dict[str, Any]:
    """A figure with its gap, for JSON and CSV."""
    low, high = figure.gap_interval
    everything = vars(figure) | {"gap": figure.gap, "gap_low": low, "gap_high": high}
    return {name: everything[name] for name in COLUMNS}


def blocks(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """The figures by what they are over, each block one table."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        among = f", {figure.competitors} compared" if figure.run == RATINGS and figure.competitors else ""
        what = f"{figure.run or 'no run'}: {figure.task} on {figure.split}{among}"
        found.setdefault(what, []).append(figure)
    return found


def grid(figures: Sequence[Figure]) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of one block: three lines a system, a column a metric."""
    metrics = list(dict.fromkeys(figure.metric for figure in figures))
    up = {figure.metric: figure.higher_is_better for figure in figures}
    cells = {(figure.system, figure.metric): figure for figure in figures}
    lines = []
    for system in dict.fromkeys(figure.system for figure in figures):
        own = [cells.get((system, metric)) for metric in metrics]
        ran = next((figure.ours for figure in own if figure and figure.ours), "")
        for kind, name in zip(KINDS, (system, f"  {ran}" if ran and ran != system else "", ""), strict=True):
            lines.append([name, kind, *(_cell(figure, kind) for figure in own)])
    return ["system", "", *(f"{metric} {'↑' if up[metric] else '↓'}" for metric in metrics)], lines


def _cell(figure: Figure | None, kind: str) -> str:
    if figure is None:
        return ""
    if kind == "paper":
        return NO_VALUE if math.isnan(figure.published) else f"{figure.published:g}"
    if kind == "ours":
        return number(figure.value)
    if math.isnan(figure.gap):
        return NO_VALUE
    low, high = figure.gap_interval
    interval = "" if math.isnan(low) else f" [{_signed(low)}, {_signed(high)}]"
    return f"{_signed(figure.gap)}{interval}"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 3)}"


def remarks(table: Table) -> list[str]:
    """What stands below: sizes, missing values and their reasons, stand-ins, facts with their sources."""
    lines = [*_sizes(table.figures), *_reasons(table.figures), *_apart(table.figures)]
    lines += [f"stand-in for {each.what}: {each.takes}; {each.because}" for each in table.recipe.stand_ins]
    there = {figure.metric for figure in table.figures}
    for fact in table.recipe.facts:
        if not fact.metrics or there & set(fact.metrics):
            about = f"{', '.join(fact.metrics)}: " if fact.metrics else ""
            lines.append(f"{about}{fact.says} ({fact.source})")
    return [*lines, panels.SCALE] if any(panel.picture for panel in table.panels) else lines


def _sizes(figures: Sequence[Figure]) -> list[str]:
    ours = {figure.n for figure in figures if figure.n}
    theirs = {figure.published_n for figure in figures if figure.published_n}
    if not ours:
        return []
    span = f"{min(ours)} to {max(ours)}" if len(ours) > 1 else str(*ours)
    told = ", ".join(map(str, sorted(theirs))) or "not told"
    of_gap = "The interval of a gap is that of our value over examples; the paper gives none"
    return [f"ours: {span} examples; the paper: {told}. {of_gap}"]


def _reasons(figures: Sequence[Figure]) -> list[str]:
    found: dict[str, list[str]] = {}
    for figure in figures:
        if math.isnan(figure.value):
            found.setdefault(figure.note, []).append(f"{figure.system} {figure.metric}")
    return [f"no value of {', '.join(dict.fromkeys(which))}: {note}" for note, which in found.items()]


def _apart(figures: Sequence[Figure]) -> list[str]:
    """What the papers leave open of their figures, each reason once."""
    found: dict[str, list[str]] = {}
    for figure in figures:
        for code in figure.apart.split():
            found.setdefault(code, []).append(figure.metric)
    return [f"{', '.join(dict.fromkeys(which))}: {published.REASONS[code]}" for code, which in found.items()]


def markdown(table: Table) -> str:
    """The whole page."""
    recipe = table.recipe
    parts = [f"# {recipe.title}", f"{recipe.paper}. Recipe `{recipe.name}`, rows `{recipe.published}`."]
    for head, figures in blocks(table.figures).items():
        heads, lines = grid(figures)
        parts += [f"## {markup.escaped(head)}", markup.table(heads, lines)]
    for head, heads, lines in parted(table):
        parts += [f"## {markup.escaped(head)}", markup.table(heads, lines)]
    parts += markup.figure(table.panels)
    parts += _questions(recipe)
    parts += ["## Notes", "\n".join(f"- {markup.escaped(line)}" for line in remarks(table))]
    return "\n\n".join(parts) + "\n"


def parted(table: Table) -> list[tuple[str, list[str], list[list[str]]]]:
    """Title, heads and lines of each table of values by parts of the examples: a line a system."""
    found = []
    for run, metric in dict.fromkeys((part.run, part.metric) for part in table.parts):
        own = {(part.system, part.text): part for part in table.parts if (part.run, part.metric) == (run, metric)}
        texts = sorted({text for _, text in own})
        systems = dict.fromkeys(system for system, _ in own)
        lines = [[system, *(_part(own.get((system, text))) for text in texts)] for system in systems]
        found.append((f"{run}: {metric} by part, with half of its 95% interval", ["system", *texts], lines))
    return found


def _part(part: Part | None) -> str:
    if part is None:
        return NO_VALUE
    width = "" if math.isnan(part.half_width) else f" ± {number(part.half_width, 2)}"
    return f"{number(part.value)}{width} (n {part.n})"


def _questions(recipe: Recipe) -> list[str]:
    if recipe.ratings is None:
        return []
    asked = recipe.ratings.asked
    parts = ["## What raters were asked", asked.protocol, markup.table(QUESTION, _asked(recipe))]
    return [*parts, *([f"Not said: {'; '.join(asked.unknown)}."] if asked.unknown else [])]


QUESTION = ("metric", "question", "answers")


def _asked(recipe: Recipe) -> list[list[str]]:
    asked = recipe.ratings.asked.questions if recipe.ratings else ()
    return [[each.metric, each.asks, each.scale] for each in asked]


def as_csv(table: Table) -> str:
    """One line a figure."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for figure in table.figures:
        rows.writerow([_plain(value) for value in record(figure).values()])
    return out.getvalue()


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.10g}"
    return store.cell(value) if isinstance(value, str) else str(value)


def write(table: Table) -> None:
    """`table.md` and `table.csv` beside the runs."""
    table.folder.mkdir(parents=True, exist_ok=True)
    store.write_text(table.folder / MARKDOWN, markdown(table))
    store.write_text(table.folder / CSV, as_csv(table))


def text(table: Table) -> None:
    """Print it."""
    from rich.table import Table as Lines
    from rich.text import Text

    from sightsound.bench.core import console

    print(f"{table.recipe.title}\n{table.recipe.paper}")
    for head, figures in blocks(table.figures).items():
        heads, lines = grid(figures)
        drawn = Lines(box=None, pad_edge=False, header_style="bold", title=Text(head), title_justify="left")
        for at, name in enumerate(heads):
            drawn.add_column(Text(name), justify="left" if at < 2 else "right", overflow="fold")
        for line in lines:
            drawn.add_row(*map(Text, line), style="bold" if line[1] == "ours" else "")
        print()
        console.print_table(drawn)
    if asked := _asked(table.recipe):
        print()
        console.listing(QUESTION, asked, "what raters were asked")
    for head, heads, lines in parted(table):
        console.listing(heads, lines, head)
    for remark in remarks(table):
        console.say(remark)
    for run, columns, shelf in panels.grids(table.panels):
        pictures = sum(bool(panel and panel.picture) for each in shelf for panel in each)
        console.say(f"figure of {run}: {len(shelf)} examples, {', '.join(columns)}; {pictures} pictures")
    console.say(f"written: {shown(table.folder / MARKDOWN)}, {shown(table.folder / CSV)}")


def listing(recipes: Sequence[Recipe], counts: Mapping[str, int]) -> list[list[str]]:
    """A line a recipe: name, figures, runs, what it shows. `counts`: figures by name in results/published.csv."""
    return [
        [
            each.name,
            str(counts.get(each.published, 0)),
            " ".join(run.name for run in each.runs) or NO_VALUE,
            each.title,
        ]
        for each in recipes
    ]
