"""The reference rows of every board of music: what the best, the chance and the empty answer score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from sightsound.bench.core.types import Example, Generated, ModelCard, Variant, example_seed

RATE_HZ = 32000
SECONDS = 10.0
NOISE_RMS = 0.1  # -20 dB below full scale, about as loud as the music


class Row:
    """A system that needs no weights."""

    def __init__(self, device: str, weights: Mapping[str, Path]) -> None:
        pass


class Same(Row):
    """The reference itself: the best that a metric of likeness can give."""

    field = "audio"
    """Field of Example that holds the reference."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The example's own reference."""
        for example in examples:
            yield answer(example.id, getattr(example, self.field))


class Mispaired(Row):
    """The references of other examples: what an answer that fits the split but not the example scores."""

    field = "audio"
    """Field of Example that holds the reference."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The reference of another example, each used once; see `partners`. Takes the whole split."""
        for example, other in partners(examples, seed, self.field):
            yield answer(example.id, getattr(other, self.field), {"of": other.id})


class Silence(Row):
    """Ten seconds of nothing."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """Zeros."""
        for example in examples:
            yield Generated(example.id, np.zeros(round(SECONDS * RATE_HZ), np.float32), RATE_HZ)


class WhiteNoise(Row):
    """Ten seconds of Gaussian noise."""

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """Noise of the example's own seed."""
        for example in examples:
            noise = np.random.default_rng(example_seed(seed, example.id)).standard_normal(round(SECONDS * RATE_HZ))
            yield Generated(example.id, (NOISE_RMS * noise).astype(np.float32), RATE_HZ)


def answer(example_id: str, reference: Path | str, notes: Mapping[str, str] | None = None) -> Generated:
    """A file or a text as what a system made."""
    if isinstance(reference, Path):
        return Generated(example_id, path=reference, notes=notes or {})
    return Generated(example_id, text=reference, notes=notes or {})


def partners(examples: Sequence[Example], seed: int, field: str = "audio") -> list[tuple[Example, Example]]:
    """Each example with one whose reference (`field`) it is given, a permutation of the split.

    Examples are sorted by what ties them together, the reference or the group, whichever has fewer values (in an
    order that the seed decides), and rotated by the size of the largest tie, or by the next more that gives the
    fewest examples a reference of their own group or their own again: none, unless one tie makes up more than half
    of the split.
    """
    if len({getattr(example, field) for example in examples}) < 2:
        raise ValueError(f"the reference cannot be mispaired: the split has one {field} only")

    def group(example: Example) -> str:
        return example.reference_group or example.group

    by_reference = len({getattr(e, field) for e in examples}) <= len({group(e) for e in examples})

    def tie(example: Example) -> str:
        return str(getattr(example, field)) if by_reference else group(example)

    def order(example: Example) -> tuple[int, str]:
        return example_seed(seed, Path(tie(example)).name), example.id

    ordered = sorted(examples, key=order)
    first = min(max(Counter(map(tie, examples)).values()), len(ordered) // 2)

    def met(shift: int) -> int:
        pairs = zip(ordered, ordered[shift:] + ordered[:shift], strict=True)
        return sum(group(a) == group(b) or getattr(a, field) == getattr(b, field) for a, b in pairs)

    shift = min([*range(first, len(ordered)), *range(1, first)], key=met)  # the first of the best
    return list(zip(ordered, ordered[shift:] + ordered[:shift], strict=True))


def likeness(module: str, same: str, mispaired: str) -> dict[str, Variant]:
    """The variants that every board has: `Same` and `Mispaired` of `module`, with their descriptions."""
    return {
        "same": Variant(f"{module}:Same", same),
        "halves": Variant(
            f"{module}:Same", "half of the references against the other half: the noise floor", halves=True
        ),
        "mispaired": Variant(f"{module}:Mispaired", mispaired, batch_size=0),
    }


_HERE = "sightsound.baselines.reference"
CARD = ModelCard(
    name="reference",
    tasks=(
        "image2music",
        "video2music",
        "caption2music",
        "story2music",
        "multimodal2music",
        "masked2music",
        "any2music",
    ),
    variants={
        **likeness(_HERE, "the reference itself", "the references of other examples"),
        "silence": Variant(f"{_HERE}:Silence", "ten seconds of silence"),
        "white_noise": Variant(f"{_HERE}:WhiteNoise", "ten seconds of white noise"),
    },
    description="the rows that show what a metric's values mean",
    licence="that of the split",
    presets={"pocket": ("same", "halves", "mispaired", "silence", "white_noise")},
    reference=True,
)
