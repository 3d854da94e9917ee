"""Cards of the bias-corrected estimators, one beside each plug-in Fréchet audio distance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sightsound.metrics.card import MetricCard


def of(cards: Iterable[MetricCard]) -> tuple[MetricCard, ...]:
    """`fad_x_corrected` for every `fad_x`. Not for images: 2,048 dimensions a draw would take an hour."""
    return tuple(
        replace(
            card,
            name=f"{card.name}_corrected",
            module="sightsound.metrics.formulas.two_sets.frechet_corrected",
            definition=f"{card.definition.rstrip('.')}; less the bias that a bootstrap over clips on both sides "
            "estimates (200 draws).",
            source=f"{card.source}; correction: Efron and Tibshirani 1993, chapter 10",
            estimator="bootstrap",
        )
        for card in cards
        if card.name.startswith("fad_") and card.module == "sightsound.metrics.formulas.two_sets.frechet"
    )
