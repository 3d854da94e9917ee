"""AudioLDM 2 against the library's pipeline called by hand, with a tiny checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from transformers import GPT2LMHeadModel

from sightsound.baselines.audioldm2 import CARD, build
from sightsound.baselines.parts import diffusion
from sightsound.baselines.parts.audioldm2 import AudioLdm2
from sightsound.baselines.parts.prompted import Prompted
from sightsound.bench.core import registry
from sightsound.bench.core.registry import load
from sightsound.bench.core.types import Example
from tests.tiny import audioldm2 as tiny

LONG = "a slow and very sad piano piece " * 40
PROMPTS = ["slow sad piano", "rock"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tiny") / "audioldm2"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tiny.make(place)
    return place


@pytest.fixture(scope="module")
def library(folder: Path) -> Callable[..., NDArray[np.float32]]:
    """The library's pipeline, called for one prompt."""
    gpt2 = GPT2LMHeadModel.from_pretrained(folder / "language_model")
    pipeline = diffusion.load("AudioLDM2Pipeline", folder, "cpu", language_model=gpt2)

    def call(prompt: str, seed: int, **options: Any) -> NDArray[np.float32]:
        made = pipeline(
            prompt,
            audio_length_in_s=1.0,
            num_inference_steps=3,
            generator=torch.Generator().manual_seed(seed),
            max_new_tokens=8,  # the published language model's own setting
            **options,
        )
        return np.asarray(made.audios)

    return call


@pytest.mark.parametrize("negative", ["", "Low quality"])
@pytest.mark.parametrize("guidance", [3.5, 1.0])
def test_it_is_the_library_s_pipeline(
    folder: Path, library: Callable[..., NDArray[np.float32]], negative: str, guidance: float
) -> None:
    """And a batch of prompts of unequal length is the library's one by one."""
    ours = AudioLdm2("cpu", folder, negative, steps=3, guidance=guidance)
    made = ours.generate(PROMPTS, [5, 6], 1.0)
    for prompt, seed, clip in zip(PROMPTS, [5, 6], made, strict=True):
        theirs = library(
            prompt, seed, guidance_scale=guidance, **({"negative_prompt": negative} if negative else {})
        )
        assert clip.shape == theirs.shape == (1, 16000) and np.abs(theirs).max() > 0.01
        assert np.abs(clip - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_of_candidates_clap_keeps_one(folder: Path, library: Callable[..., NDArray[np.float32]]) -> None:
    """The library ranks by CLAP too, where librosa is there, and sorts; here the resampler is soxr."""
    ours = AudioLdm2("cpu", folder, "", steps=3, waveforms=3)
    made = ours.generate(PROMPTS, [5, 6], 1.0)
    for prompt, seed, clip in zip(PROMPTS, [5, 6], made, strict=True):
        theirs = library(prompt, seed, num_waveforms_per_prompt=3)
        scores = [_clap(ours, prompt, one) for one in theirs]
        apart = np.abs(theirs - clip).max(axis=1)
        assert apart[int(np.argmax(scores))] < 1e-4 * np.abs(theirs).max() < np.median(apart)


def _clap(system: AudioLdm2, prompt: str, clip: NDArray[np.float32]) -> float:
    """The cosine of a sentence and a clip."""
    clap, wide = system.pipe.text_encoder, soxr.resample(clip, 16000, 48000)
    words = system.pipe.tokenizer(prompt, return_tensors="pt")
    heard = system.pipe.feature_extractor(wide, return_tensors="pt", sampling_rate=48000)
    with torch.inference_mode():
        text = clap.get_text_features(**words).pooler_output
        audio = clap.get_audio_features(input_features=heard["input_features"]).pooler_output
    return float(torch.nn.functional.cosine_similarity(text, audio))


def test_alone_and_in_a_batch(folder: Path) -> None:
    generator = AudioLdm2("cpu", folder, "Low quality", steps=2, waveforms=2)
    prompts, seeds = ["slow piano", "rock", "slow piano"], [1, 2, 3]
    together = generator.generate(prompts, seeds, 1.0)
    for prompt, seed, clip in zip(prompts, seeds, together, strict=True):
        (alone,) = generator.generate([prompt], [seed], 1.0)
        assert np.abs(alone - clip).max() < 2e-3 * np.abs(clip).max()
    again = generator.generate(prompts, seeds, 1.0)
    assert all(np.array_equal(one, other) for one, other in zip(together, again, strict=True))
    assert not np.allclose(together[0], together[2])  # the seed is the example's own


def test_a_text_too_long_is_cut_and_noted(folder: Path) -> None:
    """Where the narrower of the two tokenizers ends; both tiny ones take a letter a token."""
    generator = AudioLdm2("cpu", folder, steps=1)
    system = Prompted(generator, 0.5)
    examples = [Example("long", "g", story=LONG), Example("short", "g", caption="rock"), Example("none", "g")]
    made = {answer.id: answer for answer in system.generate(examples, 0)}
    assert made["none"].error == "its text is empty"
    assert made["short"].notes == {"prompt": "rock"}
    read = made["long"].notes["prompt"]
    assert LONG.startswith(read)
    for tokenizer in (generator.pipe.tokenizer, generator.pipe.tokenizer_2):
        assert len(tokenizer(read)["input_ids"]) <= tiny.LENGTH < len(tokenizer(LONG)["input_ids"])
    assert made["long"].notes["truncated"] == f"{len(read)} of {len(LONG.strip())} characters were read"


@pytest.mark.parametrize("variant", list(CARD.variants))
def test_a_variant_and_its_options(folder: Path, variant: str) -> None:
    (asset,) = CARD.variants[variant].assets
    assert asset in registry.cards("asset")
    system = load(CARD.variants[variant].entry)(
        "cpu", {asset: folder}, seconds="0.5", steps="1", guidance="2", negative="Low quality", candidates="2"
    )
    (made,) = system.generate([Example("one", "g", caption="rock")], 0)
    assert made.audio is not None and made.audio.shape == (1, 8000) and made.rate_hz == 16000
    assert system.generator.negative == "Low quality" and system.generator.waveforms == 2
    with pytest.raises(ValueError, match="candidates: 'many' is no positive whole number"):
        build("cpu", {asset: folder}, candidates="many")


def test_a_folder_of_another_kind_is_refused_in_a_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no GPT-2 could be read") as raised:
        AudioLdm2("cpu", tmp_path)
    assert "\n" not in str(raised.value)
    weights = next((folder / "unet").glob("*.safetensors"))
    weights.rename(weights.with_suffix(".kept"))
    try:
        with pytest.raises(ValueError, match="no AudioLDM2Pipeline could be read") as raised:
            AudioLdm2("cpu", folder)
        assert "\n" not in str(raised.value)
    finally:
        weights.with_suffix(".kept").rename(weights)


@pytest.mark.network
@pytest.mark.timeout(900)
@pytest.mark.parametrize("variant", list(CARD.variants))
def test_bench_run_on_real_stories(bench: Callable[..., Any], folder: Path, tmp_path: Path, variant: str) -> None:
    (asset,) = CARD.variants[variant].assets
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / asset).symlink_to(folder)
    done = bench(
        *("run", "--model", f"audioldm2:{variant}", "--task", "story2music", "--split", "wesnoth"),
        *("--device", "cpu", "--mirror", tmp_path / "mirror", "--set", "steps=1", "--set", "seconds=1"),
        *("--limit", 2, "--metrics", "thd", "--out", tmp_path / "out"),
    )
    assert done.code == 0, done.err
    (place,) = (tmp_path / "out" / "systems").glob("audioldm2*")
    clips = sorted((place / "outputs").glob("*.wav"))
    assert len(clips) == 2
    for clip in clips:
        samples, rate_hz = soundfile.read(clip)
        assert rate_hz == 16000 and len(samples) == 16000 and np.abs(samples).max() > 1e-4
    assert "characters were read" in (place / "outputs.jsonl").read_text()
