"""Small folders of games, made up for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

Colour = tuple[int, ...]


def text(path: Path, content: str = "") -> Path:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def image(path: Path, size: tuple[int, int] = (8, 6), colour: Colour = (200, 0, 0)) -> Path:
    """A picture of one colour, RGB or RGBA."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path)
    return path


def track(path: Path, seconds: float = 12.0, pitch_hz: float = 440.0, loud: float = 0.3) -> Path:
    """A tone as Ogg Vorbis."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(round(seconds * 8000)) / 8000
    soundfile.write(path, loud * np.sin(2 * np.pi * pitch_hz * time_s), 8000, format="OGG")
    return path


def copyright_file(folder: Path, *stanzas: str) -> Path:
    """A package's copyright file: everything under GPL-3+, and more stanzas."""
    head = "Format: machine-readable, 1.0\n"
    everything = "Files: *\nCopyright: 2003 The makers\n 2004 Others\nLicense: GPL-3+\n"
    return text(folder / "copyright", "\n".join([head, everything, *stanzas]))
