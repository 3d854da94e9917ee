"""The networks of a run, which can be sent to workers: cards and signatures go along, what is loaded does not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from copy import copy
from pathlib import Path
from typing import Any, TypeVar

from sightsound.bench import assets
from sightsound.bench.core import console, faults, memory, registry, video
from sightsound.bench.core import length as lengths
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named
from sightsound.bench.core.maker import outside_code
from sightsound.bench.core.types import Report
from sightsound.metrics.networks.extractor import Extractor
from sightsound.metrics.signature import extractor_signature

Used = TypeVar("Used")


class Extractors:
    """The extractors of a run: cards and signatures at once, networks when first needed."""

    def __init__(
        self,
        names: Sequence[str],
        device: str,
        mirror: Path | None,
        length: str = lengths.USUAL,
        report: Report = lambda what, done, total: None,
    ) -> None:
        """`length`: how much of a clip they hear, a name in bench.core.length."""
        self.length, self._length_name = lengths.named(length), length
        self.cards = {name: registry.extractor(name) for name in names}
        self.device, self.mirror, self.report = device, mirror, report
        self._loaded: dict[str, Extractor] = {}
        self._signatures: dict[str, str] = {}

    def at(self, device: str, report: Report) -> Extractors:
        """These, where they work on that device; else others with the same cards there."""
        if device == self.device and self.report is not _silent:
            return self
        other = copy(self)
        other.device, other.report, other._loaded = device, report, {}
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Without what cannot go to another process: networks, and the report, which is the driver's."""
        return self.__dict__ | {"report": _silent, "_loaded": {}}

    def signature(self, name: str) -> str:
        """Everything that decides a feature's value but the content."""
        if name not in self._signatures:
            card = self.cards[name]
            for asset in card.assets:
                assets.fetch(asset, self.mirror, self.report)
            digests = {asset: assets.digest(asset, self.mirror) for asset in card.assets}
            length = self._length_name if card.modality in ("audio", "video") else "full"
            code = f"|code:{code}" if (code := outside_code(card.entry)) else ""
            self._signatures[name] = extractor_signature(card, digests) + f"|len:{length}" + code
        return self._signatures[name]

    def reader(self, name: str) -> video.Reader:
        """The network, of modality `video`, as what says which frames it looks at."""
        network: Any = self.network(name)
        reader: video.Reader = network
        return reader

    def network(self, name: str) -> Extractor:
        """The loaded network."""
        if name not in self._loaded:
            card = self.cards[name]
            self.report(f"loading {name}", 0, 1)
            weights = {asset: assets.fetch(asset, self.mirror, self.report) for asset in card.assets}
            factory: Callable[[Mapping[str, Path], str], Extractor] = registry.load(card.entry)
            try:
                self._loaded[name] = factory(weights, self.device)
            except Exception as error:
                if fault := faults.of_machine(error):
                    raise fault from error
                if memory.ran_out(error):
                    raise memory.RanOut(
                        f"extractor {name}: memory ran out on {self.device} as it loaded"
                    ) from error
                if isinstance(error, (ValueError, OSError)) or outside_code(card.entry):
                    raise BenchError(f"extractor {name}: could not be loaded: {named(error)}") from error
                raise
            self.report(f"loading {name}", 1, 1)
        return self._loaded[name]

    def with_room(self, name: str, use: Callable[[Extractor], Used]) -> Used:
        """`use` of the network. Where memory runs out the others are let go, one by one, and it is tried again.

        The last that was loaded goes first: networks are used round and round, so the one needed soonest is the
        first. What `use` does may be begun several times. RanOut where the network does not fit alone either.
        """
        while True:
            try:
                with redirect_stdout(sys.stderr):  # what a network prints is no part of a table or of JSON
                    return use(self.network(name))
            except memory.RanOut as error:
                others = [other for other in self._loaded if other != name]
                if not others:
                    have = f"{self.device} has {memory.have_gb(self.device):.1f} GB"
                    raise memory.RanOut(f"{error}; {have}; take another --device or machine") from error
            console.detail(f"memory ran out at {name}: {others[-1]} is let go, and loaded again when needed")
            del self._loaded[others[-1]]
            memory.give_back()


def _silent(what: str, done: int, total: int | None) -> None:
    """A Report that tells nobody."""
