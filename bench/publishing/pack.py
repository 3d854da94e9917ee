"""`bench submit`: a finished run as one archive, the same bytes from the same run."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sightsound.bench import splits
from sightsound.bench.core import registry, results, scores, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.publishing import features
from sightsound.bench.publishing.card import SystemCard
from sightsound.bench.stages import recorded
from sightsound.bench.stages.finished import refuse_unfinished

FORMAT = 1
MANIFEST = "manifest.json"
PLAN = ("task", "split", "split_hash", "seed", "limit", "length", "metrics", "systems")
"""What of a run's plan goes along: nothing that names a folder of the one who ran it."""
OUTPUT = ("id", "sha256", "rate_hz", "seconds", "took_s", "seed", "error")
"""What of an output's record goes along: not its path."""
KEPT = ("maker.json", "versions.txt")
"""Of each system's folder."""


@dataclass(frozen=True)
class Packed:
    """What an archive holds."""

    path: Path
    """The archive."""
    sha256: str
    """Of its bytes."""
    rows: int
    """Rows in it."""
    files: Mapping[str, int]
    """Name -> bytes."""


def submit(
    folder: Path,
    out: Path,
    card: SystemCard,
    *,
    with_features: bool = False,
    device: str = "cpu",
    mirror: Path | None = None,
    report: Report,
) -> Packed:
    """Pack the systems under test of a run. BenchError for an unfinished run and for one that only its maker could
    score: on folders, against another set, or with metrics out of a module."""
    refuse_unfinished(folder)
    plan = recorded.plan(folder)
    _refuse_private(folder, plan)
    references = {system.label for system in registry.reference_systems()}
    labels = [label for label in plan["systems"] if label not in references]
    table = results.read(folder / "rows.csv")
    table = table[[results.label(row) in labels for row in results.rows(table)]]
    values = scores.read(folder / scores.NAME)
    label = (values["model"] + ":" + values["variant"]).str.rstrip(":")
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        results.write(place / "rows.csv", table)
        scores.write_table(place / scores.NAME, values[label.isin(labels)])
        _json(place / "card.json", card.as_json())
        _json(place / "run.json", {name: plan[name] for name in PLAN if name in plan} | {"systems": labels})
        for each in labels:
            _system(folder, each, place)
        if with_features:
            split = splits.load(
                plan["split"], mirror=mirror, task=plan["task"], limit=plan["limit"], report=report
            )
            features.write(place, folder, plan, labels, split, device=device, mirror=mirror, report=report)
        files = sorted(path for path in place.rglob("*") if path.is_file())
        listed = {path.relative_to(place).as_posix(): path.read_bytes() for path in files}
        listed[MANIFEST] = _manifest(listed)
        with store.atomic(out) as temporary:
            _zip(temporary, listed)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    return Packed(out, digest, len(table), {name: len(data) for name, data in sorted(listed.items())})


def _refuse_private(folder: Path, plan: Mapping[str, Any]) -> None:
    why = ""
    if plan.get("modules"):
        why = f"its cards are out of {', '.join(plan['modules'])}; install them as a package (docs/adding)"
    elif plan.get("against"):
        why = "its distances are to a set of your own"
    elif plan["split"] not in registry.split_cards():
        why = f"{plan['split']} is no split that others have"
    if why:
        raise BenchError(f"{folder}: nobody else could compute these values: {why}")


def _system(folder: Path, label: str, place: Path) -> None:
    """Provenance and the list of outputs of one system."""
    slug = store.slug(label)
    source = folder / "systems" / slug
    for name in KEPT:
        if (source / name).is_file():
            (place / "provenance").mkdir(exist_ok=True)
            (place / "provenance" / f"{slug}.{name}").write_bytes((source / name).read_bytes())
    outputs = store.Journal(source).read()
    lines = [
        json.dumps({name: getattr(output, name) for name in OUTPUT}, sort_keys=True)
        for _, output in sorted(outputs.items())
    ]
    store.write_text(place / "outputs" / f"{slug}.jsonl", "".join(f"{line}\n" for line in lines))


def _json(path: Path, data: Mapping[str, Any]) -> None:
    store.write_text(path, json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _manifest(files: Mapping[str, bytes]) -> bytes:
    told = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    return (json.dumps({"format": FORMAT, "files": told}, indent=1, sort_keys=True) + "\n").encode()


def _zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Sorted, of one date, not compressed: the bytes hang on the contents alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name)  # 1980-01-01
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, data)
