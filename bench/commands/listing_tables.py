"""The listings: models, metrics, tasks, splits, assets, and what this machine has."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import typer

from sightsound.bench import assets
from sightsound.bench import splits as data
from sightsound.bench.core import console, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import SplitCard
from sightsound.bench.stages import reading
from sightsound.metrics.asset import Asset

OPTIONAL_MODULES = {
    "gguf": "pip install 'sightsound-bench[pocket]'",
    "accelerate": "pip install 'sightsound-bench[pocket]'",
    "rouge_score": "pip install 'sightsound-bench[text]'",
    "diffusers": "pip install 'sightsound-bench[diffusion]'",
}


def models(json: bool) -> None:
    """Families and variants."""
    cards = registry.model_cards()
    if json:
        return console.as_json([asdict(card) for card in cards.values()])
    lines = [
        (f"{card.name}:{name}".rstrip(":"), " ".join(card.tasks), variant.description)
        for card in cards.values()
        for name, variant in card.variants.items()
    ]
    console.listing(("model", "tasks", "parts"), lines)


def cards(kind: str, json: bool) -> None:
    """Every card of a kind."""
    if kind.removesuffix("s") not in registry.KINDS:
        raise registry.unknown("kind of card", kind, registry.KINDS)
    kind = kind.removesuffix("s")
    found = registry.metrics() if kind == "metric" else registry.cards(kind)
    if json:
        return console.as_json([asdict(card) for card in found.values()])
    lines = [
        (name, card.definition if kind in ("metric", "formula") else _about(card)) for name, card in found.items()
    ]
    console.listing((kind, ""), lines)


def _about(card: Any) -> str:
    """One line of a card that has no definition."""
    return str(getattr(card, "description", "") or getattr(card, "source", ""))


def tasks(json: bool) -> None:
    """Tasks."""
    if json:
        return console.as_json([asdict(task) for task in registry.cards("task").values()])
    lines = [(t.name, " + ".join(t.conditions), t.output, t.description) for t in registry.cards("task").values()]
    console.listing(("task", "given", "made", ""), lines)


def splits(json: bool) -> None:
    """Splits."""
    cards = registry.split_cards()
    if json:
        return console.as_json([asdict(card) | {"examples": data.count(card.name)} for card in cards.values()])
    lines = [(c.name, _here(c, c.name), " ".join(c.tasks), c.licence, c.description) for c in cards.values()]
    console.listing(("split", "here", "tasks", "licence", ""), lines)


def split(name: str, json: bool) -> None:
    """One split."""
    card = data.card(name)
    if json:
        return console.as_json(asdict(card) | {"examples": data.count(name)})
    checksums = [
        f"{asset}: {file.path} sha256 {' or '.join(file.sha256) or 'not pinned'}"
        for asset in card.assets
        for file in registry.asset(asset).files
    ]
    lines = {
        "tasks": " ".join(card.tasks),
        "what": card.description,
        "source": card.source,
        "licence": card.licence,
        "access": card.gate,
        "--media": card.media,
        "assets": "\n".join(checksums),
        "published": f"{card.size:,} examples" if card.size else "",
        "hash": card.hash,
        "here": _here(card, name).replace("/", " of "),
        "known": card.known,
    }
    console.listing(("split", card.name), [(key, text) for key, text in lines.items() if text])


def _here(card: SplitCard, name: str) -> str:
    """How many examples of a split are here, of how many; else what it takes to have them."""
    count = data.count(name)
    if count is not None:
        return f"{count}/{card.size}" if card.size else str(count)
    return "needs --media" if card.media else console.NO_VALUE


def assets_(mirror: Path | None, json: bool) -> None:
    """Assets."""
    found = [(asset, _state(asset.name, mirror)) for asset in registry.cards("asset").values()]
    if json:
        return console.as_json([asdict(asset) | {"state": state} for asset, state in found])
    lines = [
        (asset.name, state, assets.size(asset.size_bytes), asset.licence, _access(asset), asset.description)
        for asset, state in found
    ]
    console.listing(("asset", "", "size", "licence", "access", ""), lines)


def _access(asset: Asset) -> str:
    """What stands between the user and an asset, in a word or two; `--json` has the whole line."""
    if asset.gate:
        return "gated: accept its terms"
    if asset.by_hand:
        return "by hand"
    return "" if asset.instead == () else "or a pickle, converted"


def _state(name: str, mirror: Path | None) -> str:
    """`here`, `damaged` or a dash."""
    try:
        return "here" if assets.is_here(name, mirror) else _absent(name, mirror)
    except assets.AssetError:  # in the mirror
        return "damaged"


def _absent(name: str, mirror: Path | None) -> str:
    """`damaged` where something of it is here, else a dash."""
    try:
        assets.locate(name, mirror)
    except assets.AssetError:
        return "damaged"
    return console.NO_VALUE


def assets_here(mirror: Path | None) -> list[str]:
    """Assets that are here, whole or damaged."""
    return [name for name in registry.cards("asset") if _state(name, mirror) != console.NO_VALUE]


def pocket_assets() -> list[str]:
    """Assets that the pocket preset needs."""
    preset = registry.preset("pocket")
    cards = [registry.extractor(name) for name in reading.extractors([registry.metric(m) for m in preset.metrics])]
    names = [asset for card in cards if not card.optional for asset in card.assets]
    names += [asset for each in registry.systems("mozart", "pocket") for asset in each.build.assets]
    splits_used = {registry.split_cards()[name] for name in set(preset.splits.values())}
    names += [asset for card in sorted(splits_used, key=lambda card: card.name) for asset in card.assets]
    return list(dict.fromkeys(names))


def problems(what: str, found: Sequence[str], json: bool) -> None:
    """Problems, one a line; exit code 1 if there are any."""
    if json:
        console.as_json(list(found))
    else:
        print("\n".join(found) if found else f"{what}: every file is as it should be")
    if found:
        raise typer.Exit(1)


def doctor(mirror: Path | None, json: bool) -> None:
    """What is here, what is missing and how to get it."""
    import torch

    facts = {
        "sightsound-bench": _version("sightsound-bench"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": _version("transformers"),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu only",
        "cache": str(cache_dir()),
        "mirror": str(mirror) if mirror else "none",
    }
    missing = {name: remedy for name, remedy in OPTIONAL_MODULES.items() if importlib.util.find_spec(name) is None}
    needed = pocket_assets()
    absent = [name for name in needed if _state(name, mirror) != "here"]
    optional = [
        asset
        for name in ("yamnet",)
        for asset in registry.extractor(name).assets
        if _state(asset, mirror) != "here"
    ]
    if json:
        return console.as_json(
            {**facts, "missing_modules": missing, "missing_assets": absent, "optional": optional}
        )
    lines = [(name, text, "") for name, text in facts.items()]
    lines += [(f"module {name}", "missing", remedy) for name, remedy in missing.items()]
    lines += [(f"asset {name}", "not here yet", f"bench assets fetch {name}") for name in absent]
    lines += [(f"asset {name}", "optional, not here", f"bench assets fetch {name}") for name in optional]
    lines += [("pocket preset", "ready" if not absent and not missing else "fetches the rest when it runs", "")]
    console.listing(("", "", "remedy"), lines)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
