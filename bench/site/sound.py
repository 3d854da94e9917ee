"""A system's sound as a page plays it: a compact file, peaks for its waveform, a spectrogram, its level.

The sound is coded anew, so that twenty systems fit on a page; it says so with its bit rate. What was measured is
the original file, never this.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.core import spectrogram
from sightsound.bench.core.errors import BenchError, MediaError
from sightsound.bench.core.sound import MAX_AUDIO_S, Audio, decode_audio, probe_audio

PEAKS = 160
"""Columns of a waveform: a phone shows no more."""
MP3_RATES_HZ = (16000, 22050, 24000, 32000, 44100, 48000)
OPUS_RATE_HZ = 48000
KBITS = {"mp3": (32, 48, 64, 96, 128, 160), "opus": (24, 32, 48, 64, 96, 128)}
"""Codec -> bit rates that it may be asked for, in kbit/s; those of MP3 exist at every rate of `MP3_RATES_HZ`."""
_CODEC = {"mp3": ("libmp3lame", "mp3", "fltp", "7"), "opus": ("libopus", "ogg", "flt", "5")}
"""Codec -> encoder, container, layout of samples, effort: LAME at 7 is twice as fast as at 5."""
SUFFIX = {"mp3": ".mp3", "opus": ".ogg"}
FLOOR_DB = -120.0
"""What is said of digital silence, whose level is minus infinity."""


@dataclass(frozen=True)
class Coding:
    """How sound is coded for a page."""

    codec: str = "mp3"
    """`mp3`, which every browser plays, or `opus`, which is smaller."""
    kbits: int = 96
    """Bit rate in kbit/s."""
    seconds: float = 30.0
    """How much of a clip is played, from its start on; 0: all."""

    def __post_init__(self) -> None:
        if self.codec not in KBITS:
            raise BenchError(f"--codec {self.codec!r}: pages play {' and '.join(KBITS)}")
        if self.kbits not in KBITS[self.codec]:
            rates = ", ".join(map(str, KBITS[self.codec]))
            raise BenchError(f"--bitrate {self.kbits}: {self.codec} takes {rates} kbit/s")
        if not 0 <= self.seconds <= MAX_AUDIO_S:
            raise BenchError(f"--seconds {self.seconds:g}: from 0 (all of a clip) to {MAX_AUDIO_S:g}")

    @property
    def text(self) -> str:
        """For a person: `MP3, 96 kbit/s, the first 30 s`."""
        cut = f", the first {self.seconds:g} s" if self.seconds else ""
        return f"{self.codec.upper() if self.codec == 'mp3' else 'Opus'}, {self.kbits} kbit/s{cut}"


@dataclass(frozen=True)
class Clip:
    """A sound, ready for a page."""

    coded: bytes
    """The file that is played."""
    picture: bytes
    """PNG of its spectrogram."""
    peaks: str
    """`PEAKS` largest absolute values in base64, a byte each, 255 for full scale."""
    seconds: float
    """Length of what is played."""
    whole_s: float
    """Length of the original, which is longer where it was cut."""
    rms_db: float
    """Level in dB of full scale, `FLOOR_DB` for silence."""
    rate_hz: int
    """Sampling rate of the original."""

    @property
    def facts(self) -> dict[str, Any]:
        """What a page is told of it beside its files."""
        return {
            "peaks": self.peaks,
            "seconds": round(self.seconds, 3),
            "whole": round(self.whole_s, 3),
            "db": round(self.rms_db, 1),
            "rate": self.rate_hz,
        }


def clip(path: Path, coding: Coding) -> Clip:
    """Decode a file and make of it what a page needs. MediaError for what cannot be decoded or holds nothing."""
    samples, rate_hz = decode_audio(path, 0.0, coding.seconds or MAX_AUDIO_S)
    seconds = len(samples) / rate_hz
    if not len(samples) or not np.isfinite(samples).all():
        raise MediaError(f"{path}: {'holds samples that are not finite' if len(samples) else 'no audio in it'}")
    longer = bool(coding.seconds) and seconds >= coding.seconds - 1 / rate_hz
    whole_s = max(probe_audio(path)[1], seconds) if longer else seconds
    mono = np.asarray(samples.mean(axis=1), np.float32)
    return Clip(
        coded=coded(samples, rate_hz, coding),
        picture=spectrogram.png(mono, rate_hz),
        peaks=peaks(samples),
        seconds=seconds,
        whole_s=whole_s,
        rms_db=level_db(samples),
        rate_hz=rate_hz,
    )


def coded(samples: Audio, rate_hz: int, coding: Coding) -> bytes:
    """`[time, channels]` as an MP3 or Opus file; more than two channels are mixed down to one."""
    import av
    import soxr

    codec, container, layout, effort = _CODEC[coding.codec]
    out_hz = _rate(rate_hz, coding.codec)
    sound = samples if samples.shape[1] <= 2 else samples.mean(axis=1, keepdims=True)
    if out_hz != rate_hz:
        sound = soxr.resample(sound, rate_hz, out_hz, "HQ")
    channels = sound.shape[1]
    planes = np.ascontiguousarray(sound.T if layout == "fltp" else sound.reshape(1, -1), np.float32)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=out_hz, options={"compression_level": effort})
        stream.bit_rate = coding.kbits * 1000
        stream.layout = "mono" if channels == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(planes, format=layout, layout=stream.layout.name)
        frame.sample_rate, frame.pts = out_hz, 0
        fifo = av.AudioFifo()
        fifo.write(frame)
        for part in fifo.read_many(stream.codec_context.frame_size or 1024, partial=True):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def peaks(samples: Audio) -> str:
    """The largest absolute value of any channel in each of `PEAKS` equal parts, see `Clip.peaks`."""
    loudest = np.abs(samples).max(axis=1)
    edges = np.linspace(0, len(loudest), PEAKS + 1).astype(int)[:-1]
    columns = np.maximum.reduceat(loudest, np.minimum(edges, len(loudest) - 1))
    return base64.b64encode(np.clip(np.round(columns * 255), 0, 255).astype(np.uint8).tobytes()).decode()


def level_db(samples: Audio) -> float:
    """Root mean square in dB of full scale."""
    square = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(10 * math.log10(square), FLOOR_DB) if square > 0 else FLOOR_DB


def _rate(rate_hz: int, codec: str) -> int:
    """The nearest rate of the codec that loses nothing, or its highest."""
    if codec == "opus":
        return OPUS_RATE_HZ
    return next((rate for rate in MP3_RATES_HZ if rate >= rate_hz), MP3_RATES_HZ[-1])
