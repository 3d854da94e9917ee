"""The fake hub with tiny weights of every repository, and what the listings say of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sightsound.bench import assets
from sightsound.bench.assets import need, sources
from sightsound.bench.assets.uri import parse
from sightsound.bench.core import registry
from sightsound.bench.core.files import sha256
from sightsound.metrics.asset import Asset, AssetFile
from tests import tiny
from tests.hub.fake_hub import FakeHub
from tests.hub.test_listings import LISTINGS

CARRIED = ("clip_bpe", "clip_interrogator", "musicnn")  # packages carry them, the hub is not asked
OTHER_NAMES = {"ircam-reach/musicldm": "ucsd-reach/musicldm"}  # where the tiny ones lie -> what is asked for first


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights as `tests.tiny` lays them out, and those that come by a package."""
    folder = tiny.make(tmp_path_factory.mktemp("published"))
    for here, there in OTHER_NAMES.items():
        (folder / there).parent.mkdir(exist_ok=True)
        (folder / there).symlink_to(folder / here)
    (folder / "vggish").mkdir()
    (folder / "vggish" / "vggish-10086976.pth").write_bytes(b"fetched and not read")
    for name in CARRIED:
        (folder / name).symlink_to(assets.fetch(name))
    blip = folder / "Salesforce" / "blip-image-captioning-base"
    torch.save(load_file(blip / "model.safetensors"), blip / "pytorch_model.bin")
    for tokenizer in folder.rglob("tokenizer.json"):
        in_two_files(tokenizer)
    return folder


def in_two_files(tokenizer: Path) -> None:
    """A tokenizer of byte pairs also as older repositories have it: a vocabulary and merges."""
    model = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]
    if model.get("type") == "BPE" and not (tokenizer.parent / "merges.txt").exists():
        merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
        lines = "\n".join(["#version: 0.2", *merges, ""])
        (tokenizer.parent / "merges.txt").write_text(lines, encoding="utf-8")
        (tokenizer.parent / "vocab.json").write_text(json.dumps(model["vocab"]), encoding="utf-8")


@pytest.fixture
def hub(
    published: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeHub]:
    """The hub and the addresses on this machine, an empty cache, and digests of the tiny files in the cards."""
    import huggingface_hub

    scratch = tmp_path_factory.getbasetemp() / "shards"
    with FakeHub(published, LISTINGS, scratch) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 4096)
        for name in ("HF_TOKEN", "SIGHTSOUND_MIRROR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(need, "free_bytes", lambda: 10**12)  # whatever this machine's disk has left
        monkeypatch.setattr(sources, "_https", redirected(running, sources._https))
        for name, asset in registry.cards("asset").items():
            monkeypatch.setitem(registry.cards("asset"), name, accepted(asset, published))
        yield running


@pytest.fixture
def by_hand(published: Path, tmp_path: Path) -> Path:
    """A mirror of what nobody serves: converted or trained by the user, or carried by a package."""
    mirror = tmp_path / "by_hand"
    for asset in registry.cards("asset").values():
        for file in asset.files if asset.by_hand or asset.name in CARRIED else ():
            places = [parse(uri).package.partition("@")[0] for uri in file.uris if uri.startswith("hf:")]
            for place in (*places, asset.name):
                source = published / place / (parse(file.uris[0]).member if place != asset.name else file.path)
                if source.exists() and not (mirror / asset.name / file.path).exists():
                    (mirror / asset.name / file.path).parent.mkdir(parents=True, exist_ok=True)
                    os.link(source.resolve(), mirror / asset.name / file.path)
    return mirror


def redirected(hub: FakeHub, download):
    """`sources._https` from the fake hub: the file of that name of the asset's tiny folder."""

    def from_hub(address: str, target: Path) -> None:
        found = next(hub.folder.glob(f"*/{target.name}"), hub.folder / "vggish" / target.name)
        download(f"{hub.address}/at/{found.relative_to(hub.folder).as_posix()}", target)

    return from_hub


def accepted(asset: Asset, published: Path) -> Asset:
    """The asset with the digests of the tiny files in the place of the published ones."""
    if asset.by_hand or asset.name in CARRIED:
        return asset
    others = [
        replace(other, files=tuple(_accepted(asset.name, file, published) for file in other.files))
        for other in asset.instead
    ]
    files = tuple(_accepted(asset.name, file, published) for file in asset.files)
    return replace(asset, files=files, instead=tuple(others))


def _accepted(name: str, file: AssetFile, published: Path) -> AssetFile:
    of_hub = [source for source in map(parse, file.uris) if source.scheme == "hf"]
    places = [published / source.package.partition("@")[0] / source.member for source in of_hub]
    places.append(published / name / file.path)
    found = [place for place in places if file.sha256 and place.is_file()]
    return replace(file, sha256=(sha256(found[0]),)) if found else file
