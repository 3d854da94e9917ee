"""Which features a shard computes: of its own outputs, and of a part of what all are compared with, so that no
reference is embedded twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sightsound.bench.core.shard import Shard
from sightsound.bench.splits import Split
from sightsound.bench.stages import embed
from sightsound.bench.stages.extract import CHUNK

BLOCK = CHUNK // 2
"""Examples that follow each other and whose references belong to one shard: as many as a system's usual batch, so
that what a reference row copies is mostly with the shard that embeds the original."""


def part_of(split: Split, shard: Shard | None) -> Split:
    """The split with the examples, and those of another set, whose references and conditions the shard embeds."""
    if shard is None:
        return split
    other = split.against
    part = other and replace(other, examples=tuple(shard.own(other.examples, BLOCK)))
    return replace(split, examples=shard.own(split.examples, BLOCK), against=part)


def without_those_of_others(items: Sequence[embed.Item], split: Split, shard: Shard | None) -> list[embed.Item]:
    """The items but for outputs that are copies of a reference: the shard of that reference embeds them.

    Where no metric reads the references nobody does, and `bench merge` makes what is missing.
    """
    if shard is None:
        return list(items)
    mine = part_of(split, shard)
    others = set(split.digests.values()) - {
        mine.digests[path]
        for example in mine.examples
        for path in (example.image, example.video, example.audio, example.reference_image)
        if path is not None and path in mine.digests
    }
    return [item for item in items if item.key not in others]
