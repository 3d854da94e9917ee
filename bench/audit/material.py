"""What a package gets of a value: stored features or texts, put together as packages of the field take them.

Written anew from the definitions and without the formulas' own code, which is what is audited. Where ours and the
packages' define a thing differently (no package has several vectors a clip, or weighs groups), `UnlikeError` says
how, and the value is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from sightsound.metrics.card import MetricCard

Array = NDArray[np.float64]
Clip = NDArray[np.floating[Any]]

SMOOTHING = 1e-6  # docs/metrics.md: added to every class; of frames to the generated side's only
LEAST_POSTERIOR = 1e-300  # logits are logarithms, and packages multiply them by 0
NEAR_ZERO = 1e-9  # values below are held against this: they are rounding errors of sums
WELL_KNOWN = 1e-3  # share of the traces that a Fréchet distance is held against at least; see `_frechet`
LOST = 1e-7  # what that share grows by with the condition of a covariance


class UnlikeError(Exception):
    """Ours is not defined as the packages' is; says how."""


@dataclass(frozen=True)
class Read:
    """What a value was made of, in the order of its card's needs."""

    card: MetricCard
    clips: Sequence[Sequence[Clip]]
    """Features `[frames, dim]` of each clip, for each need."""
    groups: Sequence[Sequence[str]]
    """The groups of these clips."""


@dataclass(frozen=True)
class Material:
    """The same for a package."""

    n: int
    """Examples in the value."""
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """`generated` and `reference`; `reference` is whatever the generated side is held against."""
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Texts by side."""
    options: Mapping[str, str | int] = field(default_factory=dict)
    """What the formula was told."""
    weights: str = ""
    """Folder of a network, for a package that is to run it again."""
    floor: float = NEAR_ZERO
    """A difference is relative to the value, or to this where the value is smaller."""


def material(formula: str, read: Read) -> Material:
    """For a formula that `MAKERS` has. Raises UnlikeError."""
    return MAKERS[formula](read)


def _pooled(clips: Sequence[Clip]) -> Array:
    return np.concatenate(clips).astype(np.float64)


def _points(clips: Sequence[Clip]) -> Array:
    """The mean vector of each clip."""
    return np.stack([np.asarray(clip, np.float64).mean(axis=0) for clip in clips])


def _frechet(read: Read) -> Material:
    """All vectors of all clips. A distance is what is left of the traces of the two covariances, and is held
    against a share of them at least: from a thousandth, where a covariance's condition is up to 1e4, to the whole
    from 1e7 on. Packages take the root of the product, of which a singular matrix leaves half of the digits."""
    x, y = map(_pooled, read.clips)
    traces = sum(float(side.var(axis=0, ddof=1).sum()) for side in (x, y))
    share = min(max(max(map(_condition, (x, y))) * LOST, WELL_KNOWN), 1.0)
    return Material(len(read.clips[0]), {"generated": x, "reference": y}, floor=max(share * traces, NEAR_ZERO))


def _condition(vectors: Array) -> float:
    """Largest by smallest eigenvalue of the covariance; infinite for fewer vectors than dimensions."""
    if len(vectors) <= vectors.shape[1]:
        return np.inf
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(vectors, rowvar=False)))
    return float(values[-1] / values[0]) if values[0] > 0 else np.inf


def _kernel(read: Read) -> Material:
    for groups in read.groups:
        if len(set(groups)) < len(groups):
            raise UnlikeError("ours leaves out pairs of clips of one group, packages take all pairs")
    if len({len(clips) for clips in read.clips}) > 1:
        raise UnlikeError("packages draw as many of either set, and the sets are of unequal size")
    return _of_subsets(read)


def _of_subsets(read: Read) -> Material:
    if any(len(clip) > 1 for clips in read.clips for clip in clips):
        raise UnlikeError("ours leaves out pairs of vectors of one clip, packages take all pairs")
    x, y = map(_pooled, read.clips)
    return Material(len(x), {"generated": x, "reference": y})


def _two_sets_of_points(read: Read) -> Material:
    x, y = map(_points, read.clips)
    return Material(len(x), {"generated": x, "reference": y})


def _posteriors(clips: Sequence[Clip], kind: str) -> Array:
    """One distribution a clip, the mean over its frames."""
    frames = [np.asarray(clip, np.float64) for clip in clips]
    means = np.stack([(softmax(f, axis=1) if kind == "logits" else f).mean(axis=0) for f in frames])
    return np.asarray(means / means.sum(axis=1, keepdims=True))


def _logits(read: Read) -> Material:
    """The posteriors as logits, of which packages take the softmax: the same posteriors again."""
    posteriors = _posteriors(read.clips[0], read.card.options.get("posterior", "logits"))
    return Material(len(posteriors), {"generated": np.log(np.maximum(posteriors, LEAST_POSTERIOR))})


def _smoothed(read: Read) -> Material:
    kind = read.card.options.get("posterior", "logits")
    q, p = (_posteriors(clips, kind) + SMOOTHING for clips in read.clips)
    arrays = {"generated": q / q.sum(axis=1, keepdims=True), "reference": p / p.sum(axis=1, keepdims=True)}
    return Material(len(q), arrays)


def _by_frame(read: Read) -> Material:
    """The frames of the pairs that have equally many; only the generated side is smoothed."""
    of = expit if read.card.options.get("posterior") == "sigmoids" else _softmax
    pairs = [(x, y) for x, y in zip(*read.clips, strict=True) if len(x) == len(y)]
    if not pairs:
        raise UnlikeError("no pair has equally many frames")
    x, y = (of(_pooled([pair[side] for pair in pairs])) for side in (0, 1))
    return Material(len(pairs), {"generated": x + SMOOTHING, "reference": y})


def _softmax(logits: Array) -> Array:
    return np.asarray(softmax(logits, axis=1))


def _pairs_of_points(read: Read) -> Material:
    """Without the pairs of which one vector is all zero: they have no angle."""
    x, y = map(_points, read.clips)
    whole = x.any(axis=1) & y.any(axis=1)
    options = {"scale": read.card.options.get("scale", "1"), "at": read.card.aggregate_options.get("at", "")}
    return Material(int(whole.sum()), {"generated": x[whole], "reference": y[whole]}, options=options)


def _retrieval(read: Read) -> Material:
    found = _pairs_of_points(read)
    if len(np.unique(found.arrays["reference"], axis=0)) < found.n:
        raise UnlikeError("ours shares the positions of equal outputs, packages do not")
    return found


def _texts(read: Read) -> Material:
    """Without the pairs whose reference has no word, or no pair of words for rouge2."""
    texts, references = ([_decoded(clip) for clip in clips] for clips in read.clips)
    least = 2 if read.card.options["kind"] == "rouge2" else 1
    kept = [i for i, text in enumerate(references) if len(re.findall("[a-z0-9]+", text.lower())) >= least]
    lists = {"generated": [texts[i] for i in kept], "reference": [references[i] for i in kept]}
    return Material(len(kept), lists=lists, options=dict(read.card.options))


def _decoded(clip: Clip) -> str:
    """Features of `characters` are code points, and a closing 0."""
    return "".join(chr(int(point)) for point in clip[:-1, 0])


def _tokens(read: Read) -> Material:
    """Without the pairs whose reference has no token; those whose text has none count as 0."""
    marks = 2
    pairs = [(x, y) for x, y in zip(*read.clips, strict=True) if len(y) > marks]
    whole = [(x, y) for x, y in pairs if len(x) > marks]
    if not whole:
        raise UnlikeError("no pair has tokens on both sides")
    arrays: dict[str, NDArray[Any]] = {}
    for place, side in enumerate(("generated", "reference")):
        arrays[side] = _pooled([pair[place] for pair in whole])
        arrays[f"{side}_lengths"] = np.array([len(pair[place]) for pair in whole])
    return Material(len(pairs), arrays, options={**read.card.options, "empty": len(pairs) - len(whole)})


MAKERS: Mapping[str, Callable[[Read], Material]] = {
    "two_sets.frechet": _frechet,
    "two_sets.kid": _kernel,
    "two_sets.kid_subsets": _of_subsets,
    "two_sets.manifold_precision": _two_sets_of_points,
    "two_sets.manifold_recall": _two_sets_of_points,
    "single.inception": _logits,
    "single.inception_splits": _logits,
    "paired.divergence": _smoothed,
    "paired.divergence_by_frame": _by_frame,
    "paired.similarity": _pairs_of_points,
    "paired.clip_score": _pairs_of_points,
    "paired.retrieval": _retrieval,
    "paired.rouge": _texts,
    "paired.bertscore": _tokens,
}
"""Formula, by the last two parts of its module's name -> how its material is made."""
