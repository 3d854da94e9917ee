"""M2UGen against the authors' modules at tiny size, on weights seeded by name (tests/parity/m2ugen.npz).

The figures were made outside this repository with M2UGen/llama of shansongliu/M2UGen at 2c702a48 and MERT of
yizhilll/MERT on torch 2.13, transformers 4.35.2 (which the authors pin) and numpy 1.26. In their sources only
sizes (4096, 1024, 768, 25, 197, 3137) and calls of .cuda() were changed; MusicGen's table of positions was left
as computed.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sightsound.baselines.m2ugen import decoding, pixels, projector, prompt
from sightsound.baselines.m2ugen.layout import (
    ADAPTERS,
    ENCODERS,
    Checkpoint,
    empty_adapter,
    empty_encoder,
    empty_projector,
)
from sightsound.baselines.m2ugen.llama import Llama
from sightsound.baselines.m2ugen.music import FromMusicGen, empty_musicgen
from sightsound.baselines.m2ugen.tokenizer import LlamaTokenizer
from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.metrics.networks.audio.mert import _prepared
from tests.parity import ranges, seeded
from tests.parity.signals import chirps

FIGURES = Path(__file__).parents[1] / "parity" / "m2ugen.npz"
CLOSE = 1e-4  # of the largest figure
KINDS = ("audio", "image", "video")
USES = ("none", *KINDS, "image_video", "audio_image_video")


@pytest.fixture(scope="module")
def figures():
    with np.load(FIGURES) as found:
        return dict(found)


@pytest.fixture(scope="module")
def system(figures, tmp_path_factory):
    """The parts, by name."""
    folder = tmp_path_factory.mktemp("parity")
    for file in ("config", "generation_config", "tokenizer_config", "tokenizer"):
        (folder / f"{file}.json").write_bytes(figures[f"music_{file}"].tobytes())
    words = folder / "llama"
    words.mkdir()
    (words / "tokenizer.json").write_bytes(figures["tokenizer"].tobytes())
    state = {name: torch.empty(shape) for name, shape in ranges.shapes("m2ugen_tiny").items()}
    save_file(seeded.filled(state), folder / "checkpoint.safetensors")
    checkpoint = Checkpoint(folder / "checkpoint.safetensors", empty_musicgen(folder))
    sizes, part = checkpoint.sizes, checkpoint.part
    yield {
        "encoders": {k: part(partial(empty_encoder, k, sizes), f"{ENCODERS[k]}.", "cpu") for k in KINDS},
        "adapters": {k: part(partial(empty_adapter, k, sizes), f"{ADAPTERS[k]}_", "cpu") for k in KINDS},
        "projector": part(partial(empty_projector, sizes), "output_projector.", "cpu"),
        "llama": Llama(checkpoint.file, "cpu"),
        "tokenizer": LlamaTokenizer(words, sizes.vocabulary),
        "music": FromMusicGen("cpu", folder, checkpoint),
    }
    (folder / "checkpoint.safetensors").unlink()  # 150 MB


def picture(seed):
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8)


def given():
    """What the three encoders were given."""
    film = [picture(100 + i) for i in range(32)]
    clip = _prepared(chirps(2, rate_hz=24000), normalise=True)
    return {
        "audio": torch.from_numpy(clip),
        "image": pixels.picture_pixels(picture(0), 32),
        "video": pixels.film_pixels(film, 32),
    }


def same(found, wanted):
    found = np.asarray(found.detach() if isinstance(found, torch.Tensor) else found).reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=CLOSE * np.abs(wanted).max())


def rows_of(flat):
    """Runs of numbers that end in -1 each."""
    ends = np.flatnonzero(flat == -1)
    return [flat[start:end].tolist() for start, end in zip([0, *(ends[:-1] + 1)], ends, strict=True)]


@torch.inference_mode()
def features(system):
    return {k: system["adapters"][k](system["encoders"][k](given()[k][None])) for k in KINDS}


def chosen(found, use):
    return [found[kind] if kind in use.split("_") else None for kind in KINDS]


def test_pixels(figures):
    same(given()["image"], figures["image_pixels"])
    same(given()["video"].transpose(0, 1)[::8], figures["video_pixels"])


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_encoders_and_adapters(system, figures, kind):
    rows = system["encoders"][kind](given()[kind][None])
    same(system["adapters"][kind].agg(rows), figures[f"{kind}_encoder"])
    same(system["adapters"][kind](rows), figures[f"{kind}_feature"])


@pytest.mark.parametrize("use", USES)
@torch.inference_mode()
def test_language_model(system, figures, use):
    llama, ids = system["llama"], figures["prompt_ids"].tolist()
    adapters = llama.adapters(chosen(features(system), use))
    logits, _ = llama(torch.tensor([ids]), llama.cache([len(ids)], len(ids)), adapters, len(ids))
    same(logits, figures[f"logits_{use}"])
    for back in range(4):  # the last four positions' states, each as the last of a shorter prompt
        end = len(ids) - back
        _, hidden = llama(torch.tensor([ids[:end]]), llama.cache([end], end), adapters, end)
        wanted = figures[f"hidden_{use}"][:, -1 - back]
        np.testing.assert_allclose(hidden, wanted, rtol=0, atol=CLOSE * np.abs(figures[f"hidden_{use}"]).max())


@pytest.mark.parametrize("use", ("none", "image", "video"))
@pytest.mark.parametrize("cached", (True, False))
def test_greedy_text(system, figures, use, cached):
    ids = figures["prompt_ids"].tolist()
    (answer,) = decoding.decode(
        *(system["llama"], system["tokenizer"], [ids], chosen(features(system), use)),
        lambda logits: logits.argmax(-1),
        most=24,
        cached=cached,
    )
    assert answer.text(system["tokenizer"]) == str(figures[f"greedy_text_{use}"])


def scripted(system, figures):
    """The authors' forced text with its eight audio tokens, seen with the picture."""
    script = iter(figures["script"].tolist())
    ids = figures["prompt_ids"].tolist()
    (answer,) = decoding.decode(
        *(system["llama"], system["tokenizer"], [ids], chosen(features(system), "image")),
        lambda logits: torch.tensor([next(script)]),
    )
    assert next(script, None) is None, "stops where the authors' loop does"
    return answer


@torch.inference_mode()
def test_audio_tokens_and_projector(system, figures):
    answer = scripted(system, figures)
    assert answer.text(system["tokenizer"]) == str(figures["text"])
    same(answer.hidden, figures["aud_hidden"])
    own = system["llama"].embeddings[list(system["tokenizer"].audio)]
    projected = system["projector"](answer.hidden[None], own[None])
    same(projected, figures["projected"])
    same(projector.conditioning(projected), figures["paper_conditioning"])


def test_music_of_both_variants(system, figures, monkeypatch):
    """Without chance: the sound of the decoded text; the decoder's first logits on the projected embedding."""
    monkeypatch.setattr(
        "sightsound.baselines.parts.musicgen.SeededChoice",
        lambda seeds, device, top_k, rows, guidance: SeededChoice(seeds, device, 0.0, top_k, rows, guidance),
    )
    (audio,) = system["music"].from_texts([str(figures["text"])], [1], 24 * 5 / 256)
    same(audio, figures["code_audio"])
    assert int(figures["max_new_tokens"]) == int(256 * 10.0 // 5)
    seen = {}
    model = system["music"]._music.model

    def tap(module, args, kwargs, output):
        seen.setdefault("logits", output.logits)

    handle = model.register_forward_hook(tap, with_kwargs=True)
    system["music"].from_projected(torch.from_numpy(figures["projected"]), [1], 24 * 5 / 256)
    handle.remove()
    same(seen["logits"][:, -1:], figures["paper_decoder_logits"])


def test_music_reads_the_text_as_theirs_does(system, figures):
    music = system["music"]._music
    inputs = music.tokenizer([str(figures["text"])], padding="max_length", max_length=128, return_tensors="pt")
    assert np.array_equal(inputs["input_ids"], figures["code_ids"])
    with torch.inference_mode():
        states = music.model.text_encoder(**inputs).last_hidden_state * inputs["attention_mask"][..., None]
    same(states[:, :24], figures["code_conditioning"])


def test_tokenizer(system, figures):
    tokenizer = system["tokenizer"]
    asked = tokenizer.encode(prompt.TEMPLATE.format(instruction="Generate a music for the image"))
    assert asked == figures["prompt_ids"].tolist()
    for text, ids in zip(figures["texts"], rows_of(figures["text_ids"]), strict=True):
        assert tokenizer.encode(str(text)) == ids
    for ids, text in zip(rows_of(figures["decode_ids"]), figures["decoded"], strict=True):
        assert tokenizer.decode(ids) == str(text)
