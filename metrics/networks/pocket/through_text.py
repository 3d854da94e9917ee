"""A picture and a piece of music brought into one space through words.

A classifier names the five classes that it is surest of, a sentence is made of the names, and a sentence
embedding of that. It stands in for a network trained on pictures and sound together where none can be had; how
little the result tells is in docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sightsound.metrics.networks.extractor import Extractor, Features
from sightsound.metrics.networks.pocket import efficientnet, minilm, musicnn

TOP = 5  # classes named


def labels_minilm(weights: Mapping[str, Path], device: str) -> ThroughText:
    """Pictures through EfficientNet-Lite0's labels; assets `efficientnet_lite0` and `minilm`."""
    # WordNet's first name of each class; the synonyms after the comma say the same again
    names = [name.split(",")[0] for name in efficientnet.class_names(weights["efficientnet_lite0"])]
    classifier = efficientnet.load(weights, device)
    through = ThroughText(classifier, names, "a picture of {}", minilm.load(weights, device))
    through.over = "efficientnet_lite0", "logits"
    return through


def tags_minilm(weights: Mapping[str, Path], device: str) -> ThroughText:
    """Music through musicnn's Million Song tags; assets `musicnn` and `minilm`."""
    classifier = musicnn.load_msd(weights, device)
    through = ThroughText(classifier, musicnn.MSD_TAGS, "{} music", minilm.load(weights, device))
    through.over = "musicnn_msd", "logits"
    return through


class ThroughText:
    """Clips -> {"embedding": [1, dim]} of the sentence about each."""

    def __init__(self, classifier: Extractor, names: Sequence[str], template: str, embedder: Extractor) -> None:
        self._classifier, self._embedder = classifier, embedder
        self._names, self._template = names, template
        self.over: tuple[str, str] | None = None
        """The extractor, and its output, that it is built on: `of_stored` takes those that are kept already."""

    def __call__(self, clips: Sequence[Any]) -> list[Features]:
        """Embedding of the sentence about each clip; ValueError where a network doesn't take it."""
        return self._embedder(self.sentences(clips))

    def of_stored(self, logits: Sequence[NDArray[np.float32]]) -> list[Features]:
        """The same of the classifier's logits `[frames, classes]` of each clip; the classifier does not run."""
        return self._embedder([self._sentence(each) for each in logits])

    def sentences(self, clips: Sequence[Any]) -> list[str]:
        """The sentence about each clip, e.g. `ambient, jazz, instrumental, electronic, folk music`."""
        return [self._sentence(features["logits"]) for features in self._classifier(clips)]

    def _sentence(self, logits: NDArray[np.float32]) -> str:
        return self._template.format(", ".join(top_names(logits, self._names)))


def top_names(logits: NDArray[np.float32], names: Sequence[str], top: int = TOP) -> list[str]:
    """The `top` names of the highest mean probability, highest first; equal ones in the order of `names`.

    `logits`: `[frames, classes]`; the probability is the sigmoid, averaged over the frames.
    """
    if logits.shape[1] != len(names):
        raise ValueError(f"{logits.shape[1]} logits for {len(names)} names: not the labels of this network")
    probability = expit(logits.astype(np.float64)).mean(axis=0)
    return [names[index] for index in np.argsort(-probability, kind="stable")[:top]]
