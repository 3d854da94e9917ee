"""MG-S: the authors' emotion network, AudioCraft's language model in transformers, and the four ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from sightsound.baselines.mgs import CARD, pipeline
from sightsound.baselines.mgs.emotion import EMOTIONS, EmotionNetwork, pixels
from sightsound.baselines.mgs.finetuned import finetuned, renamed
from sightsound.bench import assets
from sightsound.bench.core.types import Example, Generated
from sightsound.metrics.networks.common.checkpoint import read_safetensors
from tests.parity import published, seeded
from tests.tiny import mgs as tiny_mgs

PARITY = Path(__file__).parents[1] / "parity" / "mgs_emotion.npz"


@pytest.fixture(scope="module")
def network() -> EmotionNetwork:
    built = EmotionNetwork().eval()
    built.load_state_dict(seeded.filled(built.state_dict()))
    return built


def test_emotion_network_is_the_authors(network: EmotionNetwork) -> None:
    """Their class (main.ipynb at 20c2598d, cell 13) on torchvision 0.28's resnet50, weights seeded by name."""
    theirs = np.load(PARITY)
    x = torch.from_numpy(np.random.default_rng(7).standard_normal((2, 3, 224, 224)).astype(np.float32))
    with torch.inference_mode():
        ours = network(x).numpy()
    assert np.abs(ours - theirs["logits"]).max() < 1e-4 * np.abs(theirs["logits"]).max()


def test_pixels_are_those_of_their_transform() -> None:
    picture = np.random.default_rng(8).integers(0, 256, (300, 451, 3), np.uint8)
    assert np.abs(pixels(picture)[:, ::32, ::32] - np.load(PARITY)["pixels"]).max() < 1e-5


def test_emotion_layout_is_the_published_one(network: EmotionNetwork) -> None:
    assert {name: value.shape for name, value in network.state_dict().items()} == published.shapes("mgs_emotion")


@pytest.fixture(scope="module")
def weights(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every asset of the family."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTSOUND_CACHE", str(tmp_path_factory.mktemp("cache")))
        names = {name for variant in CARD.variants.values() for name in variant.assets}
        return {name: assets.fetch(name, mirror) for name in names}


def _attention(state: dict[str, Tensor], name: str, x: Tensor, other: Tensor, causal: bool, heads: int) -> Tensor:
    """AudioCraft's attention with its packed projection, by torch's own."""
    length = x.shape[0]
    mask = torch.full((length, length), -torch.inf).triu(1) if causal else None
    out, _ = F.multi_head_attention_forward(
        x, other, other, x.shape[-1], heads, state[f"{name}.in_proj_weight"], None, None, None, False, 0.0,
        state[f"{name}.out_proj.weight"], None, attn_mask=mask, need_weights=False,
    )  # fmt: skip
    return out


def test_tuned_language_model_is_audiocraft_s(weights: dict[str, Path]) -> None:
    """The model as audiocraft/models/lm.py and modules/transformer.py define it, written out, against
    transformers' with the renamed weights."""
    path = weights["mgs_emotive"] / "model_base_best.safetensors"
    state = read_safetensors(path)
    model = finetuned("cpu", weights["musicgen_small"], path).model
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, tiny_mgs.CODES, (tiny_mgs.BOOKS, 7)))
    text = torch.from_numpy(
        np.random.default_rng(1).standard_normal((1, 5, tiny_mgs.TEXT_WIDTH)).astype(np.float32)
    )
    with torch.inference_mode():
        condition = F.linear(text, *(state[f"condition_provider.conditioners.description.output_proj.{part}"]
                                     for part in ("weight", "bias"))).transpose(0, 1)  # fmt: skip
        x = sum(F.embedding(codes[book], state[f"emb.{book}.weight"]) for book in range(tiny_mgs.BOOKS))[:, None]
        half = tiny_mgs.WIDTH // 2
        phase = torch.arange(7.0)[:, None] / 10000 ** (torch.arange(half) / (half - 1))
        x = x + torch.cat([phase.cos(), phase.sin()], 1)[:, None]
        for layer in range(tiny_mgs.LAYERS):
            name = f"transformer.layers.{layer}"

            def norm(which: str, x: Tensor, name: str = name) -> Tensor:
                return F.layer_norm(
                    x, x.shape[-1:], state[f"{name}.{which}.weight"], state[f"{name}.{which}.bias"]
                )

            inside = norm("norm1", x)
            x = x + _attention(state, f"{name}.self_attn", inside, inside, True, 4)
            x = x + _attention(state, f"{name}.cross_attention", norm("norm_cross", x), condition, False, 4)
            hidden = F.gelu(F.linear(norm("norm2", x), state[f"{name}.linear1.weight"]))
            x = x + F.linear(hidden, state[f"{name}.linear2.weight"])
        x = F.layer_norm(x, x.shape[-1:], state["out_norm.weight"], state["out_norm.bias"])
        theirs = torch.stack(
            [F.linear(x[:, 0], state[f"linears.{book}.weight"]) for book in range(tiny_mgs.BOOKS)]
        )
        states = model.enc_to_dec_proj(text)
        ours = model.decoder(input_ids=codes, encoder_hidden_states=states).logits
    assert torch.allclose(ours.view_as(theirs), theirs, atol=1e-4 * theirs.abs().max().item())


def test_a_weight_too_many_or_too_few_is_refused(weights: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import save_file

    state = read_safetensors(weights["mgs_emotive"] / "model_base_best.safetensors")
    with pytest.raises(ValueError, match=r"emb\.x is no weight"):
        renamed({"emb.x": torch.zeros(1)}, tmp_path)
    state.pop("out_norm.bias")
    save_file(state, tmp_path / "cut.safetensors")
    with pytest.raises(ValueError, match=r"lacks 1 weights: .*layer_norm\.bias"):
        finetuned("cpu", weights["musicgen_small"], tmp_path / "cut.safetensors")


@pytest.mark.parametrize("way", list(pipeline.FILES))
def test_each_way_ends_in_music(weights: dict[str, Path], tmp_path: Path, way: str) -> None:
    """Alone and in a batch the same; a bad picture costs its own example; the notes tell the way."""
    given = {name: weights[name] for name in CARD.variants[way].assets}
    examples = [Example("none", "g", image=tmp_path / "none.png")]
    for name in ("first", "second"):
        random = np.random.default_rng(len(name))
        Image.fromarray(random.integers(0, 256, (40, 60, 3), np.uint8)).save(tmp_path / f"{name}.png")
        examples.append(Example(name, "g", image=tmp_path / f"{name}.png"))
    system = getattr(pipeline, way)("cpu", given, seconds="1")
    together = {answer.id: answer for answer in system.generate(examples, 3)}
    assert "no such file" in (together["none"].error or "")
    for example in examples[1:]:
        answer = together[example.id]
        alone: Generated = next(iter(system.generate([example], 3)))
        assert answer.audio is not None and alone.audio is not None
        assert answer.audio.shape == (1, 32000)  # just 50 frames a second
        assert np.abs(answer.audio - alone.audio).max() < 1e-3 * np.abs(alone.audio).max()
        assert answer.notes == alone.notes and answer.notes["emotion"] in EMOTIONS
        assert set(answer.notes) == {"emotion", "prompt"} | ({"caption"} if way != "emotive" else set())
        if way == "narrative":
            assert answer.notes["prompt"] == answer.notes["caption"]


def test_what_falcon_is_asked() -> None:
    """The notebook's cell 37, word for word."""
    assert pipeline.asked("a sad man") == (
        "<SYS> You are an enhanced description generator. You will be given with image description and you have "
        "to enhance those in musical terms. <INST> Generate a musical theme description for the following image "
        'description: "a sad man". Include details like mood, genre, tempo, and melody and piano in 2 lines '
        "<RESP> "
    )
