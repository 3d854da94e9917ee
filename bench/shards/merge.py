"""Shards put together: their journals, outputs and features become those of one run, which is then scored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sightsound.bench.core import maker as makers
from sightsound.bench.core import store
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.console import shown
from sightsound.bench.core.errors import BenchError, tell
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.files import clone
from sightsound.bench.core.types import Output, Report
from sightsound.bench.remote import runs
from sightsound.bench.remote import uri as uris
from sightsound.bench.shards import record as records
from sightsound.bench.shards.record import Record
from sightsound.bench.stages import choose, outputs
from sightsound.bench.stages.generate import ERRORS
from sightsound.bench.stages.options import Options
from sightsound.bench.stages.request import Request

_LOGS = (ERRORS, "elsewhere.log")
"""Files beside the outputs that are put together line after line."""
_NAMED = 12  # missing shards that a message names


def merge(folder: Path, options: Options, report: Report) -> Request:
    """Put the shards in a run folder together; the request of the whole run, of which only scoring is left.

    `options`: of this call, `device` and `mirror`. The shards stay as they are. BenchError, a line for each, where
    shards are missing, not done, at work or not of one command; then nothing was written.
    """
    if uri := uris.of(folder):
        folder = runs.fetched(uri, report)
    found = _checked(folder)
    with ExitStack() as held:
        held.enter_context(runs.held(folder, report))
        for each in found:
            held.enter_context(store.locked(records.place(folder, each.shard), reading=True))
        makers_of = _journals(folder, found)
        store.claim(folder, dict(found[0].plan))
        for done, (name, shards) in enumerate(makers_of.items()):
            report("putting outputs together", done, len(makers_of))
            _system(folder / "systems" / name, shards)
        report("putting outputs together", len(makers_of), len(makers_of))
        features = FeatureStore(cache_dir() / "features")
        for each in found:
            report("putting features together", each.number - 1, len(found))
            features.take(FeatureStore(records.place(folder, each.shard) / records.FEATURES))
        report("putting features together", len(found), len(found))
    return _request(folder, found[0], options)


def _checked(folder: Path) -> list[Record]:
    """The records of all shards. BenchError, a line for each that is wrong."""
    found = records.read(folder)
    if not found:
        raise BenchError(
            f"{shown(folder)}: holds no shards; `bench run --shard I/N --out {shown(folder)}` makes one"
        )
    count = Counter(each.count for each in found).most_common(1)[0][0]
    first = next(each for each in found if each.count == count)
    problems = [
        BenchError(f"{shown(folder)}: shard {each.shard} is of another command than {first.shard}: it {why}")
        for each in found
        if (why := records.differs(each, first))
    ]
    there = {each.number for each in found if each.count == count}
    if missing := [number for number in range(1, count + 1) if number not in there]:
        some = ", ".join(map(str, missing[:_NAMED])) + (", ..." if len(missing) > _NAMED else "")
        problems.append(
            BenchError(
                f"{shown(folder)}: shards {some} of {count} are missing; run their command, --shard I/{count}"
            )
        )
    problems += [
        BenchError(
            f"{shown(folder)}: shard {each.shard} is not done; run its command again, it goes on where it was"
        )
        for each in found
        if not each.done
    ]
    problems += [
        BenchError(f"{shown(folder)}: the folder of shard {each.shard} is gone; run its command again")
        for each in found
        if each.done and not records.place(folder, each.shard).is_dir()
    ]
    if first.versions != (here := records.versions()):
        problems.append(
            BenchError(
                f"{shown(folder)}: its shards ran with {first.versions}, here is {here}; merge where they ran, "
                "or run them again here"
            )
        )
    tell(problems)
    return found


def _journals(folder: Path, found: Sequence[Record]) -> dict[str, list[Path]]:
    """A system's folder name -> its folders in the shards. BenchError where another maker made one of them, or an
    output is gone; nothing is written."""
    together: dict[str, list[Path]] = {}
    problems: list[BenchError] = []
    for label in found[0].plan["systems"]:
        name = store.slug(label)
        places = together[name] = [records.place(folder, each.shard) / "systems" / name for each in found]
        first = makers.read(places[0])
        texts = {
            path.read_text(encoding="utf-8") for each in places if (path := each / outputs.VERSIONS).is_file()
        }
        if len(texts) > 1:
            problems.append(BenchError(f"{shown(folder)}: {label} ran with other versions in some of its shards"))
        for each, at in zip(found, places, strict=True):
            here = makers.read(at)
            journal = store.Journal(at).read()
            gone = [output.path for output in journal.values() if output.path and not (at / output.path).is_file()]
            why = makers.differs(here, first, blend=True) if here and first else "made by nobody knows what"
            if why:
                problems.append(BenchError(f"{shown(folder)}: shard {each.shard}: {label} was {why}"))
            elif gone or len(journal) < each.answered.get(label, 0):
                what = (
                    f"{gone[0]} is gone" if gone else f"{len(journal)} of {each.answered[label]} outputs are there"
                )
                problems.append(
                    BenchError(f"{shown(folder)}: shard {each.shard}: of {label} {what}; run its command again")
                )
    tell(problems)
    return together


def _system(place: Path, shards: Sequence[Path]) -> None:
    """Bring a system's outputs together, the journal in the order in which one process writes it."""
    (place / "outputs").mkdir(parents=True, exist_ok=True)
    found: list[tuple[Output, Path]] = [
        (output, at) for at in shards for output in store.Journal(at).read().values()
    ]
    have = store.Journal(place).read()
    for output, at in found:
        if output.path is None:
            continue
        source, target = at / output.path, place / output.path
        before = have.get(output.id)
        if target.is_file() and before is not None and before.sha256 == output.sha256:
            continue
        with store.atomic(target) as temporary:
            temporary.unlink()
            _link(source, temporary)
    ordered = sorted((output for output, _ in found), key=lambda output: output.id)
    lines = "".join(json.dumps(asdict(output), sort_keys=True) + "\n" for output in ordered)
    store.write_text(place / makers.NAME, (shards[0] / makers.NAME).read_text(encoding="utf-8"))
    for name, join in ((outputs.VERSIONS, _first), (outputs.OPENED, _sorted), *((log, "".join) for log in _LOGS)):
        texts = [path.read_text(encoding="utf-8") for at in shards if (path := at / name).is_file()]
        if texts:
            store.write_text(place / name, join(texts))
    store.write_text(store.Journal(place).path, lines)  # last: what it names is there


def _first(texts: Sequence[str]) -> str:
    return texts[0]


def _sorted(texts: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in sorted({line for text in texts for line in text.splitlines()}))


def _link(source: Path, target: Path) -> None:
    """A second name for the same bytes, into which neither side writes; a copy where the disk has no links."""
    try:
        target.hardlink_to(source)
    except OSError:
        clone(source, target)


def _request(folder: Path, shard: Record, options: Options) -> Request:
    """The request of the whole run, as its shards were told it."""
    said = {name: value for name, value in shard.said.items() if name in _known() - {*records.OF_A_CALL}}
    given: dict[str, Any] = {
        name: Path(value) if name in ("mirror", "corpus") else value for name, value in said.items()
    }
    given["metrics"] = ",".join(given["metrics"])
    given |= {"out": folder, "device": options.device}
    if options.mirror is not None:
        given["mirror"] = options.mirror
    asked = Options(**given, notes=options.notes)
    request = choose.request(asked, choose.systems_for(asked, references=True))
    return replace(request, said=shard.said, made_on=shard.device)


def _known() -> set[str]:
    return set(Options.__dataclass_fields__)
