"""Maps of embeddings: all clips of a board as a network hears them, in the two directions of most difference.

Principal components (Pearson 1901) of one vector a clip, the mean over its frames, of the systems under test and
the reference together; nothing is scaled. The features are those that were stored when the run was scored: no
network runs and nothing is downloaded. Silence and noise would make up the first axis alone, so reference rows
other than the reference itself are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import Folder
from sightsound.bench.core.types import Task
from sightsound.bench.site.columns import Column
from sightsound.bench.stages import reading

MOST = 400
"""Clips of a system on a map, evenly spaced in the list of examples."""
REFERENCE = "reference"
FAR = 12
"""Clips in the list of the farthest."""


@dataclass(frozen=True)
class Map:
    """One network's view of a board."""

    extractor: str
    """Name of the network."""
    output: str
    """Which of its outputs."""
    points: Mapping[str, NDArray[np.float64]]
    """System, or `REFERENCE` -> `[clips, 2]`."""
    examples: Mapping[str, Sequence[str]]
    """The same -> ids of those clips."""
    variance: tuple[float, float]
    """The shares of all variance that the two axes have."""
    distance: Mapping[str, float]
    """System -> distance of its mean to the reference's in the whole space, over the reference's own spread (root
    of its summed variance); NaN without a reference."""
    spread: Mapping[str, float]
    """The same -> root of its summed variance, over the reference's."""
    far: Sequence[tuple[str, str, float]]
    """The clips of systems that are farthest from the reference's mean in the whole space: system, example id,
    distance as in `distance`."""
    missing: int
    """Clips whose features are no longer stored."""
    dim: int
    """Dimensions of the whole space."""


def networks(columns: Sequence[Column], task: Task) -> dict[tuple[str, str], str]:
    """(extractor, output) -> the digest that rows name it by, of the networks in which the board's metrics compare
    two sets of outputs."""
    found: dict[tuple[str, str], str] = {}
    for column in columns:
        try:
            card = registry.metric(column.metric, task)
        except BenchError:  # a metric that only the run's own modules know
            continue
        needs = reading.needs(card)
        if card.kind != "two_sets" or len({(need.extractor, need.output) for need in needs}) != 1:
            continue
        digests = digests_of(str(next(iter(column.rows.values()))["signature"]))
        if needs[0].extractor in digests:
            found.setdefault((needs[0].extractor, needs[0].output), digests[needs[0].extractor])
    return found


def digests_of(signature: str) -> dict[str, str]:
    """Extractor -> short digest of its own signature, as a row's signature names them.

    >>> digests_of("kl_x|n:9|x:labels@1a2b3c+tags@4d5e6f|v:1")
    {'labels': '1a2b3c', 'tags': '4d5e6f'}
    """
    named = re.search(r"\|x:([^|]+)", signature)
    pairs = [one.rpartition("@") for one in named.group(1).split("+")] if named else []
    return {name: digest for name, _, digest in pairs}


def view(root: Path, network: tuple[str, str], digest: str, keys: Mapping[str, Mapping[str, str]]) -> Map | None:
    """The map of one network; None where fewer than three clips have stored features.

    `root`: the feature store's folder; `keys`: system or `REFERENCE` -> example id -> sha256 of the clip.
    """
    extractor, output = network
    folders = [Folder(path) for path in sorted(root.glob(f"{extractor}-{digest}*"))]
    vectors: dict[str, list[NDArray[np.float64]]] = {}
    examples: dict[str, list[str]] = {}
    missing = 0
    for system, example, key in _spread_out(keys):
        found = _vector(folders, key, output)
        if found is None:
            missing += 1
            continue
        vectors.setdefault(system, []).append(found)
        examples.setdefault(system, []).append(example)
    if sum(map(len, vectors.values())) < 3:
        return None
    sets = {system: np.stack(found) for system, found in vectors.items()}
    every = np.concatenate(list(sets.values()))
    middle = every.mean(axis=0)
    _, sizes, axes = np.linalg.svd(every - middle, full_matrices=False)
    axes = axes[:2] * np.where(axes[:2].sum(axis=1) < 0, -1, 1)[:, None]  # else the signs are chance
    shares = np.square(sizes) / max(float(np.square(sizes).sum()), 1e-30)
    theirs = sets.get(REFERENCE)
    own = np.nan if theirs is None else _width(theirs)
    return Map(
        extractor=extractor,
        output=output,
        points={system: (found - middle) @ axes.T for system, found in sets.items()},
        examples=examples,
        variance=(float(shares[0]), float(shares[1])),
        distance={system: _distance(found.mean(axis=0), theirs) for system, found in sets.items()},
        spread={system: float(_width(found) / own) for system, found in sets.items()},
        far=_far(sets, examples),
        missing=missing,
        dim=every.shape[1],
    )


def _spread_out(keys: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for system, own in keys.items():
        ids = list(own)
        chosen = ids if len(ids) <= MOST else [ids[at] for at in np.linspace(0, len(ids) - 1, MOST).astype(int)]
        yield from ((system, example, own[example]) for example in chosen)


def _vector(folders: Sequence[Folder], key: str, output: str) -> NDArray[np.float64] | None:
    for folder in folders:
        frames = folder.get(key, output)  # damaged: the next run makes it again
        if frames is not None:
            return frames.astype(np.float64).mean(axis=0) if frames.ndim == 2 and len(frames) else None
    return None


def _distance(vector: NDArray[np.float64], theirs: NDArray[np.float64] | None) -> float:
    """From the reference's mean, over the reference's spread; NaN without a reference."""
    return np.nan if theirs is None else float(np.linalg.norm(vector - theirs.mean(axis=0)) / _width(theirs))


def _far(
    sets: Mapping[str, NDArray[np.float64]], examples: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, float]]:
    """See `Map.far`; none without a reference."""
    theirs = sets.get(REFERENCE)
    if theirs is None:
        return []
    lines = [
        (system, example, _distance(vector, theirs))
        for system, found in sets.items()
        if system != REFERENCE
        for example, vector in zip(examples[system], found, strict=True)
    ]
    return sorted(lines, key=lambda line: -line[2])[:FAR]


def _width(vectors: NDArray[np.float64]) -> float:
    return float(np.sqrt(vectors.var(axis=0).sum())) or np.nan
