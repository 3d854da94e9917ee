"""The examples of a run over folders, kept in the run folder: what a later command needs to read the run again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from sightsound.bench import splits
from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Report, SplitCard
from sightsound.bench.splits import Against, Split

NAME = "examples.json"
"""In the run folder of a run whose examples no split's name gives back."""


def write(folder: Path, split: Split) -> None:
    """Keep the examples; paths are kept as they are, so the files must stay where they are."""
    against = split.against
    said = {
        "name": split.card.name,
        "tasks": list(split.card.tasks),
        "hash": split.hash,
        "count": split.count,
        "limit": split.limit,
        "size": split.card.size,
        "examples": [_plain(example) for example in split.examples],
        "digests": {str(path): key for path, key in split.digests.items()},
        "absent": dict(split.absent),
        "only": {label: sorted(own) for label, own in split.only.items()},
        "against": against and {
            "label": against.label,
            "examples": [_plain(example) for example in against.examples],
            "digests": {str(path): key for path, key in against.digests.items()},
            "absent": dict(against.absent),
        },
    }  # fmt: skip
    store.write_text(folder / NAME, json.dumps(said, indent=0, sort_keys=True) + "\n")


def read(folder: Path) -> Split | None:
    """The examples that were kept; None where the run is of a split alone. BenchError for a damaged file."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        other = said["against"]
        return Split(
            card=SplitCard(said["name"], tuple(said["tasks"]), "", (), "", "", "", size=said["size"]),
            hash=said["hash"],
            examples=_examples(said["examples"]),
            count=said["count"],
            limit=said["limit"],
            digests={Path(file): key for file, key in said["digests"].items()},
            against=other
            and Against(
                other["label"],
                tuple(_examples(other["examples"])),
                {Path(file): key for file, key in other["digests"].items()},
                other["absent"],
            ),
            absent=said["absent"],
            only={label: frozenset(own) for label, own in said["only"].items()},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path}: is damaged ({error}); score the folders again into another --out") from error


def split_of(
    folder: Path,
    plan: Mapping[str, Any],
    mirror: Path | None = None,
    report: Report = lambda what, done, total: None,
) -> Split:
    """The split of the run in `folder`, of which `plan` is known. BenchError where it is not what it was."""
    if (known := read(folder)) is not None:
        return known
    split = splits.load(plan["split"], mirror=mirror, task=plan["task"], limit=plan["limit"], report=report)
    if split.hash != plan["split_hash"]:
        raise BenchError(f"split {plan['split']} is {split.hash} here, but the run had {plan['split_hash']}")
    return split


_PATHS = ("image", "video", "audio", "reference_image")


def _plain(example: Example) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(example).items() if value is not None}


def _examples(said: Sequence[Mapping[str, str]]) -> list[Example]:
    known = {each.name for each in fields(Example)}
    found = []
    for own in said:
        example = Example(**{name: value for name, value in own.items() if name in known})  # type: ignore[arg-type]
        files: Any = {name: Path(own[name]) for name in _PATHS if name in own}
        found.append(replace(example, **files))
    return found
