"""One world for all recipes: tiny checkpoints, small networks, and each split's media made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from sightsound.baselines.codi import pipeline as codi
from sightsound.baselines.mozart import interrogator
from sightsound.bench import splits
from sightsound.bench.core.cache import cache_dir
from tests import tiny
from tests.reproduce import media, small_networks

OURS = ("clip_bpe", "clip_interrogator", "muimage_eval_pairs")
"""Assets in the cache that the tiny checkpoints read as they are: lists of words."""


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """Undone when the module ends."""
    with pytest.MonkeyPatch.context() as context:
        yield context


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    """A working folder with a mirror of tiny checkpoints; the cache holds what `OURS` names and is else empty."""
    folder = tmp_path_factory.mktemp("reproduce")
    assets = folder / "cache" / "assets"
    assets.mkdir(parents=True)
    for name in OURS:
        if (cache_dir() / "assets" / name).is_dir():
            (assets / name).symlink_to(cache_dir() / "assets" / name)
    patch.setenv("SIGHTSOUND_CACHE", str(folder / "cache"))
    patch.delenv("SIGHTSOUND_MIRROR", raising=False)
    patch.chdir(folder)
    mirror = tiny.make(folder / "mirror")
    for family in (tiny.art2mus, tiny.musflow):  # some of their parts are pickles whose digests are pinned
        family.accept(patch, mirror)
    small_networks.accept(patch)
    lines = interrogator._lines
    patch.setattr(interrogator, "_lines", lambda path: lines(path)[:20])  # of 112,000 phrases
    patch.setattr(codi, "LATENT", (8, 16, 16))  # 0.64 s: the full 10 s take seconds also where they are narrow
    return folder


@pytest.fixture(scope="module")
def prepared(world: Path, patch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`prepared(split)`: its media made and the split built, once."""
    done: set[str] = set()

    def prepare(split: str) -> None:
        if split not in done:
            folder = world / "media" / split
            folder.mkdir(parents=True)
            media.MAKERS[split](folder, patch)
            splits.prepare(split, media=folder)
            done.add(split)

    return prepare


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost the tiny networks more than they give."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
