"""Is a file whole: decoded to its end, finite, not empty? Asked when outputs and references are taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sightsound.bench.core import media


def check(path: Path, kind: str, named: Path | None = None) -> None:
    """MediaError where the file is no whole `audio`, `image` or `text`; it names the file as `named`."""
    try:
        if kind == "audio":
            samples, _ = media.decode_audio(path, 0.0, media.MAX_AUDIO_S)
            if samples.shape[0] == 0:
                raise media.MediaError(f"{path}: no audio in it")
            if not np.isfinite(samples).all():
                raise media.MediaError(f"{path}: holds samples that are not finite")
        elif kind == "image":
            media.load_image(path)
        elif kind == "text" and not path.read_text(encoding="utf-8").strip():
            raise media.MediaError(f"{path}: holds no text")
    except UnicodeDecodeError as error:
        raise media.MediaError(f"{named or path}: is not text in UTF-8 (byte {error.start})") from error
    except media.MediaError as error:
        raise media.MediaError(str(error).replace(str(path), str(named or path))) from error
