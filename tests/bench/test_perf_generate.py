"""`bench perf generate` and `systems`: what they report, and that they leave nothing behind."""

from __future__ import annotations

import json
from types import SimpleNamespace

from sightsound.bench.core import registry
from sightsound.bench.perf import systems as perf_systems


def test_clips_a_minute_and_the_share_outside_the_model(toy_world, bench):
    done = bench("perf", "generate", "--model", "echo", "--task", "image2music", "--set", "wait_s=0.05", "--json")
    rate, outside = json.loads(done.out)
    assert rate["what"] == "echo:pocket+wait_s=0.05, 12 examples on cpu: a minute"
    assert 0 < rate["value"] < 12 * 60 / (12 * 0.05)
    assert 0 <= outside["value"] < 1 and outside["target"] == 0.03
    assert outside["ok"] is (outside["value"] <= 0.03)
    assert done.code == (0 if outside["ok"] else 1)
    assert not (toy_world / "runs").exists()


def test_help_names_what_is_measured(bench):
    done = bench("perf", "--help")
    assert all(word in done.out for word in ("metrics", "systems", "generate", "thd"))


def test_systems_are_held_against_their_bounds(monkeypatch):
    found = {
        "sightsound.baselines.m2ugen.speed:decode_ratio": lambda width, tokens: SimpleNamespace(
            ratio=9.0, same=True
        ),
        "sightsound.baselines.codi.speed:codi_ratio": lambda: SimpleNamespace(times=3.0, apart=1e-6),
        "sightsound.bench.perf.pairing:pairing": lambda pictures, tracks: (5.0, False),
    }
    monkeypatch.setattr(registry, "load", found.__getitem__)
    figures = list(perf_systems.measure(lambda what, done, total: None))
    assert [(figure.value, figure.ok) for figure in figures] == [(9.0, False), (3.0, True), (5.0, False)]
