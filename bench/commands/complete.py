"""What a shell offers for the values of options: the names of cards. Loads the cards and no torch."""

from __future__ import annotations

from collections.abc import Callable

Completer = Callable[[str], list[str]]
"""What was typed of a value -> the values that begin so."""


def names(kind: str) -> Completer:
    """Completes the name of a card of a kind."""

    def complete(incomplete: str) -> list[str]:
        from sightsound.bench.core import registry

        return sorted(name for name in registry.names(kind) if name.startswith(incomplete))

    return complete


def after_commas(kind: str) -> Completer:
    """Completes the last of several names with commas between them."""
    one = names(kind)

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [before + comma + name for name in one(last)]

    return complete


def systems(incomplete: str) -> list[str]:
    """Completes a family, and after its colon a variant."""
    from sightsound.bench.core import registry

    family, colon, variant = incomplete.partition(":")
    if not colon:
        return names("model")(incomplete)
    card = registry.model_cards().get(family)
    return sorted(f"{family}:{name}" for name in (card.variants if card else ()) if name.startswith(variant))
