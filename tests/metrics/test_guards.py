"""The guards on signals of which the value is known, and the files that come to them through the harness."""

import inspect

import numpy as np
import pytest
import soundfile
import soxr

from sightsound.bench.core import sound
from sightsound.metrics.cards import METRICS
from sightsound.metrics.formulas import nearest
from sightsound.metrics.formulas.single import clipped, diversity, diversity_cosine, duplicates, silent
from sightsound.metrics.formulas.text import encoded
from sightsound.metrics.networks.image import thumbnail
from sightsound.metrics.networks.pocket import full_scale, signal

TIME_S = np.arange(160_000) / signal.RATE_HZ
DUPLICATES = METRICS["duplicate_share"].options


def music(seed):
    """Ten seconds of half-second notes over a quiet noise."""
    rng = np.random.default_rng(seed)
    notes_hz = np.repeat(110 * 2 ** (rng.integers(0, 36, 20) / 12), 8000)
    tones = sum(np.sin(np.cumsum(2 * np.pi * k * notes_hz / signal.RATE_HZ)) / k for k in range(1, 5))
    return (0.1 * tones + 0.003 * rng.standard_normal(160_000)).astype(np.float32)


def share(clips):
    """duplicate_share of clips at 16 kHz."""
    rows = duplicates.statistics([signal.measure(clip)["bands"] for clip in clips], **DUPLICATES)
    return duplicates.aggregate(rows, np.ones(len(rows)))


def spread(clips):
    """diversity of clips at 16 kHz."""
    rows = diversity.statistics([signal.measure(clip)["bands"] for clip in clips])
    return diversity.aggregate(rows, np.ones(len(rows)))


@pytest.mark.parametrize("pitch_hz", [63.1, 100, 440, 1000, 6310])
def test_levels_of_a_sine(pitch_hz):
    found = signal.measure((0.1 * np.sin(2 * np.pi * pitch_hz * TIME_S)).astype(np.float32))
    assert found["level"].shape == (100, 1) and found["bands"].shape == (100, 21)
    assert found["level"].mean() == pytest.approx(-23.01, abs=0.02)
    loudest = found["bands"].mean(axis=0)
    assert signal.CENTRES_HZ[loudest.argmax()] == pytest.approx(pitch_hz, rel=0.13)
    assert 10 * np.log10((10 ** (loudest / 10)).sum()) == pytest.approx(-23.01, abs=0.3)


def test_white_noise_has_a_level_a_band_by_its_width():
    noise = (0.1 * np.random.default_rng(0).standard_normal(160_000)).astype(np.float32)
    power = (10 ** (signal.measure(noise)["bands"] / 10)).mean(axis=0)
    width_hz = signal.CENTRES_HZ * (10**0.05 - 10**-0.05)
    assert power[14:] == pytest.approx(0.01 * width_hz[14:] / 8000, rel=0.05)


def test_silence_is_at_the_floor_and_a_short_clip_is_filled_up():
    assert (signal.measure(np.zeros(50_000, np.float32))["level"] == signal.FLOOR_DB).all()
    short = signal.measure(np.full(800, 0.5, np.float32))
    assert short["level"].shape == (1, 1) and short["level"][0, 0] == pytest.approx(-9.03, abs=0.01)
    with pytest.raises(ValueError, match="signal got an empty clip"):
        signal.measure(np.zeros(0, np.float32))


def test_the_share_of_silence_is_that_of_the_time():
    clip = music(0)
    clip[:40_000] = 0
    levels = [signal.measure(each)["level"] for each in (clip, music(1), np.zeros_like(clip))]
    assert silent.statistics(levels) == pytest.approx([0.25, 0, 1])
    quiet = signal.measure((0.0009 * music(1) / music(1).std()).astype(np.float32))["level"]
    assert silent.statistics([quiet])[0] > 0.5, "-61 dB"


def clipped_at(clip, rate_hz, tmp_path, channels=1, subtype="PCM_16"):
    """clipped_share of one clip that went through a file."""
    soundfile.write(tmp_path / "a.wav", np.stack([clip] * channels, axis=1), rate_hz, subtype=subtype)
    heard = sound.load_audio(tmp_path / "a.wav", [0, 16_000])[0]
    assert len(heard) == len(clip), "the file's own rate"
    (features,) = full_scale.load({}, "cpu")([heard])
    return clipped.statistics([features["longest"]])[0]


@pytest.mark.parametrize(("rate_hz", "channels"), [(32_000, 1), (44_100, 2), (48_000, 2)])
def test_clipping_is_seen_at_the_file_s_own_rate(rate_hz, channels, tmp_path):
    clip = soxr.resample(music(0), 16_000, rate_hz)
    clip /= np.abs(clip).max()
    assert clipped_at(clip, rate_hz, tmp_path, channels) == 0, "normalised to full scale"
    loud = np.clip(1.6 * clip, -1, 1)  # 4 dB too loud
    assert clipped_at(loud, rate_hz, tmp_path, channels) == 1
    assert clipped_at(0.5 * loud, rate_hz, tmp_path, channels) == 0, "stated: turned down afterwards"


@pytest.mark.parametrize("pitch_hz", [50, 100, 1000, 10_000])
def test_a_sine_at_full_scale_is_not_clipped(pitch_hz, tmp_path):
    for rate_hz in (32_000, 48_000):
        sine = np.sin(2 * np.pi * pitch_hz * np.arange(rate_hz) / rate_hz)
        assert clipped_at(sine, rate_hz, tmp_path) == 0


def test_one_clip_for_everything_is_all_duplicates_and_no_diversity():
    assert share([music(0)] * 5) == 1 and spread([music(0)] * 5) == 0
    different = [music(seed) for seed in range(8)]
    assert share(different) == 0 and spread(different) > 0.5
    assert share([*different, music(0)]) == pytest.approx(2 / 9)


@pytest.mark.parametrize("change", ["louder", "quieter", "rate", "coded", "shorter", "noise"])
def test_a_copy_counts_as_a_duplicate(change, tmp_path):
    clip = music(0)
    if change == "coded":
        soundfile.write(tmp_path / "a.ogg", clip, 16_000, format="OGG", subtype="VORBIS")
        copy = sound.load_audio(tmp_path / "a.ogg", [16_000])[16_000]
    else:
        copy = {
            "louder": lambda: 2 * clip,
            "quieter": lambda: 0.1 * clip,
            "rate": lambda: soxr.resample(soxr.resample(clip, 16_000, 32_000), 32_000, 16_000),
            "shorter": lambda: clip[:-4800],
            "noise": lambda: clip + 1e-4 * np.random.default_rng(0).standard_normal(len(clip)).astype(np.float32),
        }[change]()
    assert share([clip, copy, music(1)]) == pytest.approx(2 / 3)


def test_what_is_no_duplicate():
    noises = [0.1 * np.random.default_rng(seed).standard_normal(160_000).astype(np.float32) for seed in range(4)]
    assert share(noises) == 0 and spread(noises) < 0.3, "noise of another seed: not the same, nor different"
    assert share([music(0), music(0)[1600:]]) == 0, "stated: a copy that is shifted"
    assert share([np.zeros(160_000, np.float32), 1e-4 * music(0), music(0)]) == pytest.approx(2 / 3), "silences"


def test_diversity_does_not_hear_how_loud_a_clip_is():
    clips = [music(seed) for seed in range(6)]
    gained = [gain * clip for gain, clip in zip((0.1, 1, 3, 0.5, 2, 0.2), clips, strict=True)]
    assert spread(gained) == pytest.approx(spread(clips), rel=1e-4)


def test_diversity_in_an_embedding():
    rows = diversity_cosine.statistics(
        [np.array([[2.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 3.0]]), np.zeros((1, 2))]
    )
    assert rows.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert diversity_cosine.aggregate(rows[:2], np.ones(2)) == pytest.approx(1)
    assert METRICS["diversity_musicnn"].needs[0].extractor == "musicnn_msd" and METRICS["diversity"].needs != ()
    assert diversity_cosine.aggregate(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.ones(2)) == pytest.approx(2)


def test_the_same_pictures_in_another_size_and_format(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    pictures = [np.kron(rng.integers(90, 160, (8, 8, 3)), np.ones((40, 40, 1))).astype(np.uint8) for _ in range(3)]
    Image.fromarray(pictures[0]).resize((200, 200)).save(tmp_path / "a.jpg", quality=60)
    pictures.append(np.asarray(Image.open(tmp_path / "a.jpg")))
    card = METRICS["duplicate_share_pictures"]
    rows = duplicates.statistics([f["pixels"] for f in thumbnail.load({}, "cpu")(pictures)], **card.options)
    assert rows.shape == (4, 768)
    assert duplicates.aggregate(rows, np.ones(4)) == 0.5


def test_the_same_texts_but_for_capitals_and_blanks():
    card = METRICS["duplicate_share_texts"]
    texts = ["A cat", "a  cat\n", "a dog", ""]
    rows = duplicates.statistics([encoded(text) for text in texts], **card.options)
    assert duplicates.aggregate(rows, np.ones(4)) == 0.5


@pytest.mark.parametrize("module", [duplicates, diversity, diversity_cosine])
def test_the_value_is_the_mean_of_one_value_a_clip(module):
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 3, (40, 3)).astype(float)
    weights = rng.integers(0, 3, 40).astype(float)
    values = module.by_clip(rows)
    assert values.shape == (40,)
    assert module.aggregate(rows, weights) == pytest.approx(weights @ values / weights.sum())


def test_the_nearest_is_the_same_in_blocks(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((50, 4)) + 1e3
    apart = np.linalg.norm(rows[:, None] - rows, axis=2) + np.diag(np.full(50, np.inf))
    assert nearest.nearest(rows) == pytest.approx(apart.min(axis=1))
    monkeypatch.setattr(nearest, "BLOCK", 7)
    assert nearest.nearest(rows) == pytest.approx(apart.min(axis=1))
    assert nearest.nearest(rows[:1]).tolist() == [np.inf]


def test_presets_have_the_guards():
    from sightsound.bench.core import registry

    guards = {"silent_share", "clipped_share", "duplicate_share", "diversity"}
    for preset in ("pocket", "paper"):
        assert guards <= set(registry.preset(preset).metrics)


def through_a_file(clip, rate_hz, path, **kind):
    """What is heard of a clip that was written to a file."""
    soundfile.write(path, clip, rate_hz, **kind)
    return sound.load_audio(path, [16_000])[16_000]


@pytest.mark.skipif(
    "compression_level" not in inspect.signature(soundfile.write).parameters, reason="needs soundfile 0.13"
)
def test_copies_of_real_music_are_nearer_than_different_noises(tmp_path):
    """The distances in the docstring of duplicates.py."""
    from sightsound.bench import splits

    tracks = sorted({example.audio for example in splits.load("wesnoth", task="image2music").examples})[::3]
    apart = []
    for track in tracks:
        clip = next(iter(sound.load_audio(track, [32_000]).values()))
        copies = [
            sound.load_audio(track, [16_000])[16_000],
            through_a_file(
                clip, 32_000, tmp_path / "a.ogg", format="OGG", subtype="VORBIS", compression_level=0.9
            ),
            through_a_file(0.1 * clip, 32_000, tmp_path / "b.wav"),
            through_a_file(clip[320:], 32_000, tmp_path / "c.wav"),
        ]
        rows = duplicates.statistics([signal.measure(copy)["bands"] for copy in copies])
        apart.append(np.linalg.norm(rows[1:] - rows[0], axis=1))
    coded, quieter, later = np.max(apart, axis=0)
    assert coded < 1.6 and quieter < 0.02 and later < 1.6 < float(DUPLICATES["within"])
    noises = [0.1 * np.random.default_rng(seed).standard_normal(160_000).astype(np.float32) for seed in range(20)]
    rows = duplicates.statistics([signal.measure(noise)["bands"] for noise in noises])
    assert nearest.nearest(rows).min() > 2.9 > float(DUPLICATES["within"])
