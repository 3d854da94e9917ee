"""Decoding, writing and probing of sound, pictures and video."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from sightsound.bench.core import media, pictures
from sightsound.bench.core.media import MediaError


def sine(rate_hz: int, seconds: float, pitch_hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def write_video(path: Path, frames: int, sound: bool = False) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=16000) if sound else None
        for index in range(frames):
            picture = np.full((48, 64, 3), 20 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
        if audio:
            block = sine(16000, 1.0).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate = 16000
            container.mux(audio.encode(frame))
            container.mux(audio.encode())


def test_one_clip_at_several_rates(tmp_path):
    stereo = np.stack([sine(44100, 12), np.zeros(12 * 44100)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, 44100, subtype="FLOAT")
    clips = media.load_audio(tmp_path / "a.wav", [16000, 44100])
    assert {rate: clip.shape for rate, clip in clips.items()} == {16000: (160000,), 44100: (441000,)}
    for rate, clip in clips.items():
        spectrum = np.abs(np.fft.rfft(clip))
        assert spectrum.argmax() * rate / len(clip) == pytest.approx(440, abs=0.2)
        assert np.abs(clip[1000:-1000]).max() == pytest.approx(0.25, rel=1e-3), "channels are averaged"


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3"])
def test_formats_agree(tmp_path, suffix):
    soundfile.write(tmp_path / "a.wav", sine(32000, 3), 32000, subtype="FLOAT")
    soundfile.write(tmp_path / f"a{suffix}", sine(32000, 3), 32000)
    plain = media.load_audio(tmp_path / "a.wav", [16000])[16000]
    coded = media.load_audio(tmp_path / f"a{suffix}", [16000])[16000]
    middle = slice(8000, 32000)
    peak = np.abs(np.fft.rfft(coded[middle])).argmax()
    assert peak == np.abs(np.fft.rfft(plain[middle])).argmax()
    assert np.sqrt(np.mean(coded[middle] ** 2)) == pytest.approx(np.sqrt(np.mean(plain[middle] ** 2)), rel=0.02)


def test_the_sound_of_a_video_is_read(tmp_path):
    write_video(tmp_path / "a.mp4", 10, sound=True)
    clip = media.load_audio(tmp_path / "a.mp4", [16000])[16000]
    assert np.abs(np.fft.rfft(clip[:16000])).argmax() == pytest.approx(440, abs=2)
    write_video(tmp_path / "b.mp4", 10)
    with pytest.raises(MediaError, match=r"b\.mp4: no audio in it"):
        media.load_audio(tmp_path / "b.mp4", [16000])


def test_what_cannot_be_heard_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF nothing")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8000)
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan), 8000, subtype="FLOAT")
    for name, reason in [
        ("a.wav", "cannot be decoded"),
        ("empty.wav", "cannot be decoded"),
        ("none.wav", "no audio"),
        ("nan.wav", "not finite"),
        ("absent.wav", "no such file"),
    ]:
        with pytest.raises(MediaError, match=reason):
            media.load_audio(tmp_path / name, [8000])


def test_writing_scales_a_loud_clip_and_leaves_a_quiet_one(tmp_path):
    assert media.write_audio(tmp_path / "a.wav", sine(8000, 2) * 4, 8000) == 2.0
    assert np.abs(soundfile.read(tmp_path / "a.wav")[0]).max() == pytest.approx(1, abs=1e-4)
    media.write_audio(tmp_path / "b.wav", np.stack([sine(8000, 1)] * 2), 8000)
    samples, rate = soundfile.read(tmp_path / "b.wav")
    assert samples.shape == (8000, 2) and rate == 8000
    assert np.abs(samples).max() == pytest.approx(0.5, abs=1e-3)
    assert media.probe_audio(tmp_path / "b.wav") == (8000, 1.0)


@pytest.mark.parametrize(
    ("samples", "rate"),
    [(np.zeros(0), 8000), (np.array([np.nan]), 8000), (np.zeros(9), 0), (np.zeros((9, 99)), 8000)],
)
def test_what_is_no_clip_is_not_written(tmp_path, samples, rate):
    with pytest.raises(MediaError):
        media.write_audio(tmp_path / "a.wav", samples, rate)
    assert not (tmp_path / "a.wav").exists()


def test_pictures_become_upright_rgb(tmp_path):
    red = Image.new("RGB", (40, 20), (255, 0, 0))
    red.paste((0, 0, 255), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees
    red.save(tmp_path / "turned.png", exif=exif)
    assert media.load_image(tmp_path / "turned.png").shape == (40, 20, 3)
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (media.load_image(tmp_path / "clear.png") == 255).all(), "alpha lies over white"
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    assert media.load_image(tmp_path / "print.jpg")[0, 0, 0] > 200
    palette = red.convert("P")
    palette.save(tmp_path / "palette.png")
    assert media.load_image(tmp_path / "palette.png").shape == (20, 40, 3)
    Image.new("L", (5, 3), 7).save(tmp_path / "grey.png")
    assert (media.load_image(tmp_path / "grey.png") == 7).all()


def test_what_is_no_picture_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"\x89PNG nothing")
    whole = tmp_path / "whole.png"
    Image.effect_noise((200, 200), 50).save(whole)
    (tmp_path / "half.png").write_bytes(whole.read_bytes()[:2000])
    for name, reason in [("a.png", "cannot be read"), ("half.png", "cannot be read"), ("no.png", "no such file")]:
        with pytest.raises(MediaError, match=reason):
            media.load_image(tmp_path / name)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(MediaError, match="200 x 200 pixels"):
        media.load_image(whole)


def test_frames_of_a_video(tmp_path):
    write_video(tmp_path / "a.mp4", 12)
    assert media.frame_count(tmp_path / "a.mp4") == 12
    found = media.video_frames(tmp_path / "a.mp4", [10, 0, 5])
    assert [frame.shape for frame in found] == [(48, 64, 3)] * 3
    assert [frame.mean() for frame in found] == pytest.approx([200, 0, 100], abs=8)
    with pytest.raises(MediaError, match="no frame 99"):
        media.video_frames(tmp_path / "a.mp4", [99])
    (tmp_path / "b.mp4").write_bytes(b"nothing")
    for read in (media.frame_count, lambda path: media.video_frames(path, [0])):
        with pytest.raises(MediaError, match="cannot be decoded"):
            read(tmp_path / "b.mp4")


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_mono_is_the_mean_of_the_channels_to_the_last_bit(tmp_path, channels):
    samples = np.random.default_rng(channels).uniform(-1, 1, (16000, channels)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    (mono,) = media.load_audio(tmp_path / "a.wav", [16000]).values()
    assert mono.dtype == np.float32
    np.testing.assert_array_equal(mono, samples.mean(axis=1))
