"""Pictures, as a viewer shows them: upright, in sRGB, alpha over white, every depth as 8 bits.

Depths: 16 bits by their upper 8, 32-bit integers scaled by their type, floats from 0 (black) to 1. Colours:
through the profile that the file carries, where that moves any by more than `SAME` of 255 levels (an sRGB profile
changes nothing); CMYK without a profile by Pillow's rule. Size: a picture over `LARGE_PIXELS` is halved until it
is below, as no network looks at more; one over `MAX_PIXELS` is refused before it is decoded.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.containers import absent, looks_like, of_the_machine
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.quiet import c_stderr_off

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000  # 400 MB while it is decoded
LARGE_PIXELS = 32_000_000  # 96 MB as an array; photographs have 12 to 24 million
SAME = 2
_MEAN_MODES = ("L", "LA", "RGB", "RGBA", "CMYK")
_TIFF_BITS, _TIFF_TILE = 258, (322, 323)  # tags: bits of a sample; width and length of a tile
_PROFILE_MODES = {"L": "L", "RGB": "RGB", "CMYK": "CMYK", "LAB": "LAB"}


def load_image(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 RGB `[height, width, 3]`. Raises MediaError for what is no picture or too large."""
    from PIL import Image, ImageOps

    _quiet()
    if why := absent(path):
        raise MediaError(f"{path}: cannot be read as a picture ({why})" if path.is_file() else f"{path}: {why}")
    try:
        with c_stderr_off(), Image.open(path) as picture:
            _bounded(path, picture)
            wanted = picture.size
            if shrink := _halvings(*wanted):
                picture.draft(picture.mode, (wanted[0] >> shrink, wanted[1] >> shrink))  # JPEG alone can
            picture.load()
            _bounded(path, picture)
            ImageOps.exif_transpose(picture, in_place=True)
            shown = _eight_bits(path, picture)
            early = shown.mode in _MEAN_MODES  # the others have values that have no mean, before they are RGB
            shown = _srgb(path, _halved(shown) if early else shown)
            return np.asarray(shown if early else _halved(shown))
    except MediaError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, met before ours can be
        raise MediaError(f"{path}: pixels over the limit of {MAX_PIXELS}; make it smaller") from error
    except Exception as error:
        if of_the_machine(error):
            raise
        why = f"{_reason(error)}){looks_like(path)}"
        raise MediaError(f"{path}: cannot be read as a picture ({why}; make it again or save it as PNG") from error


def held_bytes(path: Path) -> int:
    """What `load_image` will give, in bytes, by the file's header; 0 for what is no picture."""
    from PIL import Image

    _quiet()
    try:
        with c_stderr_off(), Image.open(path) as picture:
            pixels = picture.width * picture.height
            return 3 * (pixels >> 2 * _halvings(*picture.size))
    except Exception:  # load_image will say what is wrong
        return 0


def _quiet() -> None:
    """Keep Pillow's warnings out of the output. Not around each picture: Python's way to do that is not made for
    threads.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    if "cannot identify" in text:
        return "in no format that is known here"
    return f"{type(error).__name__}{': ' if text else ''}{text[:100]}"


def _bounded(path: Path, picture: Image.Image) -> None:
    """Raise MediaError for more pixels than the limit, those of a TIFF's tiles too: one is decoded whole."""
    wide, high = picture.size
    tags = getattr(picture, "tag_v2", {})
    tile = [int(tags.get(tag, 0)) for tag in _TIFF_TILE]
    for width, height in ((wide, high), (tile[0], tile[1])):
        if width * height > MAX_PIXELS:
            raise MediaError(f"{path}: {width} x {height} pixels, over the limit of {MAX_PIXELS}; make it smaller")


def _halvings(width: int, height: int) -> int:
    """How often a picture is halved to have no more than `LARGE_PIXELS`."""
    count = 0
    while (width >> count) * (height >> count) > LARGE_PIXELS:
        count += 1
    return count


def _halved(picture: Image.Image) -> Image.Image:
    """The picture, by means of squares where it is over `LARGE_PIXELS`."""
    shrink = _halvings(*picture.size)
    return picture.reduce(1 << shrink) if shrink else picture


def _eight_bits(path: Path, picture: Image.Image) -> Image.Image:
    """A picture of 16 or 32 bits or of floats as 8 bits of grey; others as they are."""
    from PIL import Image

    if picture.mode.startswith("I;16"):  # PIL would clip to 8 bits and not scale
        return Image.fromarray((np.asarray(picture) >> _bits(picture, 16) - 8).astype(np.uint8))
    if picture.mode == "I":
        return Image.fromarray(_of_integers(path, picture))
    if picture.mode == "F":
        values = np.asarray(picture)
        if not np.isfinite(values).all() or values.min() < -1e-3 or values.max() > 1 + 1e-3:
            raise MediaError(
                f"{path}: a picture of floats from {values.min():g} to {values.max():g}; 0 is black and 1 is "
                "white, so save it in that range or as 8 bits"
            )
        return Image.fromarray(np.round(np.clip(values, 0, 1) * 255).astype(np.uint8))
    return picture


def _of_integers(path: Path, picture: Image.Image) -> NDArray[np.uint8]:
    """32-bit integers of a TIFF by their type, and the 16 bits that other formats keep in them."""
    values = np.asarray(picture)
    bits = _bits(picture, 16)
    if bits == 32 and getattr(picture, "tag_v2", {}).get(339) == (2,):  # SampleFormat: signed
        bits = 31
    elif bits == 32:
        values = values.view(np.uint32)
    shown = np.clip(values >> bits - 8, 0, 255).astype(np.uint8)
    if values.any() and not shown.any():
        raise MediaError(
            f"{path}: a picture of 32-bit values whose largest value is {values.max()}, which is black; "
            "save it as 8 bits"
        )
    return shown


def _bits(picture: Image.Image, otherwise: int) -> int:
    """Bits of a sample, as a TIFF says it."""
    said = getattr(picture, "tag_v2", {}).get(_TIFF_BITS, otherwise)
    return int(said[0] if isinstance(said, tuple) else said)


def _srgb(path: Path, picture: Image.Image) -> Image.Image:
    """RGB over white, through the profile that the file carries."""
    from PIL import Image

    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        if _moves(profile, "RGB"):
            colours = _converted(with_alpha.convert("RGB"), profile)
            colours.putalpha(with_alpha.getchannel("A"))
            with_alpha = colours
        white = Image.new("RGBA", with_alpha.size, "white")
        return Image.alpha_composite(white, with_alpha).convert("RGB")
    if picture.mode == "LAB" or _moves(profile, picture.mode):
        return _converted(picture, profile)
    if picture.mode not in _PROFILE_MODES and profile:
        picture = picture.convert("RGB")
        if _moves(profile, "RGB"):
            return _converted(picture, profile)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _converted(picture: Image.Image, profile: bytes | None) -> Image.Image:
    from PIL import ImageCms

    found = ImageCms.applyTransform(picture, _transform(profile, picture.mode))
    if found is None:
        raise ValueError("no picture after its colours were converted")
    return found


def _moves(profile: bytes | None, mode: str) -> bool:
    """Whether a profile fits pictures of that mode and gives other colours than none would."""
    if not profile or mode not in _PROFILE_MODES:
        return False
    return _moves_of(bytes(profile), mode)


@lru_cache(maxsize=32)
def _moves_of(profile: bytes, mode: str) -> bool:
    from PIL import Image

    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    bands = len(Image.new(mode, (1, 1)).getbands())
    grid = np.stack(np.meshgrid(*[steps] * bands, indexing="ij"), axis=-1).reshape(1, -1, bands)
    colours = Image.frombytes(mode, (grid.shape[1], 1), grid.tobytes())
    try:
        through = np.asarray(_converted(colours, profile), int)
    except Exception:  # a profile that is damaged or of another kind of picture: viewers leave it out
        return False
    return bool(np.abs(through - np.asarray(colours.convert("RGB"), int)).max() > SAME)


@lru_cache(maxsize=32)
def _transform(profile: bytes | None, mode: str) -> Any:
    from PIL import ImageCms

    source: Any = ImageCms.createProfile("LAB")
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
