"""Small pictures, sounds and videos under any name, and indexes that stand in for published ones."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.bench.core import registry
from sightsound.bench.core.media import file_sha256
from sightsound.metrics.asset import AssetFile

RATE_HZ = 8000


def picture(path: Path, shade: int = 90) -> Path:
    """A plain picture; the shade makes its bytes its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 12), (shade % 256, shade // 256 % 256, 120)).save(path, format="JPEG")
    return path


def sound(path: Path, pitch_hz: float = 440.0, seconds: float = 2.0, container: str = "WAV") -> Path:
    """A sine, a WAV whatever its name says; the pitch makes its bytes its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * pitch_hz * time_s), RATE_HZ, format=container)
    return path


def video(path: Path, seconds: float, rate: int = 4, pitch_hz: float = 300.0) -> Path:
    """A video with sound whose n-th frame has the shade n, and whose sound rises by 100 Hz every 10 s."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("mpeg4", rate=rate)
        pictures.width, pictures.height, pictures.pix_fmt = 32, 32, "yuv420p"
        sounds = out.add_stream("mp2" if path.suffix == ".avi" else "aac", rate=32000)
        sounds.layout = "mono"
        for index in range(round(seconds * rate)):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), index % 250, np.uint8), format="rgb24")
            frame.pts = index
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        time_s = np.arange(round(seconds * 32000)) / 32000
        samples = 0.3 * np.sin(2 * np.pi * (pitch_hz + 100 * (time_s // 10)) * time_s)
        for start in range(0, len(samples), 1152):
            block = samples[None, start : start + 1152].astype(np.float32)
            sound_frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            sound_frame.sample_rate, sound_frame.pts = 32000, start
            for part in av.AudioResampler(sounds.format.name, "mono", 32000).resample(sound_frame):
                out.mux(sounds.encode(part))
        out.mux(sounds.encode(None))
    return path


def same_bytes(original: Path, path: Path) -> None:
    """A second name for a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.link(original, path)


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, path: Path) -> None:
    """Let the asset `name` be this file, with its digest, for one test."""
    known = registry.cards("asset")[name]
    file = AssetFile(known.files[0].path, (f"file:{path}",), (file_sha256(path),))
    monkeypatch.setitem(registry.cards("asset"), name, dataclasses.replace(known, files=(file,)))
