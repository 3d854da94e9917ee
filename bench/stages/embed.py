"""The second stage: features of every clip, picture and text, computed once and kept by content.

Files are decoded ahead on threads while the networks work; each is decoded once, resampled once a rate and given
to every extractor that lacks it. A chunk of clips is always put through a network whole, so that a run that was
killed ends with the same bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import console, media
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Report, chunks
from sightsound.bench.engines.job import Engine, Lost, Tell, every
from sightsound.bench.engines.local import Local
from sightsound.bench.stages import decoding, extract
from sightsound.bench.stages.decoding import Item
from sightsound.bench.stages.extractors import Extractors
from sightsound.metrics.networks.extractor import Features

FEW = 2  # videos (the frames that a network asks for, up to 100 MB each) and sound that is heard whole
AHEAD = 2  # chunks decoded ahead
MOST_DECODERS = 16  # threads; libraries that decode and resample let go of Python's lock
HELD_BYTES = 512 << 20  # of pictures that are decoded ahead; one chunk is held whatever it takes


Chunk = tuple[Sequence[Item], list[str]]
"""Items of one modality, and the extractors that lack some of them."""


def file_item(path: Path) -> Item:
    """An audio file or a picture by its bytes."""
    return Item(media.file_sha256(path), path)


def video_item(path: Path) -> Item:
    """A video by its bytes."""
    return Item(media.file_sha256(path), path, video=True)


def text_item(text: str) -> Item:
    """A text by its UTF-8 bytes."""
    return Item(hashlib.sha256(text.encode()).hexdigest(), text)


def embed(
    items: Sequence[Item],
    names: Sequence[str],
    extractors: Extractors,
    store: FeatureStore,
    report: Report = lambda what, done, total: None,
    engine: Engine | None = None,
) -> dict[tuple[str, str], str]:
    """Put the features of `items` under the extractors `names` into the store.

    All are of the items' modality; those of a video may also be of pictures. `engine`: where the networks work,
    None for this process. Returns why not, by (extractor name, item key), for the items that could not be read or
    taken.
    """
    unique = list({item.key: item for item in items}.values())
    cards = [extractors.cards[name] for name in names]
    work: list[Chunk] = []
    few = any(item.video for item in unique) or (extractors.length.long and cards[0].modality == "audio")
    size = extract.CARD_CHUNK if extractors.device.startswith("cuda") else extract.CHUNK
    for chunk in chunks(unique, FEW if few else size):
        lacking = [
            card.name
            for card in cards
            if any(not store.has(extractors.signature(card.name), item.key) for item in chunk)
        ]
        if lacking:
            work.append((chunk, lacking))
    failures: dict[tuple[str, str], str] = {}
    total = {name: sum(len(chunk) for chunk, lacking in work if name in lacking) for name in names}
    done = dict.fromkeys(names, 0)
    decoded = 0
    for name in names:
        console.detail(f"features by {name}: {total[name]} of {len(unique)} to be made; kept in {store.root}")
    stage = decoding.stage(unique[0], cards[0]) if unique else ""
    reading = sum(len(chunk) for chunk, _ in work)

    def told(message: tuple[Any, ...]) -> None:
        nonlocal decoded
        match message:
            case ("decoding", count):
                decoded = min(decoded + count, reading)  # what a worker's end had others do again counts once
                if stage:
                    report(stage, decoded, reading)
            case ("at", name):
                report(f"features by {name}", done[name], total[name])  # from here on the time is this one's
            case ("made", name, found):
                for key, features in found.items():
                    if isinstance(features, str):
                        failures[name, key] = features
                    elif not store.has(extractors.signature(name), key):
                        store.put(extractors.signature(name), key, features)
            case ("report", what, so_far, of):
                report(what, so_far, of)

    job = Embedding(extractors, store)
    with (engine or Local(extractors.device)).session(job, told) as run:
        for (chunk, lacking), answer in every(run, job, work):
            for name in lacking:
                if isinstance(answer, Lost):
                    failures |= {(name, item.key): f"its network's process {answer.reason}" for item in chunk}
                done[name] += len(chunk)
                report(f"features by {name}", done[name], total[name])
    return failures


class Embedding:
    """See sightsound.bench.engines.job.Job. A batch is a Chunk; all that it gives goes to `tell`.

    It tells `("decoding", files)`: so many more are read; `("at", name)`: that network begins; `("made", name,
    {key: features, or why there are none})`; and `("report", what, done, total)`.
    """

    label = "embedding"
    ahead = AHEAD

    def __init__(self, extractors: Extractors, store: FeatureStore) -> None:
        self.extractors, self.store = extractors, store

    @property
    def entries(self) -> Sequence[str]:
        """See Job."""
        return [card.entry for card in self.extractors.cards.values()]

    def weight(self, batch: Chunk) -> float:
        """See Job."""
        return decoding.held_bytes(batch[0], self.extractors.cards[batch[1][0]]) / HELD_BYTES

    def split(self, batch: Chunk) -> Sequence[Chunk]:
        """See Job."""
        return [([item], batch[1]) for item in batch[0]]

    def load(self, device: str, tell: Tell) -> _Networks:
        """See Job."""
        extractors = self.extractors.at(device, lambda what, done, total: tell(("report", what, done, total)))
        return _Networks(extractors, self.store)


class _Networks:
    """The networks; each is loaded when first needed."""

    def __init__(self, extractors: Extractors, store: FeatureStore) -> None:
        self._extractors, self._store = extractors, store
        self._pool = ThreadPoolExecutor(max_workers=_decoders())

    @known()
    def begin(self, batch: Chunk) -> tuple[Chunk, list[Future[dict[str, Any]]]]:
        """See Work."""
        items, lacking = batch
        cards = [self._extractors.cards[name] for name in lacking]
        readers = decoding.readers(cards, self._extractors) if any(item.video for item in items) else {}
        decode = partial(decoding.decode, cards=cards, readers=readers, length=self._extractors.length)
        return batch, [self._pool.submit(decode, item) for item in items]

    @known()
    def work(self, begun: tuple[Chunk, list[Future[dict[str, Any]]]], tell: Tell) -> None:
        """See Work."""
        (chunk, lacking), futures = begun
        tell(("decoding", 0))
        decoded = {item.key: future.result() for item, future in zip(chunk, futures, strict=True)}
        futures.clear()  # they hold the clips as long as they live
        tell(("decoding", len(chunk)))
        made: dict[str, dict[str, Features | str]] = {}
        for name in lacking:
            card = self._extractors.cards[name]
            self._extractors.with_room(name, lambda network: None)  # loading is a stage of its own
            tell(("at", name))
            clips = {item.key: decoded[item.key].pop(name) for item in chunk}
            found: dict[str, Features | str] = {
                key: clip.reason for key, clip in clips.items() if isinstance(clip, decoding.Unreadable)
            }
            good = [key for key in clips if key not in found]
            heard = {key: clips[key] for key in good}
            taken = self._extractors.with_room(name, partial(self._taken, heard=heard, made=made))
            for key, features in zip(good, taken, strict=True):
                found[key] = features if isinstance(features, str) else extract.checked(card, features)
            made[name] = found
            tell(("made", name, found))

    def _taken(
        self, network: Any, heard: Mapping[str, Any], made: Mapping[str, Mapping[str, Features | str]]
    ) -> list[Features | str]:
        """Features of each clip, or why the network does not take it."""
        below = self._below(network, list(heard), made)
        if below is None:
            return extract.by_clip(network, list(heard.values()))
        return extract.by_clip(network.of_stored, list(below))

    def _below(
        self, network: Any, keys: Sequence[str], made: Mapping[str, Mapping[str, Features | str]]
    ) -> list[NDArray[np.float32]] | None:
        """What the extractor that `network` is built on gave for the contents, in this chunk or earlier.

        None where it is built on none, where not all of that is kept, and where a clip is heard in windows, of
        which the kept ones no longer tell.
        """
        name, output = getattr(network, "over", None) or ("", "")
        if name not in self._extractors.cards or self._extractors.length.windows:
            return None
        signature, now = self._extractors.signature(name), made.get(name, {})
        found = []
        for key in keys:
            mine = now.get(key)
            kept = self._store.get(signature, key, output) if mine is None else None
            array = mine[output] if isinstance(mine, Mapping) else kept
            if array is None:
                return None
            found.append(array)
        return found

    def close(self) -> None:
        """See Work."""
        self._pool.shutdown(cancel_futures=True)


def _decoders() -> int:
    """Threads that decode: as many as this process may use cores, which another worker's are not."""
    import torch

    return min(MOST_DECODERS, max(2, torch.get_num_threads()))
