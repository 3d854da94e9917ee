"""`bench perf generate` on a toy model: what it reports, and that it leaves nothing behind."""

from __future__ import annotations

import json


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
    assert "metrics" in done.out and "generate" in done.out
