"""A part of a run that a process makes by itself: number I of N, as `--shard I/N` names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import chunks

LARGEST = 9999  # shards of a run
_WRITTEN = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True)
class Shard:
    """One of the parts of a run; every example belongs to one of them."""

    number: int
    """From 1 on."""
    count: int
    """How many parts there are."""

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def name(self) -> str:
        """As a file name: `2-of-4`."""
        return f"{self.number}-of-{self.count}"

    def own(self, items: Sequence[Any], size: int) -> list[Any]:
        """The items of this part: whole batches of `size`, every N-th of them; size 0 makes one batch of all.

        >>> Shard(2, 2).own("abcdefg", 2), Shard(1, 2).own("abcdefg", 2)
        (['c', 'd', 'g'], ['a', 'b', 'e', 'f'])
        """
        batches = list(chunks(items, size))[self.number - 1 :: self.count]
        return [item for batch in batches for item in batch]


def parsed(text: str) -> Shard:
    """What `I/N` means. BenchError for what is none."""
    found = _WRITTEN.fullmatch(text)
    number, count = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= count <= LARGEST:
        raise BenchError(
            f"--shard {text}: write I/N, shard I of N, e.g. 2/4; I is from 1 to N, N at most {LARGEST}"
        )
    return Shard(number, count)
