"""The captions of the authors' code of the paper's time: clip-interrogator's classic mode, then their filter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.baselines.mozart.interrogator import DIM, PATCH, Interrogator, classic, filtered
from sightsound.baselines.parts.clip_labels import Clip, Phrases
from sightsound.bench import assets
from sightsound.metrics.networks.common.clip_bpe import FILE, ClipBpe
from tests.tiny import clip_h14


class _Captions:
    def caption(self, pictures: Sequence[np.ndarray]) -> list[str]:
        return [f"a painting of {picture.mean():.0f} ships" for picture in pictures]


@pytest.fixture(scope="module")
def tokens() -> ClipBpe:
    return ClipBpe(assets.fetch("clip_bpe") / FILE)


def test_the_filter_drops_the_artist_and_the_third_part() -> None:
    """Table 5's first example is one that went through it."""
    assert filtered("a city, a detailed matte painting by X, trending on Artstation, art nouveau, epic") == (
        "a city, a detailed matte painting, art nouveau, epic"
    )
    assert filtered("a ship") == "a ship"
    assert filtered("a ship, an etching by A by B") == "a ship, an etching"


@pytest.mark.network
def test_the_classic_prompt(tokens: ClipBpe) -> None:
    nearest = ["a photo", "by Ansel Adams", "flickr", "realism"]
    assert classic("a photo of sand", nearest, ["dunes", "dry"], tokens) == (
        "a photo of sand by Ansel Adams, flickr, realism, dunes, dry"
    )
    assert classic("sand", nearest, ["dunes"], tokens) == "sand, a photo by Ansel Adams, flickr, realism, dunes"
    full = classic("sand " * 60, nearest, ["dunes", "a very long flavour " * 5], tokens)
    assert full.endswith("realism, dunes") and tokens(full)[-1] == 0


@pytest.mark.network
def test_captions_from_the_published_lists(
    tokens: ClipBpe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All 100,970 flavours through a tiny CLIP of the published layout; the nearest as a plain search has them."""
    lists, merges = assets.fetch("clip_interrogator"), assets.fetch("clip_bpe")
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        clip_h14.make(tmp_path / "clip")
    clip = Clip("cpu", tmp_path / "clip", merges, PATCH, DIM)
    system = Interrogator(_Captions(), clip, lists)
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (60, 80, 3), np.uint8) for _ in range(3)]
    captions = system.caption(pictures)
    assert [caption.split(",")[0] for caption in captions] == _Captions().caption(pictures)
    (alone,) = system.caption(pictures[1:2])
    assert alone == captions[1]
    for table, count in ((system.flavours, 3), (system.mediums, 1)):
        cosine = clip.pictures(pictures) @ np.asarray(table.vectors, np.float32).T
        plain = [[table.phrases[i] for i in np.argsort(-row, kind="stable")[:count]] for row in cosine]
        assert table.nearest(clip.pictures(pictures), count) == plain
    assert len(system.flavours.phrases) == 100970 and len(system.sites.phrases) == 72
    assert np.allclose(np.linalg.norm(np.asarray(system.mediums.vectors, np.float32), axis=1), 1, atol=2e-3)
    monkeypatch.setattr(Clip, "texts", lambda clip, texts: pytest.fail("read twice"))
    Phrases(system.mediums.phrases, clip)
