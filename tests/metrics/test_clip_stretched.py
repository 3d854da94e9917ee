"""CLIP on stretched pictures against torch-fidelity's, with a small tower of seeded weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.networks.image.clip_stretched import ClipStretchedExtractor
from tests.parity.compared import close
from tests.parity.seeded import tensor
from tests.parity.signals import mosaic

FIGURES = Path(__file__).parents[1] / "parity" / "clip_stretched.npz"
WIDTH, DIM = 64, 16
OUTSIDE = {  # transformers' name -> OpenAI's
    "embeddings.class_embedding": "class_embedding",
    "embeddings.patch_embedding.weight": "conv1.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "pre_layrnorm": "ln_pre",
    "post_layernorm": "ln_post",
}
IN_LAYER = {
    "self_attn.out_proj": "attn.out_proj",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}


def seeded(name, shape):
    """The tensor that the reference has under OpenAI's name; its q, k and v are one tensor there."""
    name = name.removeprefix("vision_model.")
    if name == "visual_projection.weight":
        return tensor("proj", shape[::-1]).T
    for ours, theirs in OUTSIDE.items():
        if name.startswith(ours):
            return tensor(name.replace(ours, theirs), shape)
    layer, part = name.removeprefix("encoder.layers.").split(".", 1)
    before = f"transformer.resblocks.{layer}"
    for place, which in enumerate(("q_proj", "k_proj", "v_proj")):
        if which in part:
            kind = part.rsplit(".", 1)[1]
            whole = tensor(f"{before}.attn.in_proj_{kind}", (3 * shape[0], *shape[1:]))
            return whole[place * shape[0] : (place + 1) * shape[0]]
    (ours,) = [ours for ours in IN_LAYER if part.startswith(ours)]
    return tensor(f"{before}.{part.replace(ours, IN_LAYER[ours])}", shape)


@pytest.fixture(scope="module")
def network():
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=DIM,
        num_hidden_layers=2,
        num_attention_heads=1,
        image_size=224,
        patch_size=32,
        hidden_act="quick_gelu",
        attn_implementation="eager",
    )
    model = CLIPVisionModelWithProjection(config)
    model.load_state_dict({name: seeded(name, tuple(old.shape)) for name, old in model.state_dict().items()})
    return ClipStretchedExtractor(model.eval(), "cpu")


def test_equals_torch_fidelity(network):
    found = network([mosaic(1), mosaic(2)[:100, :180], mosaic(3)[:17, :31]])
    assert list(found[0]) == list(EXTRACTORS["clip_vit_b16_stretched"].outputs)
    with np.load(FIGURES) as figures:
        wanted = figures["embedding"]
    ours = np.concatenate([features["embedding"] for features in found])
    inputs = "3 pictures of 17 x 31 to 256 x 256, 2 layers of 64, seeded weights"
    close("clip_vit_b16_stretched", inputs, ours, wanted, 1e-5)


def test_a_picture_has_the_same_bits_in_any_company(network):
    pictures = [mosaic(seed)[: 30 + 40 * seed] for seed in range(5)]
    for picture, features in zip(pictures, network(pictures), strict=True):
        np.testing.assert_array_equal(features["embedding"], network([picture])[0]["embedding"])


def test_refuses_what_is_no_picture(network):
    with pytest.raises(ValueError, match="clip takes uint8 RGB pictures"):
        network([np.zeros((8, 8, 3), np.float32)])
