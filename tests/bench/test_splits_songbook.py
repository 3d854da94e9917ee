"""The split `songbook`: the MusicXML reader on scores written by hand, the rules, and the real split."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsound.bench import assets, splits
from sightsound.bench.splits.media.manifest import SplitError
from sightsound.bench.splits.songbook import build as songbook
from sightsound.bench.splits.songbook.musicxml import MusicXmlError, Part, Tone, read
from sightsound.bench.splits.songbook.songs import SONGS, Song

NOTES = """<score-partwise><part-list><score-part id="P1"><part-name> Soprano
</part-name></score-part></part-list><part id="P1">{}</part></score-partwise>"""


def note(pitch: str = "C4", duration: int = 1, more: str = "", lyrics: str = "") -> str:
    """A <note>; `pitch` as `F#4`, empty for a rest."""
    step, alter, octave = pitch[:1], {"#": 1, "b": -1}.get(pitch[1:2], 0), pitch[-1:]
    inner = (
        f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
        if pitch
        else "<rest/>"
    )
    return f"<note>{more}{inner}<duration>{duration}</duration>{lyrics}</note>"


def lyric(text: str, syllabic: str = "single", row: str = "1") -> str:
    return f'<lyric number="{row}"><syllabic>{syllabic}</syllabic><text>{text}</text></lyric>'


def score(folder: Path, *measures: str, divisions: int = 1) -> Part:
    """The only part of a score of these measures."""
    bars = [f"<measure>{bar}</measure>" for bar in measures]
    bars[0] = bars[0].replace("<measure>", f"<measure><attributes><divisions>{divisions}</divisions></attributes>")
    path = folder / "score.xml"
    path.write_text(NOTES.format("".join(bars)))
    (part,) = read(path)
    return part


def test_notes_follow_one_another_in_quarters(tmp_path: Path) -> None:
    part = score(tmp_path, note("C4", 2) + note("", 1) + note("F#4", 1), note("Bb3", 3), divisions=2)
    assert part.name == "Soprano"
    assert part.tones == (Tone(0, 1, 60), Tone(1.5, 0.5, 66), Tone(2, 1.5, 58))


def test_chords_voices_and_gaps(tmp_path: Path) -> None:
    bar = note("C4", 4) + note("E4", 4, "<chord/>") + "<backup><duration>4</duration></backup>"
    bar += "<forward><duration>1</duration></forward>" + note("C3", 1, "<voice>2</voice>")
    part = score(tmp_path, bar, note("G4"))
    assert part.tones == (Tone(0, 4, 60), Tone(0, 4, 64), Tone(1, 1, 48), Tone(4, 1, 67))


def test_ties_are_one_note_and_a_repeated_note_is_two(tmp_path: Path) -> None:
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    part = score(tmp_path, note("C4", 1, start), note("C4", 2, stop + start) + note("C4", 1, stop) + note("C4", 1))
    assert part.tones == (Tone(0, 4, 60), Tone(4, 1, 60))


def test_grace_notes_take_no_time_and_are_left_out(tmp_path: Path) -> None:
    grace = "<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>"
    assert score(tmp_path, grace + note("C4")).tones == (Tone(0, 1, 60),)


def test_syllables_are_joined_and_rows_kept_apart(tmp_path: Path) -> None:
    bar = note(lyrics=lyric("Je", "begin") + lyric("O", row="2")) + note(lyrics=lyric("su", "end"))
    bar += note(lyrics=lyric("mei", "begin") + lyric("Welt_ich", row="2"))
    bar += note(lyrics=lyric("n", "middle")) + note(lyrics=lyric("e,", "end")) + note(lyrics=lyric(" ", "single"))
    part = score(tmp_path, bar + note(lyrics=lyric("zehn", row="10")))
    assert part.rows == ("Jesu meine,", "O Welt ich", "zehn")


def test_two_texts_on_one_note_are_two_words(tmp_path: Path) -> None:
    both = '<lyric number="1"><text>la</text><elision/><text>e</text></lyric>'
    assert score(tmp_path, note(lyrics=both)).rows == ("la e",)


def test_a_packed_score_is_the_same(tmp_path: Path) -> None:
    plain = score(tmp_path, note("C4"))
    container = '<container><rootfiles><rootfile full-path="in/score.xml"/></rootfiles></container>'
    with zipfile.ZipFile(tmp_path / "score.mxl", "w") as packed:
        packed.writestr("META-INF/container.xml", container)
        packed.writestr("in/score.xml", (tmp_path / "score.xml").read_text())
    assert read(tmp_path / "score.mxl") == [plain]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xml", b"<score-partwise>", "cannot be read as MusicXML"),
        ("a.xml", b"<score-timewise/>", "only score-partwise"),
        ("a.mxl", b"no zip", "cannot be read as MusicXML"),
        ("a.xml", NOTES.format("<measure>" + note("H4") + "</measure>").encode(), "cannot be read as MusicXML"),
        ("a.xml", NOTES.format("<measure>" + note("C") + "</measure>").encode(), "cannot be read as MusicXML"),
    ],
)
def test_what_is_no_score_is_told_on_one_line(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MusicXmlError, match=reason) as found:
        read(tmp_path / name)
    assert str(tmp_path / name) in str(found.value) and "\n" not in str(found.value)


def test_a_missing_score_and_a_container_without_one(tmp_path: Path) -> None:
    with pytest.raises(MusicXmlError, match="No such file"):
        read(tmp_path / "none.mxl")
    with zipfile.ZipFile(tmp_path / "a.mxl", "w") as packed:
        packed.writestr("META-INF/container.xml", "<container/>")
    with pytest.raises(MusicXmlError, match="names no score"):
        read(tmp_path / "a.mxl")


# ---- the words


def test_the_words_are_the_first_sung_part_s_or_those_that_are_named() -> None:
    parts = [
        Part("Piano", (), ()),
        Part("Solo", (), ("1. Verse one", "2.Verse two")),
        Part("Choir", (), ("Refrain",)),
    ]
    assert songbook.words(parts, Song("a", "a.mxl", "A")) == "Verse one\nVerse two"
    assert songbook.words(parts, Song("a", "a.mxl", "A", ("Choir", "Solo"))) == "Refrain\nVerse one\nVerse two"
    with pytest.raises(SplitError, match="no words"):
        songbook.words(parts[:1], Song("a", "a.mxl", "A"))
    with pytest.raises(SplitError, match="no words"):
        songbook.words([Part("Solo", (), ("1. 2. --",))], Song("a", "a.mxl", "A"))


def test_every_song_has_a_title_of_its_own() -> None:
    assert len(SONGS) == len({song.id for song in SONGS}) == len({song.title for song in SONGS}) == 201
    assert all(song.title == song.title.strip() and song.title[0].isupper() for song in SONGS)


# ---- the real split (its scores come from the package registry, once, into the shared cache)


@pytest.fixture(scope="module")
def split() -> splits.Split:
    return splits.load("songbook", task="lyrics2prompt")


def test_the_real_split(split: splits.Split) -> None:
    assert split.hash == songbook.CARD.hash
    assert len(split.examples) == len(splits.load("songbook", task="music2prompt").examples) == 201
    assert splits.verify("songbook") == []
    assert len({example.lyrics for example in split.examples}) == 201
    for example in split.examples:
        assert example.group == example.id and example.reference_text and example.lyrics
        assert len(example.lyrics) > 60 and not set("<>{}[]_") & set(example.lyrics)
        assert not example.caption and not example.story


def test_the_music_is_ten_seconds_and_never_silent(split: splits.Split) -> None:
    for example in split.examples[::10]:
        samples, rate_hz = soundfile.read(example.audio)
        assert rate_hz == 32000 and samples.shape == (320000,)
        seconds = np.sqrt(np.mean(samples.reshape(10, -1) ** 2, axis=1))
        assert seconds.min() > 0.01


def test_words_as_they_are_sung(split: splits.Split) -> None:
    found = {example.id: example for example in split.examples}
    assert found["bach.bwv265"].lyrics == (
        "Als Jesus Christus in der Nacht, darin er ward verrathen, auf unser Heil war ganz bedacht, dasselb' uns "
        "zu erstatten."
    )
    # a repeat: the first row up to it, the second row from its beginning again and on
    first, second = (found["bach.bwv309"].lyrics or "").split("\n")
    assert first.startswith("Es steh'n vor Gottes Throne") and second.endswith("als jemals ist gebor'n.")
    assert len((found["johnson.lift_every_voice"].lyrics or "").split("\n")) == 3
    solo, _, choir, _ = (found["liliuokalani.aloha_oe"].lyrics or "").split("\n")
    assert solo.startswith("Haaheo ka ua") and choir.startswith("Aloha oe")


def test_a_real_melody() -> None:
    soprano = read(assets.fetch("songbook") / "bach/bwv80.8.mxl")[0]  # Ein feste Burg, in D
    assert [tone.key for tone in soprano.tones[:9]] == [74, 74, 74, 69, 71, 73, 74, 73, 71]
    assert [part.name for part in read(assets.fetch("songbook") / "bach/bwv80.8.mxl")] == [
        "Soprano",
        "Alto",
        "Tenor",
        "Bass",
    ]
