"""What the user gives to `bench score`: folders, and how they belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Given:
    """Names and folders, before anybody has looked into them."""

    systems: Mapping[str, Path]
    """Label of a system -> folder of its outputs."""
    split: str | None = None
    """Name of a split whose examples the outputs answer; without one the folders make their own."""
    reference: str | None = None
    """A folder, a file of texts (for prompts) or a split: what the outputs are compared with."""
    conditions: Path | None = None
    """Folder of the pictures, videos or pieces of music that the outputs were made from."""
    captions: Path | None = None
    """File or folder of captions that the outputs were made from."""
    paired: bool | None = None
    """Whether each output has its own reference, by name; None: see scene.py."""
    matched: bool = False
    """Take only the examples that every folder has an output for."""
