"""What ImageBind hears: three windows of 2 s of a clip, as log-mels.

After github.com/facebookresearch/ImageBind, imagebind/data.py (load_and_transform_audio_data), whose windows are
those of pytorchvideo's ConstantClipsPerVideoSampler. That one starts them at {0, 1/3, 2/3} of what 2 s leave of
the clip in the release 0.1.5, which never hears the end (`OLD`), and at {0, 1/2, 1} in the sources since
9368f30 of April 2022, which ImageBind pins (`NEW`). Of 10 s: 0, 2.67 and 5.33 s, or 0, 4 and 8 s.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from sightsound.metrics.networks.common.batching import checked_clip
from sightsound.metrics.networks.common.kaldi_fbank import FRAME, RATE_HZ, fbank
from sightsound.metrics.networks.joint.imagebind_network import MEL_FRAMES, MELS

WINDOWS = 3
WINDOW_S = 2
MEAN, STD = -4.268, 9.138  # of the log-mels, as the authors have them
NEW, OLD = WINDOWS - 1, WINDOWS  # into how many parts the starts divide what a window leaves of the clip


def log_mels(clip: NDArray[Any], rule: int) -> NDArray[np.float32]:
    """The normalised log-mels of the windows of a mono clip at 16 kHz, `[3, 1, 128, 204]`.

    `rule`: NEW or OLD. A window of 2 s has 198 frames, a clip under 2 s is one shorter window three times; what
    is short of 204 frames is filled up with zeros before the normalisation. ValueError for less than 25 ms.
    """
    audio = checked_clip(clip, "imagebind")
    if len(audio) < FRAME:
        raise ValueError(
            f"imagebind got a clip of {len(audio)} samples, takes {FRAME} (25 ms) or more: leave it out"
        )
    audio = audio.copy()
    return np.stack([_log_mel(audio[start:end]) for start, end in windows(len(audio), rule)])


def windows(samples: int, rule: int) -> list[tuple[int, int]]:
    """First sample of each window and the one after its last; the last ones may lie behind the clip's end.

    In fractions of the duration as pytorchvideo computes it, so that a start is not one sample off.
    """
    room = Fraction(max(samples / RATE_HZ - WINDOW_S, 0))
    starts = [room * k / rule for k in range(WINDOWS)]
    return [(int(start * RATE_HZ), int((start + WINDOW_S) * RATE_HZ)) for start in starts]


def _log_mel(window: NDArray[np.float32]) -> NDArray[np.float32]:
    # In place, as the authors do it: where windows overlap, in clips under 6 s, the next one has a step in it
    # (up to 0.1 in a log-mel). Part of the published measure.
    window -= window.mean()
    bands = fbank(torch.from_numpy(window), MELS).T[:, :MEL_FRAMES]
    bands = functional.pad(bands, (0, MEL_FRAMES - bands.shape[1]))
    return ((bands - MEAN) / STD).numpy()[None]
