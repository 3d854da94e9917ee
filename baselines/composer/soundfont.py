"""Reads a SoundFont 2 file: presets, and for each the regions that sound for a key and a velocity.

Source of the layout and of the units: SoundFont Technical Specification 2.04, chapters 6 to 8. A preset has
zones that point at instruments, an instrument has zones that point at samples; a generator of the instrument
zone is an absolute value and one of the preset zone is added to it. Modulators of the file are not read; the
velocity follows the specification's default (concave, 8.4.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEY_RANGE, VELOCITY_RANGE, INSTRUMENT, SAMPLE = 43, 44, 41, 53
NOT_ADDED = {0, 1, 2, 3, 4, 12, 45, 46, 47, 50, 54, 57, 58}  # belong to the instrument zone alone
# Values of the generators that are not 0 by default (specification, 8.1.3).
DEFAULTS = {
    8: 13500, 21: -12000, 23: -12000, 25: -12000, 26: -12000, 27: -12000, 28: -12000, 30: -12000,
    33: -12000, 34: -12000, 35: -12000, 36: -12000, 38: -12000, 46: -1, 47: -1, 56: 100, 58: -1,
}  # fmt: skip

_BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
_GENERATOR = np.dtype([("kind", "<u2"), ("amount", "<i2")])
_PRESET = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", (3,))])
_INSTRUMENT = np.dtype([("name", "S20"), ("bag", "<u2")])
_SAMPLE = np.dtype(
    [("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
     ("rate_hz", "<u4"), ("key", "u1"), ("cents", "i1"), ("link", "<u2"), ("kind", "<u2")]
)  # fmt: skip
_TABLES = {
    b"phdr": _PRESET, b"pbag": _BAG, b"pgen": _GENERATOR,
    b"inst": _INSTRUMENT, b"ibag": _BAG, b"igen": _GENERATOR, b"shdr": _SAMPLE,
}  # fmt: skip


@dataclass(frozen=True)
class Region:
    """One sample and how it is played. Positions are in samples of `SoundFont.samples`."""

    index: int
    """Unique in its preset."""
    keys: tuple[int, int]
    """Lowest and highest key."""
    velocities: tuple[int, int]
    """Lowest and highest velocity."""
    start: int
    """First sample."""
    end: int
    """One past the last sample."""
    loop: tuple[int, int] | None
    """Start and end of the loop, or None for a sample that plays once."""
    loop_until_release: bool
    """True where the loop is left at the note's end."""
    rate_hz: int
    """Rate at which the sample was recorded."""
    root: float
    """Key, with a fraction for cents, at which the sample sounds as recorded."""
    generators: dict[int, int] = field(hash=False)
    """Every generator that was set, by number, and the defaults of the others."""


@dataclass(frozen=True)
class SoundFont:
    """Samples and presets of one file."""

    samples: NDArray[np.float32]
    """All samples one after the other, -1..1."""
    presets: dict[tuple[int, int], tuple[Region, ...]]
    """(bank, program) -> regions. Bank 128 holds the drum kits."""

    def regions(self, bank: int, program: int, key: int, velocity: int) -> list[Region]:
        """Regions that sound together for a note. Raises ValueError for a preset that is not there."""
        if (bank, program) not in self.presets:
            raise ValueError(f"the soundfont has no preset {bank}:{program}; use a General MIDI soundfont")
        return [
            region
            for region in self.presets[bank, program]
            if region.keys[0] <= key <= region.keys[1] and region.velocities[0] <= velocity <= region.velocities[1]
        ]


def read_soundfont(path: Path) -> SoundFont:
    """The soundfont in `path`. Raises ValueError for a file that is not SoundFont 2 or is cut short."""
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError(f"{path}: not a SoundFont 2 file; fetch the soundfont again")
    chunks = dict(_chunks(data, 12, len(data)))
    missing = [name.decode() for name in (b"smpl", *_TABLES) if name not in chunks]
    if missing:
        raise ValueError(f"{path}: no {', '.join(missing)} chunk, so it is cut short; fetch the soundfont again")
    tables = {
        name: np.frombuffer(chunks[name][: len(chunks[name]) // kind.itemsize * kind.itemsize], kind)
        for name, kind in _TABLES.items()
    }
    samples = np.frombuffer(chunks[b"smpl"], "<i2").astype(np.float32) / np.float32(32768)
    try:
        presets = dict(_presets(tables))
    except IndexError as error:
        raise ValueError(f"{path}: a table points outside the file; fetch the soundfont again") from error
    if max((r.end for regions in presets.values() for r in regions), default=0) > samples.size:
        raise ValueError(f"{path}: a sample lies outside the file; fetch the soundfont again")
    return SoundFont(samples, presets)


def _chunks(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Leaf chunks between two offsets; a LIST is opened. A chunk that runs past the end is not given."""
    while start + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, start)
        body = start + 8
        if name == b"LIST":
            yield from _chunks(data, body + 4, min(body + size, end))
        elif body + size <= end:
            yield name, data[body : body + size]
        start = body + size + size % 2


Zone = dict[int, int]
Tables = dict[bytes, np.ndarray]


def _zones(tables: Tables, kind: bytes, first_bag: int, last_bag: int, last: int) -> Iterator[Zone]:
    """Zones of one preset or instrument with its global zone merged in; `last` ends a zone that sounds."""
    bags, generators = tables[kind + b"bag"]["generator"], tables[kind + b"gen"]
    shared: Zone = {}
    for bag in range(first_bag, last_bag):
        rows = generators[int(bags[bag]) : int(bags[bag + 1])]
        zone = dict(zip(rows["kind"].tolist(), rows["amount"].tolist(), strict=True))
        if last in zone:
            yield shared | zone
        elif bag == first_bag:
            shared = zone


def _bounds(*zones: Zone, kind: int) -> tuple[int, int]:
    """Overlap of the ranges of the zones: low byte the lowest, high byte the highest."""
    ranges = [(zone[kind] & 255, (zone[kind] >> 8) & 255) for zone in zones if kind in zone]
    return max((low for low, _ in ranges), default=0), min((high for _, high in ranges), default=127)


def _presets(tables: Tables) -> Iterator[tuple[tuple[int, int], tuple[Region, ...]]]:
    presets, instruments = tables[b"phdr"], tables[b"inst"]
    for index in range(len(presets) - 1):
        regions: list[Region] = []
        bags = int(presets["bag"][index]), int(presets["bag"][index + 1])
        for outer in _zones(tables, b"p", *bags, INSTRUMENT):
            number = outer[INSTRUMENT]
            inner_bags = int(instruments["bag"][number]), int(instruments["bag"][number + 1])
            for inner in _zones(tables, b"i", *inner_bags, SAMPLE):
                keys, velocities = (_bounds(outer, inner, kind=kind) for kind in (KEY_RANGE, VELOCITY_RANGE))
                if keys[0] <= keys[1] and velocities[0] <= velocities[1]:
                    regions.append(_region(len(regions), keys, velocities, outer, inner, tables[b"shdr"]))
        yield (int(presets["bank"][index]), int(presets["program"][index])), tuple(regions)


def _region(
    index: int, keys: tuple[int, int], velocities: tuple[int, int], outer: Zone, inner: Zone, headers: np.ndarray
) -> Region:
    generators = DEFAULTS | inner
    for kind, amount in outer.items():
        if kind not in NOT_ADDED and kind not in (KEY_RANGE, VELOCITY_RANGE, INSTRUMENT, SAMPLE):
            generators[kind] = generators.get(kind, 0) + amount
    header = headers[inner[SAMPLE]]

    def place(name: str, fine: int, coarse: int) -> int:
        return int(header[name]) + generators.get(fine, 0) + 32768 * generators.get(coarse, 0)

    start, end = place("start", 0, 4), place("end", 1, 12)
    loop_start, loop_end = place("loop_start", 2, 45), place("loop_end", 3, 50)
    looped = generators.get(54, 0) & 3 in (1, 3) and start <= loop_start < loop_end <= end
    root = generators[58] if generators[58] >= 0 else int(header["key"])
    return Region(
        index=index,
        keys=keys,
        velocities=velocities,
        start=start,
        end=end,
        loop=(loop_start, loop_end) if looped else None,
        loop_until_release=generators.get(54, 0) & 3 == 3,
        rate_hz=int(header["rate_hz"]),
        root=root - int(header["cents"]) / 100,
        generators=generators,
    )
