"""A plan for people, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sightsound.bench import assets
from sightsound.bench.core import console
from sightsound.bench.plan.made import Plan, Work

UNKNOWN = "unknown"


def show(plan: Plan) -> None:
    """Print it: a table of systems, a table of downloads, then a line for each thing to do or to know."""
    console.listing(
        ("system", "task", "split", "examples", "weights", "memory", "hours", "rate"),
        [_line(each) for each in plan.work],
    )
    if plan.downloads:
        print()
        console.listing(
            ("to download", "size", "licence"),
            [(need.asset.name, assets.size(need.download_bytes), need.asset.licence) for need in plan.downloads],
        )
    print()
    for line in lines(plan):
        print(line)


def lines(plan: Plan) -> list[str]:
    """What a plan comes to, a line each."""
    here = plan.machine
    cards = ", ".join(f"{card.name} with {card.gb:.0f} GB" for card in here.cards) or "no card"
    found = [
        f"downloads: {assets.size(plan.download_bytes)} in {len(plan.downloads)} assets",
        (
            f"disk: {assets.size(plan.disk_bytes)} with outputs and what is unpacked or converted; "
            f"{assets.size(here.free_bytes)} free"
        ),
        (
            f"memory: {plan.memory_gb:g} GB at most, as the cards estimate it (weights and a batch); "
            f"here: {cards}, {here.ram_gb:.0f} GB RAM"
        ),
        f"hours of generating: {_hours(plan.hours)}",
        f"scoring: {len(plan.metrics)} metrics over {len(plan.networks)} networks; hours {UNKNOWN}",
    ]
    for title, of_title in (
        ("gate", plan.gates),
        ("bring", plan.bring),
        ("note", plan.notes),
        ("SHORT", plan.short),
    ):
        found += [f"{title}: {line}" for line in of_title]
    return found


def as_json(plan: Plan) -> dict[str, Any]:
    """The whole plan in plain values; sizes in bytes, memory in GB, null for what is not known."""
    return {
        "work": [asdict(each) for each in plan.work],
        "downloads": [
            {
                "asset": need.asset.name,
                "bytes": need.download_bytes,
                "licence": need.asset.licence,
                "from": sorted({uri for file in need.asset.files for uri in file.uris[:1]}),
            }
            for need in plan.downloads
        ],
        "download_bytes": plan.download_bytes,
        "disk_bytes": plan.disk_bytes,
        "memory_gb": plan.memory_gb,
        "hours": plan.hours,
        "metrics": list(plan.metrics),
        "networks": list(plan.networks),
        "gates": list(plan.gates),
        "bring": list(plan.bring),
        "notes": list(plan.notes),
        "short": list(plan.short),
        "machine": asdict(plan.machine),
    }


def _line(work: Work) -> tuple[str, ...]:
    return (
        work.system,
        work.task,
        work.split,
        UNKNOWN if work.examples is None else f"{work.examples:,}",
        assets.size(work.weights_bytes) if work.weights_bytes else console.NO_VALUE,
        f"{work.memory_gb:g} GB" if work.memory_gb else console.NO_VALUE,
        _hours(work.hours),
        work.rate,
    )


def _hours(hours: float | None) -> str:
    return UNKNOWN if hours is None else f"{hours:.2g}"
