"""What this machine has, found without importing torch, which alone would take longer than a plan may."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from sightsound.bench import assets
from sightsound.bench.core import memory

MIB = 1024 * 1024
NONE = ("", "-1")  # what hides all cards, in CUDA_VISIBLE_DEVICES


@dataclass(frozen=True)
class Card:
    """An accelerator."""

    name: str
    """As its driver calls it."""
    gb: float
    """Memory."""


@dataclass(frozen=True)
class Machine:
    """This machine."""

    cards: tuple[Card, ...]
    """Cards that torch could use."""
    why_none: str
    """Why a card of this machine is not used; empty where there is none, or they are used."""
    ram_gb: float
    """Memory, or a container's share of it."""
    free_bytes: int
    """Room on the disk of the cache."""

    def card(self, device: str) -> Card | None:
        """The card that `--device` means; None for the CPU."""
        number = int(device.partition(":")[2] or 0) if device.startswith("cuda") or device == "auto" else -1
        return self.cards[number] if 0 <= number < len(self.cards) else None


def machine() -> Machine:
    """What is here now."""
    cards, why_none = _cards(os.environ.get("CUDA_VISIBLE_DEVICES"))
    return Machine(cards, why_none, memory.have_gb("cpu"), assets.free_bytes())


@cache
def _cards(visible: str | None) -> tuple[tuple[Card, ...], str]:
    """The cards that `nvidia-smi` tells of, as far as they are visible and torch is built for them."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), ""
    asked = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run([program, *asked], capture_output=True, text=True, check=True, timeout=10)
        found = [line.rpartition(",") for line in done.stdout.splitlines() if line.strip()]
        cards = [Card(name.strip(), float(mib) * MIB / memory.GB) for name, _, mib in found]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return (), f"nvidia-smi is here and does not tell of a card ({type(error).__name__})"
    if not cards:
        return (), ""
    if visible is not None and visible.strip() in NONE:
        return (), f"{cards[0].name} is here, and CUDA_VISIBLE_DEVICES hides it"
    if "+cpu" in metadata.version("torch"):
        return (), f"{cards[0].name} is here, and torch is built without CUDA (torch {metadata.version('torch')})"
    chosen = [int(number) for number in (visible or "").split(",") if number.strip().isdigit()]
    return tuple(cards[number] for number in chosen if number < len(cards)) or tuple(cards), ""
