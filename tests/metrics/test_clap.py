"""LAION-CLAP against laion-clap, on HTSAT-tiny and a RoBERTa of two layers with seeded weights."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import ClapModel, PreTrainedTokenizerFast

from sightsound.metrics.networks.common import checkpoint as checkpoints
from sightsound.metrics.networks.common.checkpoint import empty
from sightsound.metrics.networks.joint import clap, clap_weights
from sightsound.metrics.networks.joint.clap_weights import BASE, TINY, TINY_FUSION
from tests.parity import seeded
from tests.parity.compared import close
from tests.parity.signals import chirps

PARITY = Path(__file__).parents[1] / "parity"
LAYERS = 2
SEEDED = "chirps of 10 and 3.3 s, text tower of 2 layers, seeded weights"
CLIPS = [chirps(10.0, 48000), chirps(3.3, 48000, seed=3) * 3]  # 10 s; short and clipped


@pytest.fixture(scope="module")
def figures():
    with np.load(PARITY / "clap.npz") as file:
        return dict(file)


def listed(name: str) -> dict[str, tuple[int, ...]]:
    lines = (PARITY / "keys" / f"clap_htsat_{name}.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.partition(" ") for line in lines]
    return {key: tuple(map(int, shape.split("x"))) if shape else () for key, _, shape in rows}


def layer(name: str) -> int:
    found = re.match(r"text_branch\.encoder\.layer\.(\d+)\.", name)
    return int(found[1]) if found else -1


@pytest.fixture(scope="module")
def state():
    return seeded_state("tiny")


def seeded_state(tower: str) -> dict[str, torch.Tensor]:
    """The published names less the text layers from the third on, with seeded weights."""
    shapes = {name: shape for name, shape in listed(tower).items() if layer(name) < LAYERS}
    index = _relative_positions(8)
    made = {}
    for name, shape in shapes.items():
        if name.endswith("relative_position_index"):
            made[name] = index
        elif name.endswith("num_batches_tracked"):
            made[name] = torch.ones((), dtype=torch.int64)
        elif name.endswith("position_ids"):
            made[name] = torch.arange(shape[1])[None]
        else:
            made[name] = seeded.tensor(name, shape)
    return made


def _relative_positions(side: int) -> torch.Tensor:
    """Swin's table: for two places of a window, their distance down and across as one number."""
    down, across = np.divmod(np.arange(side * side), side)
    apart = [place[:, None] - place[None] + side - 1 for place in (down, across)]
    return torch.from_numpy(apart[0] * (2 * side - 1) + apart[1])


@pytest.fixture(scope="module")
def checkpoint(state, tmp_path_factory):
    """As laion_clap's training writes it: a state of a distributed module, and a number of NumPy's."""
    path = tmp_path_factory.mktemp("clap") / "630k.pt"
    whole = {"epoch": 15, "best": np.float64(0.9), "state_dict": {f"module.{n}": v for n, v in state.items()}}
    torch.save(whole, path)
    return path


@pytest.fixture(scope="module")
def model(checkpoint):
    return clap_weights.load_model(checkpoint, TINY, LAYERS)


@pytest.fixture(scope="module")
def audio(model):
    return clap.ClapAudioExtractor(model, "cpu")


def embeddings(network, clips):
    return np.concatenate([features["embedding"] for features in network(clips)])


@pytest.mark.parametrize("name, size", [("base", BASE), ("tiny", TINY), ("tiny_fusion", TINY_FUSION)])
def test_every_published_name_has_its_place(name, size):
    published = {key: torch.empty(shape, device="meta") for key, shape in listed(name).items()}
    found = {key: value.shape for key, value in clap_weights.renamed(published).items()}
    model = empty(lambda: ClapModel(clap_weights.config(size)))
    wanted = {key: value.shape for key, value in model.state_dict().items()}
    added = {key for key in wanted if re.search(r"embeddings\.(position_ids|token_type_ids)$", key)}
    assert len(added) == 2
    assert found == {key: shape for key, shape in wanted.items() if key not in added}


def test_audio_equals_the_reference(audio, figures):
    found = embeddings(audio, CLIPS)
    assert found.dtype == np.float32 and np.linalg.norm(found, axis=1) == pytest.approx([1, 1], abs=1e-6)
    close("clap HTSAT-tiny audio", SEEDED, found, figures["audio"], 5e-6)


def test_the_log_mel_equals_the_reference(figures):
    found = clap.LogMel()(torch.from_numpy(CLIPS[0])[None]).numpy()
    assert found.shape == (1, 1, 1001, 64)
    close("clap log-mel in dB", "chirps, 10 s", found[0, 0, ::37], figures["log_mel"], 1e-4)


def test_a_fusion_model_equals_the_reference(tmp_path):
    torch.save(seeded_state("tiny_fusion"), tmp_path / "630k_fusion.pt")
    model = clap_weights.load_model(tmp_path / "630k_fusion.pt", TINY_FUSION, LAYERS)
    with np.load(PARITY / "clap_fusion.npz") as figures:
        found = embeddings(clap.ClapAudioExtractor(model, "cpu", fusion=True), CLIPS)
        close("clap HTSAT-tiny with fusion audio", SEEDED, found, figures["audio"], 5e-6)
        log_mel = clap.LogMel(fusion=True)(torch.from_numpy(CLIPS[0])[None]).numpy()[0, 0, ::37]
        close("clap log-mel with fusion, in dB", "chirps, 10 s", log_mel, figures["log_mel"], 1e-4)


def test_text_equals_the_reference(model, figures):
    def tokenizer(text, **options):
        assert options == {"padding": "max_length", "truncation": True, "max_length": 77}
        row = figures["ids"][int(text)]
        return {"input_ids": row.tolist(), "attention_mask": (row != 1).astype(int).tolist()}

    network = clap.ClapTextExtractor(model, tokenizer, "cpu")
    found = embeddings(network, ["0", "1", "2"])
    close("clap text", "three rows of token ids, 2 layers, seeded weights", found, figures["text"], 5e-6)
    np.testing.assert_array_equal(embeddings(network, ["2"])[0], found[2])
    for text in ("", "  ", None, 3):
        with pytest.raises(ValueError, match="clap takes a text"):
            network([text])


def test_a_clip_has_the_same_bits_in_any_company(audio):
    together = embeddings(audio, [np.zeros(9, np.float32), CLIPS[0]])
    np.testing.assert_array_equal(together[1], embeddings(audio, [CLIPS[0]])[0])
    assert np.linalg.norm(together[0]) == pytest.approx(1, abs=1e-6)  # silence has an embedding too


def test_a_long_clip_is_heard_whole_and_the_same_each_time(audio):
    clip = np.concatenate([CLIPS[0], CLIPS[1], CLIPS[1]])  # 16.6 s
    whole, start, end = audio([clip, clip[:480000], clip[-480000:]])
    np.testing.assert_array_equal(whole["embedding"], np.concatenate([start["embedding"], end["embedding"]]))
    np.testing.assert_array_equal(whole["embedding"], embeddings(audio, [clip]))


@given(st.integers(1, 2_500_000))
def test_windows_cover_the_clip_and_no_more(samples):
    clip = np.broadcast_to(np.float32(0.5), samples)
    found = clap.windows(clip)
    assert found.shape == (max(1, -(-samples // 480000)), 480000)
    heard = found.astype(bool).sum()
    assert heard == (480000 // samples * samples if samples < 480000 else found.size)


def test_a_short_clip_is_repeated_and_rounded_to_16_bits():
    ramp = np.linspace(-1.5, 1.5, 200001, dtype=np.float32)
    (window,) = clap.windows(ramp)
    wanted = np.trunc(np.clip(ramp, -1, 1) * np.float32(32767)) / np.float32(32767)
    np.testing.assert_array_equal(window[:200001], wanted)
    np.testing.assert_array_equal(window[200001:400002], wanted)
    assert not window[400002:].any()
    found = clap.windows(np.arange(1_200_000, dtype=np.float32) / 1_200_000)  # 25 s: 0, 7.5 and 15 s
    assert found[:, 0] == pytest.approx([0, 0.3, 0.6], abs=1e-4)


@pytest.mark.parametrize(
    "clip, message", [(np.zeros(0), "empty"), (np.full(9, np.nan), "NaN"), (np.zeros((2, 9)), "mono")]
)
def test_refuses_what_is_no_clip(audio, clip, message):
    with pytest.raises(ValueError, match=message):
        audio([clip])


def test_a_converted_checkpoint_is_the_same(checkpoint, model, tmp_path):
    target = tmp_path / "630k.safetensors"
    assert checkpoints.to_safetensors(checkpoint, target) > 100
    again = clap_weights.load_model(target, TINY, LAYERS)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=0, atol=0)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda state: state.pop("audio_projection.0.bias"), "lacks 1 weights: audio_projection.linear1.bias"),
        (
            lambda state: state.update({"text_branch.odd": torch.ones(1)}),
            "unknown .* text_model.odd",
        ),
        (
            lambda state: state.update({"audio_projection.2.bias": torch.ones(9)}),
            "another shape 1 weights: audio_projection.linear2.bias",
        ),
    ],
)
def test_refuses_another_network(state, tmp_path, change, message, monkeypatch):
    changed = dict(state)
    change(changed)
    monkeypatch.setattr(clap_weights, "read_pickle", lambda path: changed)
    with pytest.raises(ValueError, match=message):
        clap_weights.load_model(tmp_path / "changed.pt", TINY, LAYERS)


def test_refuses_a_checkpoint_of_the_other_size(state, monkeypatch):
    monkeypatch.setattr(clap_weights, "read_pickle", lambda path: state)
    with pytest.raises(ValueError, match=r"lacks .* audio_model"):
        clap_weights.load_model(Path("630k.pt"), BASE, LAYERS)


def test_refuses_a_damaged_safetensors_file(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{broken")
    for name in ("a.safetensors", "absent.safetensors"):
        with pytest.raises(ValueError, match="no safetensors file"):
            clap_weights.load_model(tmp_path / name, TINY, LAYERS)


def test_a_tokenizer_without_its_vocabulary_is_told(tmp_path):
    words = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    small = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    PreTrainedTokenizerFast(tokenizer_object=small).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="vocabulary of 4 tokens, not 50265"):
        clap.load_tokenizer(tmp_path)


def test_the_factories_use_the_published_files(monkeypatch):
    seen = []

    def load(path, size):
        seen.append((path, size))
        return SimpleNamespace(
            **{
                part: torch.nn.Identity()
                for part in ("audio_model", "audio_projection", "text_model", "text_projection")
            }
        )

    monkeypatch.setattr(clap, "load_model", load)
    monkeypatch.setattr(clap, "load_tokenizer", lambda folder: None)
    weights = {
        name: Path(name)
        for name in ("clap_music", "clap_music_speech", "clap_630k", "clap_630k_fusion", "roberta_tokenizer")
    }
    for factory in (
        clap.load_music_audio,
        clap.load_music_speech_text,
        clap.load_630k_audio,
        clap.load_630k_fusion_text,
    ):
        factory(weights, "cpu")
    assert seen == [
        (Path("clap_music/music_audioset_epoch_15_esc_90.14.pt"), BASE),
        (Path("clap_music_speech/music_speech_audioset_epoch_15_esc_89.98.pt"), BASE),
        (Path("clap_630k/630k-audioset-best.pt"), TINY),
        (Path("clap_630k_fusion/630k-audioset-fusion-best.safetensors"), TINY_FUSION),
    ]
