"""MusCI: the tokens that the UNet sees, its weights, the way from music to a picture, and its training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from safetensors.torch import save_file

from sightsound.baselines.musci import CARD, layout, pipeline, train
from sightsound.baselines.musci.music import TOKENS, Ear, MusicTokens, heard
from sightsound.baselines.parts import training
from sightsound.baselines.parts.stable_diffusion import StableDiffusion
from sightsound.bench import assets
from sightsound.bench.assets.digests import sha256
from sightsound.bench.core import registry
from sightsound.bench.core.types import Example, Generated, example_seed
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import Row
from sightsound.metrics.networks.common.checkpoint import read_safetensors
from sightsound.metrics.networks.joint import clap
from sightsound.metrics.networks.joint.clap_weights import load_model
from tests.tiny import musci as tiny
from tests.tiny import stable_diffusion as tiny_sd

LONG = "a wide valley below mountains that are covered with snow, seen in the morning " * 3


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights of both variants, and Stable Diffusion."""
    root = tmp_path_factory.mktemp("mirror")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tiny.make(root)
    return root


@pytest.fixture(scope="module")
def weights(mirror: Path) -> dict[str, Path]:
    return {name: assets.fetch(name, mirror) for name in CARD.variants["clap_amv"].assets}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a manifest: three clips with pictures, one of them captioned, one of 3 s; one no music."""
    made = tmp_path_factory.mktemp("splits") / "clips"
    made.mkdir()
    rows = []
    for place in range(4):
        random = np.random.default_rng(place)
        audio, picture = made / f"e{place}.wav", made / f"e{place}.png"
        sound = np.convolve(
            random.uniform(-0.3, 0.3, (3 if place == 1 else 10) * 48000), np.ones(1 + 4 * place), "same"
        )
        soundfile.write(audio, sound / np.abs(sound).max(), 48000)
        if place == 3:
            audio.write_bytes(b"no music")
        Image.fromarray(random.integers(0, 256, (40, 60, 3), np.uint8)).save(picture)
        caption = "a red boat" if place == 0 else None
        example = Example(f"e{place}", f"g{place}", audio=audio, reference_image=picture, caption=caption)
        rows.append(Row(example, f"audio={place}"))
    manifest.write(made, rows)
    return made


@pytest.fixture(scope="module")
def examples(folder: Path) -> list[Example]:
    return manifest.read(folder)[0]


class _Seen:
    """The tokens that the UNet was given, of a call each."""

    def __init__(self, unet: Any) -> None:
        self.tokens: list[torch.Tensor] = []
        self.handle = unet.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, module: Any, args: Any, kwargs: Any) -> None:
        self.tokens.append(kwargs["encoder_hidden_states"].clone())


# ---- the tokens


@pytest.mark.parametrize(("use", "count"), [("both", 87), ("text", 77), ("audio", 10)])
def test_the_unet_sees_text_and_then_music(
    weights: dict[str, Path], examples: list[Example], use: str, count: int
) -> None:
    """With guidance the rows that stand for nothing come first: the empty text and zeros."""
    system = pipeline.clap_amv("cpu", weights, use=use, steps="1")
    seen = _Seen(system.painter.pipeline.unet)
    (answer,) = system.generate(examples[:1], 0)
    assert answer.error is None
    (tokens,) = seen.tokens
    assert tokens.shape == (2, count, tiny.WIDTH)
    parts = []
    if use != "audio":
        pipe = system.painter.pipeline
        ids = pipe.tokenizer(["", "a red boat"], padding="max_length", max_length=77, return_tensors="pt")
        with torch.inference_mode():
            parts.append(pipe.text_encoder(ids["input_ids"])[0])
    if use != "text":
        assert system.painter.ear and examples[0].audio
        with torch.inference_mode():
            music = system.painter.ear([heard(examples[0].audio)])
        assert music.shape == (1, TOKENS, tiny.WIDTH) and music.std() > 0
        parts.append(torch.cat([torch.zeros_like(music), music]))
    assert torch.allclose(tokens, torch.cat(parts, 1), atol=1e-6)


def test_without_music_it_is_plain_stable_diffusion(weights: dict[str, Path], examples: list[Example]) -> None:
    """The tiny UNet is the published one: with the music's tokens dropped, the picture is bit for bit the same."""
    (ours,) = pipeline.clap_amv("cpu", weights, use="text", steps="3").generate(examples[:1], 5)
    theirs = StableDiffusion("cpu", weights["stable_diffusion_2_1"], steps=3)
    (picture,) = theirs.generate(["a red boat"], [example_seed(5, "e0")])
    assert ours.image is not None and np.array_equal(ours.image, picture)
    (both,) = pipeline.clap_amv("cpu", weights, steps="3").generate(examples[:1], 5)
    assert both.image is not None and not np.array_equal(both.image, picture)


def test_a_clip_s_vector_is_the_one_that_the_metrics_extract(tmp_path: Path, examples: list[Example]) -> None:
    """Training begins with the published encoder, and its projection is drawn by the seed."""
    tiny.checkpoint(tmp_path / "clap")
    path = tmp_path / "clap" / clap.MUSIC
    music = layout.begun(path, tiny.SIZE, tiny.WIDTH, 3)
    extractor = clap.ClapAudioExtractor(load_model(path, tiny.SIZE), "cpu")
    assert examples[1].audio
    window = heard(examples[1].audio)
    assert window.shape == (480000,) and np.array_equal(window[144000:288000], window[:144000])
    with torch.inference_mode():
        vector = music.embedding(clap.LogMel()(torch.from_numpy(window)[None]))[0]
        vector = vector / vector.norm()
        tokens = Ear(music, "cpu")([window])[0]
        assert torch.allclose(
            tokens.flatten(), music.projection.weight @ vector + music.projection.bias, atol=1e-5
        )
    assert np.abs(vector.numpy() - extractor([window])[0]["embedding"][0]).max() < 1e-6
    again, other = (layout.begun(path, tiny.SIZE, tiny.WIDTH, seed).projection.weight for seed in (3, 4))
    assert torch.equal(again, music.projection.weight) and not torch.equal(again, other)
    assert all(value.requires_grad for value in music.parameters()) and not music.training


# ---- the weights


def test_a_weight_too_many_or_too_few_is_refused(weights: dict[str, Path], tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(weights["musci_clap_amv"], own)
    for file, load, name in (
        (layout.MUSIC, layout.load_music, "clap.audio_projection.linear1.bias"),
        (layout.UNET, layout.load_unet, "conv_in.bias"),
    ):
        whole = read_safetensors(own / file)
        load(own)
        save_file({**whole, "odd": torch.zeros(1)}, own / file)
        with pytest.raises(ValueError, match="has, unknown to the network, 1 weights: odd"):
            load(own)
        save_file({key: value for key, value in whole.items() if key != name}, own / file)
        with pytest.raises(ValueError, match=f"lacks 1 weights: {name}"):
            load(own)
        save_file({**whole, name: whole[name][:-1].contiguous()}, own / file)
        with pytest.raises(ValueError, match=f"in another shape 1 weights: {name}"):
            load(own)
        save_file(whole, own / file)
    whole = read_safetensors(own / layout.MUSIC)
    save_file({**whole, "projection.bias": torch.zeros(7)}, own / layout.MUSIC)
    with pytest.raises(ValueError, match="its projection makes 7 numbers, not 10 tokens"):
        layout.load_music(own)


def test_tokens_of_another_width_are_refused(weights: dict[str, Path], tmp_path: Path) -> None:
    own = tmp_path / "own"
    music = layout.load_music(weights["musci_clap_amv"])
    layout.save(own, MusicTokens(music.clap.config, 24), layout.load_unet(weights["musci_clap_amv"]))
    with pytest.raises(ValueError, match="attends to tokens 32 wide; those of the music are 24 wide"):
        pipeline.clap_amv("cpu", {**weights, "musci_clap_amv": own})


@pytest.mark.parametrize(("file", "text"), [(layout.UNET_CONFIG, "[]"), (layout.MUSIC_CONFIG, "{")])
def test_what_is_no_config_is_told(weights: dict[str, Path], tmp_path: Path, file: str, text: str) -> None:
    shutil.copytree(weights["musci_clap_amv"], tmp_path / "own")
    (tmp_path / "own" / file).write_text(text)
    with pytest.raises(ValueError, match="is no config"):
        pipeline.clap_amv("cpu", {**weights, "musci_clap_amv": tmp_path / "own"})


# ---- from music to a picture


@pytest.mark.parametrize("use", pipeline.USES)
def test_alone_and_in_a_batch_the_same_and_what_is_bad_costs_itself(
    weights: dict[str, Path], examples: list[Example], use: str
) -> None:
    system = pipeline.clap_amv("cpu", weights, use=use, steps="2")
    shown = [*examples, Example("none", "g", caption="a blue bird")]
    together = {answer.id: answer for answer in system.generate(shown, 3)}
    again = {answer.id: answer for answer in system.generate(shown, 3)}
    for example in shown:
        answer = together[example.id]
        wrong = None if use != "text" or example.caption else "no caption"
        if use != "text":
            wrong = {"e3": "cannot be decoded", "none": "no music"}.get(example.id)
        if wrong:
            assert wrong in (answer.error or "") and answer.image is None
            continue
        assert answer.image is not None and answer.image.shape == (2 * tiny_sd.SIDE, 2 * tiny_sd.SIDE, 3)
        assert answer.notes == ({"prompt": example.caption} if example.caption and use != "audio" else {})
        repeated = again[example.id].image
        assert repeated is not None and np.array_equal(answer.image, repeated)
        alone: Generated = next(iter(system.generate([example], 3)))
        assert alone.image is not None
        assert np.abs(alone.image.astype(int) - answer.image.astype(int)).max() <= 1
        (other,) = system.generate([example], 4)
        assert other.image is not None and not np.array_equal(other.image, answer.image)


def test_a_caption_too_long_is_cut_and_noted(weights: dict[str, Path], examples: list[Example]) -> None:
    system = pipeline.clap_amv("cpu", weights, steps="1")
    (answer,) = system.generate([replace(examples[1], caption=LONG)], 0)
    read = answer.notes["prompt"]
    assert LONG.startswith(read) and len(read.replace(" ", "")) == 75  # a token a letter
    assert answer.notes["truncated"] == f"{len(read)} of {len(LONG.strip())} characters were read"


@pytest.mark.parametrize(
    "options, message",
    [
        ({"use": "lyrics"}, "use: 'lyrics' is none of both, text, audio"),
        ({"steps": "0"}, "steps: '0' is no positive whole number"),
        ({"guidance": "x"}, "guidance: 'x' is no positive number"),
    ],
)
def test_options_that_make_no_sense_are_told_before_anything_is_loaded(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pipeline.clap_yt8m("cpu", {}, **options)


@pytest.mark.parametrize("name", list(CARD.variants))
def test_without_weights_one_line_says_how_to_come_by_them(
    bench: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    done = bench(
        *("run", "--model", f"musci:{name}", "--task", "music2image", "--split", "wesnoth_reversed"),
        *("--limit", 1, "--weights", tmp_path),
    )
    line = done.err.strip().splitlines()[-1]
    assert done.code == 2 and line.startswith(
        f"bench: musci:{name}: asset musci_{name}: the thesis published no weights"
    )
    assert f"python -m sightsound.baselines.musci.train --variant {name} --split SPLIT --out DIR" in line
    assert f"DIR/musci_{name}/music/config.json and pass --weights DIR" in line


# ---- training


@pytest.fixture
def published(mirror: Path, tmp_path: Path) -> Iterator[Path]:
    """A mirror with what training begins with: a CLAP with a small audio tower, its digest in the catalogue."""
    root = tmp_path / "published"
    place = root / "lukewys" / "laion_clap"
    tiny.checkpoint(place)
    shutil.copytree(mirror / "sd2-community", root / "sd2-community")
    asset = registry.cards("asset")["clap_music"]
    (file,) = asset.files
    with pytest.MonkeyPatch.context() as patch:
        pinned = replace(asset, files=(replace(file, sha256=(sha256(place / clap.MUSIC),)),))
        patch.setitem(registry.cards("asset"), "clap_music", pinned)
        patch.setitem(clap.SIZES, clap.MUSIC, tiny.SIZE)
        yield root


def losses(folder: Path) -> np.ndarray:
    rows = [line.split(",") for line in (folder / training.LOSSES).read_text().splitlines()]
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    return np.array([float(row[1]) for row in rows])


def test_training_from_a_folder_to_pictures(
    bench: Callable[..., Any],
    published: Path,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The loss falls; UNet, CLAP and projection change; `bench` takes what was written, with only that folder."""
    out = tmp_path / "out"
    words = ["--split", str(folder), "--weights", str(published), "--out", str(out), "--device", "cpu"]
    words += ["--batch-size", "4", "--steps", "45", "--seed", "2"]
    train.main([*words, "--rate", "0.003"])
    said = capsys.readouterr().out
    assert "45 steps on clips@" in said and "1 examples left out (one: e3: " in said
    fell = losses(out)
    assert len(fell) == 45 and fell[-15:].mean() < 0.8 * fell[:15].mean()
    own = out / "musci_clap_amv"
    assert json.loads((own / training.FACTS).read_text())["plan"]["more"] == "drop 0.0"
    begun = layout.begun(published / "lukewys/laion_clap" / clap.MUSIC, tiny.SIZE, tiny.WIDTH, 2).state_dict()
    ended = read_safetensors(own / layout.MUSIC)
    for name in ("clap.audio_model.audio_encoder.patch_embed.proj.weight", "projection.weight"):
        assert not torch.equal(begun[name], ended[name])
    kept = "clap.audio_model.audio_encoder.batch_norm.running_mean"
    assert torch.equal(begun[kept], ended[kept])
    done = bench(
        *("generate", "--model", "musci:clap_amv", "--task", "music2image", "--split", folder),
        *("--weights", out, "--out", tmp_path / "run", "--device", "cpu", "--set", "steps=2"),
    )
    assert done.code == 1, done.err  # e3 cannot be read
    made = {path.stem for path in (tmp_path / "run").glob("systems/*/outputs/*.png")}
    assert made == {"e0", "e1", "e2"}
    state = (out / training.STATE).read_bytes()
    train.main([*words, "--rate", "0.003"])  # it is done: nothing changes
    assert (out / training.STATE).read_bytes() == state
    with pytest.raises(SystemExit, match=r"is another training's \(rate: 0\.003, not 1e-05\): give another --out"):
        train.main(words)


def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    published: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    words = ["--variant", "clap_yt8m", "--split", str(folder), "--weights", str(published), "--device", "cpu"]
    words += ["--batch-size", "2", "--steps", "5", "--save-every", "2", "--rate", "0.001", "--drop", "0.3"]
    train.main([*words, "--out", str(tmp_path / "whole")])
    learn = training.Trainer._train_on

    def stop(self: training.Trainer, items: Any) -> float:
        if self.step == 3:
            raise KeyboardInterrupt
        return learn(self, items)

    with monkeypatch.context() as patch:
        patch.setattr(training.Trainer, "_train_on", stop)
        with pytest.raises(SystemExit, match="the same command goes on from its last save"):
            train.main([*words, "--out", str(tmp_path / "stopped")])
    assert len(losses(tmp_path / "stopped")) == 2
    torch.manual_seed(99)  # what else is drawn in a process has no part in it
    train.main([*words, "--out", str(tmp_path / "stopped")])
    own = "musci_clap_yt8m"
    for file in (training.STATE, training.LOSSES, f"{own}/{layout.MUSIC}", f"{own}/{layout.UNET}"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "stopped" / file).read_bytes()


def test_the_loss_is_that_of_the_velocity(weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A UNet that says the velocity, written out from the schedule, has no loss; 2.1 predicts velocities."""
    music = layout.load_music(weights["musci_clap_amv"])
    denoising = train.Denoising(weights["stable_diffusion_2_1"], Ear(music, "cpu"), "cpu", drop=0.5)
    assert denoising.side == 2 * tiny_sd.SIDE
    given: dict[str, torch.Tensor] = {}

    def latents(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        given["clean"] = torch.randn(len(pictures), 4, 16, 16, generator=generator)
        return given["clean"]

    class Said:
        def __init__(self, noisy: torch.Tensor, times: torch.Tensor, tokens: torch.Tensor) -> None:
            given["tokens"] = tokens
            betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
            alpha = (1 - betas).cumprod(0)[times].float()[:, None, None, None]
            noise = (noisy - alpha.sqrt() * given["clean"]) / (1 - alpha).sqrt()
            self.sample = alpha.sqrt() * noise - (1 - alpha).sqrt() * given["clean"]

    monkeypatch.setattr(denoising, "_latents", latents)
    monkeypatch.setattr(denoising, "unet", Said)
    picture = np.zeros((3, 32, 32), np.float32)
    items = [(np.random.default_rng(i).uniform(-1, 1, 480000).astype(np.float32), picture, "hi") for i in range(8)]
    assert denoising(items, torch.Generator().manual_seed(0)).item() < 1e-4
    assert given["tokens"].shape == (8, 87, tiny.WIDTH)
    music_left_out = (given["tokens"][:, 77:] == 0).all((1, 2))
    empty = denoising._words([""])[0]
    text_left_out = torch.tensor([torch.equal(row[:77], empty) for row in given["tokens"]])
    assert 0 < music_left_out.sum() < 8 and 0 < text_left_out.sum() < 8
    assert not torch.equal(music_left_out, text_left_out)  # each is drawn for itself


def test_latents_are_drawn_as_the_library_draws_them(weights: dict[str, Path]) -> None:
    ear = Ear(layout.load_music(weights["musci_clap_amv"]), "cpu")
    denoising = train.Denoising(weights["stable_diffusion_2_1"], ear, "cpu", drop=0)
    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vae = denoising.pipeline.vae
    with torch.no_grad():
        theirs = vae.encode(pictures).latent_dist.sample(torch.Generator().manual_seed(1))
    ours = denoising._latents(pictures, torch.Generator().manual_seed(1))
    assert ours.shape == (2, 4, 16, 16) and torch.allclose(ours, theirs * vae.config.scaling_factor, atol=1e-6)


def test_a_picture_is_cut_to_its_middle_square() -> None:
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, 10:20] = 255
    square = train.square(picture, 8)
    assert square.shape == (3, 8, 8) and square.dtype == np.float32 and (square == 1).all()
    assert (train.square(picture.transpose(1, 0, 2), 8) == 1).all()
    assert (train.square(np.zeros((6, 5, 3), np.uint8), 8) == -1).all()


def test_what_the_training_cannot_use_is_told_in_a_line(
    published: Path, folder: Path, examples: list[Example], tmp_path: Path
) -> None:
    blind = tmp_path / "blind"
    blind.mkdir()
    assert examples[0].audio
    shutil.copyfile(examples[0].audio, blind / "e0.wav")
    manifest.write(blind, [Row(Example("e0", "g", audio=blind / "e0.wav", caption="x"), "audio=0")])
    words = ["--out", str(tmp_path / "out"), "--weights", str(published), "--device", "cpu"]
    for extra, message in (
        (["--split", str(blind)], "no example has music and a reference_image to learn"),
        (["--split", str(folder), "--drop", "1"], "--drop must be 0 or above, and under 1"),
        (["--split", str(folder), "--rate", "0"], "must be above 0"),
    ):
        with pytest.raises(SystemExit, match=message) as raised:
            train.main([*words, *extra])
        assert "\n" not in str(raised.value.code)
