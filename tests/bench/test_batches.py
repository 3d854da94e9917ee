"""Batches that grow on a card, with the card's memory made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightsound.bench.core import memory
from sightsound.bench.core.types import Example
from sightsound.bench.stages.batches import Batches, Gauge

EXAMPLES = [Example(f"e{number:03d}", "g") for number in range(200)]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """10 GB, of which weights take 2 GB; each example takes 0.35 GB."""
    facts = {"have": 10.0, "weights": 2e9, "peak": 2e9 + 4 * 0.35e9}
    monkeypatch.setattr(memory, "have_gb", lambda device: facts["have"])
    monkeypatch.setattr(memory, "reset_peak", lambda device: facts["weights"])
    monkeypatch.setattr(memory, "peak", lambda device: facts["peak"])
    return facts


def sizes(folder: Path, device: str = "cuda", *, grow: bool = True, load: bool = True) -> list[int]:
    batches = Batches(folder, 4, device, grow=grow)
    made = []
    for group in batches.groups(EXAMPLES):
        if load and batches.grow and not made:
            batches.learn(Gauge(device).read())
        made += group
    assert [example for batch in made for example in batch] == EXAMPLES
    return [len(batch) for batch in made]


def test_the_first_batch_shows_what_fits(card: dict[str, float], tmp_path: Path) -> None:
    assert sizes(tmp_path) == [4, *[20] * 9, 16]  # (0.9 * 10 - 2) / 0.35 = 20


def test_what_was_found_is_remembered(card: dict[str, float], tmp_path: Path) -> None:
    sizes(tmp_path)
    card["have"] = 80.0
    assert sizes(tmp_path, load=False)[:2] == [4, 20]


def test_bounds(card: dict[str, float], tmp_path: Path) -> None:
    card["have"] = 800.0
    assert sizes(tmp_path / "roomy")[:3] == [4, 64, 64]
    card["have"] = 2.3
    assert sizes(tmp_path / "tight")[:3] == [4, 1, 1]


def test_the_user_s_number_and_the_cpu_are_left_alone(card: dict[str, float], tmp_path: Path) -> None:
    assert set(sizes(tmp_path, grow=False)) == set(sizes(tmp_path, "cpu")) == {4}
    assert not list(tmp_path.iterdir())
