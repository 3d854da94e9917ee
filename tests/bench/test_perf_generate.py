"""`bench perf generate` and `systems`: what they report, and that they leave nothing behind."""

from __future__ import annotations

import json
from types import SimpleNamespace

from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.perf import decoding
from sightsound.bench.perf import generate as perf_generate
from sightsound.bench.perf import systems as perf_systems
from sightsound.bench.stages.request import Request


def test_clips_a_minute_and_the_share_outside_the_model(toy_world, bench):
    done = bench("perf", "generate", "--model", "echo", "--task", "image2music", "--set", "wait_s=0.05", "--json")
    rate, outside = json.loads(done.out)
    assert rate["what"] == "echo:pocket+wait_s=0.05, 16 examples on cpu: a minute"
    assert 0 < rate["value"] < 60 / 0.05, "12 examples, four of them once more"
    assert 0 <= outside["value"] < 1 and outside["target"] == 0.03
    assert outside["ok"] is (outside["value"] <= 0.03)
    assert done.code == (0 if outside["ok"] else 1)
    assert not (toy_world / "runs").exists()


def test_without_a_model_networks_of_random_weights_are_measured(bench):
    done = bench("perf", "generate", "--tiny", "--device", "cpu", "--json")
    figures = {each["what"]: each for each in json.loads(done.out)}
    assert done.code == 0 and len(figures) == 7
    for of in ("MusicGen of 2 layers x 32", "LLaMA of 18 layers x 128"):  # a figure never hides its size
        assert any(what.startswith(f"{of} of random weights on cpu, ") for what in figures)
    assert all(each["value"] > 0 and each["target"] == 0 and each["ok"] for each in figures.values())
    assert bench("perf", "generate", "--model", "echo").err.startswith("bench: --task: name the task")


def test_targets_are_for_a_card(monkeypatch):
    speed, bandwidth = SimpleNamespace(alone_s=7.0, batched_s=1.0, loop_s=2.0, apart=0.5), SimpleNamespace()
    bandwidth.tokens_a_second, bandwidth.times = 9.0, 1.9
    sizes = {"SMALL": SimpleNamespace(name="small"), "SEVEN_B": SimpleNamespace(name="7B")}
    calls = {"measure": lambda *asked: speed, "bandwidth": lambda *asked: bandwidth}
    monkeypatch.setattr(registry, "load", lambda entry: (sizes | calls)[entry.partition(":")[2]])
    found = decoding.measure("cuda:0", False, lambda what, done, total: None)
    assert [(each.value, each.target, each.ok) for each in found] == [
        *((60.0, 0.0, True), (7.0, 8.0, False), (2.0, 0.0, True)),
        *((9.0, 0.0, True), (1.9, 2.0, True)) * 2,
    ]
    assert not decoding.musicgen("cpu", small=False)[2].ok, "on a CPU the sounds must be the same"


def test_a_pipeline_of_stages_is_measured_a_batch_ahead(toy_world):
    class Staged:
        def prepare(self, examples, seed):
            return [example.id for example in examples]

        def finish(self, prepared, seed):
            return [Generated(name, text=name) for name in prepared]

    (system,) = registry.systems("lyric2prompt:pocket", "pocket")
    request = Request(registry.task("lyrics2prompt"), "-", (system,), (), toy_world, device="cpu")
    examples = [Example(name, "g", lyrics="la") for name in "abc"]
    (figure,) = perf_generate.ahead(request, system, examples, perf_generate.Timed(Staged()), 9.0)
    assert figure.what.endswith("3 examples on cpu: prompts a batch ahead, times as fast") and figure.value > 0
    assert not perf_generate.ahead(request, system, examples, perf_generate.Timed(object()), 9.0)


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
