"""The features of a run's networks, shared with other hosts where SIGHTSOUND_SHARED names a place for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Report
from sightsound.bench.remote import shared
from sightsound.bench.stages import embed, reading
from sightsound.bench.stages.request import Request


@contextmanager
def pooled(request: Request, report: Report) -> Iterator[None]:
    """While the block embeds, the cache has what others have made; what it makes is then theirs too. A shard makes
    features in its own folder: they are shared when they are merged."""
    if not shared.is_named():  # signatures need the weights' digests, which take a while
        yield
        return
    names = reading.extractors(request.metrics)
    networks = embed.Extractors(names, request.device, request.mirror, request.length, report)
    store = FeatureStore(Path())
    folders = [store.folder(networks.signature(name)).name for name in names]
    with shared.features(folders, report, sends=request.shard is None):
        yield
