"""What `bench splits verify` tells of a split that was made from the user's media: coverage, gaps, remarks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.core.media import CLIP_S
from sightsound.bench.splits.media import tables
from sightsound.bench.splits.media.collect import FACTS, MISSING
from sightsound.bench.splits.media.errors import SplitError

NAMED = 3  # ids that a line names
_REMARKS = {
    "short": f"clips shorter than {CLIP_S:g} s, kept as they are",
    "silent": "clips that are silent",
    "renamed": "files of another container than their name says, given the right suffix",
    "cmyk": "pictures in CMYK, read as RGB",
    "alpha": "pictures with alpha, read over white",
    "rotated": "pictures turned upright by their EXIF tag when read",
    "frame": "pictures taken out of a video here",
}


def facts(folder: Path) -> dict[str, Any]:
    """`examples`, `listed`, `missing` (id -> reason) and `remarks` (name -> examples and pieces); empty for none.

    Raises SplitError where the notes of the build are damaged.
    """
    if not (folder / FACTS).is_file():
        return {}
    try:
        noted: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        missing = {row["id"]: row["reason"] for row in tables.records(folder / MISSING, ("id", "reason"))}
        return {
            "examples": int(noted["examples"]),
            "listed": int(noted["listed"]),
            "missing": missing,
            "remarks": {str(name): list(found) for name, found in noted["remarks"].items()},
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SplitError(f"{folder / FACTS}: is damaged ({error}); prepare the split again") from error


def lines(name: str, folder: Path) -> list[str]:
    """The facts for people, a line each; empty for a split that nothing was noted of."""
    found = facts(folder)
    if not found:
        return []
    share = found["examples"] / found["listed"]
    told = [f"{name}: {found['examples']:,} of {found['listed']:,} examples ({share:.1%})"]
    for reason, count in Counter(found["missing"].values()).most_common():
        ids = sorted(each for each, why in found["missing"].items() if why == reason)
        told.append(f"  missing: {count:,} ({reason}): {_some(ids)}")
    if found["missing"]:
        told.append(f"  all that are missing: {folder / MISSING}")
    told += [
        f"  {len(names):,} {_REMARKS.get(remark, remark)}: {_some(names)}"
        for remark, names in found["remarks"].items()
    ]
    return told


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
