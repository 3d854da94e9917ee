"""`bench perf thd`: tones of known ratio read right, and what it is not for is said."""

from __future__ import annotations

import json
import math

import pytest

from sightsound.bench.perf import thd


@pytest.fixture(scope="module")
def found():
    return {reading.sound: reading for reading in thd.readings((131.3, 263.7))}


@pytest.mark.parametrize("sound, truth", [("plain tone", 0.1118), ("rich tone", 0.6164)])
def test_tones_read_within_a_thousandth(found, sound, truth):
    assert found[sound].truth == pytest.approx(truth, abs=1e-4)
    assert found[sound].least == pytest.approx(truth, rel=2e-3)
    assert found[sound].most == pytest.approx(truth, rel=2e-3)
    assert (found[sound].without, found[sound].voiced) == (0, 1)


def test_vibrato_takes_off_more_the_wider_it_is(found):
    least = [found[f"rich tone, vibrato of {cents} cents either way"].least for cents in (10, 25, 50)]
    assert found["rich tone"].least > least[0] > least[1] > least[2]


def test_an_octave_counts_as_overtones_and_a_fifth_has_no_value(found):
    assert found["plain tone with its octave"].least > 5 * found["plain tone"].most
    assert found["plain tone with its fifth"].without == 1 and math.isnan(found["plain tone with its fifth"].most)


def test_few_voiced_frames_and_noise_have_no_value(found):
    for sound in ("rich tone in 5% of the clip, else silence", "white noise", "silence"):
        assert found[sound].without == 1
    assert found["rich tone in 12% of the clip, else silence"].most == pytest.approx(0.6164, rel=2e-3)


def test_the_command_prints_a_line_a_sound(bench, monkeypatch):
    monkeypatch.setattr(thd, "readings", lambda: [thd.Reading("a sine", 0, 0, 0.01, 0, 1)])
    done = bench("perf", "thd")
    assert "a sine" in done.out and "100%" in done.out
    assert json.loads(bench("perf", "thd", "--json").out)[0]["sound"] == "a sine"
