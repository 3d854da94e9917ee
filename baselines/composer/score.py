"""What the composer hands to the synthesiser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One key held down."""

    start_s: float
    """When it begins, in seconds from the start of the piece."""
    length_s: float
    """How long the key is held; the sound rings on for its release."""
    key: int
    """MIDI key, 60 is middle C; on a drum track the drum's key."""
    velocity: int
    """1..127."""


@dataclass(frozen=True)
class Track:
    """One player."""

    role: str
    """What it does: `melody`, `bass`, `pad`, `drums` ..."""
    instrument: str
    """Name in the instrument table, or `drums`."""
    program: int
    """General MIDI program, 0..127; for drums the kit."""
    notes: tuple[Note, ...]
    """Ordered by start."""
    drums: bool = False
    """True where the keys name drums."""
    pan: float = 0.0
    """-1 is left, 1 is right."""
    level_db: float = 0.0
    """Loudness beside the other tracks."""
    reverb: float = 0.2
    """Share sent to the room, 0..1."""


@dataclass(frozen=True)
class Score:
    """A whole piece."""

    genre: str
    """Name of the style it was written in."""
    tempo_bpm: float
    """Quarter notes a minute."""
    beats_per_bar: int
    """3 or 4 quarter notes."""
    tonic: int
    """Pitch class of the key note, 0 is C."""
    mode: str
    """Name of the scale."""
    drive: float
    """How hard the sum is pressed, 0 (not at all) to 1."""
    tracks: tuple[Track, ...]
    """The players."""
