"""From what the files are to what a reviewer would ask: one function a kind of warning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from sightsound.bench.review.facts import Facts
from sightsound.bench.review.warnings import ReviewWarning

SECONDS_APART = 1.1  # times as long, of the part that is heard
LEVEL_APART_DB = 3.0
QUIET_SHARE = 0.5  # of a clip's frames: beyond it the clip is called silent
FLAT = 4  # samples at full scale in a row, as the metric `clipped_share`
FEW_REFERENCES = 0.5  # different references for each example


@dataclass(frozen=True)
class Side:
    """The files of one system, or the references."""

    system: str
    """Label; empty for the references."""
    facts: Mapping[str, Facts]
    """Example id -> facts, of the files that could be read."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Example id -> why not."""

    @property
    def whose(self) -> str:
        return "outputs" if self.system else "references"


@dataclass(frozen=True)
class Heard:
    """What the run's metrics listen to."""

    seconds: float
    """At most so many of each clip."""
    rate_hz: int
    """Highest sampling rate that a network of the run takes; 0 where none takes sound."""
    compared: bool
    """Whether a metric compares outputs with references."""


def findings(sides: Sequence[Side], reference: Side, heard: Heard) -> list[ReviewWarning]:
    """Every warning about the files; `sides`: the systems under test."""
    found = [warning for side in (*sides, reference) for warning in _of_one(side)]
    found += _one_source(reference)
    if heard.compared and reference.facts:
        found += [warning for side in sides if side.facts for warning in _between(side, reference, heard)]
    return found


def _of_one(side: Side) -> Iterator[ReviewWarning]:
    facts, total = side.facts.values(), len(side.facts)
    counts = {
        "silent": (
            sum(each.quiet > QUIET_SHARE for each in facts),
            "are silent for more than half of what is heard",
        ),
        "clipped": (sum(each.flat >= FLAT for each in facts), "are cut off at full scale"),
        "constant": (sum(each.constant for each in facts), "are one and the same sample or pixel throughout"),
    }
    for code, (count, what) in counts.items():
        if count:
            yield ReviewWarning(code, side.system, f"{count} of {total} {side.whose} {what}")
    if side.system:
        copies = [n for n in Counter(each.content for each in facts).values() if n > 1]
        if copies:
            text = (
                f"{sum(copies)} of {total} outputs are copies of one another ({total - sum(copies) + len(copies)}"
            )
            yield ReviewWarning("duplicates", side.system, f"{text} different ones)")
    if side.unreadable:
        name, why = next(iter(side.unreadable.items()))
        text = f"{len(side.unreadable)} {side.whose} cannot be read: {name}: {why}"
        yield ReviewWarning("unreadable", side.system, text)


def _one_source(reference: Side) -> Iterator[ReviewWarning]:
    total, kinds = len(reference.facts), Counter(each.content for each in reference.facts.values())
    if total > 1 and len(kinds) <= FEW_REFERENCES * total:
        most = max(kinds.values())
        text = f"{total} examples have {len(kinds)} different references; one of them serves {most}"
        yield ReviewWarning("one_source", "", text)


def _between(side: Side, reference: Side, heard: Heard) -> Iterator[ReviewWarning]:
    mine, theirs = list(side.facts.values()), list(reference.facts.values())
    contents = {each.content for each in theirs}
    if same := sum(each.content in contents for each in mine):
        text = f"{same} of {len(mine)} outputs are also among the references"
        yield ReviewWarning("overlap", side.system, text)
    if not any(each.rate_hz for each in mine):
        return
    lengths = [median(min(each.seconds, heard.seconds) for each in some) for some in (mine, theirs)]
    if max(lengths) > SECONDS_APART * min(lengths):
        text = f"outputs are heard for {lengths[0]:.1f} s, references for {lengths[1]:.1f} s (medians)"
        yield ReviewWarning("duration", side.system, text)
    rates = [median(each.rate_hz for each in some) for some in (mine, theirs)]
    if heard.rate_hz and min(rates[0], heard.rate_hz) != min(rates[1], heard.rate_hz):
        text = (
            f"outputs have {rates[0]:,.0f} Hz, references {rates[1]:,.0f} Hz (medians); what is above "
            f"{min(rates) / 2:,.0f} Hz is heard on one side only"
        )
        yield ReviewWarning("rate", side.system, text)
    levels = [median(each.level_db for each in some) for some in (mine, theirs)]
    if abs(levels[0] - levels[1]) > LEVEL_APART_DB:
        text = f"outputs have {levels[0]:.1f} dB of full scale (RMS), references {levels[1]:.1f} dB (medians)"
        yield ReviewWarning("loudness", side.system, text)
