"""RoBERTa's token embeddings: a small network with seeded weights in the published layout."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, RobertaConfig, RobertaForMaskedLM, RobertaModel

from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.formulas.paired import bertscore
from sightsound.metrics.networks.text import roberta
from tests.reference import inputs

VOCABULARY = 269
TEXTS = ["a slow sad piano piece", "Upbeat dance, 128 BPM!", "", "violin " * 20, "naïve café — Катюша", "a"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three layers of 32 dimensions; weights under the published names, `roberta.` before each, and a head."""
    folder = tmp_path_factory.mktemp("roberta")
    inputs.roberta(folder)
    state = load_file(folder / "model.safetensors")
    published = {f"roberta.{name}": value for name, value in state.items() if not name.startswith("pooler")}
    save_file(
        published | {"lm_head.bias": torch.zeros(VOCABULARY)}, folder / "model.safetensors", {"format": "pt"}
    )
    return folder


@pytest.fixture(scope="module")
def network(folder):
    return roberta.from_folder(folder, "cpu", layers=2, vocabulary=VOCABULARY)


def test_is_the_hidden_state_after_that_layer(folder, network):
    whole = RobertaModel.from_pretrained(folder, add_pooling_layer=False).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, features in zip(TEXTS, network(TEXTS), strict=True):
        pieces = tokenizer(text and " " + text.strip())  # the tokenizer's own marks
        ids = torch.tensor([pieces["input_ids"]])
        with torch.no_grad():
            wanted = whole(input_ids=ids, output_hidden_states=True).hidden_states[2][0].numpy()
        np.testing.assert_allclose(features["tokens"], wanted, atol=1e-5 * np.abs(wanted).max())


def test_the_card_tells_what_comes_out(network):
    features = network(["a violin"])[0]
    assert list(features) == list(EXTRACTORS["roberta_large"].outputs)
    assert features["tokens"].dtype == np.float32 and features["tokens"].shape[1] == 32


def test_a_text_has_the_same_bits_in_any_company(network):
    for text, features in zip(TEXTS, network(TEXTS[::-1] * 2)[::-1], strict=False):
        np.testing.assert_array_equal(features["tokens"], network([text])[0]["tokens"])


def test_empty_and_long_texts(network):
    assert network(["", "  \n"])[1]["tokens"].shape == (2, 32)  # the marks alone
    long = network(["violin " * 200])[0]["tokens"]
    assert long.shape == (128, 32)  # 126 tokens and the marks
    scores = bertscore.score(network(["a cello"])[0]["tokens"], network([" a cello "])[0]["tokens"])
    assert scores == pytest.approx((1, 1, 1), abs=1e-6)
    with pytest.raises(ValueError, match="roberta takes texts, got 3"):
        network([3])


def test_the_published_layout_is_covered():
    """RoBERTa-large's own configuration: every tensor of our 17 layers has the published name and shape."""
    large = RobertaConfig(
        vocab_size=50265,
        hidden_size=1024,
        num_hidden_layers=24,
        num_attention_heads=16,
        intermediate_size=4096,
        max_position_embeddings=514,
        type_vocab_size=1,
    )
    with torch.device("meta"):
        published = {name: value.shape for name, value in RobertaForMaskedLM(large).state_dict().items()}
        large.num_hidden_layers = roberta.LAYERS
        ours = RobertaModel(large, add_pooling_layer=False).state_dict()
    assert all(published[f"roberta.{name}"] == value.shape for name, value in ours.items())


def copied(folder, target, state=None, **config):
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    if state is not None:
        save_file(state, target / "model.safetensors", {"format": "pt"})
    old = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps(old | config))
    return target


def told(folder, match, layers=2):
    with pytest.raises(ValueError, match=match) as raised:
        roberta.from_folder(folder, "cpu", layers=layers, vocabulary=VOCABULARY)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_not_the_network_is_told(folder, tmp_path):
    told(folder, "3 layers", layers=4)
    state = load_file(folder / "model.safetensors")
    lacking = {name: value for name, value in state.items() if "layer.1.output.dense.bias" not in name}
    told(copied(folder, tmp_path, lacking), "lacks .*layer.1.output.dense.bias and 0 more")
    name = "roberta.encoder.layer.0.output.dense.bias"
    told(copied(folder, tmp_path, state | {name: torch.zeros(7)}), "lacks .*layer.0.output.dense.bias")
    with pytest.raises(ValueError, match=f"vocabulary of {VOCABULARY} tokens, not 50265"):
        roberta.load({"roberta_large": folder}, "cpu")
    (tmp_path / "model.safetensors").write_bytes(b"not tensors")
    told(tmp_path, "no safetensors file")
