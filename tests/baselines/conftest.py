"""The tiny checkpoints, made once, as assets of the harness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from sightsound.baselines.mozart import CARD
from sightsound.bench import assets
from sightsound.bench.core import texts
from tests import tiny
from tests.baselines.whole import media, run

__all__ = ["media", "run"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost the tiny networks more than they give, above all on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of the hub with tiny checkpoints."""
    return tiny.make(tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="session")
def weights(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The assets of the paper's variants, as the harness finds them in a mirror."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTSOUND_CACHE", str(tmp_path_factory.mktemp("cache")))
        return {name: assets.fetch(name, mirror) for name in CARD.variants["paper_blip"].assets}


@pytest.fixture(autouse=True)
def texts_are_made() -> Iterator[None]:
    """No test is answered out of the store of texts by another one; those of the store are in test_kept.py."""
    with texts.unused():
        yield
