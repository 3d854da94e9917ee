"""Every metric: formulas over the networks that fit, and metrics that have a card of their own.

A metric over a network is not listed but resolved: `<formula>_<network>`, where the network goes by its own name,
by its space's or by what it is `called`. The name that papers use (`ExtractorCard.names`) is the one that rows
carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sightsound.metrics.card import ExtractorCard, FormulaCard, MetricCard, Modality, Need

THINGS: dict[Modality, str] = {"audio": "clips", "image": "pictures", "text": "prompts"}
FRAMED_S = 5.0  # a clip of 10 s has more than one vector where they are no further apart


class Metrics(Mapping[str, MetricCard]):
    """Metric cards by name. Iteration gives each metric once, under the name that its rows carry."""

    def __init__(
        self, formulas: Iterable[FormulaCard], networks: Iterable[ExtractorCard], own: Iterable[MetricCard]
    ) -> None:
        """`own`: cards of metrics that are no formula over any network. ValueError for two of one name."""
        self._cards: dict[str, dict[str, MetricCard]] = {}
        """Name -> what a system makes -> card; what it makes is empty for cards of their own."""
        self._alias: dict[str, dict[str, str]] = {}
        """Another name -> what a system makes -> name; the first that took it keeps it."""
        self.cells: dict[tuple[str, str], str] = {}
        """(formula, network) -> metric."""
        networks = list(networks)
        for card in own:
            self._add(card, "")
        for formula in formulas:
            for network in networks:
                if (card_ := metric(formula, network, networks)) is not None:
                    self._add(card_, network.modality)
                    for name in sorted(_names_of(network)):  # a listing's order does not change from run to run
                        self._alias.setdefault(_written(formula, name), {}).setdefault(
                            network.modality, card_.name
                        )
                    self.cells[formula.name, network.name] = card_.name
        for name, of_alias in self._alias.items():
            for modality, meant in of_alias.items():
                if meant != name and self._cards.get(name, {}).keys() & {modality, ""}:
                    raise ValueError(f"two metrics are called {name}: one is {meant}")

    def _add(self, card: MetricCard, modality: str) -> None:
        of_name = self._cards.setdefault(card.name, {})
        if modality in of_name or (of_name and "" in (modality, *of_name)):
            raise ValueError(f"two metrics are called {card.name}")
        of_name[modality] = card

    def get_for(self, name: str, output: str) -> MetricCard:
        """The metric of that name for systems that make `output`; KeyError for an unknown name.

        A joint space's metric may serve several (a text compared with a text, music with a text). Where none
        serves `output`, one that serves something else.
        """
        if output not in self._cards.get(name, {}):
            name = self._alias.get(name, {}).get(output, name)
        return self._cards.get(name, {}).get(output) or self[name]

    def __getitem__(self, name: str) -> MetricCard:
        of_name = self._cards.get(name)
        if of_name is None:
            of_alias = self._alias[name]
            of_name = self._cards[of_alias.get("audio") or next(iter(of_alias.values()))]
        return of_name.get("audio") or next(iter(of_name.values()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)

    def __contains__(self, name: object) -> bool:
        return name in self._cards or name in self._alias

    def spellings(self) -> list[str]:
        """Every name that is understood."""
        return [*self._cards, *(name for name in self._alias if name not in self._cards)]


def metric(formula: FormulaCard, network: ExtractorCard, networks: Iterable[ExtractorCard]) -> MetricCard | None:
    """The metric that `formula` is over `network`, None where they do not fit.

    `networks`: where the network of the other side is looked for, which has the same `space`.
    """
    if network.modality not in formula.modalities or (formula.framed and not 0 < network.hop_s <= FRAMED_S):
        return None
    if formula.posteriors and network.posterior not in formula.posteriors:
        return None
    output = network.classes if formula.posteriors else network.embedding
    needs = _needs(formula, network, output, networks) if output else ()
    if not needs:
        return None
    over = (
        _name(replace(formula, name=formula.over, written="{formula}_{network}"), network) if formula.over else ""
    )
    words = {
        "network": network.described or network.name,
        "labels": network.labels,
        "things": THINGS[network.modality],
        "over": over,
    }
    return MetricCard(
        name=_name(formula, network),
        module=formula.module,
        kind=formula.kind,
        higher_is_better=formula.higher_is_better,
        needs=needs,
        definition=formula.definition.format(**words),
        source=formula.source,
        min_clips=formula.min_clips,
        over=over,
        options={**formula.posteriors.get(network.posterior, {}), **formula.options},
        aggregate_options=formula.aggregate_options,
        estimator=formula.estimator,
        version=formula.version,
        blind=formula.blind.format(**words),
        short=formula.short.format(formula=formula.name, network=network.title or network.name),
        low=formula.low,
        high=formula.high,
    )


def _needs(
    formula: FormulaCard, network: ExtractorCard, output: str, networks: Iterable[ExtractorCard]
) -> tuple[Need, ...]:
    """What is read, in the order of `statistics`; empty where the other side has no network."""
    mine = Need("generated", network.name, output)
    if not formula.other:
        return (mine,)
    if formula.other == "reference":
        return mine, Need("reference", network.name, output)
    sisters: dict[str, ExtractorCard] = {}
    for each in networks:
        if _space(network) in each.spaces:
            sisters.setdefault(each.modality, each)  # one that comes later changes no metric that is there
    partner = sisters.get(formula.other)
    if partner is None or not partner.embedding:
        return ()
    film = sisters["video"].name if formula.other == "image" and "video" in sisters else ""
    other = Need(formula.other, partner.name, partner.embedding, film)
    return (other, mine) if formula.asks else (mine, other)


def _names_of(network: ExtractorCard) -> set[str]:
    return {network.name, network.called or network.name, _space(network) or network.name}


def _space(network: ExtractorCard) -> str:
    return network.spaces[0] if network.spaces else ""


def _written(formula: FormulaCard, network: str) -> str:
    return formula.written.format(formula=formula.name, network=network)


def _name(formula: FormulaCard, network: ExtractorCard) -> str:
    """The name that rows carry."""
    called = network.called or _space(network) or network.name
    return network.names.get(formula.name) or _written(formula, called)
