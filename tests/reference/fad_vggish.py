"""Times frechet-audio-distance's FAD-VGGish: `python -m tests.reference.fad_vggish WEIGHTS BACKGROUND EVAL`.

WEIGHTS: a state dict for torchvggish, in the place of the published one; torch.hub brings torchvggish's code, from
its cache or from GitHub. Prints one line of JSON: seconds for the front end and for everything, and the distance.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from unittest import mock

from tests.reference import compat  # noqa: F401  # before the packages

# isort: split

import torch
from frechet_audio_distance import FrechetAudioDistance


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
    start = time.perf_counter()
    front()
    front_s = time.perf_counter() - start
    start = time.perf_counter()
    value = fad.score(background, evaluated)
    print(json.dumps({"front_s": front_s, "total_s": time.perf_counter() - start, "value": float(value)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
