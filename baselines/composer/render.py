"""Plays a score with a soundfont."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.composer import synth
from sightsound.baselines.composer.score import Note, Score, Track
from sightsound.baselines.composer.soundfont import read_soundfont

PEAK = 10 ** (-1 / 20)  # the loudest sample: one decibel below full scale
FADE_S = 0.25  # at the end of the piece
TRACK_RMS = 0.05  # every track is brought here before its own level is applied
HAT_KEYS = (42, 44, 46)  # a hit on one of these hi-hats ends the one before
REVERB_S = 1.6
SHELF_HZ, SHELF_DB = 2200.0, 4.0  # the sum is brightened: small soundfonts are dull
LOUDNESS = 0.1  # root mean square of the sum before it is pressed
AMPS = {29: 3.0, 30: 12.0}  # gain of the guitar amplifier by program; chords of one sample a note lack its growl
CABINET_HZ = (90.0, 3800.0)
Wave = NDArray[np.float32]


class Renderer:
    """A soundfont, loaded once."""

    def __init__(self, soundfont_path: Path, rate_hz: int = 32000) -> None:
        """Raises ValueError for a file that is not a soundfont."""
        self.font = read_soundfont(soundfont_path)
        self.rate_hz = rate_hz
        self._room = _room(rate_hz)

    def render(self, score: Score, seconds: float) -> Wave:
        """Stereo samples `[2, round(seconds * rate_hz)]`, peak at `PEAK` (silence for an empty score).

        The same score gives the same bytes. Notes ring out; the last `FADE_S` fade to zero.
        """
        size = round(seconds * self.rate_hz)
        dry, wet = np.zeros((2, size), np.float32), np.zeros((2, size), np.float32)
        for track in score.tracks:
            wave = self._track(track, size)
            active = np.abs(wave).max(axis=0) > 1e-4
            if not active.any():
                continue
            rms = float(np.sqrt(np.mean(np.square(wave[:, active]), dtype=np.float64)))
            if not track.drums and track.program in AMPS:
                wave = _amplified(wave / np.float32(rms), AMPS[track.program], self.rate_hz)
                rms = float(np.sqrt(np.mean(np.square(wave[:, active]), dtype=np.float64)))
            wave *= np.float32(TRACK_RMS / rms * 10 ** (track.level_db / 20))
            dry += wave
            wet += np.float32(track.reverb) * wave
        from scipy.signal import fftconvolve  # here: whoever lists assets need not wait for it

        dry += fftconvolve(wet, self._room, axes=1)[:, :size]
        return _master(dry, score.drive, self.rate_hz)

    def _track(self, track: Track, size: int) -> Wave:
        """One track, `[2, size]`."""
        out = np.zeros((2, size), np.float32)
        tones: dict[tuple[int, int, int], Wave] = {}
        left, right = np.cos((track.pan + 1) * np.pi / 4), np.sin((track.pan + 1) * np.pi / 4)
        balance = np.array([left, right], np.float32) * np.float32(np.sqrt(2))
        # Longest first, so that a tone that is used again is never too short.
        for note in sorted(choked(track.notes) if track.drums else track.notes, key=lambda n: -n.length_s):
            self._add(out, track, note, tones)
        out *= balance[:, None]
        return out

    def _add(self, out: Wave, track: Track, note: Note, tones: dict[tuple[int, int, int], Wave]) -> None:
        """Adds one note to `out`; `tones` holds the track's tones so far."""
        start = round(note.start_s * self.rate_hz)
        room = out.shape[1] - start
        if room <= 0:
            return
        held = max(round(note.length_s * self.rate_hz), 1)
        bucket = min(note.velocity // synth.VELOCITY_STEP * synth.VELOCITY_STEP + synth.VELOCITY_STEP // 2, 127)
        for region in self.font.regions(128 if track.drums else 0, track.program, note.key, note.velocity):
            gain = synth.envelope(region, note.key, held, room, self.rate_hz)
            name = (region.index, note.key, bucket)
            if name not in tones or (tones[name].size < gain.size and region.loop):
                samples = max(gain.size, 1) if region.loop else out.shape[1]
                tones[name] = synth.tone(self.font, region, note.key, bucket, samples, self.rate_hz)
            wave = tones[name][: gain.size]
            wave = wave * gain[: wave.size]
            for channel, level in enumerate(synth.gains(region, note.velocity)):
                if level > 1e-5:
                    out[channel, start : start + wave.size] += wave * np.float32(level)


def choked(notes: Sequence[Note]) -> list[Note]:
    """Drum hits ring in full, but a hi-hat ends when the next one is struck."""
    rung, next_hat_s = [], float("inf")
    for note in reversed(notes):
        length_s = max(note.length_s, 3.0)
        if note.key in HAT_KEYS:
            length_s = min(length_s, next_hat_s - note.start_s)
            next_hat_s = note.start_s
        rung.append(Note(note.start_s, max(length_s, 0.01), note.key, note.velocity))
    return rung[::-1]


def _room(rate_hz: int) -> Wave:
    """Impulse response of a plain room: noise that falls by 60 dB in `REVERB_S`, darker with time, `[2, n]`."""
    time_s = np.arange(round(REVERB_S * rate_hz)) / rate_hz
    noise = np.random.Generator(np.random.PCG64(7)).standard_normal((2, time_s.size))
    smooth = np.apply_along_axis(np.convolve, 1, noise, np.ones(8) / 8, mode="same")
    mix = np.minimum(time_s / 0.4, 1)
    tail = (noise * (1 - mix) * 0.5 + smooth * (0.5 + mix)) * 10 ** (-3 * time_s / REVERB_S)
    tail[:, : round(0.012 * rate_hz)] = 0  # the first reflection takes a moment
    return (tail / np.sqrt(np.sum(tail**2, axis=1, keepdims=True))).astype(np.float32)


def _amplified(wave: Wave, gain: float, rate_hz: int) -> Wave:
    """A guitar through an overdriven amplifier and its loudspeaker: soft clipping, then a band pass."""
    from scipy.signal import butter, lfilter

    low, high = (2 * edge / rate_hz for edge in CABINET_HZ)
    b, a = butter(2, (low, high), "bandpass")
    return np.asarray(
        lfilter(b.astype(np.float32), a.astype(np.float32), np.tanh(wave * np.float32(gain)), axis=1)
    )


def _shelf(rate_hz: int) -> tuple[Wave, Wave]:
    """High shelf of R. Bristow-Johnson's audio EQ cookbook, slope 1."""
    gain = 10 ** (SHELF_DB / 40)
    omega = 2 * np.pi * SHELF_HZ / rate_hz
    cosine, slope = np.cos(omega), np.sin(omega) * np.sqrt(2 * gain)
    plus, minus = gain + 1, gain - 1
    b = gain * np.array(
        [plus + minus * cosine + slope, -2 * (minus + plus * cosine), plus + minus * cosine - slope]
    )
    a = np.array([plus - minus * cosine + slope, 2 * (minus - plus * cosine), plus - minus * cosine - slope])
    return (b / a[0]).astype(np.float32), (a / a[0]).astype(np.float32)


def _master(mix: Wave, drive: float, rate_hz: int) -> Wave:
    """Presses the sum by `drive`, brings the peak to `PEAK` and fades the end."""
    mix = mix - mix.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    rms = float(np.sqrt(np.mean(np.square(mix), dtype=np.float64)))
    if rms < 1e-9:
        return np.zeros_like(mix)
    from scipy.signal import lfilter

    mix = lfilter(*_shelf(rate_hz), mix, axis=1)
    pressed = np.tanh(mix * np.float32((1 + 2 * drive) * LOUDNESS / rms)) if drive > 0 else mix
    fade = min(round(FADE_S * rate_hz), mix.shape[1])
    if fade:
        pressed[:, -fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))
    return np.ascontiguousarray(pressed * np.float32(PEAK / float(np.abs(pressed).max())), np.float32)
