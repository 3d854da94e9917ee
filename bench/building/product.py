"""The folder that a builder writes: a split, a list of what is missing, a summary, and the plan it followed.

build.json     what was asked for and of which files; another plan is refused the folder
manifest.csv   the split; `bench run --split FOLDER` takes it
missing.csv    what is not in it and why
summary.json, summary.md
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.building.sources import Missing
from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.splits.media import manifest

PLAN = "build.json"


def claim(folder: Path, plan: Mapping[str, Any]) -> None:
    """Claim `folder` for the product, or resume it; BenchError where it holds something else. Half-written
    files of a killed build are removed.
    """
    path = folder / PLAN
    if not path.is_file():
        store.refuse_foreign(folder, "build")
        store.write_text(path, _json(plan))
        return
    try:
        have = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(have, dict):
            raise ValueError("no table of the build's options")
    except (ValueError, RecursionError) as error:
        raise BenchError(f"{path}: is not the plan of a build ({error}); give another --out") from error
    wanted = json.loads(_json(plan))
    if odd := sorted(key for key in have.keys() | wanted.keys() if have.get(key) != wanted.get(key)):
        raise BenchError(f"{folder}: was built with other {', '.join(odd)}; give another --out")
    for left in folder.rglob(f"{store.TEMPORARY}*"):
        left.unlink()


def finish(
    folder: Path,
    rows: Mapping[str, Iterable[manifest.Row]],
    missing: Iterable[Missing],
    summary: Mapping[str, Any],
    text: str,
) -> None:
    """Write the manifests, by folder below `folder` (`.` for itself), what is missing, and the summary in JSON and
    as `text`. Raises BenchError where nothing is left to write."""
    lost = sorted(set(missing))
    store.write_text(folder / "missing.csv", table(Missing._fields, lost))
    listed = {name: list(some) for name, some in rows.items()}
    if not any(listed.values()):
        raise BenchError(f"{folder}: nothing is left to make a split of; {folder / 'missing.csv'} tells why")
    hashes = {}
    for name, some in listed.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        hashes[name] = manifest.write(folder / name, some)
    whole = {**summary, "examples": {name: len(some) for name, some in listed.items()}, "hash": hashes}
    store.write_text(folder / "summary.json", _json(whole | {"missing": len(lost)}))
    ends = [
        f"- `{name}/manifest.csv`: {len(some)} examples, hash {hashes[name][:8]}" for name, some in listed.items()
    ]
    store.write_text(
        folder / "summary.md", f"{text.strip()}\n\n" + "\n".join([*ends, f"- missing: {len(lost)}"]) + "\n"
    )


def table(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """CSV with a header; no text in it is a spreadsheet's formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([store.guarded(cell) if isinstance(cell, str) else cell for cell in line] for line in lines)
    return text.getvalue()


def markdown(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A table for summary.md."""
    every = [list(columns), ["---"] * len(columns), *lines]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in every)


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
