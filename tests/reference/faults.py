"""What the reference packages give on the cases of hand.py; packages.py records it beside the values on paper."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

from tests.reference import compat  # before the packages

# isort: split

import numpy as np
import soundfile
import torch
from frechet_audio_distance import CLAPScore, FrechetAudioDistance
from torch_fidelity import metric_fid

from tests.parity import seeded
from tests.reference import hand

Fault = tuple[str, str, str, float]
"""Name in tests/metrics/test_package_faults.py, what is wrong, distribution, its value."""


def found() -> Iterator[Fault]:
    """Every fault, reproduced."""
    fad = FrechetAudioDistance.__new__(FrechetAudioDistance)  # its constructor would fetch a network
    fad.model_name, fad.verbose, fad.device = "pann", False, torch.device("cpu")
    fad.sample_rate, fad.channels, fad.audio_load_worker = 32000, 1, 1
    fad.model = lambda audio, _: {"embedding": audio}  # the samples themselves as the clip's embedding
    wrong = "PANNs embeddings are laid end to end as one dimension, where its root of a matrix fails: -1"
    yield "flat", wrong, "frechet-audio-distance", _fad(fad, hand.FLAT_X, hand.FLAT_Y)
    none = np.empty((0, 2))
    yield "empty", "an empty folder is at a distance of -1", "frechet-audio-distance", _fad(fad, none, none)

    sides = [fad.calculate_embd_statistics(hand.FEW)] * 2
    value = float(fad.calculate_frechet_distance(*sides[0], *sides[1]))
    wrong = "a set of 20 frames in 512 dimensions is at a negative distance from itself"
    yield "same", wrong, "frechet-audio-distance", value
    statistics = metric_fid.fid_features_to_statistics(torch.from_numpy(hand.FEW))
    value = metric_fid.fid_statistics_to_metric(statistics, statistics, verbose=False)[metric_fid.KEY_METRIC_FID]
    yield "same", wrong, "torch-fidelity", value

    wrong = "of a clip over 10 s a part is drawn at random: the embedding of one file, heard 5 times, moves by"
    yield "cropped", wrong, "laion-clap", _moved(times=5)
    wrong = "captions meet clips in the order in which the folder lists them"
    yield "paired", wrong, "frechet-audio-distance", _clap_score(listing=["dark.wav", "bright.wav"])


def _fad(fad: FrechetAudioDistance, *sides: np.ndarray) -> float:
    """Its score of two folders of clips; `sides`: a clip's samples a row."""
    with tempfile.TemporaryDirectory() as name, redirect_stdout(None):
        folders = [Path(name) / side for side in ("background", "eval")]
        for folder, clips in zip(folders, sides, strict=True):
            folder.mkdir()
            for index, clip in enumerate(clips):
                soundfile.write(folder / f"{index}.wav", clip, fad.sample_rate, subtype="FLOAT")
        return float(fad.score(*map(str, folders)))


def _moved(times: int) -> float:
    """Largest distance between embeddings of hand.LONG, unit vectors, under HTSAT-tiny with seeded weights."""
    clap = compat.clap("HTSAT-tiny")
    state = clap.model.state_dict()
    made = seeded.filled(state)
    fixed = ("spectrogram_extractor", "logmel_extractor", "attn_mask", "logit_scale")
    clap.model.load_state_dict({n: state[n] if any(part in n for part in fixed) else made[n] for n in state})
    np.random.seed(0)  # the parts are drawn from the generator of the process
    found = clap.eval().get_audio_embedding_from_data([hand.LONG.astype(np.float32)] * times)
    return float(max(np.linalg.norm(one - other) for one in found for other in found))


def _clap_score(listing: list[str]) -> float:
    """Score of two clips, each with its caption's embedding, in a folder that lists them as given."""
    clap = CLAPScore.__new__(CLAPScore)
    clap.model, clap.device, clap.verbose = _Clap(), torch.device("cpu"), False
    clap.sample_rate, clap.audio_load_worker = 48000, 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "clips").mkdir()
        for sign, caption in zip((1, -1), hand.CAPTIONS, strict=True):
            soundfile.write(folder / "clips" / f"{caption}.wav", np.full(480, sign / 2), 48000)
        (folder / "captions.csv").write_text("caption\n" + "\n".join(hand.CAPTIONS) + "\n", encoding="utf-8")
        with mock.patch.object(os, "listdir", lambda path: listing):
            mean, _ = clap.score(str(folder / "captions.csv"), str(folder / "clips"))
    return float(mean)


class _Clap:
    """Embeds a caption as hand.py says and a clip by its sign."""

    def get_text_embedding(self, texts: list[str]) -> np.ndarray:
        return np.array([hand.CAPTIONS[text] for text in texts])

    def get_audio_embedding_from_data(self, audio: torch.Tensor, use_tensor: bool) -> torch.Tensor:
        bright, dark = hand.CAPTIONS.values()
        return torch.tensor([bright if sound.mean() > 0 else dark for sound in audio])
