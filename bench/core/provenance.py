"""Where a value comes from: versions, weights, device, commit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGES = ("sightsound-bench", "torch", "transformers", "numpy", "scipy", "soxr")


@cache
def commit() -> str:
    """Short commit of the suite's own checkout, with `+` for local changes; empty outside one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return git("rev-parse", "--short=10", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")


def device_name(device: str) -> str:
    """`cpu`, or the name of the accelerator."""
    if not device.startswith("cuda"):
        return device
    import torch

    return f"{device} ({torch.cuda.get_device_name(device)})"


def versions(weights: Mapping[str, str], there: Mapping[str, str] | None = None) -> str:
    """Versions of the packages and short digests of weights (asset -> sha256), separated by blanks.

    `there`: versions of the environment that the model ran in, where that is not this one; then of this one only
    the suite's own is named.
    """
    parts = []
    for name in PACKAGES if there is None else PACKAGES[:1]:
        try:
            parts.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    parts += [f"{name}=={version}" for name, version in (there or {}).items()]
    parts += [f"{name}@{digest[:12]}" for name, digest in weights.items()]
    return " ".join(parts)
