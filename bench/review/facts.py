"""What a file is, beyond its features: rate, length, level, whether anything is in it. Kept by content.

Looking at a file also proves that it can be read to its end, so outputs and references are looked at before they
are scored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import faults, files, media, sound
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Report

VERSION = "facts|v:1|heard:10s"
"""The signature under which the feature store keeps facts."""
WORKERS = 2
FRAME_S = 0.1  # of the frames in which silence is looked for
QUIET_DB = -60.0  # RMS of a frame, of full scale: what the metric `silent_share` takes for silence
FULL = 32767 / 32768  # as the metric `clipped_share`
FLOOR_DB = -120.0
_DIGEST = 16  # bytes of the digest of what was decoded


@dataclass(frozen=True)
class Facts:
    """Of one file."""

    key: str
    """sha256 of its bytes."""
    seconds: float = 0.0
    """Length of sound, else 0."""
    rate_hz: int = 0
    """Sampling rate of sound, else 0."""
    level_db: float = FLOOR_DB
    """RMS of the first ten seconds, channels mixed, dB of full scale; sound only."""
    quiet: float = 0.0
    """Share of the frames of those ten seconds that are silent, 0..1."""
    flat: int = 0
    """Most samples in a row at full scale on one side, in those ten seconds."""
    constant: bool = False
    """Every sample, or every pixel, is the same."""
    content: str = ""
    """Digest of what was decoded (first ten seconds as 16 bits, pixels, words): equal for copies without loss in
    another format."""


_NUMBERS = tuple(each.name for each in fields(Facts) if each.name not in ("key", "content"))


def look_at_all(
    paths: Iterable[Path],
    kind: str,
    store: FeatureStore,
    report: Report = lambda what, done, total: None,
    what: str = "looking at files",
) -> dict[Path, Facts | str]:
    """The facts of each file, or why it cannot be read, on one line; `kind`: `audio`, `image`, `text`."""
    wanted = list(dict.fromkeys(paths))
    found: dict[Path, Facts | str] = {}
    report(what, 0, len(wanted))
    with ThreadPoolExecutor(WORKERS) as pool:
        for path, facts in zip(wanted, pool.map(lambda path: look_at(path, kind, store), wanted), strict=True):
            found[path] = facts
            report(what, len(found), len(wanted))
    return found


def look_at(path: Path, kind: str, store: FeatureStore) -> Facts | str:
    """The facts of one file, from the store where it was looked at before, or why it cannot be read."""
    try:
        key = files.sha256(path)
        signature = f"{VERSION}|{kind}"
        if store.has(signature, key) and (known := _read(store, signature, key)) is not None:
            return known
        facts = _LOOK[kind](path, key)
    except Exception as error:  # decoders raise what they like for odd files
        if fault := faults.of_machine(error):
            raise fault from error
        return faults.one_line(error) if isinstance(error, (MediaError, OSError)) else faults.named(error)
    store.put(signature, key, _written(facts))
    return facts


def _read(store: FeatureStore, signature: str, key: str) -> Facts | None:
    numbers, digest = store.get(signature, key, "numbers"), store.get(signature, key, "content")
    if numbers is None or digest is None:
        return None
    known = dict(zip(_NUMBERS, numbers.ravel().tolist(), strict=True))
    content = bytes(digest.ravel().astype(np.uint8).tolist()).hex()
    whole: Any = {
        "rate_hz": round(known["rate_hz"]),
        "flat": round(known["flat"]),
        "constant": known["constant"] > 0,
    }
    return Facts(key, content=content, **(known | whole))


def _written(facts: Facts) -> dict[str, NDArray[np.float32]]:
    said: Mapping[str, float] = {name: float(asdict(facts)[name]) for name in _NUMBERS}
    return {
        "numbers": np.array([list(said.values())], np.float32),
        "content": np.frombuffer(bytes.fromhex(facts.content), np.uint8).astype(np.float32)[None],
    }


def _sound(path: Path, key: str) -> Facts:
    """Decodes the file once, to its end."""
    heard: list[NDArray[np.float32]] = []

    def see(block: NDArray[np.float32], first: int, rate_hz: int) -> None:
        if first == 0:
            heard.clear()  # another decoder took over
        lacking = round(media.CLIP_S * rate_hz) - first
        if lacking > 0:  # channel by channel: a mean over the short axis takes fifty times as long
            heard.append(np.asarray(sum(block[:lacking].T), np.float32) / block.shape[1])

    rate_hz, seconds = sound.check_audio(path, see)
    mono = np.concatenate(heard)
    step = max(round(FRAME_S * rate_hz), 1)
    frames = mono[: len(mono) // step * step].reshape(-1, step) if len(mono) >= step else mono[None]
    levels = _db(np.square(frames, dtype=np.float64).mean(axis=1))
    return Facts(
        key,
        seconds=_kept(seconds),
        rate_hz=rate_hz,
        level_db=_kept(_db(np.square(mono, dtype=np.float64).mean())),
        quiet=_kept((levels < QUIET_DB).mean()),
        flat=_longest(mono),
        constant=bool(np.ptp(mono) == 0),
        content=_digest(np.round(mono * 32768).astype(np.int32).tobytes() + str(rate_hz).encode()),
    )


def _picture(path: Path, key: str) -> Facts:
    pixels = np.asarray(media.load_image(path))
    return Facts(
        key,
        constant=bool((pixels == pixels[:1, :1]).all()),
        content=_digest(str(pixels.shape).encode() + pixels.tobytes()),
    )


def _words(path: Path, key: str) -> Facts:
    return Facts(key, content=_digest(" ".join(media.read_text(path).casefold().split()).encode()))


_LOOK: Mapping[str, Callable[[Path, str], Facts]] = {"audio": _sound, "image": _picture, "text": _words}


def _kept(value: Any) -> float:
    """As the store gives it back."""
    return float(np.float32(value))


def _db(power: NDArray[np.float64]) -> NDArray[np.float64]:
    floor: float = 10 ** (FLOOR_DB / 10)
    return np.asarray(10 * np.log10(np.maximum(power, floor)))


def _longest(mono: NDArray[np.float32]) -> int:
    """Most samples in a row at full scale on one side."""
    most = 0
    for side in (mono >= FULL, mono <= -FULL):
        if side.any():
            edges = np.flatnonzero(np.diff(np.concatenate([[False], side, [False]]).astype(np.int8)))
            most = max(most, int((edges[1::2] - edges[::2]).max()))
    return most


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_DIGEST).hexdigest()
