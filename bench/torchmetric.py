"""`sightsound.metric`: a metric as a `torchmetrics.Metric` that takes what a training loop has.

Waveforms, paths, pictures, texts or embeddings; it tells them apart, says for what it took each, and refuses what
fits none. Rows, values and merging are those of `metrics/torchmetric.py`; what is here is the way to embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench import features, inputs
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.metrics.card import Need
from sightsound.metrics.networks.extractor import Features
from sightsound.metrics.torchmetric import AsTorchMetric


def metric(name: str, *, mirror: str | Path | None = None, **options: Any) -> MediaMetric:
    """A metric as a `torchmetrics.Metric`: `update`, `compute`, `reset`, mergeable across processes.

    `name`: as `bench list metric` has it. `options`: those of `torchmetrics.Metric`. Nothing is loaded until media
    come. Raises BenchError for an unknown name.
    """
    return MediaMetric(name, Path(mirror) if mirror else None, **options)


class MediaMetric(AsTorchMetric):
    """A metric over media or embeddings; see `update`. Its networks run on its device: `.to("cuda")`."""

    def __init__(self, name: str, mirror: Path | None = None, **options: Any) -> None:
        super().__init__(registry.metric(name), **options)
        self.took: tuple[str, ...] = ()
        """For what the last update took each argument, e.g. `generated: 8 waveforms at 32000 Hz`."""
        self._asked, self._mirror = name, mirror
        self._cards = {need.extractor: registry.extractor(need.extractor) for need in self.card.needs}
        self._networks: dict[str, features.Networks] = {}

    def update(self, *sides: Any, rate_hz: float | None = None, real: bool | None = None) -> None:
        """Add a batch of clips.

        `sides`: for a distance between two sets generated and reference, or one of them with `real` (True: it is
        the reference); for a paired metric all that it compares, together, in the order of `bench metrics NAME`;
        for a metric of single clips what was generated, and what else comes is not read. Each is one of

        - waveforms `[clips, samples]`, `[clips, channels, samples]` or a list of clips of any length, floats of
          full scale 1, with `rate_hz`, which may also stand last without its name;
        - paths of files;
        - pictures, uint8 `[clips, 3, height, width]` or a list of `[3, height, width]`;
        - texts, for a network of texts;
        - embeddings, `[clips, frames, dim]`, `[clips, dim]` or a list of `[frames, dim]`: an argument for each
          feature that the metric reads. A ranked metric takes scores `[clips, systems]` and nothing else.

        Raises BenchError for what is none of these, and for a clip that the network does not take.
        """
        if len(sides) > 1 and isinstance(sides[-1], int | float | np.number):
            sides, rate_hz = sides[:-1], sides[-1]
        rate = None if rate_hz is None else inputs.checked_rate(rate_hz)
        if self.card.kind == "paired" and real is not None:
            raise BenchError(f"{self.card.name} compares clip by clip: give {self._wanted()}, without real=")
        if self.card.kind == "single" and real:
            self.took = ()
            return
        if self.card.kind == "ranked" and (rate is not None or real is not None):
            raise BenchError(f"{self.card.name} ranks scores: give one tensor [clips, systems] and nothing else")
        read = self._scores(sides) if self.card.kind == "ranked" else self._read(sides, rate, real)
        try:
            super().update(*read, real=real)
        except ValueError as error:
            raise BenchError(f"{self.card.name}: {error}") from error

    def __getstate__(self) -> dict[str, Any]:
        """Without the loaded networks, which every process and every copy finds for itself."""
        return super().__getstate__() | {"_networks": {}}

    def _scores(self, sides: Sequence[Any]) -> Sequence[Any]:
        if len(sides) != 1 or np.ndim(inputs.array(sides[0])) != 2:
            raise BenchError(f"{self.card.name} ranks scores: give one tensor [clips, systems]")
        self.took = (f"scores of {len(sides[0])} clips",)
        return sides

    def _read(self, sides: Sequence[Any], rate_hz: int | None, real: bool | None) -> list[Any]:
        """All that `statistics` takes, in the order of the card's needs."""
        needs = list(self.card.needs)
        if self.card.kind == "two_sets" and real is not None:
            needs = [need for need in needs if (need.side != "generated") == real]
        forms = [self._form(side, needs[min(place, len(needs) - 1)], rate_hz) for place, side in enumerate(sides)]
        if set(forms) == {"embeddings"} and len(sides) == len(needs):
            self.took = tuple(f"{n.side}: {len(side)} x {n.output}" for n, side in zip(needs, sides, strict=True))
            return [self._embeddings(side, need) for side, need in zip(sides, needs, strict=True)]
        names = list(dict.fromkeys(need.side for need in needs))
        if self.card.kind == "single" and "embeddings" not in forms:
            sides = sides[:1]  # in a MetricCollection others read the reference
        if len(sides) != len(names):
            raise BenchError(f"{self.card.name} takes {self._wanted()}; it got {len(sides)} arguments")
        found, self.took = [], ()
        for name, side, form in zip(names, sides, forms, strict=False):
            of_side = [need for need in needs if need.side == name]
            if form == "embeddings":
                if len(of_side) > 1:
                    outputs = " and ".join(need.output for need in of_side)
                    raise BenchError(f"{self.card.name}: of embeddings it takes {outputs}; it got one argument")
                self.took += (f"{name}: {len(side)} x {of_side[0].output}",)
                found.append(self._embeddings(side, of_side[0]))
            else:
                found += self._embedded(side, of_side, form, rate_hz)
        return found

    def _form(self, side: Any, need: Need, rate_hz: int | None) -> inputs.Form:
        return inputs.form_of(side, self._cards[need.extractor].modality, rate_hz)

    def _embeddings(self, side: Any, need: Need) -> list[Any]:
        card = self._cards[need.extractor]
        return inputs.embeddings(side, card, need.output, f"{self.card.name}, {need.side}")

    def _embedded(self, side: Any, needs: Sequence[Need], form: inputs.Form, rate_hz: int | None) -> list[Any]:
        """What the networks make of one side, an argument a need."""
        clips = inputs.clips_of(side, form)
        at = f" at {rate_hz} Hz" if form == "waveforms" else ""
        self.took += (f"{needs[0].side}: {len(clips)} {form}{at}",)
        made: dict[str, list[Features]] = {}
        for name in dict.fromkeys(need.extractor for need in needs):
            held = [(clip, rate_hz) if form == "waveforms" else clip for clip in clips]
            items = [
                inputs.item_of(self._cards[name].modality, each, f"{needs[0].side} clip {number}")
                for number, each in enumerate(held)
            ]
            made[name] = features.features(self._network(name), name, items)
        return [[each[need.output] for each in made[need.extractor]] for need in needs]

    def _network(self, name: str) -> features.Networks:
        """The network on the metric's device; held, so that it stays loaded."""
        if not self._networks:
            registry.metric(self._asked)  # in another process the module that the user named is not read yet
        self._networks[name] = features.shared(name, str(self.device), self._mirror)
        return self._networks[name]

    def _wanted(self) -> str:
        """What it takes, for errors."""
        names = list(dict.fromkeys(need.side for need in self.card.needs))
        if self.card.kind == "two_sets":
            return f"{' and '.join(names)}, or one of them with real=True or real=False"
        return f"{' and '.join(names)}, together" if len(names) > 1 else f"{names[0]} clips"
