"""The pocket music generator: what it reads from a prompt, what it writes, and how that sounds.

The first half needs no file. The second half plays, on a soundfont made here: a looped triangle wave for
every program and a burst of noise for the drums, so that nothing is downloaded and pitches are known exactly.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsound.baselines.composer import (
    Composer,
    Note,
    Renderer,
    Score,
    Track,
    attributes,
    compose,
    harmony,
    synth,
)
from sightsound.baselines.composer.arrange import make_plan, swung
from sightsound.baselines.composer.drums import GROOVES
from sightsound.baselines.composer.render import PEAK
from sightsound.baselines.composer.soundfont import read_soundfont
from sightsound.baselines.composer.styles import STYLES
from sightsound.baselines.composer.vocabulary import GENRES, INSTRUMENTS, MOODS, SCENES
from sightsound.baselines.composer.words import TEMPO_RANGE_BPM, find

SAD = "A slow, sad and melancholic piano ballad with mournful strings"
ENERGETIC = "Energetic, driving rock with heavy electric guitars, bass and pounding drums"
EPIC = (  # the example answer in the prompt of Mozart's Touch (MozartsTouch/utils/txt_converter.py)
    "A grand orchestral arrangement with thunderous percussion, epic brass fanfares, and soaring strings, "
    "creating a cinematic atmosphere fit for a heroic battle."
)
BEACH = (  # likewise
    "Pop dance track with catchy melodies, tropical percussion, and upbeat rhythms, perfect for the beach."
)
RATE_HZ = 32000


def phrases(text: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in text.split(",")]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("genre", list(GENRES))
def test_every_genre_word_alone_gives_its_genre(genre: str) -> None:
    words = phrases(GENRES[genre])
    assert {word: attributes(word).genre for word in words} == dict.fromkeys(words, genre)


@pytest.mark.parametrize("name", [name for name, instrument in INSTRUMENTS.items() if instrument.phrases])
def test_every_instrument_word_is_heard_in_the_score(name: str) -> None:
    for phrase in phrases(INSTRUMENTS[name].phrases):
        for genre in ("rock", "ambient"):
            wanted = attributes(f"{genre} with {phrase}")
            assert name in wanted.instruments, phrase
            programs = {track.program for track in compose(wanted, 3, 10).tracks if not track.drums}
            assert INSTRUMENTS[name].program in programs, (phrase, genre)


def test_the_examples_of_the_paper() -> None:
    epic, beach = attributes(EPIC), attributes(BEACH)
    assert (epic.genre, epic.drums) == ("orchestral", True)
    assert epic.energy > 0.4 and {"brass", "strings"} <= set(epic.instruments)
    assert (beach.genre, beach.mode, beach.drums) == ("pop", "major", True)
    assert beach.valence > 0.5


def test_mood_decides_mode_and_tempo() -> None:
    sad, energetic = attributes(SAD), attributes(ENERGETIC)
    assert sad.mode == "minor" and energetic.mode != "minor"
    assert sad.tempo_bpm < 75 < 130 < energetic.tempo_bpm
    assert not sad.drums and energetic.drums
    assert sad.moods == ("sad",)


@pytest.mark.parametrize(
    ("plain", "denied"), [("a sad song", "a song that is not sad"), ("fast jazz", "jazz, not too fast")]
)
def test_negation_turns_mood_and_tempo(plain: str, denied: str) -> None:
    if "sad" in plain:
        assert attributes(plain).valence < 0 < attributes(denied).valence
        assert attributes(denied).moods == ("not sad",)
    assert attributes(plain).tempo_bpm != attributes(denied).tempo_bpm


def test_no_drums_or_bass_with_piano() -> None:
    wanted = attributes("energetic rock without any drums or bass but with piano")
    assert not wanted.drums
    assert wanted.excluded == ("electric bass",)
    assert wanted.instruments == ("piano",)
    score = compose(wanted, 1, 10)
    assert not any(track.drums or track.instrument == "electric bass" for track in score.tracks)
    assert any(track.instrument == "piano" for track in score.tracks)


@pytest.mark.parametrize(
    ("prompt", "drums", "excluded"),
    [
        ("epic, no drums and soft piano", False, ()),
        ("epic music without heavy drums", False, ()),
        ("jazz, no piano and saxophone", True, ("piano", "saxophone")),
        ("it isn't rock but it has drums", True, ()),
        ("drums without a guitar, and strings", True, ("steel guitar",)),
    ],
)
def test_how_far_a_negation_reaches(prompt: str, drums: bool, excluded: tuple[str, ...]) -> None:
    heard = attributes(prompt)
    assert (heard.drums, heard.excluded) == (drums, excluded)


def test_a_denied_genre_is_not_played() -> None:
    for genre, listed in GENRES.items():
        assert attributes(f"not {phrases(listed)[0]}").genre != genre


def test_named_tempo_and_mode_win() -> None:
    assert attributes("slow techno at 137 bpm").tempo_bpm == 137
    assert attributes("90bpm funk").tempo_bpm == 90
    assert attributes("happy song in a minor key").mode == "minor"
    assert attributes("999 bpm metal").tempo_bpm == TEMPO_RANGE_BPM[1]


@pytest.mark.parametrize("row", range(len(SCENES)))
def test_scenes_stand_for_a_genre(row: int) -> None:
    genre, _, _, listed = SCENES[row]
    heard = [attributes(f"a picture of a {phrase}").genre for phrase in phrases(listed)]
    assert heard.count(genre) >= 0.8 * len(heard), dict(zip(phrases(listed), heard, strict=True))


def test_a_battle_drives_and_a_night_rests() -> None:
    assert attributes("two armies clash in a great battle").energy > 0.5
    assert attributes("snow falls on a frozen lake at night").energy < -0.2
    assert attributes("an old church by candle light").genre == "chamber"


def test_prompts_without_a_known_word_differ() -> None:
    nonsense = [f"zxq{number} vbn{number * 7}" for number in range(60)]
    pieces = [attributes(prompt) for prompt in nonsense]
    assert len({piece.genre for piece in pieces}) >= 6
    assert len({piece.tempo_bpm for piece in pieces}) > 40
    assert {piece.mode for piece in pieces} >= {"minor", "major"}


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "   ",
        "!!!",
        "\0",
        "悲しい音楽",
        "грустная музыка",
        "🎵🎻🔥",
        "not",
        "no no no",
        "mélancolique",
        "sad " * 50_000,
    ],
)
def test_odd_prompts_give_a_piece(prompt: str) -> None:
    assert compose(attributes(prompt), 0, 4).tracks


def test_accents_case_and_hyphens_do_not_matter() -> None:
    assert attributes("Lo-Fi HIP-HOP").genre == attributes("lo fi hip hop").genre == "hiphop"
    assert attributes("Rhythm & blues, R&B").genre in ("soul", "blues")
    assert attributes("sádly").moods == ("sad",)


def test_a_word_inside_another_is_not_heard() -> None:
    assert not list(find("popular rapture harpoon barbed"))


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_attributes_of_any_text_are_in_range(prompt: str) -> None:
    heard = attributes(prompt)
    assert heard == attributes(prompt)
    assert heard.genre in STYLES and heard.mode in harmony.SCALES
    assert -1 <= heard.valence <= 1 and -1 <= heard.energy <= 1
    assert TEMPO_RANGE_BPM[0] <= heard.tempo_bpm <= TEMPO_RANGE_BPM[1]


# ---------------------------------------------------------------- harmony and score


def test_chords_of_known_keys() -> None:
    assert harmony.chord("1", 0, "major", "triad") == (0, 4, 7)
    assert harmony.chord("2", 0, "major", "seventh") == (2, 5, 9, 0)  # D minor seventh
    assert harmony.chord("5d", 9, "minor", "triad") == (4, 8, 11, 2)  # E7 in A minor
    assert harmony.chord("6", 9, "minor", "triad") == (5, 9, 0)  # F major
    assert harmony.chord("1", 4, "phrygian", "power") == (4, 11)


@given(
    st.lists(st.integers(0, 11), min_size=3, max_size=4, unique=True),
    st.lists(st.integers(0, 11), min_size=3, max_size=4, unique=True),
)
@settings(max_examples=60, deadline=None)
def test_voices_sound_every_tone_and_move_little(first: list[int], second: list[int]) -> None:
    before = harmony.voice(first, (), 60, 4)
    after = harmony.voice(second, before, 60, 4)
    assert {key % 12 for key in after} == set(second)
    assert max(min(abs(key - other) for other in before) for key in after) <= 9
    assert abs(float(np.mean(after)) - 60) < 12


def test_swing() -> None:
    assert swung(1.5, 0.5) == 1.5
    assert swung(1.5, 0.66) == pytest.approx(1.66)
    assert swung(2.0, 0.66) == 2.0
    assert swung(0.25, 0.56) == pytest.approx(0.28)


def test_figures_have_a_bar_of_steps() -> None:
    for style in STYLES.values():
        assert set(style.grooves) <= set(GROOVES)
        for layer in style.layers:
            assert layer.instrument in INSTRUMENTS
            if layer.role not in ("arp", "pad", "walk", "melody", "counter", "drone"):
                assert len(layer.figure) == 16, (layer.role, layer.figure)
    assert all(len(figure) == 16 for groove in GROOVES.values() for figure in groove.values())


@pytest.mark.parametrize("genre", list(STYLES))
@pytest.mark.parametrize("mood", ["sad slow", "calm", "", "happy", "angry fast"])
def test_every_genre_writes_a_whole_piece(genre: str, mood: str) -> None:
    heard = attributes(f"{mood} {phrases(GENRES[genre])[0]}")
    for seed in range(3):
        score = compose(heard, seed, 10.0)
        notes = [note for track in score.tracks for note in track.notes]
        assert len([track for track in score.tracks if not track.drums]) >= 3
        assert any(track.role == "melody" for track in score.tracks)
        assert all(0 <= n.start_s < 10 and n.length_s > 0 and 1 <= n.velocity <= 127 for n in notes)
        assert all(20 <= note.key <= 108 for note in notes)
        assert max(n.start_s + n.length_s for n in notes) > 8.5  # no silent end
        assert min(note.start_s for note in notes) < 0.1


def test_tunes_rest_on_tones_of_the_chord() -> None:
    on_beat = fits = 0
    for genre in STYLES:
        heard = attributes(phrases(GENRES[genre])[0])
        for seed in range(4):
            plan, score = make_plan(heard, Random(f"{seed}:plan"), 10.0), compose(heard, seed, 10)
            tune = next(track for track in score.tracks if track.role == "melody")
            for note in tune.notes:
                beat = note.start_s / plan.beat_s
                if abs(beat % plan.beats_per_bar) < 0.08 and beat < plan.end - 0.2:
                    on_beat += 1
                    fits += note.key % 12 in plan.chord_at(beat + 0.1).tones
    assert on_beat > 100
    assert fits / on_beat > 0.95


def test_same_seed_same_score_and_other_seeds_other_pieces() -> None:
    heard = attributes(EPIC)
    assert compose(heard, 5, 10) == compose(heard, 5, 10)
    assert len({compose(heard, seed, 10) for seed in range(20)}) == 20
    tunes = {
        tuple(note.key - track.notes[0].key for note in track.notes)
        for seed in range(20)
        for track in compose(heard, seed, 10).tracks
        if track.role == "melody"
    }
    assert len(tunes) >= 18


def test_a_long_piece_builds_and_a_short_one_is_whole() -> None:
    heard = attributes(ENERGETIC)
    long = compose(heard, 0, 60)
    first = {track.role: track.notes[0].start_s for track in long.tracks}
    assert first["melody"] > 3 and first["bass"] < 0.1
    assert max(n.start_s for track in long.tracks for n in track.notes) > 55
    assert compose(heard, 0, 0.5).tracks


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_no_piece_of_no_length(seconds: float) -> None:
    with pytest.raises(ValueError, match="positive duration"):
        compose(attributes("jazz"), 0, seconds)


# ---------------------------------------------------------------- sound


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write_soundfont(path: Path) -> None:
    """A triangle of 100 samples at 44,000 Hz (440 Hz at key 69) for programs 0..127, noise for the kits."""
    wave = 12000 * (2 * np.abs(np.linspace(-1, 1, 100, endpoint=False)) - 1)
    wave = np.tile(wave, 44).astype("<i2")
    noise = np.random.Generator(np.random.PCG64(1)).integers(-12000, 12000, 8000).astype("<i2")
    samples = np.concatenate([wave, np.zeros(46, "<i2"), noise, np.zeros(46, "<i2")])
    gen = struct.Struct("<Hh").pack
    presets = [(0, program, 0) for program in range(128)]
    presets += [(128, kit, 1) for kit in (0, 8, 16, 24, 25, 32, 40, 48)]
    phdr = b"".join(
        struct.pack("<20sHHHIII", b"p", program, bank, row, 0, 0, 0)
        for row, (bank, program, _) in enumerate(presets)
    ) + struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    pbag = b"".join(struct.pack("<HH", row, 0) for row in range(len(presets) + 1))
    pgen = b"".join(gen(41, instrument) for _, _, instrument in presets) + gen(0, 0)
    inst = b"".join(struct.pack("<20sH", name, row) for row, name in enumerate([b"wave", b"noise", b"EOI"]))
    igens = [(38, -2400), (54, 1), (53, 0)], [(36, -1200), (37, 1000), (53, 1)]  # release 0.25 s; decay 0.5 s
    ibag, igen, at = b"", b"", 0
    for zone in igens:
        ibag += struct.pack("<HH", at, 0)
        igen += b"".join(gen(*pair) for pair in zone)
        at += len(zone)
    ibag += struct.pack("<HH", at, 0)
    end = wave.size
    shdr = struct.pack("<20sIIIIIBbHH", b"wave", 0, end, 1000, end - 400, 44000, 69, 0, 0, 1)
    shdr += struct.pack("<20sIIIIIBbHH", b"noise", end + 46, end + 8046, 0, 0, 44000, 60, 0, 0, 1)
    shdr += struct.pack("<20sIIIIIBbHH", b"EOS", *[0] * 9)
    tables = {b"phdr": phdr, b"pbag": pbag, b"pmod": b"\0" * 10, b"pgen": pgen, b"inst": inst, b"ibag": ibag,
              b"imod": b"\0" * 10, b"igen": igen + gen(0, 0), b"shdr": shdr}  # fmt: skip
    body = b"sfbk" + _chunk(b"LIST", b"sdta" + _chunk(b"smpl", samples.tobytes()))
    body += _chunk(b"LIST", b"pdta" + b"".join(_chunk(*table) for table in tables.items()))
    path.write_bytes(_chunk(b"RIFF", body))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("soundfont")
    write_soundfont(folder / "TimGM6mb.sf2")
    return folder


@pytest.fixture(scope="module")
def renderer(folder: Path) -> Renderer:
    return Renderer(folder / "TimGM6mb.sf2")


def one(*notes: Note, drums: bool = False, pan: float = 0.0) -> Score:
    track = Track("melody", "piano", 0, notes, drums, pan, 0.0, 0.0)
    return Score("jazz", 120, 4, 0, "major", 0.0, (track,))


def spectrum(wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mono = wave.mean(axis=0)
    return np.fft.rfftfreq(mono.size, 1 / RATE_HZ), np.abs(np.fft.rfft(mono * np.hanning(mono.size)))


@pytest.mark.parametrize("key", [45, 57, 69, 81])
def test_a_note_has_its_pitch(renderer: Renderer, key: int) -> None:
    hertz, level = spectrum(renderer.render(one(Note(0, 2, key, 100)), 2))
    assert hertz[level.argmax()] == pytest.approx(440 * 2 ** ((key - 69) / 12), abs=0.6)


def test_velocity_is_loudness_and_brightness(folder: Path) -> None:
    font = read_soundfont(folder / "TimGM6mb.sf2")
    (region,) = font.regions(0, 0, 60, 100)
    loud, soft = synth.gains(region, 127)[0], synth.gains(region, 63)[0]
    assert 20 * np.log10(loud / soft) == pytest.approx(40 * np.log10(127 / 63), abs=1e-9)
    assert synth.gains(region, 127)[0] == pytest.approx(synth.gains(region, 127)[1])
    filtered = replace(region, generators=region.generators | {8: 6900})  # the low pass at 440 Hz
    hard, gentle = (synth.tone(font, filtered, 69, velocity, RATE_HZ, RATE_HZ) for velocity in (127, 40))
    # The cutoff falls by 1800 * (127 - 40) / 127 = 1233 cents, past an octave: 440 Hz is then an octave above it.
    assert gentle.std() < 0.5 * hard.std()


def test_a_note_rings_for_its_release(folder: Path) -> None:
    font = read_soundfont(folder / "TimGM6mb.sf2")
    (region,) = font.regions(0, 0, 60, 100)
    gain = synth.envelope(region, 60, RATE_HZ, 4 * RATE_HZ, RATE_HZ)
    assert gain[RATE_HZ - 100] == pytest.approx(1, abs=1e-3)
    # 100 dB in 0.25 s: 20 dB after 0.05 s
    assert 20 * np.log10(gain[RATE_HZ + round(0.05 * RATE_HZ)]) == pytest.approx(-20, abs=0.3)
    assert RATE_HZ * 1.1 < gain.size < RATE_HZ * 1.3


def test_pan_and_drums(renderer: Renderer) -> None:
    left = renderer.render(one(Note(0, 1, 60, 100), pan=-1), 1)
    assert np.abs(left[0]).max() > 0.5 and np.abs(left[1]).max() < 0.01
    hit = renderer.render(one(Note(0, 0.1, 60, 100), drums=True), 1)
    hertz, level = spectrum(hit)
    assert level[(hertz > 5000) & (hertz < 9000)].sum() > 0.1 * level.sum()  # noise, not a tone


def test_a_preset_that_is_missing_is_named(folder: Path) -> None:
    font = read_soundfont(folder / "TimGM6mb.sf2")
    with pytest.raises(ValueError, match="no preset 128:77"):
        font.regions(128, 77, 60, 100)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 10.0])
@pytest.mark.parametrize("prompt", [SAD, ENERGETIC, EPIC, ""])
def test_length_level_and_fade(folder: Path, prompt: str, seconds: float) -> None:
    (wave,) = Composer("cpu", {"soundfont": folder}).generate([prompt], [7], seconds)
    assert wave.shape == (2, round(seconds * RATE_HZ)) and wave.dtype == np.float32
    assert np.isfinite(wave).all()
    assert float(np.abs(wave).max()) == pytest.approx(PEAK, abs=1e-6)
    assert -30 < 20 * np.log10(wave.std()) < -5
    assert np.abs(wave[:, -1]).max() < 1e-3


def test_the_same_bytes_here_and_in_another_process(folder: Path) -> None:
    code = (
        "import hashlib, sys; from pathlib import Path; from sightsound.baselines.composer import Composer\n"
        "c = Composer('cpu', {'soundfont': Path(sys.argv[1])})\n"
        "print(hashlib.sha256(c.generate([sys.argv[2]], [11], 3.0)[0].tobytes()).hexdigest())"
    )
    mine = Composer("cpu", {"soundfont": folder}).generate([EPIC, SAD], [11, 2], 3.0)
    other = subprocess.run(
        [sys.executable, "-c", code, str(folder), EPIC], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert other.stdout.strip() == hashlib.sha256(mine[0].tobytes()).hexdigest()


def test_an_empty_score_is_silence(renderer: Renderer) -> None:
    assert not renderer.render(replace(one(), tracks=()), 1).any()


def test_sad_and_energetic_are_told_apart_by_ear(folder: Path) -> None:
    composer = Composer("cpu", {"soundfont": folder})
    for seed in range(3):
        sad, energetic = composer.generate([SAD, ENERGETIC], [seed, seed], 10)
        assert onsets_per_second(energetic) > 2 * onsets_per_second(sad)
        assert centroid_hz(energetic) > 1.25 * centroid_hz(sad)


def onsets_per_second(wave: np.ndarray) -> float:
    """Sudden rises of the spectrum: its magnitude grows within 32 ms by a quarter of the loudest frame's sum.

    Frames of 1024, 256 apart; rises nearer than 48 ms count once.
    """
    frames = np.lib.stride_tricks.sliding_window_view(wave.mean(axis=0), 1024)[::256] * np.hanning(1024)
    level = np.abs(np.fft.rfft(frames, axis=1))
    rise = np.maximum(level[4:] - level[:-4], 0).sum(axis=1) / level.sum(axis=1).max()
    peaks = np.flatnonzero((rise[1:-1] > rise[:-2]) & (rise[1:-1] >= rise[2:]) & (rise[1:-1] > 0.25))
    return float((np.diff(peaks, prepend=-99) > 6).sum() / (wave.shape[1] / RATE_HZ))


def centroid_hz(wave: np.ndarray) -> float:
    """Mean frequency of the magnitude spectrum."""
    hertz, level = spectrum(wave)
    return float((hertz * level).sum() / level.sum())


def test_files_that_are_no_soundfont(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ValueError, match="no such soundfont"):
        Composer("cpu", {"soundfont": tmp_path})
    (tmp_path / "a.sf2").write_bytes(b"hello")
    with pytest.raises(ValueError, match=r"a\.sf2: not a SoundFont 2 file"):
        read_soundfont(tmp_path / "a.sf2")
    whole = (folder / "TimGM6mb.sf2").read_bytes()
    for share in (0.3, 0.9, 0.97):
        (tmp_path / "cut.sf2").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ValueError, match=r"cut\.sf2: .*fetch the soundfont again"):
            read_soundfont(tmp_path / "cut.sf2")


def test_every_mood_has_a_direction() -> None:
    for name, (valence, energy, listed) in MOODS.items():
        for phrase in phrases(listed):
            heard = attributes(f"{phrase} music")
            if heard.moods == (name,) and valence is not None:
                assert np.sign(heard.valence) == np.sign(valence), phrase
            if heard.moods == (name,) and energy is not None:
                assert np.sign(heard.energy) == np.sign(energy), phrase
