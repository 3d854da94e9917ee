"""Ten seconds of a game's track, and a game's picture as a file that every decoder reads: the rules of our own
splits made of games."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sightsound.bench.core import media

CLIP_S = 10.0
CLIP_FROM_S = 30.0  # past the introductions
SHORT_S = 60.0  # of shorter tracks the middle is taken


def clip_start_s(length_s: float) -> float:
    """Where the clip of a track begins, in seconds, to the millisecond.

    >>> clip_start_s(318.2), clip_start_s(44.4)
    (30.0, 17.2)
    """
    return CLIP_FROM_S if length_s >= SHORT_S else round((length_s - CLIP_S) / 2, 3)


def write_clip(music: Path, written: Path) -> float:
    """Cut a track into the WAV file `written`; returns where the clip begins in the track, in seconds.

    A clip that is there already is left as it is: tracks that several examples share are written once. Raises
    MediaError for a track that cannot be read or is shorter than a clip.
    """
    import soundfile

    written.parent.mkdir(exist_ok=True)
    try:
        with soundfile.SoundFile(music) as file:
            length_s = file.frames / file.samplerate
            if length_s < CLIP_S:
                raise media.MediaError(f"{music}: {length_s:.1f} s, shorter than a clip of {CLIP_S} s")
            start_s = clip_start_s(length_s)
            if not written.exists():
                file.seek(round(start_s * file.samplerate))
                samples = file.read(round(CLIP_S * file.samplerate), dtype="float32", always_2d=True)
                media.write_audio(written, np.asarray(samples).T, file.samplerate)
    except (soundfile.LibsndfileError, OSError) as error:
        raise media.MediaError(f"{music}: cannot be decoded as audio ({error})") from error
    return start_s


def write_picture(picture: Path, folder: Path, stem: str) -> Path:
    """Copy an opaque RGB picture as it is; lay any other over black, as games' screens do, as PNG.

    Returns the file, `folder/stem` and a suffix. Raises MediaError for what is damaged or too large.
    """
    from PIL import Image

    media.load_image(picture)
    folder.mkdir(exist_ok=True)
    with Image.open(picture) as opened:
        if opened.mode == "RGB" and opened.format in ("PNG", "JPEG") and "transparency" not in opened.info:
            written = folder / (stem + picture.suffix.lower())
            written.write_bytes(picture.read_bytes())
            return written
        suffix = "" if picture.suffix.lower() == ".png" else picture.suffix.lower()  # a.webp must not become a.png
        written = folder / f"{stem}{suffix}.png"
        layer = opened.convert("RGBA")
        black = Image.new("RGBA", layer.size, "black")
        Image.alpha_composite(black, layer).convert("RGB").save(written)
    return written
