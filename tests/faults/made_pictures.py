"""Odd pictures, made by code: each with the words of the failure that it must come to, or none if it is seen."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from tests.faults.made_sounds import Maker, bytes_of, changed, cut

ODD = Path(__file__).parent / "odd"


def scene(width: int = 64, height: int = 48) -> Image.Image:
    """A ramp of red to the right and of green downwards."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([across, down, np.full_like(down, 80)], -1).astype(np.uint8))


def saved(container: str, mode: str = "RGB", **how: Any) -> Maker:
    """The scene by Pillow."""
    return lambda path: scene().convert(mode).save(path, format=container, **how)


def of(values: np.ndarray, container: str = "TIFF") -> Maker:
    """A picture of these values, in the depth that they have."""
    return lambda path: Image.fromarray(values).save(path, format=container)


def kept(name: str) -> Maker:
    """A file of tests/faults/odd."""
    return lambda path: path.write_bytes((ODD / name).read_bytes()) and None  # type: ignore[func-returns-value]


def profile(**tags: Any) -> bytes:
    """A colour profile of RGB whose green and red are swapped, so that what goes through it is seen to have."""
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = bytearray(wide)
    count = struct.unpack(">I", data[128:132])[0]
    entries = {data[132 + 12 * i : 136 + 12 * i].decode(): 132 + 12 * i for i in range(count)}
    red, green = entries["rXYZ"], entries["gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(data)


def srgb() -> bytes:
    """The profile of sRGB, as most photographs carry it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def turned(code: int) -> Image.Exif:
    """EXIF that says how the picture is held."""
    exif = Image.Exif()
    exif[0x0112] = code
    return exif


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of few bytes that says a size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def tiff_with_huge_tile(path: Path) -> None:
    """A small TIFF of 64 x 48 pixels, in one tile that would take 1.2 GB when it is decoded."""
    data = zlib.compress(bytes(1000))
    tags = {256: 64, 257: 48, 258: 8, 259: 8, 262: 2, 277: 3, 322: 20000, 323: 20000, 324: 8, 325: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    table = struct.pack("<H", len(tags)) + entries + bytes(4)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + table)


def animated(container: str) -> Maker:
    """Two pictures in one file; the first one counts."""
    other = Image.new("RGB", (64, 48))
    return lambda path: scene().save(path, format=container, save_all=True, append_images=[other])


def with_palette(path: Path) -> None:
    """A palette whose entries are partly seen through."""
    scene().convert("P").save(path, format="PNG", transparency=bytes(range(256)))


def damaged(place: int) -> Callable[[bytearray], bytearray]:
    """Zeros over 40 bytes."""

    def change(data: bytearray) -> bytearray:
        data[place : place + 40] = bytes(40)
        return data

    return change


def jpeg_with_bad_exif(path: Path) -> None:
    """EXIF that ends within its table."""
    data = io.BytesIO()
    scene().save(data, format="JPEG", exif=turned(6).tobytes()[:20])
    path.write_bytes(data.getvalue())


RAMP = np.linspace(0, 1, 64 * 48).reshape(48, 64)
PICTURES: dict[str, tuple[Maker, str]] = {
    "rgb.png": (saved("PNG"), ""),
    "grey.png": (saved("PNG", "L"), ""),
    "one_bit.png": (saved("PNG", "1"), ""),
    "palette.png": (saved("PNG", "P"), ""),
    "palette_alpha.png": (with_palette, ""),
    "alpha.png": (saved("PNG", "RGBA"), ""),
    "grey_alpha.png": (saved("PNG", "LA"), ""),
    "16bits.png": (of((RAMP * 65535).astype(np.uint16), "PNG"), ""),
    "rgb.jpg": (saved("JPEG"), ""),
    "progressive.jpg": (saved("JPEG", progressive=True), ""),
    "cmyk.jpg": (saved("JPEG", "CMYK"), ""),
    "grey.jpg": (saved("JPEG", "L"), ""),
    "turned.jpg": (saved("JPEG", exif=turned(6)), ""),
    "bad_exif.jpg": (jpeg_with_bad_exif, ""),
    "profile.jpg": (saved("JPEG", icc_profile=profile()), ""),
    "srgb.jpg": (saved("JPEG", icc_profile=srgb()), ""),
    "broken_profile.jpg": (saved("JPEG", icc_profile=b"no profile" * 20), ""),
    "rgb.webp": (saved("WEBP"), ""),
    "alpha.webp": (saved("WEBP", "RGBA", lossless=True), ""),
    "rgb.bmp": (saved("BMP"), ""),
    "animated.gif": (animated("GIF"), ""),
    "animated.png": (animated("PNG"), ""),
    "rgb.tif": (saved("TIFF"), ""),
    "deflate.tif": (saved("TIFF", compression="tiff_adobe_deflate"), ""),
    "lab.tif": (saved("TIFF", "LAB"), ""),
    "16bits.tif": (of((RAMP * 65535).astype(np.uint16)), ""),
    "32bits.tif": (of((RAMP * (2**31 - 1)).astype(np.int32)), ""),
    "float.tif": (of(RAMP.astype(np.float32)), ""),
    "16bits.pgm": (of((RAMP * 65535).astype(np.int32), "PPM"), ""),
    "rgb.avif": (saved("AVIF"), ""),
    "rgb.jp2": (saved("JPEG2000"), ""),
    "rgb.tga": (saved("TGA"), ""),
    "float_of_255.tif": (of((RAMP * 255).astype(np.float32)), "floats from 0 to 255; 0 is black and 1 is white"),
    "black_in_32.tif": (of((RAMP * 255).astype(np.int32)), "whose largest value is 255, which is black"),
    "no_bytes.png": (bytes_of(b""), "empty file of 0 bytes"),
    "page.jpg": (bytes_of(b"<html>Not found</html>"), "begins with '<html>Not found</html>'"),
    "cut.png": (changed(saved("PNG"), cut(0.7)), "cannot be read as a picture"),
    "cut.jpg": (changed(saved("JPEG"), cut(0.7)), "cannot be read as a picture"),
    "of_billions.png": (bytes_of(png_of_size(60000, 60000)), "over the limit"),
    "huge_tile.tif": (tiff_with_huge_tile, "over the limit"),
    "unknown_format.dds": (kept("unknown_format.dds"), "cannot be read as a picture"),
    "colours.avif": (kept("colours.avif"), "cannot be read as a picture"),
}
