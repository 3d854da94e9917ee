"""From attributes to a score: the plan of the piece, who plays, and the performance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from sightsound.baselines.composer import harmony
from sightsound.baselines.composer.drums import drums
from sightsound.baselines.composer.harmony import Chord
from sightsound.baselines.composer.melody import melody
from sightsound.baselines.composer.parts import WRITERS, Event, Plan, centre
from sightsound.baselines.composer.score import Note, Score, Track
from sightsound.baselines.composer.styles import STYLES, Layer, Style
from sightsound.baselines.composer.vocabulary import INSTRUMENTS
from sightsound.baselines.composer.words import Attributes

CLOSING_S = 1.1  # least time that the last chord rings
BUILD_S = 20.0  # a piece longer than this lets its players enter one after the other
# An instrument that the prompt asks for takes the first of these roles that the style has, or adds the first.
ROLES: dict[str, tuple[str, ...]] = {
    "bass": ("bass", "walk"),
    "lead": ("melody", "counter"),
    "pluck": ("arp", "strum", "comp", "counter"),
    "chord": ("comp", "pad", "strum", "counter"),
    "riff": ("riff",),
    "boom": ("boom",),
}
FIGURES = {"bass": "1-----5-1-----5-", "comp": "x-----x-x---x---", "riff": "X.x.x.x.X.x.x.x.", "arp": "wave",
           "boom": "1.....1.1...1.11"}  # fmt: skip


def compose(attributes: Attributes, seed: int, seconds: float) -> Score:
    """A piece that fills `seconds`. Same arguments, same score; another seed, another piece.

    Raises ValueError where `seconds` is not positive.
    """
    if not seconds > 0:
        raise ValueError(f"a piece of {seconds} s cannot be written; ask for a positive duration")
    style = STYLES[attributes.genre]
    plan = make_plan(attributes, Random(f"{seed}:plan"), seconds)
    tracks = []
    counts: dict[str, int] = {}
    for layer in cast(style, attributes):
        rng = Random(f"{seed}:{layer.role}:{counts.get(layer.role, 0)}")
        counts[layer.role] = counts.get(layer.role, 0) + 1
        role = "bass" if layer.role == "boom" else layer.role
        events = melody(plan, layer, rng) if role == "melody" else WRITERS[role](plan, layer, rng)
        if seconds > BUILD_S:
            events = entering(events, layer.role, plan)
        instrument = INSTRUMENTS[layer.instrument]
        notes = perform(events + closing(plan, layer, events), plan, rng, seconds)
        reverb = style.reverb * (0.3 if role in ("bass", "walk", "riff") else 1.0)
        tracks.append(
            Track(
                layer.role, layer.instrument, instrument.program, notes, False, layer.pan, layer.level_db, reverb
            )
        )
    if attributes.drums:
        rng = Random(f"{seed}:drums")
        events = entering(drums(plan, rng), "drums", plan) if seconds > BUILD_S else drums(plan, rng)
        notes = perform(events, plan, rng, seconds)
        level_db = 2.0 + style.drums_db + 2.0 * attributes.energy
        tracks.append(Track("drums", "drums", style.kit, notes, True, 0.0, level_db, style.reverb * 0.6))
    return Score(
        genre=attributes.genre,
        tempo_bpm=attributes.tempo_bpm,
        beats_per_bar=plan.beats_per_bar,
        tonic=plan.tonic,
        mode=attributes.mode,
        drive=max(style.drive + 0.25 * attributes.energy, 0.0) if style.drive else 0.0,
        tracks=tuple(track for track in tracks if track.notes),
    )


def make_plan(attributes: Attributes, rng: Random, seconds: float) -> Plan:
    """Key, metre, chords and ending."""
    style = STYLES[attributes.genre]
    beat_s = 60 / attributes.tempo_bpm
    beats_per_bar = 3 if rng.random() < style.threes else 4
    tonic = rng.randrange(12)
    minor = attributes.mode in harmony.MINOR_MODES
    own = style.progressions[0 if minor else 1]
    # A mode that the style does not lean on brings its own colour.
    pool = own if own and attributes.mode in style.modes else harmony.PROGRESSIONS[attributes.mode]
    degrees = rng.choice(pool).split()
    options = [beats_per_bar * share for share in (0.5, 1, 2)] if beats_per_bar == 4 else [3.0, 6.0]
    chord_beats = min(options, key=lambda beats: abs(math.log(beats * beat_s / style.chord_s)))
    total = seconds / beat_s
    closed = style.ends and total > 3 * chord_beats
    end = total
    if closed:
        unit = beats_per_bar if beats_per_bar * beat_s < 2.6 or beats_per_bar == 3 else 2  # a whole bar or half
        end = float(max(math.floor((total - CLOSING_S / beat_s) / unit) * unit, unit))
    count = max(math.ceil(end / chord_beats - 1e-9), 1)
    chords = []
    for number in range(count):
        degree = degrees[number % len(degrees)]
        if closed and number == count - 1:  # the last chord but one leads home
            degree = "7" if attributes.mode in ("dorian", "phrygian", "mixolydian") else "5d"
        tones = harmony.chord(degree, tonic, attributes.mode, style.size)
        chords.append(Chord(number * chord_beats, min(chord_beats, end - number * chord_beats), tones[0], tones))
    home = harmony.chord("1", tonic, attributes.mode, "triad")
    return Plan(
        style=style,
        tonic=tonic,
        mode=attributes.mode,
        chords=tuple(chords),
        closing=Chord(end, total - end, home[0], home) if closed else None,
        end=end,
        bars=max(math.ceil(end / beats_per_bar - 1e-9), 1),
        beats_per_bar=beats_per_bar,
        beat_s=beat_s,
        valence=attributes.valence,
        energy=attributes.energy,
    )


def cast(style: Style, attributes: Attributes) -> list[Layer]:
    """The style's layers that suit the mood, with the prompt's instruments in the places that fit them."""
    layers = [
        layer
        for layer in style.layers
        if layer.energies[0] <= attributes.energy <= layer.energies[1]
        and layer.moods[0] <= attributes.valence <= layer.moods[1]
        and layer.instrument not in attributes.excluded
    ]
    taken: set[int] = set()
    for name in attributes.instruments:
        playing = [place for place, layer in enumerate(layers) if layer.instrument == name and place not in taken]
        roles = ROLES[INSTRUMENTS[name].family]
        free = [p for role in roles for p, layer in enumerate(layers) if layer.role == role and p not in taken]
        if playing:  # it is there already: brought forward
            place = playing[0]
            layers[place] = replace(layers[place], level_db=max(layers[place].level_db + 2, -3.0))
        elif free:
            place = free[0]
            louder = max(layers[place].level_db + 2, 0.0)
            layers[place] = replace(layers[place], instrument=name, level_db=louder)
        else:
            place = len(layers)
            pan = (-0.35, 0.35, -0.15, 0.15)[place % 4]
            layers.append(Layer(roles[0], name, FIGURES.get(roles[0], ""), 0.0, pan))
        taken.add(place)
    if not any(layer.role == "melody" for layer in layers) and layers:  # somebody must have the tune
        layers.append(replace(layers[0], role="melody", level_db=1.0))
    return layers


def entering(events: Sequence[Event], role: str, plan: Plan) -> list[Event]:
    """A long piece grows: chords and bass, then drums, riffs and the tune, which rests every fourth phrase."""
    phrase = 4 * plan.beats_per_bar
    first = float(phrase) if role in ("melody", "drums", "riff") else 0.0
    if plan.beat_s * phrase > 9:  # a slow piece has no time to wait so long
        first /= 2
    rests = role == "melody"
    return [
        event for event in events if event.beat >= first and not (rests and int(event.beat // phrase) % 4 == 3)
    ]


def closing(plan: Plan, layer: Layer, events: Sequence[Event]) -> list[Event]:
    """The player's share of the last chord, held to the end."""
    if plan.closing is None or not events:
        return []
    instrument, chord = INSTRUMENTS[layer.instrument], plan.closing
    last = max(events, key=lambda event: event.beat).key
    if layer.role in ("bass", "walk", "boom"):
        keys: tuple[int, ...] = (harmony.nearest(instrument.low + 10, [chord.root]),)
    elif layer.role in ("melody", "counter"):
        keys = (harmony.nearest(last, [chord.root] if layer.role == "melody" else chord.tones),)
    elif layer.role in ("riff", "drone"):
        low = harmony.nearest(instrument.low + 5, [chord.root])
        keys = (low, low + 7, low + 12)
    else:
        keys = harmony.voice(chord.tones, (), centre(instrument, plan, layer.role), 4)
    return [Event(chord.start, chord.beats, key, 0.75) for key in keys]


def perform(events: Sequence[Event], plan: Plan, rng: Random, seconds: float) -> tuple[Note, ...]:
    """Events as notes in seconds: swing, a player's unevenness, and a swell over every four bars."""
    base = 80 + 17 * plan.energy
    phrase = 4.0 * plan.beats_per_bar
    loose = plan.style.loose
    notes = []
    for event in events:
        start = swung(event.beat, plan.style.swing) * plan.beat_s + (
            rng.gauss(0, 0.004 * loose) if event.beat else 0
        )
        length = swung(event.beat + event.beats, plan.style.swing) * plan.beat_s - start
        swell = 0.94 + 0.12 * math.sin(math.pi * (event.beat % phrase) / phrase)
        velocity = base * (0.5 + 0.65 * event.force) * swell + rng.gauss(0, 3.5 * loose)
        if start < seconds:
            velocity = min(max(round(velocity), 8), 127)
            notes.append(Note(max(start, 0.0), max(length, 0.03), event.key, velocity))
    return tuple(sorted(notes, key=lambda note: (note.start_s, note.key)))


def swung(beat: float, swing: float) -> float:
    """Where a beat falls. From 0.6 on the eighths swing, below that the sixteenths."""
    unit = 1.0 if swing >= 0.6 else 0.5
    whole, part = divmod(beat / unit, 1)
    late = part * 2 * swing if part < 0.5 else swing + (part - 0.5) * 2 * (1 - swing)
    return (whole + late) * unit
