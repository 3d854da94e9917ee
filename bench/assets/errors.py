"""What is said of an asset that is not here or not right."""

from __future__ import annotations

from sightsound.bench.core.errors import BenchError


class AssetError(BenchError):
    """An asset that is not here, can't be had or is not what it should be. One line, with the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
