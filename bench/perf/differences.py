"""How far the pocket networks' numbers are apart: a card against the processor, a batch against one by one, twice.

The weights are the trained ones where they are on this machine, else random; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.state import known
from sightsound.bench.core.types import Report
from sightsound.bench.perf.metrics import Figure
from sightsound.bench.perf.untrained import NETWORKS, Untrained
from sightsound.bench.stages.extractors import Extractors
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.networks.extractor import Features

POCKET = ("musicnn_msd", "musicnn_mtt", "yamnet", "efficientnet_lite0", "minilm")
DISTANCE = "musicnn_msd"  # whose Fréchet distance is compared too
SECONDS = 10.0


def measure(device: str, count: int, report: Report) -> Iterator[Figure]:
    """Each network of POCKET on `count` things of the kind that it takes; MiniLM only where its weights are, since
    there is no tokenizer without them."""
    for done, name in enumerate(POCKET):
        report("networks", done, len(POCKET))
        yield from _of(name, device, count)
    report("networks", len(POCKET), len(POCKET))


@known()
def _of(name: str, device: str, count: int) -> Iterator[Figure]:
    card = registry.extractor(name)
    trained = all(assets.is_here(asset, None) for asset in card.assets)
    if not trained and name not in NETWORKS:
        return
    kind = Extractors if trained else Untrained
    said = f"{name}{'' if trained else ' (random weights)'}"
    things = _things(card.modality, card.rate_hz, count)
    network = kind([name], device, None).network(name)
    found = network(things)
    where = device.partition(":")[0]
    yield _figure(f"{said}, the same again on {where}", apart(found, network(things)))
    alone = [network([each])[0] for each in things]
    yield _figure(f"{said}, {count} at once against one by one on {where}", apart(found, alone))
    if device == "cpu":
        return
    plain = kind([name], "cpu", None).network(name)(things)
    yield _figure(f"{said}, {where} against cpu", apart(found, plain))
    if name == DISTANCE:
        ours, theirs = (_distance(each) for each in (found, plain))
        yield _figure(f"fad over {said}, {where} against cpu", abs(ours / theirs - 1))


def apart(found: Sequence[Features], other: Sequence[Features]) -> float:
    """The largest difference of any output, as a share of the largest value of that output."""
    shares = []
    for name in found[0]:
        one, two = (np.concatenate([np.ravel(each[name]) for each in made]) for made in (found, other))
        shares.append(float(np.max(np.abs(one - two)) / (np.max(np.abs(two)) + 1e-30)))
    return max(shares)


def _distance(found: Sequence[Features]) -> float:
    half = len(found) // 2
    rows = [each["embedding"] for each in found]
    sides = [frechet.statistics(rows[:half]), frechet.statistics(rows[half : 2 * half])]
    return frechet.aggregate(sides[0], np.ones(half), sides[1], np.ones(half))


def _figure(what: str, value: float) -> Figure:
    return Figure(f"{what}: largest difference as a share of the largest value", value, 0.0, True)


def _things(modality: str, rate_hz: int, count: int) -> list[Any]:
    """Clips, pictures or sentences, no two alike."""
    return [MAKERS[modality](np.random.default_rng(number), rate_hz) for number in range(count)]


def _clip(rng: np.random.Generator, rate_hz: int) -> NDArray[np.float32]:
    time_s = np.arange(round(SECONDS * rate_hz)) / rate_hz
    chord = sum(np.sin(2 * np.pi * 110 * 2 ** (pitch / 12) * time_s) for pitch in rng.integers(0, 36, 3))
    return np.asarray(0.1 * chord + 0.02 * rng.standard_normal(len(time_s)), np.float32)


def _picture(rng: np.random.Generator, _: int) -> NDArray[np.uint8]:
    coarse = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return np.asarray(np.kron(coarse, np.ones((20, 20, 1), np.uint8)))


def _sentence(rng: np.random.Generator, _: int) -> str:
    words = [
        "a",
        "slow",
        "bright",
        "song",
        "with",
        "piano",
        "strings",
        "drums",
        "and",
        "voices",
        "over",
        "calm",
        "water",
        "at",
        "night",
    ]
    return " ".join(rng.choice(words, 12))


MAKERS: Mapping[str, Callable[[np.random.Generator, int], Any]] = {
    "audio": _clip,
    "image": _picture,
    "text": _sentence,
}
"""What a network takes -> how one such thing is made."""
