"""Which assets a run reads, named as for `bench run`, for `bench assets fetch`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sightsound.bench import assets, splits
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError, gathered, tell
from sightsound.bench.plan.plan import assets_of, request
from sightsound.bench.stages import choose, reading
from sightsound.bench.stages.options import Options


def named(
    models: Sequence[str],
    metrics: str | None,
    preset: str,
    task: str | None,
    split: str | None,
    mirror: Path | None,
) -> list[str]:
    """Assets of these systems, metrics and split; with a task those of the whole run that they would make.

    Without a task only what is named counts: no metrics of the preset and no split of its. BenchError, with all
    that is wrong, for names that are not known.
    """
    if task is not None:
        options = Options(task, models, split, preset, metrics, mirror=mirror)
        return list(dict.fromkeys(assets_of(request(options))))
    options = Options("", models, preset=preset)
    found: list[str] = []
    if split is not None:
        with gathered(options.problems):
            found += splits.card(split).assets
    for system in choose.systems_for(options, references=False, planned=True):
        found += system.build.assets
    cards = []
    for name in filter(None, map(str.strip, (metrics or "").split(","))):
        with gathered(options.problems):
            cards.append(registry.metric(name))
    tell(options.problems)
    for network in reading.extractors(cards):
        found += registry.extractor(network).assets
    return list(dict.fromkeys(found))


def check(names: Sequence[str], mirror: Path | None) -> list[assets.Need]:
    """What is still to be brought of these assets. BenchError, before anything is downloaded, with all that cannot
    be had, and for a disk without the room."""
    problems: list[BenchError] = []
    needs = [need for need in assets.needs(names, mirror) if not need.here]
    for need in needs:
        with gathered(problems):
            assets.expect(need.asset.name, mirror)
    with gathered(problems):
        assets.check_room(needs)
    tell(problems)
    return needs


def total(needs: Sequence[assets.Need]) -> str:
    """What will be downloaded, in a sentence; empty where all is here."""
    if not needs:
        return ""
    each = ", ".join(f"{need.asset.name} {assets.size(need.download_bytes)}" for need in needs)
    whole = assets.size(sum(need.download_bytes for need in needs))
    return f"{whole} to download in {len(needs)} asset{'s' * (len(needs) > 1)}: {each}"
