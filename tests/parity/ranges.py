"""Tables of published names with ranges: `llama.layers.{0-31}.attention.gate 1x32x1x1`, gzip'd."""

from __future__ import annotations

import gzip
import re

from tests.parity.published import KEYS

_RANGE = re.compile(r"\{(\d+)-(\d+)\}")


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor of keys/`name`.txt.gz."""
    table = {}
    for line in gzip.decompress((KEYS / f"{name}.txt.gz").read_bytes()).decode().splitlines():
        key, text = line.split()
        shape = () if text == "-" else tuple(map(int, text.split("x")))
        found = _RANGE.search(key)
        numbers = range(int(found[1]), int(found[2]) + 1) if found else ()
        table |= (
            {key[: found.start()] + str(n) + key[found.end() :]: shape for n in numbers} if found else {key: shape}
        )
    return table
