"""The published layouts load with no missing and no unknown weight; anything else is told in one line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from sightsound.bench import assets
from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.networks.audio import mert, panns, passt, vggish
from sightsound.metrics.networks.common import checkpoint, lengths
from tests.parity.published import constant_state

# extractor -> its factory, the file's name, the dict inside it that holds the weights
FILES = {
    "vggish": (vggish.load, "vggish-10086976.pth", ""),
    "panns_16k": (panns.load_16k, "Cnn14_16k_mAP=0.438.pth", "model"),
    "panns_32k": (panns.load_32k, "Cnn14_mAP=0.431.pth", "model"),
    "passt": (passt.load, "passt-s-f128-p16-s10-ap.476-swa.pt", ""),
    "mert_95m": (mert.load_95m, "pytorch_model.bin", ""),
    "mert_330m": (mert.load_330m, "pytorch_model.bin", ""),
}


def save(name, folder, state):
    """A synthetic checkpoint, a few kB: its tensors repeat one number. VGGish's last ReLU has no weights."""
    _, file, part = FILES[name]
    torch.save({"iteration": 1, part: state, "order": np.arange(3)} if part else state, folder / file)
    if name.startswith("mert"):
        large = name == "mert_330m"
        settings = {
            "num_hidden_layers": 24 if large else 12,
            "hidden_size": 1024 if large else 768,
            "num_attention_heads": 16 if large else 12,
            "do_stable_layer_norm": large,
        }
        (folder / "config.json").write_text(json.dumps(settings))
        (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": False}))
    return folder / file


def load(name, folder):
    return FILES[name][0]({name: folder}, "cpu")


@pytest.mark.parametrize("name", FILES)
def test_the_published_layout_loads(name, tmp_path):
    save(name, tmp_path, constant_state(name))
    load(name, tmp_path)
    assert EXTRACTORS[name].assets == (name,) and EXTRACTORS[name].optional


@pytest.mark.parametrize("name", FILES)
def test_another_layout_is_told(name, tmp_path):
    state = constant_state(name)
    first, last = next(iter(state)), [key for key in state if not key.endswith("num_batches_tracked")][-1]
    for change, told in (
        ({key: value for key, value in state.items() if key != last}, f"lacks 1 weights: {last}"),
        ({**state, "extra.weight": torch.zeros(1)}, r"unknown to the network, 1 weights: extra\.weight"),
        ({**state, first: torch.zeros(3, 3)}, f"another shape 1 weights: {first}"),
    ):
        save(name, tmp_path, change)
        with pytest.raises(ValueError, match=told) as raised:
            load(name, tmp_path)
        assert "\n" not in str(raised.value) and str(tmp_path) in str(raised.value)


@pytest.mark.parametrize("name", [name for name in FILES if name != "mert_330m"])
def test_a_changed_file_is_refused_by_the_asset_store(name, tmp_path, monkeypatch):
    """Before anything of it is unpickled."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mirror" / name).mkdir(parents=True)
    save(name, tmp_path / "mirror" / name, constant_state(name))
    with pytest.raises(assets.AssetError, match="sha256") as raised:
        assets.locate(name, tmp_path / "mirror")
    assert FILES[name][1] in str(raised.value) and "\n" not in str(raised.value)


def test_an_unpinned_pickle_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mirror" / "mert_330m").mkdir(parents=True)
    save("mert_330m", tmp_path / "mirror" / "mert_330m", constant_state("mert_330m"))
    with pytest.raises(assets.AssetError, match=r"model\.safetensors is missing"):
        assets.locate("mert_330m", tmp_path / "mirror")


def test_a_batch_norms_counter_may_be_missing(tmp_path):
    state = constant_state("panns_16k")
    save("panns_16k", tmp_path, {key: value for key, value in state.items() if "num_batches" not in key})
    load("panns_16k", tmp_path)


class Code:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_a_truncated_file_is_told(tmp_path):
    path = save("passt", tmp_path, constant_state("passt"))
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 100):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="fetch it again") as raised:
            load("passt", tmp_path)
        assert "\n" not in str(raised.value)


def test_code_in_a_pickle_does_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / FILES["vggish"][1]
    for write in (lambda: torch.save({"a": Code()}, path), lambda: path.write_bytes(pickle.dumps(Code(), 2))):
        write()
        with pytest.raises(ValueError, match="more than tensors"):
            load("vggish", tmp_path)
        assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"model": [3]}])
def test_a_file_without_a_table_of_tensors_is_told(tmp_path, content):
    torch.save(content, tmp_path / "x.pth")
    with pytest.raises(ValueError, match="fetch it again"):
        checkpoint.read_pickle(tmp_path / "x.pth")


def test_conversion_keeps_every_tensor(tmp_path):
    state = {"a": torch.arange(6.0).reshape(2, 3).T, "b": torch.ones(1).expand(4)}
    torch.save(state, tmp_path / "x.bin")
    assert checkpoint.to_safetensors(tmp_path / "x.bin", tmp_path / "x.safetensors") == 2
    found = checkpoint.read_safetensors(tmp_path / "x.safetensors")
    assert found.keys() == state.keys() and all(torch.equal(found[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("name", "samples", "rows"),
    [("vggish", 16000, 1), ("panns_16k", 16000, 1), ("passt", 6400, 1), ("mert_95m", 3200, 13)],
)
def test_the_card_tells_what_comes_out(name, samples, rows, tmp_path):
    save(name, tmp_path, constant_state(name))
    features = load(name, tmp_path)([np.zeros(samples, np.float32)])[0]
    assert features.keys() == EXTRACTORS[name].outputs.keys()
    for output, values in features.items():
        frames = (samples - mert.SHORTEST) // 320 + 1 if (name, output) == ("mert_95m", "embedding") else rows
        assert values.shape[0] == frames and f", {values.shape[1]}]" in EXTRACTORS[name].outputs[output]
        assert values.dtype == np.float32


def test_the_cards_rates_are_the_networks():
    for module, names in (
        (vggish, ("vggish", "vggish_google", "vggish_pca")),
        (passt, ("passt",)),
        (mert, ("mert_95m", "mert_330m")),
    ):
        assert {EXTRACTORS[name].rate_hz for name in names} == {module.RATE_HZ}
    rates = {
        name: EXTRACTORS[name].rate_hz for name in ("panns_16k", "panns_32k", "encodec_24khz", "encodec_48khz")
    }
    assert list(rates.values()) == [16000, 32000, 24000, 48000]


def test_pieces_of_one_length_run_together_and_come_back_in_order():
    sizes = []

    def forward(audio):
        sizes.append(tuple(audio.shape))
        return {"sum": audio.sum(dim=1, keepdim=True), "frames": audio[:, :, None].repeat(1, 1, 2)}

    clips = [[np.full(3, 1.0), np.full(2, 2.0)], [np.full(3, 3.0)], [np.full(2, 4.0)], [np.full(3, 5.0)]]
    found = lengths.run_by_length(forward, clips, 2, "cpu")
    assert sizes == [(2, 3), (2, 3), (2, 2)]
    assert [clip["sum"].tolist() for clip in found] == [[[3], [4]], [[9]], [[8]], [[15]]]
    assert [clip["frames"].shape for clip in found] == [(5, 2), (3, 2), (2, 2), (3, 2)]
    assert found[0]["frames"][:, 0].tolist() == [1, 1, 1, 2, 2]
    assert lengths.run_by_length(forward, [], 2, "cpu") == []
