"""One thing to embed, and its file decoded once for every network that lacks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import length as lengths
from sightsound.bench.core import media, pictures, video
from sightsound.bench.core.waveform import Waveform
from sightsound.bench.stages import extract
from sightsound.bench.stages.extractors import Extractors
from sightsound.metrics.card import ExtractorCard


@dataclass(frozen=True)
class Item:
    """One thing to embed."""

    key: str
    """Hex digest of its content."""
    source: Path | str | Waveform | NDArray[np.uint8]
    """A file, or itself: a text, sound, or a picture, RGB `[height, width, 3]`."""
    video: bool = False
    """A video: a network of pictures takes its middle frame."""


@dataclass(frozen=True)
class Unreadable:
    """In the place of a clip that could not be read, or that the network does not take."""

    reason: str
    """Why, on one line."""


def stage(item: Item, card: ExtractorCard) -> str:
    """The stage of decoding items like this one; empty for texts, which are not read from files."""
    kind = "video" if item.video else card.modality
    return "" if kind == "text" else f"decoding {kind} files"


def held_bytes(chunk: Sequence[Item], card: ExtractorCard) -> int:
    """What a chunk of pictures takes when it is decoded; 0 for what is small whatever the file."""
    if card.modality != "image":
        return 0
    files = [item.source for item in chunk if isinstance(item.source, Path) and not item.video]
    return sum(map(pictures.held_bytes, files))


def readers(cards: Sequence[ExtractorCard], extractors: Extractors) -> dict[str, video.Reader]:
    """Which frames of a video each network looks at."""
    middle = video.MiddleFrame()
    return {card.name: middle if card.modality == "image" else extractors.reader(card.name) for card in cards}


def decode(
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
