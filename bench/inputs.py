"""What a user of the library holds: files, texts, waveforms or pictures, told apart and made items to embed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import media
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.waveform import Waveform
from sightsound.bench.remote import copies
from sightsound.bench.splits.media.formats import SUFFIXES
from sightsound.bench.stages import embed
from sightsound.metrics.card import ExtractorCard, Modality

Form = Literal["waveforms", "files", "pictures", "texts", "embeddings"]

MAX_CHANNELS = 8  # `[channels, samples]` with more is taken for a mistake


def kind_of(item: Any) -> Modality:
    """What one thing is by itself, for a name that stands for networks of several kinds.

    A pair is sound, an array of bytes a picture, a path goes by its suffix, any other string is a text.
    """
    if isinstance(item, tuple):
        return "audio"
    if not isinstance(item, str | Path):
        return "image"
    suffix = Path(item).suffix.lower()
    return next((kind for kind, suffixes in SUFFIXES.items() if suffix in suffixes), "text")


def item_of(modality: Modality, held: Any, what: str) -> embed.Item:
    """One thing as an item of a network of that modality.

    `held`: a path; for a network of texts a string, or a Path whose file is read; sound `(samples, rate_hz)`; a
    picture. `what`: how an error calls it. BenchError for what is none of these.
    """
    if isinstance(held, Path) or (isinstance(held, str) and modality != "text"):
        return _file(modality, Path(held))
    if isinstance(held, str):
        return embed.text_item(held)
    if modality == "audio" and isinstance(held, tuple) and len(held) == 2:
        return sound(held[0], held[1], what)
    if modality == "image" and not isinstance(held, tuple):
        return picture(held, what)
    ways = {
        "audio": "a path or (samples, rate_hz)",
        "image": "a path or a uint8 array",
        "text": "a text or a Path",
    }
    raise BenchError(f"{what}: {described(held)}; the network takes {ways.get(modality, 'a path')}")


def _file(modality: Modality, path: Path) -> embed.Item:
    path = copies.here(path)
    if not path.is_file():
        raise BenchError(f"{path}: no such file")
    if modality == "text":
        return embed.text_item(media.read_text(path))
    return embed.video_item(path) if modality == "video" else embed.file_item(path)


def sound(samples: Any, rate_hz: Any, what: str) -> embed.Item:
    """The first seconds of a clip, as many as are read of a file.

    `samples`: floats `[samples]` or `[channels, samples]`, full scale 1. BenchError for others, for one that is
    empty, and for values that are not finite.
    """
    rate = checked_rate(rate_hz)
    found = array(samples)
    if found.ndim not in (1, 2) or (found.ndim == 2 and len(found) > MAX_CHANNELS):
        raise BenchError(
            f"{what}: {described(samples)} is no clip; give [samples], or [channels, samples] of at most "
            f"{MAX_CHANNELS} channels"
        )
    if found.dtype.kind != "f":
        raise BenchError(f"{what}: samples of {found.dtype}; give floats from -1 to 1 (16-bit values / 32768)")
    if not found.size:
        raise BenchError(f"{what}: no samples in it")
    clip = np.atleast_2d(found)[:, : round(media.CLIP_S * rate)].T.astype(np.float32)
    if not np.isfinite(clip).all():
        raise BenchError(f"{what}: holds samples that are not finite")
    return embed.Item(_key(clip, rate), Waveform(clip, rate))


def picture(pixels: Any, what: str) -> embed.Item:
    """A picture, uint8 RGB `[3, height, width]` as torch has it or `[height, width, 3]`. BenchError for others."""
    found = array(pixels)
    if found.dtype != np.uint8 or found.ndim != 3 or 3 not in (found.shape[0], found.shape[2]):
        raise BenchError(f"{what}: {described(pixels)} is no picture; give uint8 [3, height, width], 0 to 255")
    upright = np.ascontiguousarray(found.transpose(1, 2, 0) if found.shape[0] == 3 else found)
    if not upright.size:
        raise BenchError(f"{what}: no pixels in it")
    return embed.Item(_key(upright, 0), upright)


def checked_rate(rate_hz: Any) -> int:
    """A sampling rate in Hz. BenchError for what is none."""
    is_number = isinstance(rate_hz, int | float | np.number) and not isinstance(rate_hz, bool)
    if not is_number or not 0 < rate_hz == rate_hz // 1:
        raise BenchError(f"rate_hz {rate_hz!r}: give the sampling rate in Hz, as 44100")
    return int(rate_hz)


def array(values: Any) -> NDArray[Any]:
    """Numbers as an array, those of a tensor too; half precision becomes float32."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def described(held: Any) -> str:
    """What a thing looks like from outside, for errors: `[4, 16000] float32`."""
    if isinstance(held, Sequence) and not isinstance(held, str):
        return f"a {type(held).__name__} of {len(held)}"
    if hasattr(held, "shape"):
        return f"{list(held.shape)} {str(held.dtype).removeprefix('torch.')}"
    return repr(held)[:60]


def form_of(held: Any, modality: Modality, rate_hz: int | None) -> Form:
    """What a batch is to a network of that modality. BenchError for what is no batch at all."""
    if not isinstance(held, str | Path) and (not hasattr(held, "__len__") or getattr(held, "shape", None) == ()):
        raise BenchError(f"{described(held)} is no batch of clips")
    listed = isinstance(held, Sequence) and len(held) > 0
    if isinstance(held, str | Path) or (listed and all(isinstance(each, str | Path) for each in held)):
        one = held if isinstance(held, str | Path) else held[0]
        return "texts" if modality == "text" and isinstance(one, str) else "files"
    if modality == "audio" and rate_hz is not None:
        return "waveforms"
    dtype = getattr(held[0] if listed and isinstance(held, list | tuple) else held, "dtype", "")
    return "pictures" if modality == "image" and str(dtype).removeprefix("torch.") == "uint8" else "embeddings"


def clips_of(held: Any, form: Form) -> list[Any]:
    """A batch of media, clip by clip. BenchError for a single clip where a batch is meant."""
    if isinstance(held, str | Path):
        return [held]
    axes = {"waveforms": 2, "pictures": 4}.get(form, 0)
    if hasattr(held, "shape"):
        if len(held.shape) < axes:
            raise BenchError(f"{described(held)} is a single clip; give a batch: [clips, ...], or a list of clips")
        held = array(held)
    return list(held)


def embeddings(held: Any, card: ExtractorCard, output: str, what: str) -> list[NDArray[Any]]:
    """A batch of a network's vectors, `[frames, dim]` a clip. BenchError where they cannot be that network's."""
    width = card.width(output)
    shape = f"[clips, frames, {width or 'dim'}] or [clips, {width or 'dim'}]"
    otherwise = {
        "audio": "a waveform needs its rate: update(audio, rate_hz, ...)",
        "image": "pictures are uint8 [clips, 3, height, width]",
        "text": "texts are a list of strings",
    }.get(card.modality, "videos are paths")
    refused = BenchError(f"{what}: {described(held)} is no {output} of {card.name} ({shape}), and {otherwise}")
    try:
        found = [array(clip) for clip in held]
    except (TypeError, ValueError) as error:
        raise refused from error
    for clip in found:
        if clip.ndim not in (1, 2) or clip.dtype.kind not in "fiu" or width not in (0, clip.shape[-1]):
            raise refused
    return [np.atleast_2d(clip) for clip in found]


def _key(values: NDArray[Any], rate_hz: int) -> str:
    digest = hashlib.sha256(f"{values.dtype} {values.shape} {rate_hz} ".encode())
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()
