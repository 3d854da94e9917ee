import time

import numpy as np
import pytest

from sightsound.metrics.formulas.single import distortion
from sightsound.metrics.networks.pocket import harmonics

TIME_S = np.arange(160_000) / harmonics.RATE_HZ


def tone(f0_hz, amplitudes):
    phases = np.arange(1, len(amplitudes) + 1) ** 2  # rad, so that harmonics don't peak together
    parts = [
        amplitude * np.sin(2 * np.pi * f0_hz * k * TIME_S + phase)
        for k, (amplitude, phase) in enumerate(zip(amplitudes, phases, strict=True), 1)
    ]
    return (0.3 * np.sum(parts, axis=0)).astype(np.float32)


def clip_value(clip):
    (features,) = harmonics.load({}, "cpu")([clip])
    return distortion.statistics([features["thd"]], [features["voiced"]])[0]


def frames_of(clip):
    return np.lib.stride_tricks.sliding_window_view(clip, harmonics.FRAME)[:: harmonics.HOP]


@pytest.mark.parametrize("f0_hz", [55, 57.3, 110, 220.5, 441.7, 997, 1700, 1760])
def test_a_sine_has_its_pitch_and_no_distortion(f0_hz):
    clip = tone(f0_hz, [1.0])
    pitch_hz, aperiodicity = harmonics.pitch(frames_of(clip))
    assert pitch_hz == pytest.approx(np.full(len(pitch_hz), f0_hz), rel=1e-3)
    assert aperiodicity.max() < 0.05
    assert clip_value(clip) < 0.01


@pytest.mark.parametrize("f0_hz", [60, 110, 261.63, 440, 700, 1333, 1760])
def test_known_amplitudes_give_the_known_ratio(f0_hz):
    # sqrt(0.5^2 + 0.3^2 + 0.2^2) = 0.61644
    assert clip_value(tone(f0_hz, [1.0, 0.5, 0.3, 0.2])) == pytest.approx(0.61644, rel=0.01)


@pytest.mark.parametrize("f0_hz, highest", [(60, 10), (220, 10), (700, 10), (1000, 7)])
def test_a_square_wave_up_to_the_harmonics_that_count(f0_hz, highest):
    # odd harmonics at 1/k: 10 harmonics give sqrt(1/9 + 1/25 + 1/49 + 1/81) = 0.4288, 7 give 0.4141
    square = [1 / k if k % 2 else 0.0 for k in range(1, int(8000 / f0_hz) + 1)]
    expected = np.linalg.norm([1 / k for k in range(3, highest + 1, 2)])
    assert clip_value(tone(f0_hz, square)) == pytest.approx(expected, rel=0.01)


def test_a_fundamental_weaker_than_its_harmonics_gives_more_than_one():
    assert clip_value(tone(220, [0.2, 1.0, 1.0])) == pytest.approx(np.sqrt(2) / 0.2, rel=0.01)


def test_a_missing_fundamental_is_unvoiced():
    # 440 and 660 Hz together repeat 220 times a second, but there is no tone of 220 Hz
    clip = tone(220, [0.0, 1.0, 1.0])
    assert harmonics.pitch(frames_of(clip))[0] == pytest.approx(np.full(155, 220), rel=1e-3)
    assert not harmonics.measure(clip)["voiced"].any()


def test_the_median_takes_out_a_short_noise():
    clip = tone(220, [1.0, 0.5])
    clip[40_000:60_000] += np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    assert clip_value(clip) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("colour", [0.0, 0.9])
def test_noise_is_unvoiced(colour):
    noise = np.random.default_rng(1).normal(size=160_000) * 0.1
    for index in range(1, 160_000 if colour else 1):
        noise[index] += colour * noise[index - 1]
    assert harmonics.measure(noise.astype(np.float32))["voiced"].mean() < 0.01


def test_silence_a_constant_and_what_is_below_the_level_are_unvoiced():
    for clip in (np.zeros(160_000), np.full(160_000, 0.5), 1e-3 * tone(220, [1.0])):
        features = harmonics.measure(clip.astype(np.float32))
        assert not features["voiced"].any() and np.isfinite(features["thd"]).all()
        assert np.isnan(clip_value(clip.astype(np.float32)))


def test_shapes_and_independence_of_the_other_clips():
    extract = harmonics.load({}, "cpu")
    a, b = tone(220, [1.0, 0.5]), tone(100, [1.0, 0.2])[:50_000]
    alone, together = extract([a]), extract([b, a])
    assert together[1]["thd"].shape == (155, 1) and together[1]["thd"].dtype == np.float32
    assert together[0]["voiced"].shape == ((50_000 - 2048) // 1024 + 1, 1)
    np.testing.assert_array_equal(alone[0]["thd"], together[1]["thd"])


def test_a_long_clip_is_its_parts():
    clip = np.tile(tone(220, [1.0, 0.5]), 3)
    whole = harmonics.measure(clip)["thd"]
    later = harmonics.measure(clip[300 * harmonics.HOP :])["thd"]
    np.testing.assert_allclose(whole[300:], later, rtol=1e-5)


def test_what_it_cannot_take_raises():
    with pytest.raises(ValueError, match="at least 2048 samples"):
        harmonics.measure(np.zeros(2000, np.float32))
    with pytest.raises(ValueError, match="NaN or infinite"):
        harmonics.measure(np.full(4096, np.nan, np.float32))


def test_ten_seconds_of_music_take_less_than_60_ms():
    clip = tone(220, [1.0, 0.5]) + tone(331, [1.0, 0.5])
    took = []
    for _ in range(5):
        start = time.process_time()
        harmonics.measure(clip)
        took.append(time.process_time() - start)
    assert min(took) < 0.06  # s of processor time, over all threads
