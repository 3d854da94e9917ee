"""The second stage: features of every clip, picture and text, computed once and kept by content.

Files are decoded ahead on threads while the networks work; each is decoded once, resampled once a rate and given
to every extractor that lacks it. A chunk of clips is always put through a network whole, so that a run that was
killed ends with the same bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench import assets
from sightsound.bench.core import console, media, pictures, registry, video
from sightsound.bench.core import length as lengths
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.maker import outside_code
from sightsound.bench.core.types import Report, chunks
from sightsound.bench.core.waveform import Waveform
from sightsound.bench.stages import extract
from sightsound.metrics.card import ExtractorCard
from sightsound.metrics.networks.extractor import Extractor
from sightsound.metrics.signature import extractor_signature

FEW = 2  # videos (the frames that a network asks for, up to 100 MB each) and sound that is heard whole
AHEAD = 2  # chunks decoded ahead
HELD_BYTES = 512 << 20  # of pictures that are decoded ahead; one chunk is held whatever it takes


@dataclass(frozen=True)
class Item:
    """One thing to embed."""

    key: str
    """Hex digest of its content."""
    source: Path | str | Waveform | NDArray[np.uint8]
    """A file, or itself: a text, sound, or a picture, RGB `[height, width, 3]`."""
    video: bool = False
    """A video: a network of pictures takes its middle frame."""


class Extractors:
    """The extractors of a run: cards and signatures at once, networks when first needed."""

    def __init__(
        self,
        names: Sequence[str],
        device: str,
        mirror: Path | None,
        length: str = lengths.USUAL,
        report: Report = lambda what, done, total: None,
    ) -> None:
        """`length`: how much of a clip they hear, a name in bench.core.length."""
        self.length, self._length_name = lengths.named(length), length
        self.cards = {name: registry.extractor(name) for name in names}
        self.device, self.mirror, self.report = device, mirror, report
        self._loaded: dict[str, Extractor] = {}
        self._signatures: dict[str, str] = {}

    def signature(self, name: str) -> str:
        """Everything that decides a feature's value but the content."""
        if name not in self._signatures:
            card = self.cards[name]
            for asset in card.assets:
                assets.fetch(asset, self.mirror, self.report)
            digests = {asset: assets.digest(asset, self.mirror) for asset in card.assets}
            length = self._length_name if card.modality in ("audio", "video") else "full"
            code = f"|code:{code}" if (code := outside_code(card.entry)) else ""
            self._signatures[name] = extractor_signature(card, digests) + f"|len:{length}" + code
        return self._signatures[name]

    def reader(self, name: str) -> video.Reader:
        """The network, of modality `video`, as what says which frames it looks at."""
        network: Any = self.network(name)
        reader: video.Reader = network
        return reader

    def network(self, name: str) -> Extractor:
        """The loaded network."""
        if name not in self._loaded:
            card = self.cards[name]
            self.report(f"loading {name}", 0, 1)
            weights = {asset: assets.fetch(asset, self.mirror, self.report) for asset in card.assets}
            factory: Callable[[Mapping[str, Path], str], Extractor] = registry.load(card.entry)
            try:
                self._loaded[name] = factory(weights, self.device)
            except (ValueError, OSError) as error:
                raise BenchError(f"extractor {name}: {error}") from error
            self.report(f"loading {name}", 1, 1)
        return self._loaded[name]


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
) -> dict[tuple[str, str], str]:
    """Put the features of `items` under the extractors `names` into the store.

    All are of the items' modality; those of a video may also be of pictures. Returns why not, by (extractor name,
    item key), for the items that could not be read or taken.
    """
    unique = list({item.key: item for item in items}.values())
    cards = [extractors.cards[name] for name in names]
    work = []
    few = any(item.video for item in unique) or (extractors.length.long and cards[0].modality == "audio")
    for chunk in chunks(unique, FEW if few else extract.CHUNK):
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
    for name in names:
        console.detail(f"features by {name}: {total[name]} of {len(unique)} to be made; kept in {store.root}")
    for chunk, lacking, decoded in _decoded(work, extractors, report):
        for name in lacking:
            network: Any = extractors.network(name)
            report(f"features by {name}", done[name], total[name])  # from here on the time is this one's
            clips_by_key = {item.key: decoded[item.key][name] for item in chunk}
            good = [item for item in chunk if not isinstance(clips_by_key[item.key], Unreadable)]
            clips = [clips_by_key[item.key] for item in good]
            failures |= {(name, k): why.reason for k, why in clips_by_key.items() if isinstance(why, Unreadable)}
            signature = extractors.signature(name)
            below = _below(network, good, extractors, store)
            made = extract.by_clip(network, clips) if below is None else extract.by_clip(network.of_stored, below)
            for item, features in zip(good, made, strict=True):
                if isinstance(features, str):
                    failures[name, item.key] = features
                elif not store.has(signature, item.key):
                    store.put(signature, item.key, extract.checked(extractors.cards[name], features))
            done[name] += len(chunk)
            report(f"features by {name}", done[name], total[name])
        del decoded, clips_by_key, clips  # before the next chunk is waited for
    return failures


def _below(
    network: Any, items: Sequence[Item], extractors: Extractors, store: FeatureStore
) -> list[NDArray[np.float32]] | None:
    """What the extractor that `network` is built on gave for the items; None where it is built on none, where not
    all of that is kept, and where a clip is heard in windows, of which the kept ones no longer tell."""
    name, output = getattr(network, "over", None) or ("", "")
    if name not in extractors.cards or extractors.length.windows:
        return None
    signature = extractors.signature(name)
    if not all(store.has(signature, item.key) for item in items):
        return None
    found = [array for item in items if (array := store.get(signature, item.key, output)) is not None]
    return found if len(found) == len(items) else None


@dataclass(frozen=True)
class Unreadable:
    """In the place of a clip that could not be read, or that the network does not take."""

    reason: str
    """Why, on one line."""


def _decoded(
    work: Sequence[tuple[Sequence[Item], list[str]]], extractors: Extractors, report: Report
) -> Iterator[tuple[Sequence[Item], list[str], dict[str, dict[str, Any]]]]:
    """The chunks with their items decoded: key -> extractor -> clip, or Unreadable.

    Decodes AHEAD chunks, fewer where their pictures would take more than HELD_BYTES.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        pending: list[tuple[Sequence[Item], list[str], list[Future[dict[str, Any]]]]] = []
        size = cache(lambda place: _held_bytes(work[place][0], extractors.cards[work[place][1][0]]))
        begun = waited = 0
        total = sum(len(chunk) for chunk, _ in work)
        for done, (chunk, names) in enumerate(work):
            if stage := _reading(chunk[0], extractors.cards[names[0]]):
                report(stage, waited, total)
            while begun < len(work) and (
                begun <= done or (begun <= done + AHEAD and sum(map(size, range(done, begun + 1))) <= HELD_BYTES)
            ):
                items, lacking = work[begun]
                cards = [extractors.cards[name] for name in lacking]
                readers = _readers(cards, extractors) if any(item.video for item in items) else {}
                decode = partial(_decode, cards=cards, readers=readers, length=extractors.length)
                pending.append((items, lacking, [pool.submit(decode, item) for item in items]))
                begun += 1
            futures = pending.pop(0)[2]
            decoded = {item.key: f.result() for item, f in zip(chunk, futures, strict=True)}
            del futures  # they hold the clips as long as they live
            waited += len(chunk)
            if stage:
                report(stage, waited, total)
            yield chunk, names, decoded
            del decoded


def _reading(item: Item, card: ExtractorCard) -> str:
    """The stage of decoding items like this one; empty for texts, which are not read from files."""
    kind = "video" if item.video else card.modality
    return "" if kind == "text" else f"decoding {kind} files"


def _held_bytes(chunk: Sequence[Item], card: ExtractorCard) -> int:
    """What a chunk of pictures takes when it is decoded; 0 for what is small whatever the file."""
    if card.modality != "image":
        return 0
    files = [item.source for item in chunk if isinstance(item.source, Path) and not item.video]
    return sum(map(pictures.held_bytes, files))


def _readers(cards: Sequence[ExtractorCard], extractors: Extractors) -> dict[str, video.Reader]:
    """Which frames of a video each network looks at."""
    middle = video.MiddleFrame()
    return {card.name: middle if card.modality == "image" else extractors.reader(card.name) for card in cards}


def _decode(
    item: Item, cards: Sequence[ExtractorCard], readers: Mapping[str, video.Reader], length: lengths.Length
) -> dict[str, Any]:
    """The clip for each extractor, or Unreadable; the file is decoded once for all of them."""
    try:
        if cards[0].modality == "text":
            return {card.name: item.source for card in cards}
        if isinstance(item.source, np.ndarray):
            return dict.fromkeys((card.name for card in cards), item.source)
        if isinstance(item.source, Waveform):
            at = item.source.at_rates(sorted({card.rate_hz for card in cards}))
            return {card.name: at[card.rate_hz] for card in cards}
        path = Path(item.source)
        if item.video:
            found = video.load(path, readers, seconds=length.seconds)
            return {card.name: _of_video(card, found[card.name]) for card in cards}
        if cards[0].modality == "image":
            return dict.fromkeys((card.name for card in cards), media.load_image(path))
        rates = sorted({card.rate_hz for card in cards})
        if length.windows:
            pieces = media.load_windows(path, rates, seconds=length.seconds)
            return {card.name: extract.Windows(piece[card.rate_hz] for piece in pieces) for card in cards}
        at = media.load_audio(path, rates, seconds=length.seconds)
        return {card.name: at[card.rate_hz] for card in cards}
    except media.MediaError as error:
        return dict.fromkeys((card.name for card in cards), Unreadable(str(error)))


def _of_video(card: ExtractorCard, found: list[Any] | str) -> Any:
    if isinstance(found, str):
        return Unreadable(found)
    return found[0] if card.modality == "image" else found
