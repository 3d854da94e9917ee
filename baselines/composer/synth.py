"""One note of a soundfont as samples.

Source: SoundFont Technical Specification 2.04, chapter 9 (the model of a voice). Played here: key and velocity
ranges, tuning, loops, the volume envelope, the modulation envelope on filter and pitch, the low-pass filter,
vibrato, pan and attenuation. Left out: tremolo, the modulation LFO on the filter, the modulators of the file
and the release of the modulation envelope, so that the tone before the volume envelope does not depend on
the note's length and repeated notes share it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.baselines.composer.soundfont import Region, SoundFont

Wave = NDArray[np.float32]

VELOCITY_STEP = 16  # velocities this close share the filter's cutoff, and so the tone
BRIGHTNESS_CENTS = 1800.0  # how far the softest note closes the filter (the specification's default is 2400)
LONGEST_RELEASE_S = 1.2
BLOCK = 32  # samples; envelopes and bends are straight lines within a block
SILENCE_DB = -70.0  # a voice below this is over
_EDGES_S = np.concatenate([np.arange(0, 0.15, 0.005), np.arange(0.15, 0.9, 0.03), np.arange(0.9, 4, 0.15)])


def seconds_of(timecents: float) -> float:
    """2 ** (timecents / 1200) seconds; the specification's lowest value means none."""
    return 0.0 if timecents <= -12000 else float(2.0 ** (min(timecents, 8000) / 1200))


def hertz_of(cents: float) -> float:
    """Absolute cents to hertz: 8.176 Hz is 0."""
    return 8.1758 * 2.0 ** (cents / 1200)


def modulation(region: Region, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level 0..1 of the modulation envelope at each time after the note's start."""
    g = region.generators
    starts = seconds_of(g[25]), seconds_of(g[26]), seconds_of(g[27]), seconds_of(g[28])
    sustain = 1 - min(max(g.get(29, 0), 0), 1000) / 1000
    corners = np.cumsum(starts)
    corners[3] = corners[2] + starts[3] * (1 - sustain)  # the decay time is that of a fall to zero
    corners = np.maximum.accumulate(corners + np.arange(4) * 1e-6)
    return np.interp(times_s, corners, [0.0, 1.0, 1.0, sustain])


def _ticks(samples: int) -> NDArray[np.int64]:
    """Every `BLOCK`th sample, to the first beyond the last: where slow things are worked out."""
    return np.arange(0, samples + BLOCK, BLOCK)


def _between(values: NDArray[np.floating[Any]], samples: int) -> NDArray[np.floating[Any]]:
    """Straight lines between the values at `_ticks(samples)`, `[samples]`."""
    slope = np.arange(BLOCK, dtype=values.dtype) / values.dtype.type(BLOCK)
    return (values[:-1, None] + np.diff(values)[:, None] * slope).ravel()[:samples]


def positions(region: Region, key: int, samples: int, rate_hz: int) -> NDArray[np.float64]:
    """Where in the sample each output sample reads, counted from the region's start."""
    g = region.generators
    cents = (key - region.root) * g[56] + g.get(51, 0) * 100 + g.get(52, 0)
    step = region.rate_hz / rate_hz * 2.0 ** (cents / 1200)
    bend, vibrato = g.get(7, 0), g.get(6, 0) + g.get(5, 0)
    if not bend and not vibrato:
        return np.arange(samples) * step
    times_s = _ticks(samples) / rate_hz
    swing = np.zeros(times_s.size)
    if vibrato:
        lfo, delay = (24, 23) if g.get(6, 0) else (22, 21)
        after = np.maximum(times_s - seconds_of(g[delay]), 0)
        swing = vibrato * np.sin(2 * np.pi * hertz_of(g.get(lfo, 0)) * after)
    ratio = 2.0 ** ((bend * modulation(region, times_s) + swing) / 1200)
    steps = _between(ratio, samples) * step
    return np.cumsum(steps) - steps


def tone(font: SoundFont, region: Region, key: int, velocity: int, samples: int, rate_hz: int) -> Wave:
    """The region before the volume envelope: resampled, looped and filtered, `[samples]` or shorter."""
    where = positions(region, key, samples, rate_hz)
    start, last = region.start, region.end - region.start - 1
    if region.loop:
        first, end = region.loop[0] - start, region.loop[1] - start
        tail = where[np.searchsorted(where, end) :]  # a view: looped in place
        tail -= np.floor((tail - first) / (end - first)) * (end - first)
        np.minimum(tail, end - 1e-6, out=tail)  # rounding may leave it on the end itself
    else:
        where = where[: np.searchsorted(where, last)]
    index = where.astype(np.int64)
    fraction = (where - index).astype(np.float32)
    index += start
    low = font.samples[index]
    index += 1
    if region.loop:
        index[index == start + end] = start + first
    wave = font.samples[index]
    wave -= low
    wave *= fraction
    wave += low
    return _filtered(wave, region, velocity, rate_hz)


def _filtered(wave: Wave, region: Region, velocity: int, rate_hz: int) -> Wave:
    """Low-pass, second order, its cutoff following the modulation envelope and the velocity."""
    g = region.generators
    darkening = BRIGHTNESS_CENTS * (1 - velocity / 127)
    edges = np.unique(np.minimum((_EDGES_S * rate_hz).astype(np.int64), wave.size))
    cents = g[8] - darkening + g.get(11, 0) * modulation(region, edges / rate_hz)
    if not wave.size:
        return wave
    cutoffs = 20 * np.round(np.clip(cents, 1500, None) / 20)
    if cutoffs.min() >= 1200 * np.log2(0.45 * rate_hz / 8.1758):
        return wave
    from scipy.signal import lfilter  # here: whoever lists assets need not wait for it

    out, state = np.empty_like(wave), np.zeros(2, np.float32)
    changes = [0, *(np.flatnonzero(np.diff(cutoffs)) + 1).tolist()]
    for place, number in enumerate(changes):
        begin = int(edges[number])
        stop = int(edges[changes[place + 1]]) if place + 1 < len(changes) else wave.size
        b, a = _low_pass(min(hertz_of(float(cutoffs[number])), 0.45 * rate_hz), g.get(9, 0) / 10, rate_hz)
        out[begin:stop], state = lfilter(b, a, wave[begin:stop], zi=state)
    return out


def _low_pass(cutoff_hz: float, resonance_db: float, rate_hz: int) -> tuple[Wave, Wave]:
    """Biquad of R. Bristow-Johnson's audio EQ cookbook; 0 dB of resonance is a flat response."""
    omega = 2 * np.pi * cutoff_hz / rate_hz
    alpha = np.sin(omega) / (2 * 10 ** ((resonance_db - 3.01) / 20))
    cosine = np.cos(omega)
    b = np.array([(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2]) / (1 + alpha)
    a = np.array([1 + alpha, -2 * cosine, 1 - alpha]) / (1 + alpha)
    return b.astype(np.float32), a.astype(np.float32)


def envelope(region: Region, key: int, held: int, samples: int, rate_hz: int) -> Wave:
    """Gain of the volume envelope, `[at most samples]`: it ends where the voice is silent.

    The attack is linear in gain, decay and release are linear in decibels, as the specification has it. `held`
    is the number of samples until the key is let go.
    """
    g = region.generators
    delay, attack = seconds_of(g[33]), max(seconds_of(g[34]), 0.001)
    hold = seconds_of(g[35]) * 2.0 ** (g.get(39, 0) * (60 - key) / 1200)
    decay = seconds_of(g[36]) * 2.0 ** (g.get(40, 0) * (60 - key) / 1200)
    sustain_db = -min(max(g.get(37, 0), 0), 1000) / 10
    corners = np.cumsum([0.0, delay, attack, hold, max(decay * -sustain_db / 100, 1e-6)])
    levels_db = [SILENCE_DB, SILENCE_DB, 0.0, 0.0, max(sustain_db, SILENCE_DB)]
    held_s = held / rate_hz
    now_db = float(np.interp(held_s, corners[1:], levels_db[1:]))
    if delay <= held_s < delay + attack:
        now_db = 20 * np.log10(max((held_s - delay) / attack, 1e-4))
    release_s = min(max(seconds_of(g[38]), 0.01), 100 / -SILENCE_DB * LONGEST_RELEASE_S)
    silent_s = held_s + release_s * (now_db - SILENCE_DB) / 100
    points = [(time, level) for time, level in zip(corners[2:], levels_db[2:], strict=True) if time < held_s]
    points += [(held_s, now_db), (max(silent_s, held_s + 0.005), SILENCE_DB)]
    size = min(samples, round(points[-1][0] * rate_hz))
    times_s, decibels = zip(*points, strict=True)
    levels = np.interp(_ticks(size) / rate_hz, times_s, decibels)
    gain = _between((10 ** (levels / 20)).astype(np.float32), size)
    first, rise = min(round(delay * rate_hz), size), min(round(min(delay + attack, held_s) * rate_hz), size)
    gain[:first] = 0
    gain[first:rise] = np.arange(rise - first, dtype=np.float32) / np.float32(attack * rate_hz)
    return gain


def gains(region: Region, velocity: int) -> tuple[float, float]:
    """Left and right gain: attenuation, velocity (40 log10 decibels, specification 8.4.1) and pan.

    The attenuation counts 0.4 decibels a decibel, as the hardware for which such files were made plays it.
    """
    level = 10 ** (-0.4 * region.generators.get(48, 0) / 200) * (velocity / 127) ** 2
    angle = (min(max(region.generators.get(17, 0), -500), 500) / 1000 + 0.5) * np.pi / 2
    return float(level * np.cos(angle)), float(level * np.sin(angle))
