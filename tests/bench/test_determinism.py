"""What docs/determinism.md claims of the pocket preset on a CPU: the same bytes whatever the number of threads and
the size of batches. `pytest -s` prints the table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from sightsound.bench import assets, splits
from sightsound.bench.core import registry, results
from sightsound.bench.core.state import known
from sightsound.bench.stages import reading
from sightsound.bench.stages.extract import by_clip
from sightsound.bench.stages.extractors import Extractors
from sightsound.bench.stages.generate import generate
from sightsound.metrics.card import ExtractorCard

WAYS = ((1, 8), (1, 1), (2, 3))
"""Threads, and how many go together."""
LARGE = "roberta_large"  # a published network of 1.4 GB, in the preset for those who fetch it
NETWORKS = sorted(
    set(reading.extractors([registry.metric(name) for name in registry.preset("pocket").metrics])) - {LARGE}
)
RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--out", "r")
SECONDS = (3.2, 4.0, 3.5, 6.2)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """So many in torch, and in the libraries under NumPy and SciPy."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    with threadpool_limits(number):
        yield
    torch.set_num_threads(before)


def clips(card: ExtractorCard) -> list[Any]:
    """Several things of the kind that the network takes, none like the other."""
    rng = np.random.default_rng(0)
    if card.modality == "text":
        return [f"{'slow ' * number}piano music, sad and number {number}" for number in range(4)]
    if card.modality == "image":
        sizes = [(120 + 7 * number, 150 - 9 * number) for number in range(4)]
        return [rng.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]
    lengths = [round((card.rate_hz or 16000) * seconds) for seconds in SECONDS]
    return [(0.1 * rng.standard_normal(length)).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_give_the_same_bytes_by_any_batch_and_threads(name: str) -> None:
    extractors = Extractors([name], "cpu", None)
    found = {}
    with known():
        network, given = extractors.network(name), clips(extractors.cards[name])
        for number, size in WAYS:
            with threads(number):
                parts = [by_clip(network, given[at : at + size]) for at in range(0, len(given), size)]
            found[number, size] = [
                {output: array.tobytes() for output, array in features.items()}
                for part in parts
                for features in part
                if not isinstance(features, str)
            ]
    first = found[WAYS[0]]
    assert len(first) == len(given) and all(first)
    for (number, size), each in found.items():
        print(f"{name}: {number} threads, {size} at once: {'the same' if each == first else 'other digits'}")
    assert all(each == first for each in found.values())


def test_outputs_of_the_pocket_pipeline(tmp_path: Path) -> None:
    (system,) = registry.systems("mozart:pocket", "pocket")
    examples = splits.load("wesnoth", task="image2music", limit=4).examples
    weights = {name: assets.fetch(name) for name in system.build.assets}
    model = registry.load(system.build.entry)("cpu", weights, seconds="1")
    found = {}
    for number, size in WAYS:
        with threads(number):
            made = generate(
                system,
                registry.task("image2music"),
                examples,
                tmp_path / f"{number}-{size}",
                lambda: model,
                seed=0,
                batch_size=size,
            )
        found[number, size] = [(output.sha256, output.notes) for output in made.values()]
        assert all(sha256 for sha256, _ in found[number, size])
    assert all(each == found[WAYS[0]] for each in found.values())


def test_rows_are_the_same_by_any_number_of_threads(toy_world, bench) -> None:
    networks = registry.cards("network")
    networks["spectrum"] = replace(networks["spectrum"], classes="logits", posterior="softmax", labels="16 bands")
    names = ("fad", "kad", "kid", "kl", "inception_score", "precision", "recall")
    metrics = ",".join(["cosine_toy", *(f"{name}_spectrum" for name in names)])
    tables = []
    for number in (1, 2):
        with threads(number):
            done = bench(*RUN, "--metrics", metrics)
        assert done.code == 0, done.err
        tables.append(results.read(Path("r/rows.csv")).drop(columns="seconds").to_csv())
        Path("r/rows.csv").unlink()
    assert tables[0] == tables[1]
