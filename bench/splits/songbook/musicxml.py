"""What is sung and played in a MusicXML score: the notes in seconds and the words row by row.

Layout: W3C MusicXML 4.0, `score-partwise`, plain or packed (.mxl). Read as written: repeats are not played again,
ornaments and grace notes are left out. One tempo holds for the whole score.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from sightsound.bench.core.errors import BenchError

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class MusicXmlError(BenchError):
    """A score that cannot be read."""


@dataclass(frozen=True)
class Tone:
    """One sounding note, ties joined."""

    start: float
    """Onset in quarter notes from the beginning."""
    length: float
    """In quarter notes."""
    key: int
    """MIDI key, 60 is middle C."""


@dataclass(frozen=True)
class Part:
    """One line of the score: a voice or an instrument."""

    name: str
    """As the score prints it, spaces stripped."""
    tones: tuple[Tone, ...]
    """By onset, then key."""
    rows: tuple[str, ...]
    """The words under the notes, a text a row (a verse, or a repeat of the music), syllables joined."""


def read(path: Path) -> list[Part]:
    """The parts of a score in order. Raises MusicXmlError for what is no MusicXML that is understood here."""
    try:
        root = _root(path)
        if root.tag != "score-partwise":
            raise MusicXmlError(f"{path}: a <{root.tag}>; only score-partwise is read")
        names = {one.get("id"): one.findtext("part-name") or "" for one in root.iter("score-part")}
        return [_part(part, names.get(part.get("id"), "").strip()) for part in root.findall("part")]
    except (ElementTree.ParseError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise MusicXmlError(f"{path}: cannot be read as MusicXML ({error})") from error


def _root(path: Path) -> Element:
    if path.suffix != ".mxl":
        return ElementTree.parse(path).getroot()
    with zipfile.ZipFile(path) as packed:
        container = ElementTree.fromstring(packed.read("META-INF/container.xml"))
        names = [one.get("full-path", "") for one in container.iter() if one.tag.endswith("rootfile")]
        if not names:
            raise ValueError("its container names no score")
        return ElementTree.fromstring(packed.read(names[0]))


def _part(part: Element, name: str) -> Part:
    sounding: dict[tuple[str, int], int] = {}  # (voice, key) of a tie that is open -> its place in `tones`
    tones: list[Tone] = []
    words: dict[str, list[tuple[str, bool]]] = {}  # row -> syllables, and whether the word ends with each
    for start, length, note in _notes(part):
        for lyric in note.findall("lyric"):
            texts = [text for one in lyric.findall("text") if (text := (one.text or "").strip())]
            if texts:
                ends = lyric.findtext("syllabic") not in ("begin", "middle")
                words.setdefault(lyric.get("number") or "1", []).append((" ".join(texts), ends))
        pitch = note.find("pitch")
        if pitch is None or note.find("grace") is not None:
            continue
        key, voice = _key(pitch), note.findtext("voice") or "1"
        ties = {tie.get("type") for tie in note.findall("tie")}
        place = sounding.pop((voice, key), None) if "stop" in ties else None
        if place is not None:
            tones[place] = Tone(tones[place].start, start + length - tones[place].start, key)
        else:
            place = len(tones)
            tones.append(Tone(start, length, key))
        if "start" in ties:
            sounding[voice, key] = place
    rows = tuple(_joined(words[row]) for row in sorted(words, key=lambda row: (len(row), row)))
    return Part(name, tuple(sorted(tones, key=lambda tone: (tone.start, tone.key))), rows)


def _notes(part: Element) -> Iterator[tuple[float, float, Element]]:
    """Onset and length in quarter notes of every <note> of a part, rests and grace notes included."""
    divisions, bar_start = 1.0, 0.0
    for measure in part.findall("measure"):
        now, last, furthest = bar_start, bar_start, bar_start
        for element in measure:
            length = float(element.findtext("duration") or 0) / divisions
            if element.tag == "attributes":
                divisions = float(element.findtext("divisions") or divisions)
            elif element.tag == "backup":
                now -= length
            elif element.tag == "forward":
                now += length
            elif element.tag == "note":
                if element.find("chord") is None:
                    last, now = now, now + length
                yield last, length, element
            furthest = max(furthest, now)
        bar_start = furthest


def _key(pitch: Element) -> int:
    """MIDI key of a <pitch>; a fraction of a semitone is rounded."""
    step, octave = pitch.findtext("step") or "", int(pitch.findtext("octave") or "")
    return 12 * (octave + 1) + _STEPS[step] + round(float(pitch.findtext("alter") or 0))


def _joined(syllables: list[tuple[str, bool]]) -> str:
    """Syllables as a text: `[("Je", False), ("su", True)]` -> `Jesu`. Elisions become spaces."""
    text = "".join(syllable + (" " if ends else "") for syllable, ends in syllables)
    return re.sub(r"[\s_]+", " ", text).strip()
