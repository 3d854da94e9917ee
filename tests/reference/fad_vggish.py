"""Times frechet-audio-distance's FAD-VGGish: `python -m tests.reference.fad_vggish WEIGHTS BACKGROUND EVAL`.

WEIGHTS: a state dict for torchvggish, in the place of the published one; torch.hub brings torchvggish's code, from
its cache or from GitHub. Prints one line of JSON: seconds for the front end and for everything, and the distance.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

from tests.reference import compat  # noqa: F401  # before the packages

# isort: split

import torch
from frechet_audio_distance import FrechetAudioDistance

BEST_OF = 3  # as bench/perf/metrics.py


def main(weights: str, background: str, evaluated: str) -> None:
    """Measure and print."""
    state = torch.load(weights, weights_only=True)
    pca = {"pca_eigen_vectors": torch.zeros(128, 128).numpy(), "pca_means": torch.zeros(128).numpy()}
    with (
        mock.patch("torch.hub.load", partial(torch.hub.load, trust_repo=True)),
        mock.patch("torch.hub.load_state_dict_from_url", lambda url, **_: dict(pca) if "pca" in url else state),
    ):
        fad = FrechetAudioDistance()  # VGGish without PCA, before the last ReLU

    def front() -> None:
        for folder in (background, evaluated):
            for clip in fad._FrechetAudioDistance__load_audio_files(folder):
                fad.model._preprocess(clip, fad.sample_rate)

    front()  # compiles the resampler
    front_s, _ = best(front)
    total_s, value = best(lambda: fad.score(background, evaluated))
    print(json.dumps({"front_s": front_s, "total_s": total_s, "value": float(value)}))


def best(function: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the fastest of several calls, and what the last returned."""
    took_s = []
    for _ in range(BEST_OF):
        start = time.perf_counter()
        result = function()
        took_s.append(time.perf_counter() - start)
    return min(took_s), result


if __name__ == "__main__":
    main(*sys.argv[1:])
