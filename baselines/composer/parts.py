"""What each player plays: writers from a plan to events in beats, pure but for the `Random` they draw from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from sightsound.baselines.composer import harmony
from sightsound.baselines.composer.harmony import Chord
from sightsound.baselines.composer.styles import Layer, Style
from sightsound.baselines.composer.vocabulary import INSTRUMENTS, Instrument


class Event(NamedTuple):
    """A note before it is given to a clock."""

    beat: float
    beats: float
    key: int
    force: float
    """0 soft to 1 hard."""


@dataclass(frozen=True)
class Plan:
    """What all players share."""

    style: Style
    tonic: int
    """Pitch class."""
    mode: str
    chords: tuple[Chord, ...]
    """From the first beat to `end`."""
    closing: Chord | None
    """The chord that the piece ends on, from `end`; None where it is cut."""
    end: float
    """Beat at which the figures stop."""
    bars: int
    beats_per_bar: int
    beat_s: float
    """Seconds a beat."""
    valence: float
    energy: float

    def chord_at(self, beat: float) -> Chord:
        """The chord that sounds at a beat."""
        sounding = [chord for chord in self.chords if chord.start <= beat + 1e-6]
        return sounding[-1] if sounding else self.chords[0]


Writer = Callable[[Plan, Layer, Random], list[Event]]

# Onsets of a bar of melody, from sparse to dense; a bar of three reads the first twelve.
RHYTHMS: tuple[tuple[str, ...], ...] = (
    ("x...............", "x.......x.......", "........x.......", "x...........x..."),
    ("x.......x...x...", "x.....x.x.......", "x...x...x.......", "....x...x...x..."),
    ("x...x...x.x.x...", "x.....x.x...x...", "x...x.x.x...x...", "x.x.x...x.....x."),
    ("x.x.x.x.x...x.x.", "x..x..x.x.x.x...", "x.x.x...x.x.x.x.", "x...x.x.x.x.x.x."),
    ("x.x.x.x.x.x.x.x.", "x..xx.x.x..xx.x.", "xxx.x.x.xxx.x.x.", "x.xxx.x.x.xxx.x."),
)
MOVES = (-2, -1, -1, -1, 0, 1, 1, 1, 2, 3)  # scale steps from one note of a motif to the next


def centre(instrument: Instrument, plan: Plan, role: str) -> float:
    """The key about which a part lies: within the instrument's range, brighter moods higher."""
    wanted = {"melody": 72.0, "counter": 64.0, "arp": 62.0, "drone": 52.0, "riff": 46.0}.get(role, 60.0)
    wanted += 4 * plan.valence + 2 * plan.energy if role in ("melody", "counter", "arp", "pad") else 0
    margin = 7 if role in ("melody", "arp") else 5
    return min(max(wanted, instrument.low + margin), instrument.high - margin)


def hits(plan: Plan, figure: str) -> Iterator[tuple[float, float, str]]:
    """(beat, beats, character) of each stroke of a figure, bar after bar; `-` makes a stroke longer."""
    steps = plan.beats_per_bar * 4
    for bar in range(plan.bars):
        for step in range(steps):
            character = figure[step]
            beat = bar * plan.beats_per_bar + step / 4
            if character in ".-" or beat >= plan.end:
                continue
            held = 1
            while step + held < steps and figure[step + held] == "-":
                held += 1
            yield beat, min(held / 4, plan.end - beat), character


def thinned(figure: str, energy: float) -> str:
    """A calm piece keeps the strokes on the beats only, a very calm one on the first and third, held."""
    if energy > -0.35:
        return figure
    every = 4 if energy > -0.6 else 8
    return "".join("-" if step % every else (figure[step].replace(".", "x")) for step in range(len(figure)))


def voicings(plan: Plan, around: float, voices: int) -> dict[Chord, tuple[int, ...]]:
    """Keys of every chord, led from one to the next."""
    led: dict[Chord, tuple[int, ...]] = {}
    before: tuple[int, ...] = ()
    for chord in plan.chords:
        before = harmony.voice(chord.tones, before, around, voices)
        led[chord] = before
    return led


def pad(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Held chords."""
    led = voicings(plan, centre(INSTRUMENTS[layer.instrument], plan, "pad"), 4)
    return [Event(chord.start, chord.beats, key, 0.6) for chord, keys in led.items() for key in keys]


def comp(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Chords in a rhythm."""
    led = voicings(plan, centre(INSTRUMENTS[layer.instrument], plan, "comp") + 1, 4)
    return [
        Event(beat, beats * 0.9, key, 0.9 if character == "X" else 0.65)
        for beat, beats, character in hits(plan, thinned(layer.figure, plan.energy))
        for key in led[plan.chord_at(beat)]
    ]


def strum(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Guitar chords of five strings, down on the beat and up between, left ringing until the next."""
    led = voicings(plan, max(centre(INSTRUMENTS[layer.instrument], plan, "comp") - 3, 52), 5)
    strokes = list(hits(plan, thinned(layer.figure, plan.energy)))
    ends = [beat for beat, _, _ in strokes[1:]] + [plan.end]
    events = []
    for (beat, _, character), until in zip(strokes, ends, strict=True):
        keys = led[plan.chord_at(beat)]
        down = beat % 0.5 == 0
        for place, key in enumerate(keys if down else keys[:1:-1]):
            late = place * 0.013 / plan.beat_s
            force = (0.9 if character == "X" else 0.65) * (1 if down else 0.85)
            events.append(Event(beat + late, max(until - beat - late, 0.1), key, force))
    return events


def arp(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Broken chords, in eighths, or in sixteenths where the piece drives and the beat is slow enough."""
    step = 0.25 if plan.energy > 0.1 and plan.beat_s > 0.42 else 0.5
    middle = centre(INSTRUMENTS[layer.instrument], plan, "arp")
    ring = 2.0 if plan.energy < 0 else 1.0  # a calm player lets the strings ring
    events = []
    for chord in plan.chords:
        low = harmony.nearest(middle - 8, chord.tones[:1])
        ladder = harmony.scale_keys(0, chord.tones, low, low + 19)
        turn = ladder if layer.figure != "wave" else ladder[:5] + ladder[3:0:-1]
        turn = turn[:4] if layer.figure == "up" else turn
        for number in range(round(chord.beats / step)):
            beat = chord.start + number * step
            key = turn[number % len(turn)]
            events.append(Event(beat, min(step * ring, plan.end - beat), key, 0.75 if number % 4 == 0 else 0.55))
    return events


def bass(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Tones of the chord in a rhythm, low."""
    instrument = INSTRUMENTS[layer.instrument]
    strokes = list(hits(plan, layer.figure))
    events = []
    for beat, beats, character in strokes:
        chord = plan.chord_at(beat)
        root = harmony.nearest(instrument.low + 10, [chord.root])
        tones = {"1": root, "8": root + 12}
        tones["3"] = harmony.nearest(root + 3.5, chord.tones[1:2])
        tones["5"] = harmony.nearest(root + 7, chord.tones[2:3] if len(chord.tones) > 2 else chord.tones[1:2])
        target = harmony.nearest(root, [plan.chord_at(beat + beats).root])
        tones["a"] = target - 1 if target > root else target + 1
        short = 0.92 if character in "138" else 0.7
        events.append(Event(beat, beats * short, tones[character], 0.85 if beat % 1 == 0 else 0.7))
    return events


def walk(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """A note a beat: the root, tones of the chord or the scale, and a half step into the next root.

    A calm piece walks in half notes."""
    middle = INSTRUMENTS[layer.instrument].low + 13
    stride = 1 if plan.energy > -0.4 else 2
    events = []
    for chord in plan.chords:
        here = harmony.nearest(middle, [chord.root])
        after = harmony.nearest(here, [plan.chord_at(chord.start + chord.beats).root])
        count = max(int(chord.beats / stride), 1)
        for number in range(count):
            beat = chord.start + number * stride
            if number == count - 1 and count > 1:
                here = after + rng.choice((-1, 1, 1, -2))
            elif number:
                here = harmony.nearest(here + rng.choice((-4, 3, 4, 5)), chord.tones[1:])
                here += 12 if here < middle - 10 else -12 if here > middle + 14 else 0
            events.append(Event(beat, stride * 0.95, here, 0.85 if number % 2 == 0 else 0.75))
    return [event for event in events if event.beat < plan.end]


def riff(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Power chords on a low guitar; a soft stroke is muted short."""
    low = INSTRUMENTS[layer.instrument].low
    events = []
    for beat, beats, character in hits(plan, thinned(layer.figure, plan.energy)):
        root = harmony.nearest(low + 5, [plan.chord_at(beat).root])
        strong = character == "X" or beats > 0.25
        keys = (root, root + 7, root + 12) if strong or plan.style.drive < 0.9 else (root, root + 7)
        length = max(beats, 0.25) * (0.95 if strong else 0.6)
        events += [Event(beat, length, key, 0.9 if strong else 0.65) for key in keys]
    return events


def drone(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """Tonic and fifth, struck anew every two bars."""
    root = harmony.nearest(centre(INSTRUMENTS[layer.instrument], plan, "drone"), [plan.tonic])
    span = 2.0 * plan.beats_per_bar
    starts = [number * span for number in range(int(plan.end / span) + 1) if number * span < plan.end]
    return [Event(at, min(span, plan.end - at), key, 0.6) for at in starts for key in (root, root + 7)]


def counter(plan: Plan, layer: Layer, rng: Random) -> list[Event]:
    """A slow second voice: inner tones of the chords, moving as little as it can."""
    key = round(centre(INSTRUMENTS[layer.instrument], plan, "counter"))
    events = []
    for chord in plan.chords:
        key = harmony.nearest(key + rng.choice((-1, 0, 1)), chord.tones[1:])
        events.append(Event(chord.start, chord.beats * 0.97, key, 0.6))
    return events


WRITERS: dict[str, Writer] = {
    "pad": pad, "comp": comp, "strum": strum, "arp": arp, "bass": bass,
    "walk": walk, "riff": riff, "drone": drone, "counter": counter,
}  # fmt: skip
