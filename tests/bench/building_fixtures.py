"""What the tests of `annotate` and `caption` share: the fixtures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from sightsound.bench import assets
from sightsound.bench.building import parts
from sightsound.bench.building.parts import Part
from sightsound.bench.core.cache import cache_dir
from tests.bench.building_world import FEW, PICTURES, TRACKS
from tests.tiny import blip, blip2, musflow, qwen, qwen2_vl


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    """Wesnoth's own pictures and tracks, and one bad file of each."""
    folder = tmp_path_factory.mktemp("media")
    core = assets.fetch("wesnoth") / "data" / "core"
    for kind, found, count in (("images", "images/story/*.jpg", PICTURES), ("music", "music/*.ogg", TRACKS)):
        (folder / kind).mkdir()
        for path in sorted(core.glob(found))[:count]:
            (folder / kind / path.name).write_bytes(path.read_bytes())
    (folder / "images/broken.jpg").write_bytes((folder / "images/grim-altar.jpg").read_bytes()[:2000])
    (folder / "music/words.mp3").write_text("no music")
    return folder


@pytest.fixture(scope="module")
def few(media, tmp_path_factory) -> Path:
    """Some of them, for the small chat model, which takes seconds a picture."""
    folder = tmp_path_factory.mktemp("few")
    (folder / "music").symlink_to(media / "music")
    (folder / "images").mkdir()
    for path in [*sorted((media / "images").glob("[!b]*.jpg"))[:FEW], media / "images/broken.jpg"]:
        shutil.copy(path, folder / "images")
    return folder


@pytest.fixture(scope="module")
def mirror(tmp_path_factory) -> Iterator[Path]:
    """The papers' models in their published layouts, tiny; CLIP with its own patches and dimensions."""
    folder = tmp_path_factory.mktemp("mirror")
    side = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 32}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        blip.make(folder / "Salesforce/blip-image-captioning-large")
        blip2.make(folder / "Salesforce/blip2-flan-t5-xl")
        qwen2_vl.make(folder / "Qwen/Qwen2-VL-7B-Instruct")
        qwen.make(folder / "mistralai/Mistral-7B-Instruct-v0.1")
        clip = CLIPModel(
            CLIPConfig(
                text_config=side | {"projection_dim": 512, "eos_token_id": 2},
                vision_config=side | {"projection_dim": 512, "patch_size": 16},
                projection_dim=512,
            )
        )
        clip.visual_projection.weight.data.neg_()  # by the seed's chance all its cosines are below 0 otherwise
        place = folder / "openai/clip-vit-base-patch16"
        place.mkdir(parents=True)
        clip.config.save_pretrained(place)
        torch.save(clip.state_dict(), place / "pytorch_model.bin")
    with pytest.MonkeyPatch.context() as patch:
        musflow.accept(patch, folder, {"clip_vit_b16": "openai/clip-vit-base-patch16"})
        yield folder


@pytest.fixture
def own_features(tmp_path, monkeypatch) -> Path:
    """A cache with the user's weights and no features."""
    links = tmp_path / "cache"
    links.mkdir()
    for part in ("assets", "converted", "splits"):
        if (cache_dir() / part).exists():
            (links / part).symlink_to(cache_dir() / part)
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(links))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    return links


@pytest.fixture
def echo(monkeypatch) -> Part:
    part = Part(
        "echo",
        "tests.bench.building_world:Echo",
        "minilm",
        "says what it is told",
        {"refuse": "promontory"},
        sees=False,
    )
    monkeypatch.setitem(parts.COMPOSERS, "echo", part)
    monkeypatch.setitem(parts.CHATS, "echo", part)
    return part
