"""The split `gestures`: a pianist and a dancer, filmed with their sound, cut into clips of 10 s.

From 0 s on, one after another; the last, incomplete one is dropped. The picture is written without sound as
MPEG-4 at its own rate and size, the sound as 16-bit WAV at its own rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import media
from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits.media import frames, manifest
from sightsound.metrics.asset import Asset, AssetFile

CLIP_S = 10
VIDEOS = ("pianist", "dancer")

_PACKAGE = "pypi:musicalgestures==1.32.0/musicalgestures/examples"

FILMS = Asset(
    "gestures",
    (
        AssetFile(
            "pianist.avi",
            (f"{_PACKAGE}/pianist.avi",),
            ("1b17d27c2aba3a3e52f6bab717cc5afa93b39848e528d3743afb16b34b554d39",),
        ),
        AssetFile(
            "dancer.avi",
            (f"{_PACKAGE}/dancer.avi",),
            ("a40f3be55eacad307c1174676e7cc223d1b26ec5b4e773aacd3e085b60bb4483",),
        ),
    ),
    "GPL-3.0-or-later (the package's; the clips state none of their own)",
    "musicalgestures 1.32.0: films of a pianist and of a dancer, with sound",
    26_201_636,
)
"""What the split is cut from."""

CARD = SplitCard(
    name="gestures",
    tasks=("video2music",),
    entry="sightsound.bench.splits.gestures:build",
    assets=("gestures",),
    licence="GPL-3.0-or-later, the licence of the package; the clips state none of their own",
    source="musicalgestures 1.32.0 (fourMs Lab, University of Oslo): examples/pianist.avi and examples/dancer.avi",
    description=(
        "9 clips of a pianist and 6 of a dancer, 10 s each from 0 s on without overlap, the last incomplete one "
        "dropped: silent picture and its own sound."
    ),
    known=(
        "Two videos, so two groups: enough to exercise video2music, too few for an interval that means anything. "
        "The pianist is seen playing what is heard, a stricter match than a soundtrack's. His first second is "
        "nearly silent."
    ),
    hash="f72793ca225af61376a7fafc2748b7cf425798780d56c584bc36ca5a6a3a91fa",
)


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the split into `folder` from the two videos below `assets["gestures"]`.

    Raises MediaError for a video that is missing or cannot be decoded.
    """
    rows: list[manifest.Row] = []
    for kind in ("video", "audio"):
        (folder / kind).mkdir(exist_ok=True)
    for name in VIDEOS:
        paths = sorted(assets["gestures"].rglob(f"{name}.avi"))
        if not paths:
            raise media.MediaError(f"{assets['gestures']}: no {name}.avi in it; fetch the asset `gestures` again")
        sha256 = media.file_sha256(paths[0])
        samples, rate_hz = _sound(paths[0])
        videos = _cut_video(paths[0], folder / "video")
        sounds = samples.shape[1] // (CLIP_S * rate_hz)
        for index, video in enumerate(videos[:sounds]):
            start_s = index * CLIP_S
            audio = folder / "audio" / f"{name}.{index:02d}.wav"
            media.write_audio(audio, samples[:, start_s * rate_hz : (start_s + CLIP_S) * rate_hz], rate_hz)
            cut = f"{paths[0].name}@{start_s}+{CLIP_S} sha256:{sha256}"
            example = Example(id=f"{name}.{index:02d}", group=name, video=video, audio=audio)
            rows.append(manifest.Row(example, f"video={cut}; audio={cut}"))
        for video in videos[sounds:]:
            video.unlink()
    manifest.write(folder, rows)


def _sound(path: Path) -> tuple[NDArray[np.float32], int]:
    """All of a video's sound: float32 `[channels, samples]`, and its rate."""
    import av

    blocks: list[NDArray[Any]] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise media.MediaError(f"{path}: no sound in it")
            rate_hz = container.streams.audio[0].rate
            resampler = av.AudioResampler(format="fltp", rate=rate_hz)
            for frame in container.decode(audio=0):
                blocks += [part.to_ndarray() for part in resampler.resample(frame)]
    except (av.FFmpegError, OSError) as error:
        raise media.MediaError(f"{path}: its sound cannot be decoded ({type(error).__name__})") from error
    if not blocks:
        raise media.MediaError(f"{path}: no sound in it")
    return np.concatenate(blocks, axis=1).astype(np.float32, copy=False), rate_hz


def _cut_video(path: Path, folder: Path) -> list[Path]:
    """Write each full clip of a video's picture as `<name>.<index>.mp4`; returns them in order."""
    import av

    written: list[Path] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise media.MediaError(f"{path}: no picture in it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = stream.average_rate
            if not rate:
                raise media.MediaError(f"{path}: says no frame rate")
            frames_a_clip = round(CLIP_S * rate)
            pictures: list[Any] = []
            for frame in container.decode(video=0):
                pictures.append(frame)
                if len(pictures) == frames_a_clip:
                    written.append(folder / f"{path.stem}.{len(written):02d}.mp4")
                    frames.write_video(written[-1], pictures, rate)
                    pictures = []
    except (av.FFmpegError, OSError) as error:
        raise media.MediaError(f"{path}: its picture cannot be decoded ({type(error).__name__})") from error
    return written
