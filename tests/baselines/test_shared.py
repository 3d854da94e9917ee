"""Every variant of a family that shares a captioner: it is run once for all of them, and by no second run; and the
stages done a batch ahead give the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightsound.baselines.m2ugen import pipeline as m2ugen
from sightsound.baselines.mozart import CARD as MOZART
from sightsound.baselines.mozart import interrogator
from sightsound.baselines.parts import clip_labels
from sightsound.baselines.parts.captioners import Blip
from sightsound.baselines.parts.chat import LocalChat
from sightsound.baselines.parts.florence2 import Florence2
from sightsound.baselines.parts.remote import RemoteChat
from sightsound.bench.core import texts
from sightsound.metrics.networks.pocket import musicnn
from tests.baselines.whole import Run, facts

QUICK = {"seconds": 0.2}
ADDRESS = {"llm_url": "http://localhost:9/v1", "llm_model": "none"}


class Interrogator:
    """Stands in for clip-interrogator, whose CLIP and lists are not at hand."""

    asked = 0

    def __init__(self, captioner: Any, clip: Any, lists: Path) -> None:
        self.captioner = captioner

    def caption(self, pictures: Sequence[np.ndarray]) -> list[str]:
        type(self).asked += 1
        return [f"{caption}, oil on canvas" for caption in self.captioner.caption(pictures)]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts_are_made: None) -> None:
    """The store of texts is used, an empty one."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(texts, "_unused", [])


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counter[str]]:
    """`count((Blip, "caption"), ...)`: how often each is called from now on."""

    def counted(*methods: tuple[Any, str]) -> Counter[str]:
        calls: Counter[str] = Counter()
        for owner, name in methods:
            plain, told = getattr(owner, name), f"{owner.__name__.rpartition('.')[2]}.{name}"

            def call(*columns: Any, plain: Any = plain, told: str = told, **same: Any) -> Any:
                calls[told] += 1
                return plain(*columns, **same)

            monkeypatch.setattr(owner, name, call)
        return calls

    return counted


def test_all_variants_of_mozart_caption_a_picture_once_a_captioner(
    run: Run, kept: None, count: Callable[..., Counter[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(interrogator, "Interrogator", Interrogator)
    monkeypatch.setattr(Interrogator, "asked", 0)
    monkeypatch.setattr(clip_labels, "Clip", lambda *parts: None)
    monkeypatch.setattr(RemoteChat, "answer", lambda self, turns, contents, seeds: [f"{c}!" for c in contents])
    clip = {name: tmp_path / name for name in ("clip_vit_h14", "clip_bpe", "clip_interrogator")}
    for folder in clip.values():
        folder.mkdir()
        (folder / "any").write_text(folder.name)
    calls = count((Blip, "caption"), (Florence2, "caption"), (LocalChat, "answer"))

    def all_variants(folder: str) -> dict[str, Any]:
        found = {}
        for name, variant in MOZART.variants.items():
            if not name.startswith("pocket"):
                more = clip if "clip_vit_h14" in variant.assets else {}
                given = QUICK | (ADDRESS if name.endswith("_openai") else {})
                found[name] = facts(run(f"mozart:{name}", folder, more=more, **given))
        return found

    first = all_variants("first")
    assert len(first) == 7 and not any(error for made in first.values() for _, _, error in made.values())
    # three pictures are two batches; `paper`, `paper_blip` and `code` have other captions for the same chat model
    assert calls == {"Blip.caption": 2, "Florence2.caption": 2, "LocalChat.answer": 6}
    assert Interrogator.asked == 2
    calls.clear()
    assert all_variants("second") == first
    assert not calls and Interrogator.asked == 2


def test_m2ugen_looks_and_tells_once_whatever_the_music(
    run: Run, kept: None, count: Callable[..., Counter[str]]
) -> None:
    calls = count((m2ugen, "decode"), (m2ugen.M2UGen, "_features"))
    first = run("m2ugen:musicgen_small_code", "first", **QUICK)
    assert calls == {"pipeline.decode": 2, "M2UGen._features": 2}
    assert all(made.notes["text"] for made in first.values())
    calls.clear()
    again = run("m2ugen:musicgen_small_code", "again", seconds=0.3, rate_hz=16000)
    assert not calls and {n: dict(m.notes) for n, m in again.items()} == {
        n: dict(m.notes) for n, m in first.items()
    }


def test_tags_are_heard_a_batch_at_a_time_and_once(
    run: Run, kept: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[int] = []

    class Network:
        def __call__(self, clips: Sequence[np.ndarray]) -> list[Mapping[str, np.ndarray]]:
            heard.append(len(clips))
            loud = [np.abs(clip).mean() * np.arange(50, dtype=np.float32) for clip in clips]
            return [{"logits": each[None]} for each in loud]

    monkeypatch.setattr(musicnn, "load_msd", lambda weights, device: Network())
    more = {"musicnn": tmp_path / "musicnn"}
    more["musicnn"].mkdir()
    first = run("stable_diffusion:2_1", "first", more=more, steps=1)
    assert heard == [2, 1] and all(made.notes["prompt"].endswith("music") for made in first.values())
    assert facts(run("stable_diffusion:2_1", "second", more=more, steps=1)) == facts(first)
    assert heard == [2, 1]


@pytest.mark.parametrize(
    ("label", "options"),
    [
        ("mozart:code", QUICK),
        ("mgs:lyrical", QUICK),
        ("m2ugen:musicgen_small_paper", QUICK),
        ("stable_diffusion:2_1", {"prompts": "caption", "steps": 1}),
    ],
)
def test_stages_ahead_give_the_same_bytes(
    run: Run, label: str, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    plain = run(label, "plain", **options)
    ahead = run(label, "ahead", ahead=True, **options)
    assert facts(ahead) == facts(plain) and not any(made.error for made in plain.values())
