"""Systems of one run or of several against each other, in every metric, pair by pair.

The rows of a run hold no clip, so the metrics' statistics are made again from the feature store: no network
runs unless features were removed. Every system is judged on the examples that all of them answered, and so is
the reference; values can therefore differ from `rows.csv` where outputs failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from sightsound.bench.boards import account
from sightsound.bench.boards.judging import Entry, judge
from sightsound.bench.boards.pairs import Judged, settle
from sightsound.bench.core import registry, results, store
from sightsound.bench.core.console import shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.folders import kept
from sightsound.bench.splits import Split
from sightsound.bench.stages import outputs, reading, recorded, said
from sightsound.bench.stages.gather import gather
from sightsound.bench.stages.scope import scope
from sightsound.metrics.card import MetricCard

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Compared:
    """What a comparison found."""

    pairs: pd.DataFrame
    """The pairs of all systems in all metrics, a row (`Pair`) each."""
    said: tuple[str, ...]
    """What was paired and how, and what was left out, a line each."""


SAME = ("task", "split", "split_hash", "limit", "length")  # what runs must share to be compared


def compare(
    folders: Sequence[Path],
    *,
    references: bool = False,
    seeds: bool = False,
    device: str = "cpu",
    mirror: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> Compared:
    """The systems of the run folders against each other; `references`: reference rows as well; `seeds`: runs of
    one system are its seeds, and its value is their mean.

    Raises BenchError where a folder holds no run or one that was stopped, the runs are of different tasks, splits
    or examples, or there are fewer than two systems.
    """
    import pandas as pd

    folders = list(dict.fromkeys(folder.resolve() for folder in folders))
    plans = {folder: recorded.plan(folder) for folder in folders}
    _agree(plans)
    recorded.know(plans.values())
    shared = set.intersection(*(set(plan["metrics"]) for plan in plans.values()))
    task = registry.task(plans[folders[0]]["task"])
    cards = [registry.metric(name, task) for name in plans[folders[0]]["metrics"] if name in shared]
    cards = [card for card in cards if not reading.reads_corpus(card)]  # no interval, so nothing to test
    if not cards:
        raise BenchError("the runs share no metric; score them again with the same --metrics")
    with ExitStack() as locks:
        for folder in folders:
            locks.enter_context(store.locked(folder, reading=True))
        entries = _entries(plans, cards, references, seeds, device, mirror, report)
    if len({entry.name for entry in entries}) < 2:
        raise BenchError(f"{folders[0]}: has one system alone; name another run, or compare with --references")
    judged: list[Judged] = []
    with threadpool_limits(1, user_api="blas"):  # many small decompositions, as in scoring
        for done, card in enumerate(cards):
            report("metrics compared", done, len(cards))
            judged += [found] if (found := judge(card, entries)) else []
        report("metrics compared", len(cards), len(cards))
    halves = [label for plan in plans.values() for label in plan["systems"] if recorded.system(label).build.halves]
    told = account.lines(judged) + account.left_out(plans, [card.name for card in cards], halves * references)
    return Compared(pd.DataFrame([asdict(pair) for pair in settle(judged)]), tuple(told))


def _agree(plans: Mapping[Path, Mapping[str, Any]]) -> None:
    (first, expected), *others = plans.items()
    for folder, plan in others:
        mine, its = ({**each, "split": store.split_called(each)} for each in (expected, plan))
        if other := [f"{key} {mine[key]!r} != {its[key]!r}" for key in SAME if mine[key] != its[key]]:
            raise BenchError(f"{first.name} and {folder.name} cannot be compared: {', '.join(other)}")


def _entries(
    plans: Mapping[Path, Mapping[str, Any]],
    cards: Sequence[MetricCard],
    references: bool,
    seeds: bool,
    device: str,
    mirror: Path | None,
    report: Report,
) -> list[Entry]:
    plan = next(iter(plans.values()))
    split = kept.split_of(next(iter(plans)), plan, mirror, report)
    labels = [label for each in plans.values() for label in each["systems"]]
    for folder, each in plans.items():  # before any network runs
        _refuse_unfinished(folder, each, split, references)
    found: list[Entry] = []
    for folder, each in plans.items():
        systems = [recorded.system(label) for label in each["systems"]]
        task = registry.task(each["task"])
        stored = gather(
            *(folder, systems, split, task, cards),
            device=device,
            mirror=mirror,
            length=plan["length"],
            report=report,
        )
        signatures = _signatures(folder)
        for system in systems:
            if system.card.reference and (not references or folder != next(iter(plans))):
                continue  # one run's reference rows are those of all
            if system.build.halves:
                continue  # half of the examples are no system's answer to all
            several = not seeds and not system.card.reference and labels.count(system.label) > 1
            name = f"{system.label} ({folder.name})" if several else system.label
            found.append(Entry(name, system, stored, each["seed"], signatures.get(system.label, {})))
    return found


def _refuse_unfinished(folder: Path, plan: Mapping[str, Any], split: Split, references: bool) -> None:
    """BenchError for a run in which a system was never asked for some examples: it would lose them all."""
    for label in plan["systems"]:
        system = recorded.system(label)
        if system.build.halves or (system.card.reference and not references):
            continue
        wanted = [example.id for example in scope(system, split.examples, split.only)]
        if left := outputs.unfinished(folder, system, wanted):
            asked = folder / said.NAME
            how = f"`bench run {shown(asked)}`" if asked.is_file() else "the same command"
            raise BenchError(
                f"{shown(folder)}: {label} was stopped with {left} of {len(wanted)} examples to go; run it to "
                f"its end first ({how} goes on)"
            )


def _signatures(folder: Path) -> dict[str, dict[str, str]]:
    """What the run's rows say of how they were scored, by system and metric."""
    path = folder / "rows.csv"
    found: dict[str, dict[str, str]] = {}
    for row in results.rows(results.read(path)) if path.is_file() else []:
        found.setdefault(f"{row.model}:{row.variant}".rstrip(":"), {})[row.metric] = row.signature
    return found
