"""CLIP against OpenAI's code, on towers of two layers with seeded weights; CLIPScore by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from sightsound.bench import assets
from sightsound.metrics.formulas.paired import clip_score
from sightsound.metrics.networks.common import clip_bpe
from sightsound.metrics.networks.joint import clip
from tests.parity import seeded
from tests.parity.compared import close
from tests.parity.signals import mosaic

PARITY = Path(__file__).parents[1] / "parity"
PICTURES = [mosaic(1), mosaic(2)[:201, :], mosaic(3)[:, 30:171]]
SIDE = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 1, "intermediate_size": 256}

# ours -> OpenAI's, below `visual.` or at the top
_LAYER = {
    "self_attn.out_proj": "attn.out_proj",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}
_WHOLE = {
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm": "ln_final",
    "text_projection.weight": "text_projection",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.pre_layrnorm": "visual.ln_pre",
    "vision_model.post_layernorm": "visual.ln_post",
    "visual_projection.weight": "visual.proj",
}


def openai_weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The seeded tensor that OpenAI's network has where CLIPModel has `name`."""
    if name in ("text_projection.weight", "visual_projection.weight"):  # theirs multiply from the other side
        return seeded.tensor(_WHOLE[name], (shape[1], shape[0])).T.contiguous()
    if ".encoder.layers." in name:
        tower, _, rest = name.partition(".encoder.layers.")
        number, _, rest = rest.partition(".")
        part, _, kind = rest.rpartition(".")
        theirs = f"{'visual.' if tower == 'vision_model' else ''}transformer.resblocks.{number}."
        if part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
            whole = seeded.tensor(f"{theirs}attn.in_proj_{kind}", (3 * shape[0], *shape[1:]))
            return whole.chunk(3)["qkv".index(part[len("self_attn.")])]
        return seeded.tensor(f"{theirs}{_LAYER[part]}.{kind}", shape)
    part, _, kind = name.rpartition(".")
    return seeded.tensor(_WHOLE[name] if name in _WHOLE else f"{_WHOLE[part]}.{kind}", shape)


@pytest.fixture(scope="module")
def figures():
    with np.load(PARITY / "clip.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small CLIP in transformers' layout."""
    model = CLIPModel(
        CLIPConfig(
            text_config=SIDE | {"projection_dim": 32, "eos_token_id": 2},  # 2, as in the published configuration
            vision_config=SIDE | {"projection_dim": 32, "patch_size": 32},
            projection_dim=32,
        )
    )
    state = model.state_dict()
    model.load_state_dict(
        {n: v if n == "logit_scale" else openai_weight(n, tuple(v.shape)) for n, v in state.items()}
    )
    place = tmp_path_factory.mktemp("clip")
    model.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def model(folder):
    return clip.load_model(folder, 32, 32)


@pytest.fixture(scope="module")
def tokens():
    return clip_bpe.ClipBpe(assets.fetch("clip_bpe") / clip_bpe.FILE)


def embeddings(network, clips):
    return np.concatenate([features["embedding"] for features in network(clips)])


def test_pictures_equal_openai(model, figures):
    network = clip.ClipImageExtractor(model, "cpu")
    found = embeddings(network, PICTURES)
    close("clip image", "three mosaics, small seeded towers", found, figures["image"], 1e-5)
    np.testing.assert_array_equal(embeddings(network, [PICTURES[2]])[0], found[2])


def test_texts_equal_openai(model, tokens, figures):
    network = clip.ClipTextExtractor(model, tokens, "cpu")
    texts = [str(text) for text in figures["texts"]]
    np.testing.assert_array_equal([tokens(text) for text in texts], figures["ids"])
    found = embeddings(network, texts)
    close("clip text", "three texts, small seeded towers", found, figures["text"], 1e-5)
    np.testing.assert_array_equal(embeddings(network, [texts[1]])[0], found[1])
    for text in ("", "\t", None):
        with pytest.raises(ValueError, match="clip takes a text"):
            network([text])


def test_an_older_file_with_positions_loads_and_a_pickle_too(folder, model, tmp_path):
    shutil.copy(folder / "config.json", tmp_path)
    state = model.state_dict() | {"text_model.embeddings.position_ids": torch.arange(77)[None]}
    torch.save(state, tmp_path / "pytorch_model.bin")
    again = clip.load_model(tmp_path, 32, 32)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=0, atol=0)


def test_refuses_another_model(folder, model, tmp_path):
    with pytest.raises(ValueError, match="patches of 32 pixels and 32 dimensions, not 16 and 512"):
        clip.load_model(folder, 16)
    shutil.copy(folder / "config.json", tmp_path)
    for change, message in (
        (lambda state: state.pop("visual_projection.weight"), r"lacks visual_projection.weight and 0 more"),
        (lambda state: state.update(odd=torch.ones(1)), "holds odd"),
        (lambda state: state.update({"logit_scale": torch.ones(4)}), "no whole CLIP model"),
    ):
        state = dict(model.state_dict())
        change(state)
        torch.save(state, tmp_path / "pytorch_model.bin")
        with pytest.raises(ValueError, match=message) as caught:
            clip.load_model(tmp_path, 32, 32)
        assert "\n" not in str(caught.value)
    whole = (folder / "model.safetensors").read_bytes()
    (tmp_path / "pytorch_model.bin").unlink()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="no whole CLIP model"):
        clip.load_model(tmp_path, 32, 32)


def test_the_score_by_hand():
    x = [np.array([[3.0, 4.0]]), np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]]), np.array([[0.0, 0.0]])]
    y = [np.array([[4.0, 3.0]]), np.array([[-1.0, 0.0]]), np.array([[9.0, 0.0]]), np.array([[1.0, 0.0]])]
    rows = clip_score.statistics(x, y)
    assert rows == pytest.approx([0.96, 0.0, 1.0, np.nan], nan_ok=True)
    assert clip_score.aggregate(rows, np.ones(4)) == pytest.approx(1.96 / 3)
    hundred = clip_score.statistics(x, y, scale="100")
    assert clip_score.aggregate(hundred, np.ones(4)) == pytest.approx(196 / 3)
