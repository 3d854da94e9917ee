"""The split `songbook`: sung scores in the public domain, their words, and the music played by a soundfont.

Which songs, and why those, is in songs.py; docs/splits-reversed.md has the licences and what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.bench.core import media, registry
from sightsound.bench.core.types import Example, SplitCard
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.songbook.musicxml import Part, read
from sightsound.bench.splits.songbook.songs import SONGS, Song

CLIP_S = 10.0
QUARTERS_PER_MINUTE = 72.0  # of all songs: hardly a score says its tempo
VELOCITY = 88
CHOIR, PIANO = 52, 0  # General MIDI programs: Choir Aahs, Acoustic Grand Piano
VOICES = ("soprano", "alto", "tenor", "bass", "voice")  # a part called so is sung, words or not
SOUNDFONT = "TimGM6mb.sf2"
RATE_HZ = 32000

CARD = SplitCard(
    name="songbook",
    tasks=("lyrics2prompt", "music2prompt"),
    entry="sightsound.bench.splits.songbook.build:build",
    assets=("songbook", "soundfont"),
    licence=(
        "words and tunes: public domain; encodings: distributed with music21 by permission of the encoders, the "
        "five songs as each file says (CC0, CC BY-SA, public domain); soundfont: GPL-2.0"
    ),
    source="music21 10.5.1's corpus: 196 chorales harmonised by J. S. Bach and five songs",
    description=(
        "201 songs, each another hymn or song: the words as sung, a line a row of the score; the title as "
        "reference; the first 10 s at 72 quarter notes a minute, voices played by a choir patch that sings no "
        "words, without repeats."
    ),
    known=(
        "The reference is a title, no image prompt, and most hymns are called by their first line: a system that "
        "hands back the first words is close to it, see the row `reference_lyrics:opening`. 197 of 201 are "
        "German, which the pocket networks hardly read; 196 are one composer's chorales. Nothing is sung in the "
        "audio: transcribing it gives no lyrics."
    ),
    hash="4bfbf1439dd1121445bf8e98dd687b746f5ab5ab26db711c208b49fa2d8da08d",
)


def build(folder: Path, assets: Mapping[str, Path]) -> None:
    """Write the split into `folder` from the scores at `assets["songbook"]`, played with `assets["soundfont"]`.

    Raises MusicXmlError for a score that cannot be read and SplitError for one without words or notes.
    """
    composer: Any = registry.load(
        "sightsound.baselines.composer"
    )  # the harness imports no system before it is asked for
    font = assets["soundfont"] / SOUNDFONT
    renderer = composer.Renderer(font, RATE_HZ)
    played = f"@0+{CLIP_S} played with {SOUNDFONT} sha256:{media.file_sha256(font)}"
    (folder / "audio").mkdir(exist_ok=True)
    rows = []
    for song in SONGS:
        score = assets["songbook"] / song.file
        parts = read(score)
        audio = folder / "audio" / f"{song.id}.wav"
        samples = renderer.render(_playable(composer, parts, song), CLIP_S)
        media.write_audio(audio, samples.mean(axis=0), RATE_HZ)
        example = Example(
            id=song.id, group=song.id, lyrics=words(parts, song), audio=audio, reference_text=song.title
        )
        origin = f"{song.file} sha256:{media.file_sha256(score)}"
        rows.append(manifest.Row(example, f"lyrics={origin}; audio={origin}{played}"))
    manifest.write(folder, rows)


def words(parts: Sequence[Part], song: Song) -> str:
    """The song's words, a line a row of the score. Raises SplitError where there are none."""
    named = [part for name in song.sung for part in parts if part.name == name]
    sung = named or [part for part in parts if part.rows][:1]
    rows = [re.sub(r"^\d+\. *", "", row) for part in sung for row in part.rows]  # numbers of verses are not sung
    if not any(letter.isalpha() for row in rows for letter in row):
        raise SplitError(f"{song.file}: no words under its notes")
    return "\n".join(rows)


def _playable(composer: Any, parts: Sequence[Part], song: Song) -> Any:
    """The first seconds of the score as the player takes them (`sightsound.baselines.composer.score.Score`)."""
    second = QUARTERS_PER_MINUTE / 60  # in quarter notes
    tracks = []
    for place, part in enumerate(parts):
        notes = tuple(
            composer.Note(tone.start / second, tone.length / second, tone.key, VELOCITY)
            for tone in part.tones
            if tone.start / second < CLIP_S and tone.length > 0
        )
        sung = bool(part.rows) or any(voice in part.name.lower() for voice in VOICES)
        pan = 0.0 if len(parts) < 2 else 0.8 * place / (len(parts) - 1) - 0.4
        role, program = ("melody", CHOIR) if sung else ("pad", PIANO)
        if notes:
            tracks.append(composer.Track(role, part.name, program, notes, pan=pan))
    if not tracks:
        raise SplitError(f"{song.file}: no notes in its first {CLIP_S:.0f} s")
    return composer.Score(
        genre="song",
        tempo_bpm=QUARTERS_PER_MINUTE,
        beats_per_bar=4,
        tonic=0,
        mode="major",
        drive=0.0,
        tracks=tuple(tracks),
    )
