"""Sound as a page plays it: close to the original by its numbers, small, its spectrogram where it should be."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.bench.core import spectrogram
from sightsound.bench.core.errors import BenchError, MediaError
from sightsound.bench.core.sound import decode_audio
from sightsound.bench.site import sound


def music(rate_hz: int, seconds: float = 3.0, channels: int = 2) -> np.ndarray:
    """Plucked chords over soft noise, `[time, channels]`."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    chance = np.random.default_rng(0)
    clip = 0.01 * chance.standard_normal((len(time_s), channels))
    for start, pitch in enumerate((220.0, 277.2, 329.6, 440.0, 554.4, 659.3)):
        since = np.clip(time_s - start * seconds / 6, 0, None)
        tone = sum(np.sin(2 * np.pi * pitch * k * time_s) / k for k in (1, 2, 3))
        clip += 0.2 * (tone * np.exp(-3 * since) * (since > 0))[:, None]
    return (clip * np.linspace(1, 0.6, channels)).astype(np.float32)


@pytest.mark.parametrize(
    ("coding", "rate_hz", "channels"),
    [
        (sound.Coding(), 44100, 2),
        (sound.Coding(kbits=64), 32000, 1),
        (sound.Coding(kbits=64), 8000, 1),
        (sound.Coding(), 96000, 6),
        (sound.Coding("opus", 64), 44100, 2),
    ],
)
def test_what_is_played_is_what_was_made(coding, rate_hz, channels, tmp_path):
    original = music(rate_hz, channels=channels)
    soundfile.write(tmp_path / "made.wav", original, rate_hz, subtype="FLOAT")
    clip = sound.clip(tmp_path / "made.wav", coding)
    (tmp_path / f"played{sound.SUFFIX[coding.codec]}").write_bytes(clip.coded)
    played, played_hz = decode_audio(tmp_path / f"played{sound.SUFFIX[coding.codec]}", 0, 60)
    before = original if channels <= 2 else original.mean(axis=1, keepdims=True)
    assert len(played) / played_hz == pytest.approx(3.0, abs=0.06)
    assert sound.level_db(played) == pytest.approx(sound.level_db(before), abs=0.6)  # LAME takes 0.45 dB off
    made, heard = (
        spectrogram.bands_db(each.mean(axis=1), rate) for each, rate in ((before, rate_hz), (played, played_hz))
    )
    assert np.median(np.abs(made - heard)[made > -55]) < 1.5
    assert len(clip.coded) < 1.15 * coding.kbits * 1000 / 8 * 3.0 + 3000
    assert clip.seconds == pytest.approx(3.0) and clip.rate_hz == rate_hz


def test_a_long_clip_is_cut_and_says_so(tmp_path):
    soundfile.write(tmp_path / "long.wav", music(16000, 4.0, 1), 16000)
    cut = sound.clip(tmp_path / "long.wav", sound.Coding(seconds=1.5))
    whole = sound.clip(tmp_path / "long.wav", sound.Coding(seconds=0))
    assert (cut.seconds, cut.whole_s) == (1.5, 4.0) and cut.facts["whole"] == 4.0
    assert (whole.seconds, whole.whole_s) == (4.0, 4.0)
    assert len(cut.coded) < len(whole.coded) / 2


def test_peaks_are_absolute_and_full_scale_is_255():
    samples = np.zeros((1600, 2), np.float32)
    samples[800:, 1] = -0.5
    found = np.frombuffer(base64.b64decode(sound.peaks(samples)), np.uint8)
    assert len(found) == sound.PEAKS and set(found[:80]) == {0} and set(found[80:]) == {128}
    few = np.frombuffer(base64.b64decode(sound.peaks(np.ones((3, 1), np.float32))), np.uint8)
    assert len(few) == sound.PEAKS and set(few) == {255}


def test_a_tone_is_at_its_pitch_and_at_its_level():
    rate_hz, pitch = 32000, 1000.0
    tone = (0.1 * np.sin(2 * np.pi * pitch * np.arange(2 * rate_hz) / rate_hz)).astype(np.float32)
    bands = spectrogram.bands_db(tone, rate_hz)
    assert bands.shape == (spectrogram.BANDS, spectrogram.COLUMNS)
    mel = 2595 * np.log10(1 + np.array([spectrogram.LOW_HZ, pitch, spectrogram.HIGH_HZ]) / 700)
    wanted = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (spectrogram.BANDS + 1) - 1
    middle = bands[:, spectrogram.COLUMNS // 2]
    assert abs(int(middle.argmax()) - wanted) <= 1
    assert middle.max() == pytest.approx(-20, abs=2.5)


def test_what_a_rate_cannot_hold_stays_dark():
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16000).astype(np.float32)
    bands = spectrogram.bands_db(noise, 8000).mean(axis=1)
    assert bands[-1] == spectrogram.FLOOR_DB and bands[10] > -50
    silent = np.asarray(Image.open(io.BytesIO(spectrogram.png(np.zeros(8000, np.float32), 8000))))
    assert silent.shape == (spectrogram.BANDS, spectrogram.COLUMNS) and set(silent.ravel()) == {0}


@pytest.mark.parametrize("samples", [1, 7, 500])
def test_a_click_is_a_clip_too(samples, tmp_path):
    soundfile.write(tmp_path / "click.wav", np.full(samples, 0.5), 44100)
    clip = sound.clip(tmp_path / "click.wav", sound.Coding())
    assert (
        clip.coded and clip.seconds == pytest.approx(samples / 44100) and clip.rms_db == pytest.approx(-6, abs=0.1)
    )


def test_what_is_no_sound_says_so(tmp_path):
    (tmp_path / "text.wav").write_text("<html>no sound</html>")
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan), 8000, subtype="FLOAT")
    for name, why in (
        ("text.wav", "cannot be decoded"),
        ("nan.wav", "not finite"),
        ("absent.wav", "no such file"),
    ):
        with pytest.raises(MediaError, match=why):
            sound.clip(Path(tmp_path / name), sound.Coding())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"codec": "flac"}, "pages play mp3 and opus"),
        ({"kbits": 7}, "takes 32, 48, 64, 96, 128, 160 kbit/s"),
        ({"codec": "opus", "kbits": 160}, "opus takes"),
        ({"seconds": -1.0}, "from 0"),
        ({"seconds": float("nan")}, "from 0"),
    ],
)
def test_a_coding_that_no_page_plays_is_refused(given, why):
    with pytest.raises(BenchError, match=why):
        sound.Coding(**given)
