"""One sentence on what a table of values can and cannot show: from its groups, its intervals and its parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sightsound.bench.boards.cells import effective
from sightsound.bench.boards.grid import DETECTABLE, Grid
from sightsound.bench.core import registry, remarks
from sightsound.metrics.statistics.interval import LEAST_GROUPS

Record = Mapping[str, Any]
"""A row of the results."""
LARGER = "games"
"""The split with the most groups among those that anybody may fetch."""
POCKET = "sightsound.metrics.networks.pocket."
"""Where the networks are that no paper measures with."""


def sentence(found: Grid) -> str:
    """What this table can show, what not, and why."""
    rows = list(found.rows.values())
    valued = [row for row in rows if not math.isnan(row["value"])]
    if not valued:
        return "This table has no value; the notes say why."
    said = nothing(rows) or _something(found, valued)
    return said[0].upper() + "; ".join([said[1:], *_no_paper(valued)]) + "."


def nothing(rows: Sequence[Record]) -> str:
    """Why no value of a table has an interval, as far as groups are too few; empty where some have one."""
    valued = [row for row in rows if not math.isnan(row["value"]) and remarks.NOT_COVERED not in row["note"]]
    few = [row for row in valued if remarks.TOO_FEW.search(row["note"])]
    if not few or len(few) < len(valued):
        return ""
    return (
        f"no value here has an interval, and no system is told from another: {groups([largest(few)])}, where it "
        f"takes {LEAST_GROUPS:g}{_more(few[0])}"
    )


def largest(rows: Sequence[Record]) -> Record:
    """The row over the most clips: those of others are a part of its clips."""
    return max(rows, key=lambda row: (row["n"], row["group_effective"]))


def groups(rows: Sequence[Record]) -> str:
    """Clips, groups and groups in effect of some rows.

    >>> groups([{"n": 12, "group_n": 8, "group_effective": 5.53}])
    '12 clips make 8 independent groups, in effect 5.5'
    """
    clips, count = _span(rows, "n", str), _span(rows, "group_n", str)
    return f"{clips} clips make {count} independent groups, in effect {_span(rows, 'group_effective', effective)}"


def _span(rows: Sequence[Record], name: str, form: Callable[[Any], str]) -> str:
    ends = [form(end(row[name] for row in rows)) for end in (min, max)]
    return " to ".join(dict.fromkeys(ends))


def _more(row: Record) -> str:
    """Where there are more groups for the task of a row."""
    split, task = row["split"].partition("@")[0], row["task"]
    if "[limit" in split:
        return " (without --limit there are more)"
    larger = registry.split_cards().get(LARGER)
    if larger is None or task not in larger.tasks or split == LARGER:
        return ""
    return f" (`--split {LARGER}` has more; `bench power` says how many it takes)"


def _something(found: Grid, valued: Sequence[Record]) -> str:
    """What a difference between two systems must be to be seen."""
    tested = {line.name for line in found.lines if not line.reference}
    mine = [row for (name, _), row in found.rows.items() if name in tested] or valued
    clips = groups([largest(mine)])
    if len(tested) < 2:
        return f"{clips}: intervals say how values would move with other such clips, not with another seed"
    if found.below.get(DETECTABLE):
        return (
            f"{clips}: a true difference as large as `{DETECTABLE}` shows four times in five, a smaller one may "
            "go unseen, and `bench compare` tests those that are there"
        )
    return f"{clips}: systems whose intervals overlap are not told apart here; `bench compare` tests them in pairs"


def _no_paper(rows: Sequence[Record]) -> list[str]:
    """That pocket parts and networks are no paper's, where there are some."""
    cards = registry.model_cards()
    parts = any(
        row["variant"] in cards[row["model"]].presets.get("pocket", ())
        for row in rows
        if row["model"] in cards and not cards[row["model"]].reference
    )
    over = any(networks(row["signature"]) == "pocket" for row in rows)
    whose = " and ".join(["systems of pocket parts"] * parts + ["values over pocket networks"] * over)
    return [f"{whose} can be compared with no paper's figures"] if whose else []


def networks(signature: str) -> str:
    """What a value is over: `pocket`, where a network of it has weights that no paper measures with, `published`
    for other weights, empty for none."""
    fields = [part.removeprefix("x:") for part in signature.split("|") if part.startswith("x:")]
    names = {each.partition("@")[0] for part in fields for each in part.split("+")}
    known = [registry.extractor(name) for name in sorted(names & set(registry.extractor_names()))]
    trained = [card.entry.startswith(POCKET) for card in known if card.assets]
    return ("pocket" if any(trained) else "published") if trained else ""
