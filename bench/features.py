"""Features of what a user holds, without a run: of files from the cache, of what is in memory made now.

Networks are shared by all who ask while somebody holds them. What is in memory is known by its content, so that
two metrics over one network, asked about the same batch, run it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from sightsound.bench import inputs
from sightsound.bench.core import cards as door
from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.state import known
from sightsound.bench.stages import choose
from sightsound.bench.stages import embed as embedding
from sightsound.metrics.networks.extractor import Features

HELD_BYTES = 64 << 20  # of features of what is in memory, kept from one call to the next

Networks = embedding.Extractors
_networks: WeakValueDictionary[tuple[Any, ...], Networks] = WeakValueDictionary()
_last: list[Networks] = []
"""That of the last call of `embed`, so that a loop over it loads it once."""


def embed(
    network: str, items: Sequence[Any], *, device: str = "auto", mirror: str | Path | None = None
) -> list[Features]:
    """Features of anything under a network: for each item output name -> `[frames, dim]` float32.

    `network`: its name, what it is called in metrics (`musicnn`), or a joint space (`imagebind`), of which the
    network for the first item is taken. `items`: paths (audio, pictures, videos); texts; sound in memory as
    `(samples, rate_hz)`, `[samples]` or `[channels, samples]` of floats; pictures as uint8 `[3, height, width]`.
    Of sound the first 10 s count. Features of files and texts are kept in the cache by content: asking again reads
    them. Raises BenchError for the first item that cannot be read.
    """
    if isinstance(items, str | Path) or not isinstance(items, Sequence):
        raise BenchError(f"embed takes a list of items, got {inputs.described(items)}")
    found = registry.extractors_called(network)
    kind = inputs.kind_of(items[0]) if items else ""
    card = next((each for each in found if each.modality == kind), found[0])
    held = [inputs.item_of(card.modality, item, f"item {place}") for place, item in enumerate(items)]
    _last[:] = [shared(card.name, choose.device_of(device), Path(mirror) if mirror else None)]
    return features(_last[0], card.name, held)


@known()
def features(networks: Networks, name: str, items: Sequence[embedding.Item]) -> list[Features]:
    """Features of items under the network of that name, in order. BenchError for the first that has none."""
    on_disk = FeatureStore(cache_dir() / "features")
    _recent.trim()
    failures: dict[tuple[str, str], str] = {}
    for place, some in (
        (on_disk, [item for item in items if _is_kept(item)]),
        (_recent, [item for item in items if not _is_kept(item)]),
    ):
        failures |= embedding.embed(some, [name], networks, place)
    for number, item in enumerate(items):
        if (name, item.key) in failures:
            what = item.source if _is_kept(item) else f"clip {number}"
            raise BenchError(f"{what}: {failures[name, item.key].removeprefix(f'{what}: ')}")
    outputs, signature = networks.cards[name].outputs, networks.signature(name)
    return [
        {out: (on_disk if _is_kept(item) else _recent).require(signature, item.key, out) for out in outputs}
        for item in items
    ]


def shared(name: str, device: str, mirror: Path | None) -> Networks:
    """The network of that name on a device, the same one for all who hold it. Nothing is loaded yet."""
    key = name, device, mirror, cache_dir(), len(door.changed)  # another cache or other cards: another network
    found = _networks.get(key)
    if found is None:
        found = _networks[key] = Networks([name], device, mirror)
    return found


def _is_kept(item: embedding.Item) -> bool:
    """Whether its features go into the cache on the disk."""
    return isinstance(item.source, str | Path)


class _Recent(FeatureStore):
    """Features in memory, for the items of one call and, up to HELD_BYTES, those of the calls before."""

    def __init__(self) -> None:
        super().__init__(Path("memory"))
        self._features: dict[tuple[str, str], Features] = {}

    def has(self, signature: str, key: str) -> bool:
        """Whether they are there."""
        return (signature, key) in self._features

    def get(self, signature: str, key: str, output: str) -> NDArray[np.float32] | None:
        """One output's array."""
        return self._features.get((signature, key), {}).get(output)

    def put(self, signature: str, key: str, features: Features) -> None:
        """Keep a clip's features."""
        self._features[signature, key] = {name: np.asarray(each, np.float32) for name, each in features.items()}

    def trim(self) -> None:
        """Let go of the oldest beyond HELD_BYTES."""
        size = {key: sum(each.nbytes for each in found.values()) for key, found in self._features.items()}
        total = sum(size.values())
        for key in list(size):
            if total <= HELD_BYTES:
                return
            del self._features[key]
            total -= size[key]


_recent = _Recent()
