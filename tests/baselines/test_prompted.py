"""Text to music and text to picture through the libraries' pipelines, with tiny checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from sightsound.baselines import musicgen as musicgen_family
from sightsound.baselines.parts import diffusion
from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.baselines.parts.musicldm import MusicLDM
from sightsound.baselines.parts.prompted import Prompted
from sightsound.baselines.parts.stable_diffusion import StableDiffusion
from sightsound.baselines.stable_diffusion.pipeline import ThroughPrompt, source
from sightsound.bench.core.types import Example
from tests.tiny import bpe, musicgen, musicldm, stable_diffusion

LONG = "a slow and very sad piano piece " * 40


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Checkpoints by family."""
    root = tmp_path_factory.mktemp("tiny")
    kinds = {"musicldm": musicldm, "stable_diffusion": stable_diffusion}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for name, module in kinds.items():
            module.make(root / name)
        musicgen.make(root / "melody", melody=True)
    return {name: root / name for name in (*kinds, "melody")}


def test_musicldm_is_the_library_s_pipeline(folders: dict[str, Path]) -> None:
    """Called by hand with a CLAP that gives tensors, as transformers 4 did, and the same noise."""
    ours = MusicLDM("cpu", folders["musicldm"], steps=3)
    pipeline = diffusion.load("MusicLDMPipeline", folders["musicldm"], "cpu")
    objects = pipeline.text_encoder.get_text_features
    pipeline.text_encoder.get_text_features = lambda *a, **k: objects(*a, **k).pooler_output
    theirs = pipeline(
        ["slow piano", "rock"],
        audio_length_in_s=2.0,
        num_inference_steps=3,
        generator=[torch.Generator().manual_seed(seed) for seed in (5, 6)],
    ).audios
    made = np.concatenate(ours.generate(["slow piano", "rock"], [5, 6], 2.0))
    assert np.abs(theirs).max() > 0.01
    assert np.abs(made - theirs).max() < 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("family", ["musicldm", "melody"])
def test_music_alone_and_in_a_batch(folders: dict[str, Path], family: str) -> None:
    kind = {"musicldm": lambda folder: MusicLDM("cpu", folder, steps=2), "melody": lambda f: MusicGen("cpu", f)}
    generator = kind[family](folders[family])
    prompts, seeds = ["slow piano", "rock", "slow piano"], [1, 2, 3]
    together = generator.generate(prompts, seeds, 1.0)
    for prompt, seed, clip in zip(prompts, seeds, together, strict=True):
        (alone,) = generator.generate([prompt], [seed], 1.0)
        assert np.abs(alone - clip).max() < 2e-3 * np.abs(clip).max()
    assert not np.allclose(together[0], together[2])  # the seed is the example's own


def test_pictures_alone_and_in_a_batch(folders: dict[str, Path]) -> None:
    painter = StableDiffusion("cpu", folders["stable_diffusion"], steps=2)
    together = painter.generate(["sea", "fire"], [1, 2])
    (alone,) = painter.generate(["fire"], [2])
    assert together[1].shape == (32, 32, 3) and together[1].dtype == np.uint8
    assert np.abs(alone.astype(int) - together[1]).max() <= 1
    assert np.abs(together[0].astype(int) - together[1]).max() > 10


def test_the_guidance_of_musicgen(folders: dict[str, Path]) -> None:
    weights = {"musicgen_melody": folders["melody"]}
    example = Example("one", "g", caption="slow piano")
    clips = {}
    for given in ({}, {"guidance": "3"}, {"guidance": "3.5"}):
        (made,) = musicgen_family.build("cpu", weights, seconds="1", **given).generate([example], 1)
        assert made.audio is not None
        clips[given.get("guidance", "")] = made.audio
    assert np.array_equal(clips[""], clips["3"]) and not np.array_equal(clips["3"], clips["3.5"])
    with pytest.raises(ValueError, match="guidance: 'much' is no positive number"):
        musicgen_family.build("cpu", weights, guidance="much")


def test_a_text_too_long_is_cut_and_noted(folders: dict[str, Path]) -> None:
    system = Prompted(MusicLDM("cpu", folders["musicldm"], steps=1), 1.0)
    examples = [Example("long", "g", story=LONG), Example("short", "g", caption="rock"), Example("none", "g")]
    made = {answer.id: answer for answer in system.generate(examples, 0)}
    assert made["none"].error == "its text is empty"
    assert made["short"].notes == {"prompt": "rock"}
    read = made["long"].notes["prompt"]
    assert LONG.startswith(read)
    assert len(bpe.roberta(77)(read)["input_ids"]) <= 77 < len(bpe.roberta(77)(LONG)["input_ids"])
    assert made["long"].notes["truncated"] == f"{len(read)} of {len(LONG.strip())} characters were read"


def test_a_folder_of_another_kind_is_refused_in_a_line(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no MusicLDMPipeline could be read"):
        MusicLDM("cpu", tmp_path)
    weights = next((folders["musicldm"] / "unet").glob("*.safetensors"))
    weights.rename(weights.with_suffix(".kept"))
    try:
        with pytest.raises(ValueError, match="could be read") as raised:
            MusicLDM("cpu", folders["musicldm"])
        assert "\n" not in str(raised.value)
    finally:
        weights.with_suffix(".kept").rename(weights)


def test_where_the_prompts_of_pictures_come_from(folders: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a red\nsail", encoding="utf-8")
    soundfile.write(tmp_path / "a.wav", np.zeros(16000), 16000)
    example = Example("a", "g", audio=tmp_path / "a.wav", caption="calm")
    for place, text in (("caption", "calm"), (str(tmp_path), "a red sail")):
        assert [answer.text for answer in source(place, {}, "cpu").generate([example], 0)] == [text]
    with pytest.raises(ValueError, match="neither tags nor caption nor a folder"):
        source("nowhere", {}, "cpu")
    painter = StableDiffusion("cpu", folders["stable_diffusion"], steps=1)
    answers = list(
        ThroughPrompt(source(str(tmp_path), {}, "cpu"), painter).generate([example, Example("b", "g")], 0)
    )
    assert {answer.id: answer.error is None for answer in answers} == {"a": True, "b": False}
