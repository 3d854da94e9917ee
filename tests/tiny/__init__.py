"""Random checkpoints a few hundred kilobytes small, in the layout of the hub: DIR/owner/repository/files.

They have the published ones' files, classes and special tokens, and so exercise the code that loads and runs
those; what they generate means nothing.
"""

from __future__ import annotations

from pathlib import Path

import torch

from tests.tiny import blip, musicgen, qwen


def make(folder: Path) -> Path:
    """A mirror of all tiny checkpoints in `folder`, the same on every call. Takes a few seconds."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        blip.make(folder / "Salesforce" / "blip-image-captioning-base")
        blip.make(folder / "Salesforce" / "blip-image-captioning-large")
        qwen.make(folder / "Qwen" / "Qwen2.5-7B-Instruct")
        musicgen.make(folder / "facebook" / "musicgen-small")
    return folder
