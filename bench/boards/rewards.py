"""What a metric rewards although it is no virtue: values of systems and of spoilt copies of their outputs.

`bench perf rewards RUN` measures them (bench/perf/rewards.py); the board, `bench metrics NAME` and docs/metrics.md
read them from `rewards.csv`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sightsound.bench.core.console import number
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.results import CARRIED, FOLDER
from sightsound.bench.core.store import guarded, locked_file, uncell, write_text
from sightsound.metrics.card import MetricCard

NAME = "rewards.csv"
SPOILS = {
    "silence": "40% of the clips silent",
    "noise": "40% of the clips white noise",
    "one_clip": "one clip for every example",
    "mispaired": "each clip given to another example",
    "louder": "20 dB louder, cut off at full scale",
    "quieter": "20 dB quieter",
}
"""Ways to spoil a system's outputs: name -> what is done."""
GREY = "silence"
"""A system that scores worse than its own copy of this kind is grey on the board under that metric."""
SAME = 1e-4  # of the value: two machines' float32 networks differ by that (docs/results.md)


@dataclass(frozen=True)
class Reward:
    """One metric of one system, as it is and spoilt."""

    task: str
    """Task name."""
    split: str
    """`name@hash`."""
    metric: str
    """Metric name."""
    version: int
    """Version of the metric."""
    higher_is_better: bool
    """Direction of the metric."""
    system: str
    """`family:variant`."""
    spoil: str
    """One of SPOILS."""
    value: float
    """Value of the system's outputs as they are."""
    spoilt: float
    """Mean value over the spoilt copies that have one; NaN where none has."""
    better: int
    """Spoilt copies with a better value than the system's own."""
    worse: int
    """Spoilt copies with a worse value, or none."""
    draws: int
    """Spoilt copies: each draws anew which clips are replaced, kept or exchanged."""
    n: int
    """Examples."""

    @property
    def rewarded(self) -> bool:
        """Whether every spoilt copy scores better."""
        return self.better == self.draws

    @property
    def unseen(self) -> bool:
        """Whether the value stays as it is under every copy."""
        return not (self.better or self.worse)


def compared(value: float, spoilt: Sequence[float], *, higher_is_better: bool) -> tuple[int, int]:
    """How many of the spoilt values are better and how many worse; those within SAME of `value` are neither.

    >>> compared(2.0, [1.0, 3.0, 2.00001, float("nan")], higher_is_better=False)
    (1, 2)
    """
    gains = [(each - value) * (1 if higher_is_better else -1) for each in spoilt]
    least = SAME * abs(value)
    return sum(gain > least for gain in gains), sum(not gain >= -least for gain in gains)


def find(folder: Path | None = None) -> list[Reward]:
    """The table in `folder`; without one that of the working folder's results, else the package's. Empty where
    there is none."""
    for place in [folder] if folder else [FOLDER, CARRIED]:
        if (place / NAME).is_file():
            return read(place / NAME)
    return []


def read(path: Path) -> list[Reward]:
    """The rows of a file. BenchError for one that is not such a table."""
    kinds: dict[str, Any] = {"int": int, "float": float, "bool": {"True": True, "False": False}.__getitem__}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = [
                Reward(**{each.name: kinds.get(str(each.type), uncell)(row[each.name]) for each in fields(Reward)})
                for row in csv.DictReader(file)
            ]
        if odd := [row.spoil for row in found if row.spoil not in SPOILS]:
            raise ValueError(f"no kind of copy is called {odd[0]!r}")
        return found
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BenchError(f"{path}: is not a table of `bench perf rewards` ({error}); measure it again") from error


def keep(path: Path, new: Iterable[Reward]) -> int:
    """Add rows to a file; those of the same metric, system and spoil give way. Returns how many it now has.

    BenchError, and nothing is written, where fewer examples or draws would take the place of more.
    """
    with locked_file(path):
        have = read(path) if path.is_file() else []
        rows = {_key(row): row for row in have}
        for row in new:
            old = rows.get(_key(row))
            if old is not None and old.version == row.version and (row.n < old.n or row.draws < old.draws):
                raise BenchError(
                    f"{path}: has {row.metric} of {row.system} over {old.n} examples, {old.draws} draws; this "
                    f"is over {row.n} and {row.draws}: less does not replace more; measure as many, or take it out"
                )
            rows[_key(row)] = row
        order = list(SPOILS)
        ordered = sorted(rows.values(), key=lambda r: (r.task, r.split, r.metric, r.system, order.index(r.spoil)))
        text = io.StringIO()
        writer = csv.DictWriter(text, [each.name for each in fields(Reward)], lineterminator="\n")
        writer.writeheader()
        for row in ordered:
            cells = {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in asdict(row).items()}
            writer.writerow({k: guarded(v) if isinstance(v, str) else v for k, v in cells.items()})
        write_text(path, text.getvalue())
    return len(rows)


def _key(row: Reward) -> tuple[str, ...]:
    return row.task, row.split, row.metric, row.system, row.spoil


def table(rewards: Sequence[Reward]) -> tuple[list[str], list[list[str]]]:
    """Headings, and a line a metric and system: its value, and the mean of each kind of copy.

    `!` behind a copy that always scores better, `k/n` where k of n do, `=` in the place of one that is unnoticed.
    """
    cells: dict[tuple[str, str], dict[str, Reward]] = {}
    for reward in rewards:
        cells.setdefault((reward.metric, reward.system), {})[reward.spoil] = reward
    lines = []
    for (metric, system), of_spoil in cells.items():
        first = next(iter(of_spoil.values()))
        arrow = "↑" if first.higher_is_better else "↓"
        spoilt = [_cell(of_spoil[spoil]) if spoil in of_spoil else "" for spoil in SPOILS]
        lines.append([f"{metric} {arrow}", system, number(first.value), *spoilt])
    return ["metric", "system", "as it is", *(spoil.replace("_", " ") for spoil in SPOILS)], lines


def _cell(reward: Reward) -> str:
    if reward.unseen:
        return "="
    mark = "!" if reward.rewarded else f"{reward.better}/{reward.draws}" if reward.better else ""
    return f"{number(reward.spoilt, 3)} {mark}".strip()


def markdown(rewards: Sequence[Reward]) -> str:
    """The table as docs/metrics.md has it; what is rewarded is bold."""
    heads, lines = table(rewards)
    shown = [[f"**{cell}**" if cell.endswith("!") else cell for cell in line] for line in lines]
    rows = [heads, ["---"] * len(heads), *shown]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def of(rewards: Iterable[Reward], card: MetricCard) -> list[Reward]:
    """The rows of a metric in the version that it has now."""
    return [reward for reward in rewards if (reward.metric, reward.version) == (card.name, card.version)]


def said(rewards: Iterable[Reward], card: MetricCard) -> dict[str, str]:
    """What a metric rewards and what it does not notice, as it was measured; says so where it was not.

    `rewards` and `not noticed` -> a line a kind of copy, with the systems and their values.
    """
    found: dict[str, dict[str, list[str]]] = {}
    measured = of(rewards, card)
    for reward in measured:
        what, where = SPOILS[reward.spoil], f"{reward.system} on {reward.split}"
        if reward.unseen:
            found.setdefault("not noticed", {}).setdefault(what, []).append(where)
        elif reward.better:
            often = "" if reward.rewarded else f" in {reward.better} of {reward.draws} draws"
            change = f"{where} {number(reward.value)} -> {number(reward.spoilt)}{often}"
            found.setdefault("rewards", {}).setdefault(what, []).append(change)
    if not measured:
        return {"rewards": "not measured; `bench perf rewards RUN` does so for the metrics of a run"}
    return {
        kind: "\n".join(f"{what}: {', '.join(systems)}" for what, systems in found.get(kind, {}).items())
        for kind in ("rewards", "not noticed")
    }


def grey(rewards: Iterable[Reward], row: Mapping[str, Any]) -> bool:
    """Whether a row's system loses to its own copy of the kind GREY under the row's metric and its version."""
    system = f"{row['model']}:{row['variant']}".rstrip(":")
    return not math.isnan(row["value"]) and any(
        reward.rewarded
        and reward.spoil == GREY
        and (reward.task, reward.split, reward.metric) == (row["task"], row["split"], row["metric"])
        and reward.system == system
        and str(row["signature"]).endswith(f"|v:{reward.version}")
        for reward in rewards
    )
