"""Networks of one device that do not fit beside each other are let go and loaded again; one that does not fit
alone ends the run in one line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sightsound.bench.core import media, memory, registry
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.stages import embed
from sightsound.bench.stages.extractors import Extractors
from tests import toy

NAMES = ["musicnn_msd", "yamnet", "harmonics"]


class Device:
    """Memory for some networks, of which each takes one part when it is loaded and another while it works."""

    def __init__(self, parts: int) -> None:
        self.parts, self.loads = parts, []

    def loaded(self, extractors: Extractors, name: str) -> Network:
        self.check(len(extractors._loaded) + 1)
        self.loads.append(name)
        return Network(self, extractors, name)

    def check(self, parts: int) -> None:
        if parts > self.parts:
            raise MemoryError


class Network:
    def __init__(self, device: Device, extractors: Extractors, name: str) -> None:
        self._device, self._extractors, self._card = device, extractors, registry.extractor(name)

    def __call__(self, clips):
        self._device.check(len(self._extractors._loaded) + 1)
        sizes = {output: self._card.width(output) or 3 for output in self._card.outputs}
        return [{name: np.full((1, size), clip[0], np.float32) for name, size in sizes.items()} for clip in clips]


def embedded(folder, monkeypatch, parts: int) -> tuple[Device, FeatureStore, dict]:
    device, extractors = Device(parts), Extractors(NAMES, "cpu", None)
    monkeypatch.setattr(registry, "load", lambda entry: lambda weights, on: device.loaded(extractors, entry))
    monkeypatch.setattr(Extractors, "signature", lambda self, name: f"{name}|w:none")
    monkeypatch.setattr("sightsound.bench.stages.extractors.assets.fetch", lambda *words: folder)
    cards = {name: registry.extractor(name) for name in NAMES}
    monkeypatch.setattr(
        extractors, "cards", {name: replace(card, entry=name, assets=()) for name, card in cards.items()}
    )
    items = []
    for number in range(40):  # three chunks
        path = folder / f"{number}.wav"
        if not path.exists():
            media.write_audio(path, np.full(1600, 0.01 * (1 + number), np.float32), 16000)
        items.append(embed.file_item(path))
    store = FeatureStore(folder / f"features{parts}")
    failures = embed.embed(items, NAMES, extractors, store)
    assert not failures
    found = {
        (name, item.key): store.require(f"{name}|w:none", item.key, next(iter(cards[name].outputs)))
        for name in NAMES
        for item in items
    }
    return device, store, found


def test_networks_take_turns_where_memory_is_short(tmp_path, monkeypatch):
    roomy, _, all_at_once = embedded(tmp_path, monkeypatch, parts=4)
    assert roomy.loads == NAMES
    for parts in (3, 2):
        short, _, in_turn = embedded(tmp_path, monkeypatch, parts)
        assert len(short.loads) > len(NAMES)
        assert in_turn.keys() == all_at_once.keys()
        for at, features in in_turn.items():
            np.testing.assert_array_equal(features, all_at_once[at])


def test_the_first_stays_while_the_others_take_turns(tmp_path, monkeypatch):
    device, _, _ = embedded(tmp_path, monkeypatch, parts=3)
    assert device.loads.count(NAMES[0]) == 1
    assert 3 <= device.loads.count(NAMES[2]) + device.loads.count(NAMES[1]) <= 6


def test_one_that_does_not_fit_alone_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(memory.RanOut) as refused:
        embedded(tmp_path, monkeypatch, parts=1)
    assert "\n" not in str(refused.value)
    assert "memory ran out" in str(refused.value)
    assert "cpu has" in str(refused.value)


RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "r")


def test_a_network_of_the_users_that_cannot_be_loaded_is_one_line(toy_world, bench, monkeypatch):
    def spectrum(weights, device):
        raise RuntimeError("it broke\nbadly")

    monkeypatch.setattr(toy, "spectrum", spectrum)
    done = bench(*RUN)
    assert done.code == 2 and done.err.count("bench: ") == 1
    assert "bench: extractor spectrum: could not be loaded: RuntimeError: it broke badly\n" in done.err


def test_what_a_network_prints_is_no_part_of_the_table(toy_world, bench, monkeypatch):
    heard = toy.Spectrum._one
    monkeypatch.setattr(toy.Spectrum, "_one", lambda self, clip: print("a clip") or heard(self, clip))
    done = bench(*RUN, "--json")
    assert done.code == 0 and json.loads(done.out) and "a clip" in done.err
