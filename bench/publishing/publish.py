"""`bench publish`: a run of one's own, or an archive that others handed in, into a result file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sightsound.bench.core import results, scores, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.publishing.archive import opened
from sightsound.bench.publishing.merge import Merged, merge
from sightsound.bench.publishing.verify import Verified, verify
from sightsound.bench.stages.finished import refuse_unfinished

CARDS = "submissions"
"""Folder beside the result file: the card of each archive that was published into it."""


@dataclass(frozen=True)
class Published:
    """What `bench publish` did."""

    merged: Merged
    """To the result file."""
    verified: Verified | None = None
    """Of a submission: what was checked."""
    card: Path | None = None
    """Of a submission: where its card now lies."""


def publish(
    source: Path,
    to: Path,
    *,
    replace: bool = False,
    device: str = "cpu",
    mirror: Path | None = None,
    report: Report,
) -> Published:
    """Add the rows of a run folder or of a submission's archive. BenchError for an unfinished run, for an archive
    that is not as it should be, and where rows would change without `replace`."""
    if source.is_dir():
        refuse_unfinished(source)
        rows = results.read(source / "rows.csv")
        results.refuse_unknown(rows, f"{source}")
        return Published(merge(to, rows, scores.read(source / scores.NAME), replace=replace))
    if not source.exists():
        raise BenchError(f"{source}: no such run folder and no such archive")
    with opened(source) as submission:
        marked, verified = verify(submission, device=device, mirror=mirror, report=report)
        merged = merge(to, results.frame(marked), submission.scores, replace=replace)
        card = to.parent / CARDS / f"{submission.sha256[:12]}.json"
        told = {"archive": source.name, "sha256": submission.sha256, "card": submission.card.as_json()}
        told |= {"checked": asdict(verified), "systems": list(submission.plan["systems"])}
        store.write_text(card, json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return Published(merged, verified, card)
