"""Which frames of a video are captioned, and how BLIP's sentences are decoded."""

from __future__ import annotations

IMAGE_DECODING = {"max_new_tokens": 32}
"""clip-interrogator 0.6.0, through which the authors call BLIP-base: greedy, caption_max_length 32."""
FRAME_DECODING = {"num_beams": 7, "min_length": 15, "max_length": 30}
"""The authors' MozartsTouch/utils/preprocess_single.py (commit d3162ac), which calls BLIP-large."""

PAPER_AMOUNT = 25
"""Frames asked for by the authors' code when video was added (commit d3162ac)."""
CODE_AMOUNT = 20
"""The same in its last commit (5ba10a11, config.yaml)."""


def frame_indices(n_frames: int, amount: int = PAPER_AMOUNT) -> list[int]:
    """Indices 1, 1 + step, ... below n_frames - 1 with step = n_frames // amount; all frames when step is 0.

    As MozartsTouch/utils/preprocess_single.py computes them. The step is rounded down, so a video of fewer than
    2 * amount frames gives nearly twice as many; with `amount` 1 the rule may give none: frame 0 then.
    ValueError when there is no frame.
    """
    if n_frames < 1 or amount < 1:
        raise ValueError(f"cannot sample {amount} frames of {n_frames}; both must be at least 1")
    step = n_frames // amount
    return list(range(1, n_frames - 1, step) if step else range(n_frames)) or [0]
