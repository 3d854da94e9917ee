"""The tune: two motifs of a bar, repeated, moved to each chord, varied, and brought to a cadence."""

from __future__ import annotations

from random import Random

from sightsound.baselines.composer import harmony
from sightsound.baselines.composer.parts import MOVES, RHYTHMS, Event, Plan, centre
from sightsound.baselines.composer.styles import Layer
from sightsound.baselines.composer.vocabulary import INSTRUMENTS

FORM = "abacabad"  # a bar each: motifs a and b, c an open end, d a close
Motif = list[tuple[int, int]]  # (step of the bar, scale steps from the note before)


def motif(density: float, steps: int, rng: Random) -> Motif:
    """A bar's rhythm and contour; `density` from -1 to 1 chooses how many notes."""
    row = min(max(round((density + 1) * 2 + rng.uniform(-0.4, 0.4)), 0), len(RHYTHMS) - 1)
    rhythm = rng.choice([figure for figure in RHYTHMS[row] if "x" in figure[:steps]])
    return [(step, rng.choice(MOVES)) for step in range(steps) if rhythm[step] == "x"]


def melody(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """The tune: tones of the chord on strong beats, steps of the scale between them."""
    instrument, steps = INSTRUMENTS[layer.instrument], plan.beats_per_bar * 4
    middle = centre(instrument, plan, "melody")
    minor = plan.mode in harmony.MINOR_MODES
    own = plan.style.tune_scale[0 if minor else 1]
    scale = harmony.TUNE_SCALES[own] if own else harmony.SCALES[plan.mode]
    keys = harmony.scale_keys(plan.tonic, scale, round(middle) - 9, round(middle) + 10)
    density = plan.energy * 0.8 + plan.style.density - (0.35 if plan.beat_s < 0.4 else 0.0)
    bars = {name: motif(density, steps, rng) for name in "ab"}
    onsets: list[tuple[float, int, float]] = []
    key = harmony.nearest(middle, plan.chords[0].tones)
    bar_start = key
    for bar in range(plan.bars):
        part = FORM[bar % len(FORM)]
        notes = bars.get(part) or _ending(bars["a"], closed=part == "d")
        if part == "a" and bar % 8 >= 4:  # the second time around, varied
            notes = [(step, move + rng.choice((0, 0, 0, -1, 1))) for step, move in notes]
        for number, (step, move) in enumerate(notes):
            beat = bar * plan.beats_per_bar + step / 4
            chord = plan.chord_at(beat)
            if number == 0:
                drift = 2 if bar_start < middle - 3 else -2 if bar_start > middle + 3 else rng.choice((-2, 0, 2))
                key = bar_start = harmony.nearest(bar_start + drift, chord.tones)
            else:
                key = _moved(keys, key, move)
                if step % 8 == 0 or number == len(notes) - 1:
                    key = harmony.nearest(key, chord.tones)
            key = min(max(key, instrument.low), instrument.high)
            onsets.append((beat, key, 0.9 if step % 8 == 0 else 0.78 if step % 4 == 0 else 0.68))
    onsets = [onset for onset in onsets if onset[0] < plan.end]
    nexts = [onset[0] for onset in onsets[1:]] + [plan.end]
    longest = 1.6 * plan.beats_per_bar if plan.energy < -0.3 else 2.0
    smooth = 0.97 if plan.energy < 0.2 else 0.88
    return [
        Event(beat, min((until - beat) * smooth, longest), key, force)
        for (beat, key, force), until in zip(onsets, nexts, strict=True)
    ]


def _ending(notes: Motif, closed: bool) -> Motif:
    """The motif's first half and a long note: up to stay open, down to close."""
    kept = [(step, move) for step, move in notes if step < 8]
    return [*kept[:-1], (kept[-1][0], -1 if closed else 1)] if kept else [(0, 0)]


def _moved(keys: list[int], key: int, move: int) -> int:
    """`move` steps of the scale away; turned back at the ends of the range."""
    here = min(range(len(keys)), key=lambda place: abs(keys[place] - key))
    there = here + move
    if not 0 <= there < len(keys):
        there = here - move
    return keys[min(max(there, 0), len(keys) - 1)]
