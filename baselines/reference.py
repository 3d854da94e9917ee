"""The reference rows of every board: what the best, the chance and the empty answer score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.types import Example, Generated, ModelCard, Variant, example_seed

RATE_HZ = 32000
SECONDS = 10.0
NOISE_RMS = 0.1  # -20 dB below full scale, about as loud as the music


class Same:
    """The reference itself: the best that a metric of likeness can give."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The example's own music."""
        for example in examples:
            yield Generated(example.id, path=example.audio)


class Mispaired:
    """The references of other examples: what music that fits the split but not the example scores."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The music of another example, each used once; see `partners`. Takes the whole split."""
        for example, other in partners(examples, seed):
            yield Generated(example.id, path=other.audio, notes={"of": other.id})


class Silence:
    """Ten seconds of nothing."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """Zeros."""
        for example in examples:
            yield Generated(example.id, np.zeros(round(SECONDS * RATE_HZ), np.float32), RATE_HZ)


class WhiteNoise:
    """Ten seconds of Gaussian noise."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """Noise of the example's own seed."""
        for example in examples:
            noise = np.random.default_rng(example_seed(seed, example.id)).standard_normal(round(SECONDS * RATE_HZ))
            yield Generated(example.id, (NOISE_RMS * noise).astype(np.float32), RATE_HZ)


def partners(examples: Sequence[Example], seed: int) -> list[tuple[Example, Example]]:
    """Each example with one whose music it is given, a permutation of the split.

    Examples are sorted by what ties them together, the piece of music or the group, whichever has fewer values
    (in an order that the seed decides), and rotated by the size of the largest tie: no example then meets its
    own music, unless one piece makes up more than half of the split.
    """
    if len({example.audio for example in examples}) < 2:
        raise ValueError("the reference cannot be mispaired: the split has one piece of music only")
    by_piece = len({e.audio for e in examples}) <= len({e.group for e in examples})

    def tie(example: Example) -> str:
        return str(example.audio) if by_piece else example.group

    def order(example: Example) -> tuple[int, str]:
        return example_seed(seed, Path(tie(example)).name), example.id

    ordered = sorted(examples, key=order)
    shift = min(max(Counter(map(tie, examples)).values()), len(ordered) // 2)
    return list(zip(ordered, ordered[shift:] + ordered[:shift], strict=True))


_HERE = "baselines.reference:"
CARD = ModelCard(
    name="reference",
    tasks=("image2music", "video2music", "caption2music", "story2music", "multimodal2music"),
    variants={
        "same": Variant(_HERE + "Same", "the reference itself"),
        "halves": Variant(
            _HERE + "Same", "half of the reference against the other half: the noise floor", halves=True
        ),
        "mispaired": Variant(_HERE + "Mispaired", "the references of other examples", batch_size=0),
        "silence": Variant(_HERE + "Silence", "ten seconds of silence"),
        "white_noise": Variant(_HERE + "WhiteNoise", "ten seconds of white noise"),
    },
    description="the rows that show what a metric's values mean",
    licence="that of the split",
    presets={"pocket": ("same", "halves", "mispaired", "silence", "white_noise")},
    reference=True,
)
