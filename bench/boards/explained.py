"""A metric in full: what `bench metrics NAME` and its page on the site say of it."""

from __future__ import annotations

from collections.abc import Sequence

from sightsound.bench.boards import rewards
from sightsound.bench.core import registry
from sightsound.bench.stages import reading
from sightsound.metrics.card import MetricCard, Need


def facts(card: MetricCard, spoilt: Sequence[rewards.Reward]) -> dict[str, str]:
    """Heading -> text, in the order in which it is read; what there is nothing to say of is empty."""
    formula, others = _spelled(card)
    return {
        "what": card.definition,
        "better": "higher" if card.higher_is_better else "lower",
        "formula": f"{formula or 'its own'}: {card.module} ({card.kind.replace('_', ' ')})",
        "also called": ", ".join(others),
        "options": ", ".join(f"{k}={v}" for k, v in {**card.options, **card.aggregate_options}.items()),
        "estimator": card.estimator,
        "reads": "\n".join(map(_read, reading.needs(card))),
        "at least": f"{max(card.min_clips, 1)} clips",
        "source": card.source,
        "can't tell": card.blind,
        **rewards.said(spoilt, card),
        "version": str(card.version),
    }


def _spelled(card: MetricCard) -> tuple[str, list[str]]:
    """The formula of a metric, and the other names under which it is found."""
    known, (base, at, named) = registry.metrics(), card.name.partition("@")
    formulas = sorted({formula for (formula, _), name in known.cells.items() if name == base})
    others = [name for name in known.spellings() if name != base and known[name].name == base]
    return " ".join(formulas), [f"{name}{at}{named}" for name in others]


def _read(need: Need) -> str:
    network = registry.extractor(need.extractor)
    return f"{need.of or need.side}: {need.output} of {need.extractor}, {network.outputs.get(need.output, '')}"
