"""The genres, as tables: who plays, what figure, how fast, over which chords and drums.

A figure has 16 characters for a bar of four (12 are read for a bar of three), a sixteenth each.
Chords: `x` strikes, `X` strikes harder, `-` holds, `.` rests. Bass: 1 3 5 8 are tones of the chord, `a` leads to
the next root. Other figures are made by rule and named.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One player's part in a style."""

    role: str
    """Which writer of `parts.py`: pad, comp, strum, arp, bass, walk, melody, counter, riff or drone."""
    instrument: str
    """Key of `vocabulary.INSTRUMENTS`."""
    figure: str = ""
    """Rhythm, for comp, strum, bass and riff; `up`, `down` or `wave` for arp."""
    level_db: float = 0.0
    """Loudness beside the other layers."""
    pan: float = 0.0
    """-1 left to 1 right."""
    energies: tuple[float, float] = (-1.0, 1.0)
    """Plays where the piece's energy lies between."""
    moods: tuple[float, float] = (-1.0, 1.0)
    """Plays where the piece's valence lies between."""


@dataclass(frozen=True)
class Style:
    """A genre."""

    tempo_bpm: tuple[float, float]
    """Slowest and fastest usual tempo."""
    valence: float
    """Usual mood, -1 to 1."""
    energy: float
    """Usual drive, -1 to 1."""
    layers: tuple[Layer, ...]
    """The players."""
    modes: tuple[str, str, str] = ("minor", "dorian", "major")
    """Mode of a dark, a middling and a bright piece."""
    size: str = "triad"
    """Chord size, key of `harmony.SIZES`."""
    progressions: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Own progressions in minor and in major modes; empty: those of the mode."""
    tune_scale: tuple[str, str] = ("", "")
    """The melody's own scale in minor and in major modes; empty: the mode."""
    swing: float = 0.5
    """Where the second half of a beat falls: 0.5 straight, 0.67 triplets."""
    chord_s: float = 2.2
    """About how long a chord lasts, in seconds."""
    grooves: tuple[str, str] = ("ballad", "rock")
    """Drum groove below and above an energy of 0.15."""
    kit: int = 0
    """Drum kit (program of bank 128)."""
    drums_db: float = 0.0
    """Loudness of the drums beside the other players."""
    drums_when: float = -1.0
    """Least energy at which drums play unasked."""
    loose: float = 1.0
    """How freely the players time their notes, 0 is a machine."""
    drive: float = 0.2
    """How hard the sum is pressed, 0 to 1."""
    reverb: float = 0.2
    """Share of the room."""
    threes: float = 0.0
    """How often the bar has three beats."""
    density: float = 0.0
    """Added to the energy where the melody's rhythm is chosen."""
    ends: bool = True
    """Closes on the tonic; False for loops that are cut."""
    hints: tuple[str, ...] = ()
    """Instruments that speak for the genre."""


_JAZZ = (("2 5d 1 1", "1 4 2 5d", "1 6 2 5d"), ("2 5d 1 6d", "1 6d 2 5d", "3 6d 2 5d", "2 5d 1 1"))
_BLUES = (("1 4 1 5d", "1 1 4 1", "1 4 5d 1"), ("1d 4d 1d 5d", "1d 1d 4d 1d", "1d 4d 5d 1d"))

STYLES: dict[str, Style] = {
    "orchestral": Style(
        (56, 150), 0.0, 0.4, grooves=("march", "war"), kit=48, drums_when=0.1, drums_db=-8, reverb=0.5,
        drive=0.0,
        progressions=(("1 6 3 7", "1 7 6 7", "1 6 4 5d", "1 4 6 5d"), ("1 5 6 4", "1 4 1 5", "4 5 1 6",
        "1 3 4 5")),
        modes=("minor", "dorian", "lydian"), hints=("brass", "horn", "timpani", "taiko", "trumpet", "trombone"),
        layers=(
            Layer("pad", "strings", level_db=0),
            Layer("melody", "horn", level_db=2, pan=-0.2, energies=(0.0, 1.0)),
            Layer("melody", "oboe", level_db=0, pan=0.1, energies=(-1.0, 0.0), moods=(0.0, 1.0)),
            Layer("melody", "cello", level_db=1, pan=0.2, energies=(-1.0, 0.0), moods=(-1.0, 0.0)),
            Layer("bass", "cello", "1---------------", -2, 0.3, (-1.0, 0.2)),
            Layer("bass", "low strings", "1...1...1...1.5.", 0, 0.3, (0.2, 1.0)),
            Layer("comp", "brass", "X-----x-X-------", 0, 0.25, (0.35, 1.0)),
            Layer("arp", "strings", "wave", 0, -0.4, (0.2, 1.0)),
            Layer("counter", "choir", level_db=-1, energies=(0.5, 1.0)),
            Layer("bass", "timpani", "1.......1.....11", -3, -0.1, (0.3, 1.0)),
            Layer("arp", "harp", "wave", -7, 0.4, (-1.0, 0.2)),
        )),
    "chamber": Style(
        (60, 140), 0.3, -0.2, drums_when=2.0, grooves=("march", "war"), kit=48, reverb=0.3, drive=0.0,
        threes=0.35, density=0.2, chord_s=1.9,
        modes=("minor", "harmonic minor", "major"), hints=("harpsichord", "violin", "cello", "oboe"),
        progressions=(("1 4 5d 1", "1 6 4 5d", "1 5d 1 4"), ("1 4 5d 1", "1 6 2 5d", "1 5d 6 4", "1 2 5d 1")),
        layers=(
            Layer("melody", "violin", level_db=2, pan=-0.4),
            Layer("counter", "violin", level_db=-4, pan=-0.15),
            Layer("arp", "strings", "wave", -3, 0.15, (0.1, 1.0)),
            Layer("pad", "strings", level_db=-5, pan=0.1),
            Layer("arp", "piano", "wave", -3, 0.0, (-1.0, 0.1)),
            Layer("arp", "harpsichord", "up", -9, 0.1, (0.1, 1.0)),
            Layer("bass", "cello", "1---3---5---3---", -1, 0.4),
        )),
    "ambient": Style(
        (50, 84), 0.1, -0.8, drums_when=0.3, reverb=0.8, drive=0.0, size="add9", chord_s=4.5, density=-0.7,
        modes=("minor", "dorian", "lydian"), grooves=("still", "broken"), kit=24, ends=False, hints=("pad",),
        progressions=(("1 6", "1 4", "1 3"), ("1 4", "1 2", "1 6")),
        layers=(
            Layer("pad", "pad", level_db=2, pan=-0.15),
            Layer("pad", "strings", level_db=-4, pan=0.3),
            Layer("drone", "pad", level_db=-3),
            Layer("melody", "vibraphone", level_db=-5, pan=0.3, moods=(-0.3, 1.0)),
            Layer("melody", "piano", level_db=-3, pan=-0.2, moods=(-1.0, -0.3)),
            Layer("arp", "celesta", "up", -14, 0.5, (-0.5, 1.0)),
            Layer("counter", "choir", level_db=-7),
        )),
    "folk": Style(
        (72, 150), 0.4, 0.0, drums_when=0.0, grooves=("frame drum", "dance"), kit=0, threes=0.3, density=0.3,
        modes=("dorian", "dorian", "major"), chord_s=1.8, reverb=0.25,
        hints=("recorder", "accordion", "bagpipe", "banjo", "nylon guitar"),
        progressions=(("1 7 1 7", "1 7 6 7", "1 4 7 1"), ("1 4 1 5", "1 5 4 1", "1 4 5 1", "1 6 4 5")),
        layers=(
            Layer("melody", "recorder", level_db=1, pan=-0.2, moods=(0.1, 1.0)),
            Layer("melody", "violin", level_db=1, pan=-0.2, moods=(-1.0, 0.1)),
            Layer("counter", "flute", level_db=-5, pan=0.35),
            Layer("strum", "steel guitar", "X...x.x...x.x.x.", 0, 0.3),
            Layer("arp", "harp", "wave", -4, -0.45),
            Layer("drone", "accordion", level_db=-8),
            Layer("bass", "acoustic bass", "1-------5-------", -1),
        )),
    "jazz": Style(
        (66, 190), 0.3, 0.0, swing=0.66, size="seventh", drums_when=-0.75, grooves=("swing", "bop"), kit=32,
        modes=("minor", "dorian", "major"), progressions=_JAZZ, density=0.3, chord_s=1.9, loose=1.4,
        hints=("saxophone", "acoustic bass", "vibraphone", "jazz guitar", "clarinet"),
        layers=(
            Layer("walk", "acoustic bass", level_db=1),
            Layer("comp", "piano", "x-....x-......x.", 0, -0.3),
            Layer("comp", "jazz guitar", "x...x...x...x...", -7, 0.4, (-0.3, 1.0)),
            Layer("melody", "saxophone", level_db=2, pan=0.15),
        )),
    "blues": Style(
        (56, 130), -0.1, 0.0, swing=0.66, drums_when=-0.7, grooves=("ballad", "shuffle"), drive=0.35,
        modes=("dorian", "mixolydian", "mixolydian"), progressions=_BLUES, tune_scale=("blues", "blues"),
        size="seventh", loose=1.4, hints=("harmonica",), density=0.15,
        layers=(
            Layer("bass", "electric bass", "1...1.3.5...5.a.", 0),
            Layer("comp", "organ", "x---..x-x---..x-", -7, -0.35),
            Layer("strum", "electric guitar", "x.x.X.x.x.x.X.x.", -2, 0.4),
            Layer("melody", "overdriven guitar", level_db=1, pan=-0.1, energies=(-0.2, 1.0)),
            Layer("melody", "harmonica", level_db=1, pan=-0.1, energies=(-1.0, -0.2)),
            Layer("comp", "piano", "....x.......x.x.", -5, -0.2),
        )),
    "rock": Style(
        (84, 168), 0.2, 0.6, grooves=("rock", "drive"), kit=16, drums_db=-1.5, drive=0.75,
        modes=("minor", "mixolydian", "major"),
        tune_scale=("minor pentatonic", "major pentatonic"), reverb=0.12, size="triad",
        hints=("overdriven guitar", "electric guitar"),
        layers=(
            Layer("riff", "overdriven guitar", "X-x-x-x-X-x-x-x-", 1, -0.55),
            Layer("riff", "distortion guitar", "X---x-x-X---x-x-", -1, 0.55, (0.0, 1.0)),
            Layer("bass", "electric bass", "1.1.1.1.1.1.1.5.", 0),
            Layer("strum", "electric guitar", "X...x.x.X.x.x.x.", -3, 0.4, (-1.0, 0.0)),
            Layer("melody", "overdriven guitar", level_db=0, pan=0.1),
        )),
    "metal": Style(
        (96, 190), -0.5, 0.9, grooves=("half time", "double kick"), kit=16, drums_db=-2.5, drive=1.0,
        reverb=0.08,
        modes=("phrygian", "harmonic minor", "minor"), tune_scale=("", ""), hints=("distortion guitar",),
        progressions=(("1 2 1 7", "1 6 7 1", "1 1 2 1"), ("1 6 7 1", "1 7 6 5")), density=0.2,
        layers=(
            Layer("riff", "distortion guitar", "X---xxx.xxx.X-x-", 2, -0.75),
            Layer("riff", "distortion guitar", "X---xxx.xxx.X-x-", 2, 0.75),
            Layer("bass", "electric bass", "1.111.111.1111..", -1),
            Layer("melody", "distortion guitar", level_db=-5, pan=0.1),
        )),
    "pop": Style(
        (84, 132), 0.6, 0.4, grooves=("ballad", "pop"), drive=0.4, modes=("minor", "major", "major"), kit=0,
        tune_scale=("", "major pentatonic"), reverb=0.18,
        layers=(
            Layer("strum", "steel guitar", "x...x.x.x.x.x.x.", -3, 0.4),
            Layer("comp", "piano", "X---x-..x-x-x---", -1, -0.25),
            Layer("pad", "pad", level_db=-6),
            Layer("bass", "electric bass", "1..1..1.1..1..5.", 0),
            Layer("melody", "synth lead", level_db=-1, pan=0.05, energies=(0.0, 1.0)),
            Layer("melody", "electric piano", level_db=1, energies=(-1.0, 0.0)),
            Layer("counter", "choir", level_db=-7),
        )),
    "funk": Style(
        (92, 124), 0.5, 0.6, grooves=("soul", "funk"), drums_db=2, drive=0.45, size="ninth",
        modes=("dorian", "dorian", "mixolydian"),
        progressions=(("1 4d", "1 1 4d 1", "1 7"), ("1d 4d", "1d 1d 4d 1d")), reverb=0.08, density=0.1,
        ends=False,
        tune_scale=("minor pentatonic", "blues"), hints=("slap bass",), chord_s=2.4,
        layers=(
            Layer("bass", "slap bass", "1..8..1.a8..1.5a", 2),
            Layer("comp", "electric guitar", "..x.x..xx.x..xx.", -3, 0.5),
            Layer("comp", "electric piano", "x-....x-.....x..", -3, -0.4),
            Layer("comp", "brass", "X.......X-....X.", -2, 0.2),
            Layer("melody", "saxophone", level_db=-1, pan=-0.1),
        )),
    "electronic": Style(
        (100, 148), 0.1, 0.7, grooves=("broken", "techno"), kit=24, loose=0.0, drive=0.7, reverb=0.2,
        modes=("minor", "minor", "major"),
        progressions=(("1 6 3 7", "1 1 6 7", "1 7 6 6"), ("1 5 6 4", "6 4 1 5")),
        ends=False, hints=("synth lead", "synth bass"), density=-0.2,
        layers=(
            Layer("bass", "synth bass", "..1...1...1...1.", 2, energies=(0.15, 1.0)),
            Layer("bass", "synth bass", "1-----1-..1-....", 2, energies=(-1.0, 0.15)),
            Layer("comp", "saw chords", "x..x..x.x..x..x.", -1, 0.15),
            Layer("arp", "synth lead", "wave", -4, -0.4),
            Layer("pad", "pad", level_db=-4),
            Layer("melody", "synth lead", level_db=-3, pan=0.3),
        )),
    "hiphop": Style(
        (68, 100), -0.1, 0.1, swing=0.58, grooves=("boom bap", "trap"), kit=25, size="seventh", drums_db=4,
        drive=0.55, ends=False,
        modes=("minor", "dorian", "dorian"),
        progressions=(("1 6", "1 4", "2 5d 1 1", "1 7 6 7"), ("2 5d 1 6", "4 3")),
        tune_scale=("minor pentatonic", "major pentatonic"), density=-0.4, reverb=0.12, chord_s=2.8,
        layers=(
            Layer("bass", "synth bass", "1------.1-..5-..", 3),
            Layer("comp", "electric piano", "x-----x---......", -1, -0.3),
            Layer("pad", "strings", level_db=-8, pan=0.3, moods=(-1.0, 0.2)),
            Layer("melody", "vibraphone", level_db=-4, pan=0.3),
        )),
    "reggae": Style(
        (66, 96), 0.5, 0.1, grooves=("one drop", "steppers"), drive=0.3, modes=("minor", "dorian", "major"),
        progressions=(("1 4", "1 7", "1 4 7 1"), ("1 4", "1 5 6 4", "1 2")), reverb=0.15, swing=0.56,
        tune_scale=("minor pentatonic", "major pentatonic"), ends=False,
        layers=(
            Layer("bass", "electric bass", "1---..5-3-1-..5-", 3),
            Layer("comp", "electric guitar", "....X.......X...", 0, 0.4),
            Layer("comp", "organ", "..x.x.x...x.x.x.", -4, -0.4),
            Layer("melody", "trombone", level_db=-1, pan=0.1),
        )),
    "latin": Style(
        (88, 132), 0.6, 0.4, grooves=("bossa", "salsa"), size="seventh",
        modes=("minor", "harmonic minor", "major"),
        progressions=(("1 4 5d 1", "1 7 6 5d", "2 5d 1 1"), ("1 6d 2 5d", "1 4 5d 4", "1 2 5d 1")), density=0.2,
        hints=("nylon guitar", "accordion", "marimba"), chord_s=1.9,
        layers=(
            Layer("bass", "acoustic bass", "1-----5-8-----5-", 1),
            Layer("comp", "nylon guitar", "x..x..x.x..x..x.", 0, 0.35),
            Layer("comp", "piano", "X.x.x..xx.x.x..x", -1, -0.3, (0.1, 1.0)),
            Layer("melody", "trumpet", level_db=0, pan=0.05, energies=(0.15, 1.0)),
            Layer("melody", "flute", level_db=0, pan=0.05, energies=(-1.0, 0.15)),
            Layer("counter", "marimba", level_db=-5, pan=0.4),
        )),
    "soul": Style(
        (62, 108), 0.3, -0.1, grooves=("ballad", "soul"), size="ninth", modes=("minor", "dorian", "major"),
        swing=0.54,
        progressions=(("1 4 7 3", "6 2 5d 1", "1 4"), ("1 6 2 5d", "4 3 2 1", "1 3 4 5")), drive=0.3, loose=1.3,
        tune_scale=("minor pentatonic", "major pentatonic"), hints=("electric piano", "organ"), chord_s=2.3,
        layers=(
            Layer("bass", "electric bass", "1--1..5.8-..5.a.", 1),
            Layer("comp", "electric piano", "x-----x-x---....", 0, -0.3),
            Layer("pad", "organ", level_db=-9, pan=0.3),
            Layer("counter", "choir", level_db=-5),
            Layer("comp", "electric guitar", "....x.......x...", -5, 0.45),
            Layer("melody", "saxophone", level_db=0),
        )),
    "country": Style(
        (80, 138), 0.5, 0.2, grooves=("brush", "train"), modes=("minor", "mixolydian", "major"),
        reverb=0.15, drive=0.2,
        progressions=((), ("1 4 1 5", "1 4 5 1", "1 5 4 1", "1 1 4 5")), tune_scale=("", "major pentatonic"),
        hints=("banjo", "harmonica", "steel guitar"), density=0.2, chord_s=2.0,
        layers=(
            Layer("bass", "acoustic bass", "1---....5---....", 0),
            Layer("strum", "steel guitar", "x...X.x.x...X.x.", 0, 0.35),
            Layer("arp", "banjo", "up", -4, -0.45, (-0.1, 1.0)),
            Layer("melody", "violin", level_db=0, pan=-0.15, energies=(0.1, 1.0)),
            Layer("melody", "harmonica", level_db=0, pan=-0.15, energies=(-1.0, 0.1)),
        )),
    "newage": Style(
        (54, 96), 0.2, -0.7, drums_when=0.6, grooves=("still", "ballad"), reverb=0.55, drive=0.0, size="add9",
        modes=("minor", "dorian", "major"), chord_s=2.9, density=0.0, threes=0.25, hints=("piano", "harp"),
        progressions=(("1 6 3 7", "1 6 4 5d", "1 4 1 5d"), ("1 5 6 4", "1 4 6 5", "4 1 5 6")),
        layers=(
            Layer("melody", "piano", level_db=2, pan=0.05),
            Layer("arp", "piano", "wave", 0, -0.1),
            Layer("bass", "piano", "1---------------", -1),
            Layer("pad", "strings", level_db=-9, energies=(-0.6, 1.0)),
        )),
}  # fmt: skip
