"""Published figures beside measured rows: which names they join, and why one stands apart.

A row of `results/published.csv` names task, split, metric, model and variant as the registry knows them. Its
signature has the fields that the paper states, and its column `apart` a code for each reason why it cannot stand
beside a measured row, or why a name is only the nearest there is. docs/published.md says it table by table.
"""

from __future__ import annotations

from sightsound.bench.core import registry, spelling
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import Row
from sightsound.metrics.signature import differs

REASONS = {
    "metric:network": "the paper does not say which network the metric is over",
    "metric:package": "the paper does not say which package computed it: padding and windows differ",
    "metric:checkpoint": "the paper does not say which of the network's checkpoints it used",
    "metric:settings": "the paper does not say settings that move the value",
    "metric:inferred": "its definition is inferred from the values or from what the paper cites",
    "metric:text": "the paper does not say which text the output is held against",
    "metric:side": "the authors' code also holds the output against something else than the paper says",
    "metric:corpus": "the paper does not say which texts its corpus holds",
    "metric:wording": "the paper does not print the question",
    "metric:counted": "the paper does not say how a rater's choices became one count",
    "split:list": "the paper's list of examples was not published: the split is the nearest that there is",
    "split:texts": "the paper's texts were generated and not published",
    "split:reference": "the paper holds it against another set than the examples' own references",
    "n:unstated": "the paper does not say over how many examples it is",
    "task:mixed": "the paper does not say which of its tasks were rated",
    "task:other_input": "the system was given something else than the task gives",
    "task:builder": "it is what `bench splits build` prints, of no task",
    "variant:weights": "the paper's weights were not published: yours are trained by its recipe",
    "variant:service": "it is a service whose model may have changed",
    "variant:size": "the paper does not say which size or checkpoint of the model it used",
    "variant:flow": "the paper does not say whether its prompts were one conversation",
    "variant:builder": "a builder of splits makes it, no system",
}
"""Code of the column `apart` -> what it says. The word before the colon is the column that it speaks of."""
OF_THE_SYSTEM = "variant"
"""Reasons of this column explain a gap; they keep no figure apart."""


def reasons(row: Row) -> list[str]:
    """Every code in the row's column `apart`, as a sentence's rest. BenchError for one that is not known."""
    codes = row.apart.split()
    if odd := [code for code in codes if code not in REASONS]:
        raise BenchError(f"{row.run}, {row.metric}: column apart holds {odd[0]!r}; it takes {', '.join(REASONS)}")
    return [REASONS[code] for code in codes]


def unknown(row: Row) -> dict[str, str]:
    """The names of a row that the registry does not know: `task`, `metric`, `split` or `variant` -> why."""
    found: dict[str, str] = {}
    task = row.task if row.task in registry.names("task") else None
    if task is None:
        found["task"] = f"no task {row.task}"
    try:
        registry.metric(row.metric, registry.task(task) if task else None)
    except BenchError as error:
        found["metric"] = str(error)
    card = registry.split_cards().get(row.split)
    if card is None or (task and task not in card.tasks):
        found["split"] = f"no split {row.split}" if card is None else f"{row.split} does not serve {task}"
    name, _ = spelling.parted(row.variant)
    family = registry.model_cards().get(row.model)
    if family is None or (name not in family.variants):
        found["variant"] = f"no system {row.model}:{name}"
    elif task and task not in family.tasks:
        found["task"] = f"{row.model} does not do {task}"
    return found


def unexplained(row: Row) -> dict[str, str]:
    """What `unknown` finds and no code of that column explains."""
    explained = {code.partition(":")[0] for code in row.apart.split()}
    return {column: why for column, why in unknown(row).items() if column not in explained}


def apart(figure: Row, measured: Row) -> list[str]:
    """Why a published figure does not stand beside a measured row; empty where it does, and their gap says
    something.

    They stand beside each other where task, split, metric and n are the same, the fields that the figure's
    signature has are the measured one's, ranks are among the same families, and no code says otherwise.
    """
    same = ("task", "metric")
    found = [
        f"{name}: {getattr(figure, name)} is not {getattr(measured, name)}"
        for name in same
        if getattr(figure, name) != getattr(measured, name)
    ]
    split = measured.split.partition("@")[0]
    if split != figure.split:
        found.append(f"split: {figure.split} is not {split}")
    codes = [code for code in figure.apart.split() if code.partition(":")[0] != OF_THE_SYSTEM]
    found += [REASONS[code] for code in codes]
    if figure.n and figure.n != measured.n:
        found.append(f"n: {figure.n:,} is not {measured.n:,}")
    stated = {field.partition(":")[0] for field in figure.signature.split("|")[1:]}
    if figure.signature and not found:
        found += [
            each for each in differs(figure.signature, measured.signature) if each.partition(":")[0] in stated
        ]
    if _families(figure.competitors) != _families(measured.competitors):
        found.append(f"ranked among {figure.competitors or 'none'}, not {measured.competitors or 'none'}")
    return found


def _families(competitors: str) -> list[str]:
    """Families in a list of systems, or of families alone, as often as they are there."""
    return sorted(label.partition(":")[0] for label in competitors.split())
