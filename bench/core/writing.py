"""What a model gives, written: sound as 16-bit WAV, a picture as PNG, a text as UTF-8.

Takes arrays and tensors of any kind, on any device. What is no clip, picture or text is a MediaError that says
what was given and what is wanted; it costs the example and not the run.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.sound import MAX_RATE_HZ

MOST_CHANNELS = 8
# what is added, and the full scale, of the integers that sounds are kept in
_SCALES = {np.dtype("uint8"): (-128, 128), np.dtype("int8"): (0, 1 << 7), np.dtype("int32"): (0, 1 << 31)}


def whole_rate(rate_hz: Any) -> int:
    """A sampling rate as a plain integer. Raises MediaError for what is no whole number of Hz above 0."""
    try:
        whole = int(rate_hz)
        if whole == rate_hz and 0 < whole <= MAX_RATE_HZ and not isinstance(rate_hz, (bool, str)):
            return whole
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass  # said below
    raise MediaError(f"a sampling rate of {str(rate_hz)[:40]} Hz; give a whole number from 1 to {MAX_RATE_HZ}")


def write_audio(path: Path, samples: Any, rate_hz: Any) -> float:
    """Write `[samples]` or `[channels, samples]` as 16-bit WAV; returns the duration in seconds.

    Floats are full at 1, and a peak above that scales the clip down to it. Integers (uint8, int8, int16, int32)
    are scaled by their type, int16 written as it is. Raises MediaError for an empty clip, for samples that are not
    finite and for a rate that is no rate.
    """
    import soundfile

    rate_hz = whole_rate(rate_hz)
    given = np.atleast_2d(as_array(samples))
    if given.ndim != 2 or given.shape[1] == 0 or not 0 < given.shape[0] <= MOST_CHANNELS:
        raise MediaError(f"a clip has shape [samples] or [channels, samples], this is {np.shape(given)}")
    clip = _scaled(given)
    whole = io.BytesIO()  # libsndfile itself would call a full disk a "System error", as if the clip were wrong
    try:
        soundfile.write(whole, clip.T, rate_hz, subtype="PCM_16", format="WAV")
    except soundfile.LibsndfileError as error:
        raise MediaError(f"a clip of {clip.shape} at {rate_hz} Hz cannot be written ({error})") from error
    path.write_bytes(whole.getbuffer())
    return clip.shape[1] / rate_hz


def _scaled(given: NDArray[Any]) -> NDArray[Any]:
    """float32 with a peak of 1 at most, or int16."""
    if given.dtype == np.int16:
        return given
    if given.dtype in _SCALES:
        middle, full = _SCALES[given.dtype]
        return ((given.astype(np.float64) + middle) / full).astype(np.float32)
    if given.dtype.kind in "iubcOSUMm":
        raise MediaError(f"samples of type {given.dtype}; give floats from -1 to 1, or int16")
    try:
        clip = np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise MediaError(f"samples of type {given.dtype}; give floats from -1 to 1, or int16") from error
    if not np.isfinite(clip).all():
        first = np.argwhere(~np.isfinite(clip))[0]
        raise MediaError(f"the model gave samples that are not finite, the first one at {first[1]}")
    peak = float(np.abs(clip).max())
    return clip / peak if peak > 1 else clip


def as_array(given: Any) -> NDArray[Any]:
    """An array of what may be a tensor with a gradient, of bfloat16, or on another device."""
    try:
        if hasattr(given, "detach"):
            given = given.detach().cpu()
            given = (given.float() if given.is_floating_point() else given).numpy()
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise MediaError(f"{type(given).__name__} cannot be taken as an array ({error})") from error


def write_image(path: Path, picture: Any) -> None:
    """Write `[height, width, 3]`, RGB, as PNG. Raises MediaError for anything but uint8 RGB of a pixel or more."""
    from PIL import Image

    picture = as_array(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise MediaError(f"a picture is uint8 [height, width, 3], this is {picture.dtype} {picture.shape}")
    Image.fromarray(picture).save(path, format="PNG")


def write_text(path: Path, text: Any) -> None:
    """Write a text as UTF-8, its line ends as they are. Raises MediaError for none and for a lone surrogate."""
    if not isinstance(text, str) or not text.strip():
        raise MediaError(f"a text is a string of a letter or more, this is {str(text)[:40]!r}")
    try:
        path.write_bytes(text.encode())
    except UnicodeEncodeError as error:
        raise MediaError(
            f"a text with {text[error.start]!r} at {error.start}, half of a pair that is no letter; leave it out"
        ) from error
