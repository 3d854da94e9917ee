"""What `bench validate` shows of a folder: every file looked at, nothing scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sightsound.bench.boards import below
from sightsound.bench.core import console, media
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Report
from sightsound.bench.folders import scene as scenes
from sightsound.bench.folders.given import Given
from sightsound.bench.review.facts import Facts, look_at_all
from sightsound.bench.review.findings import Heard, Side, findings
from sightsound.bench.review.warnings import ReviewWarning


@dataclass(frozen=True)
class Validation:
    """What was seen."""

    task: str
    """The task that the folders make."""
    sides: Mapping[str, Mapping[str, str]]
    """Folder -> fact -> what it is, in words."""
    bad: Mapping[str, str]
    """File -> why it cannot be read."""
    warnings: Sequence[ReviewWarning]
    """What a reviewer would ask."""
    notes: Sequence[str]
    """What was matched with what."""

    def as_json(self) -> dict[str, Any]:
        """Everything, for `--json`."""
        return asdict(self)

    def show(self) -> None:
        """Print it: facts in a table, then what is wrong."""
        facts = list(dict.fromkeys(fact for side in self.sides.values() for fact in side))
        lines = [(fact, *(side.get(fact, console.NO_VALUE) for side in self.sides.values())) for fact in facts]
        console.listing(("", *self.sides), lines, f"would be scored as {self.task}")
        for note in self.notes:
            console.say(note)
        for path, why in self.bad.items():
            console.say(f"cannot be read: {path}: {why.removeprefix(f'{path}: ')}")
        for line in below.warnings(self.warnings):
            console.say(line)


def validate(given: Given, task: str | None, report: Report) -> Validation:
    """Look at one folder, and match it with what it would be scored with. BenchError as in `scene.look`."""
    scene = scenes.look(given, task, None, None, report)
    ((label, files),) = scene.files.items()
    paths = [path for found in files.values() for path in found]
    field = scene.task.reference
    examples = scene.split.against.examples if scene.split.against else scene.split.examples
    others = [path for example in examples if isinstance(path := getattr(example, field), Path)]
    mine, my_bad = _looked(paths, scene.task.output, label, report)
    theirs, their_bad = _looked(others, scene.task.output, "the references", report)
    sides = {label: _facts(mine, my_bad)} | ({"references": _facts(theirs, their_bad)} if others else {})
    heard = Heard(media.CLIP_S, max((each.rate_hz for each in (mine | theirs).values()), default=0), bool(others))
    of_files = findings([Side(label, mine)], Side("", theirs), heard)
    warnings = [*scene.warnings, *of_files]
    return Validation(scene.task.name, sides, my_bad | their_bad, warnings, scene.notes)


def _looked(
    paths: Sequence[Path], kind: str, what: str, report: Report
) -> tuple[dict[str, Facts], dict[str, str]]:
    store = FeatureStore(cache_dir() / "features")
    found = look_at_all(paths, kind, store, report, f"looking at {what}")
    good = {console.shown(path): facts for path, facts in found.items() if not isinstance(facts, str)}
    return good, {console.shown(path): facts for path, facts in found.items() if isinstance(facts, str)}


def _facts(good: Mapping[str, Facts], bad: Mapping[str, str]) -> dict[str, str]:
    facts = list(good.values())
    said = {"files": f"{len(good) + len(bad)}", "cannot be read": f"{len(bad)}"}
    said["kinds of file"] = _counted(Path(name).suffix.lower() for name in (*good, *bad))
    if any(each.rate_hz for each in facts):
        lengths, levels = [each.seconds for each in facts], [each.level_db for each in facts]
        said["seconds"] = f"{min(lengths):.1f} to {max(lengths):.1f}, median {median(lengths):.1f}"
        said["sampling rates"] = _counted(f"{each.rate_hz:,} Hz" for each in facts)
        said["level (RMS)"] = f"{min(levels):.1f} to {max(levels):.1f} dB, median {median(levels):.1f}"
    said["different contents"] = f"{len({each.content for each in facts})}"
    return said


def _counted(words: Any) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common(4))
