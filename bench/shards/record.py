"""What a shard says of itself, beside its folder in `shards/` of a run: what it was told, and what made it.

Shards of one run say the same but for their numbers. Nothing else passes between them, so no lock does either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sightsound.bench.core import provenance, store
from sightsound.bench.core.console import shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import printable
from sightsound.bench.core.shard import Shard
from sightsound.bench.stages.request import Request

FEATURES = "features"
"""In a shard's folder: a feature store of its own."""
_NAME = re.compile(r"(\d+)-of-(\d+)\.json")
OF_A_CALL = ("engine", "workers", "gpu_share", "retry", "remake")
"""Options of how a shard is worked on, which change none of its values; merging leaves them out."""
_OF_A_HOST = ("device", "mirror", "timeout", "in_turn", "allow_missing_metrics", "python")
"""Options that may be others on another host: what they change shows in plan, makers, versions and the name of the
device."""


@dataclass(frozen=True)
class Record:
    """One shard."""

    number: int
    """Of the shard, from 1 on."""
    count: int
    """How many shards there are."""
    said: Mapping[str, Any]
    """What a command line says to ask for the run, by option, as in run.toml."""
    versions: str
    """Of the packages, and the commit."""
    device: str
    """As rows name it."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """The run.json of the shard: what its run was made for. Empty until it is done."""
    answered: Mapping[str, int] = field(default_factory=dict)
    """System -> examples that it answered in this shard."""
    done: bool = False
    """Whether the shard is whole."""

    @property
    def shard(self) -> Shard:
        """Its number among how many."""
        return Shard(self.number, self.count)


def place(folder: Path, shard: Shard) -> Path:
    """The folder of a shard of the run in `folder`."""
    return folder / store.SHARDS / shard.name


def begun(request: Request, shard: Shard) -> Record:
    """What a shard that is asked for now says of itself."""
    said = json.loads(json.dumps(request.said, default=str))
    return Record(shard.number, shard.count, said, versions(), provenance.device_name(request.device))


def versions() -> str:
    """What features and scores depend on, beside the cards' own signatures."""
    return f"{provenance.versions({})} commit {provenance.commit() or 'not known'}"


def write(folder: Path, record: Record) -> None:
    """Put a record in its place in the run folder."""
    path = folder / store.SHARDS / f"{record.shard.name}.json"
    store.write_text(path, json.dumps(asdict(record), indent=1) + "\n")  # options stay in their order


def read(folder: Path, but: Shard | None = None) -> list[Record]:
    """The records in a run folder, `but` for that of one shard, by number. BenchError for a damaged one."""
    found = []
    for path in (folder / store.SHARDS).glob("*.json"):
        if not _NAME.fullmatch(path.name) or (but is not None and path.stem == but.name):
            continue
        try:
            found.append(Record(**json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError) as error:
            raise BenchError(
                f"{shown(path)}: is damaged ({printable(str(error))}); run that shard again"
            ) from error
    return sorted(found, key=lambda record: (record.count, record.number))


def differs(one: Record, other: Record) -> str:
    """What differs between two shards of a run, in a few words; empty where they belong together."""
    if one.count != other.count:
        return f"is one of {one.count}, the other one of {other.count}"
    pairs = [
        (one.said, other.said, "was told"),
        *([(one.plan, other.plan, "has")] if one.done and other.done else []),
    ]
    for ours, theirs, verb in pairs:
        ours, theirs = ({**each, "split": store.split_called(each)} for each in (ours, theirs))
        for key in sorted({*ours, *theirs} - {*_OF_A_HOST, *OF_A_CALL}):
            if ours.get(key) != theirs.get(key):
                name = key.replace("_", "-")
                return f"{verb} {name} {_short(ours.get(key))}, the other {_short(theirs.get(key))}"
    if one.device != other.device:
        return f"ran on {one.device}, the other on {other.device}"
    if one.versions != other.versions:
        mine, its = _apart(one.versions, other.versions), _apart(other.versions, one.versions)
        return f"ran with {mine}, the other with {its}"
    return ""


def _apart(ours: str, theirs: str) -> str:
    """The words of a line of versions that the other has not."""
    return " ".join(word for word in ours.split() if word not in theirs.split()) or "fewer packages"


def _short(value: Any) -> str:
    text = "nothing" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return printable(text if len(text) <= 80 else f"{text[:77]}...")
