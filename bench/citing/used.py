"""What a run used: systems, split, metrics, networks, weights, packages, each with its citations and licence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.bench.citing import bibliography
from sightsound.bench.citing.bibliography import Entry
from sightsound.bench.core import maker as makers
from sightsound.bench.core import registry, results
from sightsound.bench.core.console import records
from sightsound.bench.core.errors import BenchError
from sightsound.bench.stages import outputs, recorded
from sightsound.metrics.card import MetricCard


@dataclass(frozen=True)
class Used:
    """One thing that a run used."""

    kind: str
    """`model`, `split`, `metric`, `network`, `asset` or `package`."""
    name: str
    """Its name; of a model the label of the system."""
    says: str
    """What it is."""
    licence: str
    """Licence; empty where it has none of its own."""
    cited: tuple[Entry, ...]
    """The works to cite."""
    source: str = ""
    """Where there is no work: what the card says of it."""
    signature: str = ""
    """Metrics: signature of the value over the most examples."""
    of: tuple[str, ...] = ()
    """Assets: the systems or networks that load it."""


@dataclass(frozen=True)
class Run:
    """What a methods section says of a run."""

    plan: Mapping[str, Any]
    """`run.json`."""
    rows: Sequence[Mapping[str, Any]]
    """Its rows."""
    used: Sequence[Used]
    """All that it used, the systems first."""

    def of(self, kind: str) -> list[Used]:
        """What is of one kind."""
        return [each for each in self.used if each.kind == kind]

    @property
    def versions(self) -> dict[str, str]:
        """Package -> version, as the rows name them."""
        words = {word for row in self.rows for word in row["versions"].split() if "==" in word}
        return {name: version for name, _, version in (word.partition("==") for word in sorted(words))}

    @property
    def cited(self) -> list[Entry]:
        """Every work, each once."""
        own = [entry for name in ("groups", "holm") for entry in bibliography.of("statistic", name)]
        suite = bibliography.of("suite", "sightsound")
        return list(
            {entry.key: entry for entry in [*suite, *own, *(e for u in self.used for e in u.cited)]}.values()
        )


def read(folder: Path) -> Run:
    """What the run in `folder` used. BenchError where there is no scored run."""
    plan = recorded.plan(folder)
    recorded.know([plan])
    path = folder / "rows.csv"
    if not path.is_file():
        raise BenchError(f"{path}: is not there yet; `bench run` with the same options scores the run")
    rows = records(results.read(path))
    task = registry.task(plan["task"])
    cards = [registry.metric(name, task) for name in plan["metrics"]]
    networks = _networks(cards)
    loaded: dict[str, list[str]] = {}
    models = []
    for label in plan["systems"]:
        if (system := recorded.system(label)).card.reference:
            continue
        maker = makers.read(outputs.place(folder, system))
        models.append(_system(label, maker))
        for name in maker.weights if maker else ():
            loaded.setdefault(name, []).append(label)
    for name in networks:
        for asset in registry.extractor(name).assets:
            loaded.setdefault(asset, []).append(name)
    used = [
        *models,
        _split(plan["split"], rows),
        *(_metric(card, rows) for card in cards),
        *(_network(name) for name in networks),
        *(_asset(name, tuple(of)) for name, of in loaded.items()),
    ]
    packages = [
        Used("package", name, version, "", tuple(bibliography.of("package", name)))
        for name, version in Run(plan, rows, ()).versions.items()
    ]
    return Run(plan, rows, [*used, *packages])


def formula_of(metric: str) -> tuple[str, str]:
    """Kind and name of the card that a metric's formula is cited by."""
    plain = metric.partition("@")[0]
    formulas = [formula for (formula, _), name in registry.metrics().cells.items() if name == plain]
    return ("formula", formulas[0]) if formulas else ("metric", plain)


def _networks(cards: Sequence[MetricCard]) -> list[str]:
    found: dict[str, None] = {}
    for card in cards:
        for need in (registry.metric(card.over) if card.over else card).needs:
            found[need.extractor] = None
    return list(found)


def _system(label: str, maker: makers.Maker | None) -> Used:
    """A system by its label. One whose outputs were given as files is no model of ours, whatever it is called."""
    if maker is None or maker.entry == makers.FILES:
        return Used("model", label, "made elsewhere, its outputs given as files", "", ())
    try:
        (system,) = registry.systems(label, "")
    except BenchError:  # of a module that nobody named here
        return Used("model", label, maker.entry, "", (), "its card is not known here; name its module by --cards")
    card = system.card
    cited = tuple(bibliography.of("model", card.name))
    return Used("model", label, system.build.description, card.licence, cited, "" if cited else card.paper)


def _split(name: str, rows: Sequence[Mapping[str, Any]]) -> Used:
    shown = str(rows[0]["split"]) if rows else name
    card = registry.split_cards().get(name)
    if card is None:
        return Used("split", shown, "files of our own", "", ())
    cited = tuple(bibliography.of("split", name))
    return Used("split", shown, card.description, card.licence, cited, "" if cited else card.source)


def _metric(card: MetricCard, rows: Sequence[Mapping[str, Any]]) -> Used:
    mine = [row for row in rows if row["metric"] == card.name and not math.isnan(row["value"])]
    most = max(mine, key=lambda row: row["n"], default=None)
    cited = tuple(bibliography.of(*formula_of(card.name)))
    signature = most["signature"] if most else ""
    return Used("metric", card.name, card.definition, "", cited, "" if cited else card.source, signature)


def _network(name: str) -> Used:
    card = registry.extractor(name)
    cited = tuple(bibliography.of("network", name))
    return Used("network", name, card.described or name, card.licence, cited, "" if cited else card.source)


def _asset(name: str, of: tuple[str, ...]) -> Used:
    card = registry.asset(name)
    return Used("asset", name, card.description, card.licence, tuple(bibliography.of("asset", name)), of=of)
