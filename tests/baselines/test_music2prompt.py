"""Music2Prompt: what the encoders hear, the decoder, the way from music to a prompt, and its training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file
from transformers import ASTConfig, ASTFeatureExtractor, SpeechEncoderDecoderModel
from transformers.modeling_outputs import BaseModelOutput

from sightsound.baselines.music2prompt import CARD, ENCODERS, VARIANTS, encoders, pipeline, train, writer
from sightsound.baselines.music2prompt.encoders import Ast, MertFrames
from sightsound.baselines.music2prompt.writer import Writer
from sightsound.baselines.parts import training
from sightsound.bench.core import registry
from sightsound.bench.core.media import load_audio
from sightsound.bench.core.types import Example, Generated
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.manifest import Row
from sightsound.metrics.networks.audio.mert import Mert, Shape
from sightsound.metrics.networks.common.checkpoint import read_safetensors
from tests.parity import seeded
from tests.tiny import music2prompt as tiny


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror with the parts that training begins with."""
    root = tmp_path_factory.mktemp("published")
    tiny.published(root)
    return root


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror with tiny weights of every variant."""
    root = tmp_path_factory.mktemp("trained")
    tiny.make(root)
    return root


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a manifest: three clips, of which one has 3 s, with prompts; one that cannot be read."""
    folder = tmp_path_factory.mktemp("splits") / "clips"
    folder.mkdir()
    rows = []
    texts = ("a red boat", "a blue bird", "two green trees", "nobody")
    for place, text in enumerate(texts):
        sound = np.random.default_rng(place).uniform(-0.3, 0.3, (3 if place == 1 else 10) * 24000)
        path = folder / f"e{place}.wav"
        soundfile.write(path, np.convolve(sound, np.ones(1 + 2 * place) / 2, "same"), 24000)
        if place == 3:
            path.write_bytes(b"no music")
        rows.append(Row(Example(f"e{place}", f"g{place}", audio=path, reference_text=text), f"audio={place}"))
    manifest.write(folder, rows)
    return folder


@pytest.fixture(scope="module")
def examples(music: Path) -> list[Example]:
    return manifest.read(music)[0]


def system(trained: Path, name: str, **options: Any) -> pipeline.Music2Prompt:
    built: pipeline.Music2Prompt = getattr(pipeline, name)(
        "cpu", {f"music2prompt_{name}": trained / f"music2prompt_{name}"}, **options
    )
    return built


# ---- the encoders


@pytest.mark.parametrize("norm_first", [False, True])
def test_states_of_mert_are_those_that_the_extractor_averages(norm_first: bool) -> None:
    shape = Shape(2, 32, 4, norm_first)
    network = Mert(shape)
    network.load_state_dict(seeded.filled(network.state_dict()))
    audio = torch.randn(2, 4800, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        states = encoders.last_states(network, audio, shape)
        assert states.shape == (2, 14, 32)
        assert torch.allclose(states.mean(1), network(audio)[:, -1], atol=1e-5)


def test_mert_hears_ten_seconds_of_mean_0_and_variance_1(published: Path, examples: list[Example]) -> None:
    encoder = encoders.load(published / tiny.PLACES["mert95m"], "cpu")
    assert isinstance(encoder, MertFrames) and encoder.normalise
    assert examples[1].audio
    clip = encoder.heard(examples[1].audio)  # of 3 s
    assert clip.shape == (240000,) and not clip[72000:].any()
    assert clip[:72000].mean() == pytest.approx(0, abs=1e-4) and clip[:72000].var() == pytest.approx(1, abs=1e-3)


def test_ast_hears_what_its_own_feature_extractor_gives(published: Path, examples: list[Example]) -> None:
    encoder = encoders.load(published / tiny.PLACES["ast"], "cpu")
    assert isinstance(encoder, Ast)
    for example in examples[:2]:
        assert example.audio
        clip = load_audio(example.audio, [16000])[16000]
        theirs = ASTFeatureExtractor()(clip, sampling_rate=16000, return_tensors="np")["input_values"][0]
        ours = encoder.heard(example.audio)
        assert ours.shape == theirs.shape == (1024, 128)
        assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_an_encoder_that_lacks_a_weight_or_is_none_is_refused(published: Path, tmp_path: Path) -> None:
    ast = "audio_spectrogram_transformer.layernorm.bias"
    for kind, gone in (("ast", ast), ("mert95m", "encoder.layer_norm.bias")):
        folder = tmp_path / kind
        shutil.copytree(published / tiny.PLACES[kind], folder)
        state = read_safetensors(folder / "model.safetensors")
        del state[gone]
        save_file(state, folder / "model.safetensors", {"format": "pt"})
        with pytest.raises(ValueError, match=f"lacks .*{gone.removeprefix('audio_spectrogram_transformer.')}"):
            encoders.load(folder, "cpu")
    with pytest.raises(ValueError, match="no config of an encoder of music"):
        encoders.load(tmp_path, "cpu")


# ---- the decoder


@pytest.mark.parametrize("width", [16, 24])
def test_the_decoder_is_transformers_encoder_decoder(published: Path, width: int) -> None:
    """SpeechEncoderDecoderModel called by hand: logits, loss and greedy text, a projection included."""
    text = writer.begun(published / tiny.PLACES["roberta"], width, "cpu", 3).eval()
    text.load_state_dict(seeded.filled(text.state_dict()))
    encoder = ASTConfig(hidden_size=width, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    from transformers import ASTModel

    theirs: Any = SpeechEncoderDecoderModel(encoder=ASTModel(encoder), decoder=text.decoder).eval()
    assert hasattr(theirs, "enc_to_dec_proj") == (text.projection is not None) == (width != 16)
    if text.projection is not None:
        theirs.enc_to_dec_proj.load_state_dict(text.projection.state_dict())
    config = text.decoder.config
    theirs.config.decoder_start_token_id, theirs.config.pad_token_id = config.bos_token_id, config.pad_token_id
    states = torch.randn(2, 9, width, generator=torch.Generator().manual_seed(0))
    texts = [[0, 40, 50, 60, 2], [0, 70, 2]]
    labels = torch.tensor([[40, 50, 60, 2], [70, 2, -100, -100]])
    with torch.inference_mode():
        known = theirs(encoder_outputs=BaseModelOutput(last_hidden_state=states), labels=labels)
        ids = torch.tensor([[0, 40, 50, 60], [0, 70, 2, 1]])
        ours = text(states, ids)
        real = labels != -100
        assert torch.allclose(ours[real], known.logits[real], atol=1e-5)
        assert text.loss(states, texts).item() == pytest.approx(known.loss.item(), rel=1e-5)
        made = torch.zeros(2, 1, dtype=torch.int64)
        for _ in range(20):  # without a cache, a token at a time
            out = theirs(encoder_outputs=BaseModelOutput(last_hidden_state=states), decoder_input_ids=made)
            made = torch.cat([made, out.logits[:, -1:].argmax(-1)], 1)
    for row, ids_ in zip(made.tolist(), text.write(states, [1, 2], temperature=0, longest=22), strict=True):
        assert ids_ == (row[1 : row.index(2)] if 2 in row else row[1:])


def test_a_row_draws_with_its_own_seed_from_the_network_s_probabilities(published: Path) -> None:
    """The first token of many rows of the same music is distributed as the logits say."""
    text = writer.begun(published / tiny.PLACES["roberta"], 16, "cpu", 3).eval()
    text.load_state_dict(seeded.filled(text.state_dict()))
    states = torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(0))
    rows = text.write(states.expand(3000, -1, -1), list(range(3000)), longest=3)
    with torch.inference_mode():
        expected = text(states, torch.zeros(1, 1, dtype=torch.int64))[0, 0].softmax(-1)
    counts = torch.bincount(torch.tensor([row[0] if row else 2 for row in rows]), minlength=len(expected))
    errors = (counts - 3000 * expected) / (3000 * expected).sqrt()
    assert errors.abs().max() < 5 and 0.8 < errors.square().mean() < 1.2
    assert text.write(states, [7], longest=12) == text.write(states.expand(3, -1, -1), [5, 7, 6], longest=12)[1:2]


def test_a_weight_too_many_or_too_few_is_refused(trained: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(trained / "music2prompt_mert330m_amv", own)
    for file, name in (
        ("decoder/model.safetensors", "roberta.encoder.layer.0.crossattention.self.key.bias"),
        ("projection.safetensors", "weight"),
    ):
        whole = read_safetensors(own / file)
        writer.load(own, 32, "cpu")
        save_file({**whole, "odd": torch.zeros(1)}, own / file)
        with pytest.raises(ValueError, match="has, unknown to the network, 1 weights: odd"):
            writer.load(own, 32, "cpu")
        save_file({key: value for key, value in whole.items() if key != name}, own / file)
        with pytest.raises(ValueError, match=f"lacks 1 weights: {name}"):
            writer.load(own, 32, "cpu")
        save_file({**whole, name: whole[name][:-1].contiguous()}, own / file)
        with pytest.raises(ValueError, match=f"in another shape 1 weights: {name}"):
            writer.load(own, 32, "cpu")
        save_file(whole, own / file)
    (own / "decoder/config.json").write_text("[]")
    with pytest.raises(ValueError, match="no config of a RoBERTa"):
        writer.load(own, 32, "cpu")


def test_training_begins_with_the_published_weights_and_the_rest_by_the_seed(published: Path) -> None:
    folder = published / tiny.PLACES["roberta"]
    one, same, other = (writer.begun(folder, 24, "cpu", seed).state_dict() for seed in (1, 1, 2))
    state = read_safetensors(folder / "model.safetensors")
    for name, value in one.items():
        assert torch.equal(value, same[name])
        if name.removeprefix("decoder.") in state:
            assert torch.equal(value, state[name.removeprefix("decoder.")])
    new = [name for name in one if ".crossattention." in name or name.startswith("projection")]
    assert len(new) == 12
    assert any(not torch.equal(one[name], other[name]) for name in new)
    text = writer.begun(folder, 24, "cpu", 1)
    assert text.decoder.lm_head.decoder.weight is text.decoder.roberta.embeddings.word_embeddings.weight


# ---- from music to a prompt


def test_alone_and_in_a_batch_the_same_and_bad_music_costs_itself(trained: Path, examples: list[Example]) -> None:
    built = system(trained, "ast_yt8m", longest="12")
    together = {answer.id: answer for answer in built.generate([*examples, Example("none", "g")], 3)}
    assert "cannot be decoded" in (together["e3"].error or "") and together["none"].error == "no music"
    for example in examples[:3]:
        answer = together[example.id]
        assert answer.text and answer.error is None
        alone: Generated = next(iter(built.generate([example], 3)))
        assert alone == answer
    (other,) = built.generate([examples[0]], 4)
    assert other.text != together["e0"].text
    cold, colder = (
        next(iter(system(trained, "ast_yt8m", longest="12", temperature="0.001").generate([examples[0]], seed)))
        for seed in (4, 5)
    )
    assert cold.text == colder.text  # next to no temperature: the seed has no part in it


def test_the_wider_mert_writes_through_its_projection(trained: Path, examples: list[Example]) -> None:
    built = system(trained, "mert330m_amv", longest="12")
    first, second = built.generate(examples[:2], 3)
    assert first.text and second.text and first.text != second.text
    assert list(built.generate(examples[1:2], 3)) == [second]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"temperature": "0"}, "temperature: '0' is no positive number"),
        ({"longest": "x"}, "longest: 'x' is no positive whole number"),
        ({"longest": "129"}, "longest: 129 tokens; RoBERTa has room for 3 to 128"),
        ({"longest": "2"}, "longest: 2 tokens"),
    ],
)
def test_options_that_make_no_sense(trained: Path, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        system(trained, "ast_amv", **options)


def test_every_variant_has_an_entry_and_an_asset() -> None:
    assert tuple(CARD.variants) == VARIANTS == tuple(f"{e}_{d}" for e in ENCODERS for d in ("amv", "yt8m"))
    for name, variant in CARD.variants.items():
        assert callable(getattr(pipeline, name)) and variant.assets == (f"music2prompt_{name}",)
        files = [file.path for file in registry.cards("asset")[f"music2prompt_{name}"].files]
        assert ("projection.safetensors" in files) == name.startswith("mert330m")


@pytest.mark.parametrize("name", VARIANTS)
def test_without_weights_one_line_says_how_to_come_by_them(
    bench: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    done = bench(
        *("run", "--model", f"music2prompt:{name}", "--task", "music2prompt", "--split", "wesnoth_reversed"),
        *("--limit", 1, "--weights", tmp_path),
    )
    line = done.err.strip().splitlines()[-1]
    assert done.code == 2 and line.startswith(f"bench: music2prompt:{name}: asset music2prompt_{name}: the thesis")
    assert f"python -m sightsound.baselines.music2prompt.train --variant {name} --split SPLIT --out DIR" in line
    assert f"DIR/music2prompt_{name}/encoder/config.json and pass --weights DIR" in line


# ---- training


def losses(folder: Path) -> np.ndarray:
    rows = [line.split(",") for line in (folder / training.LOSSES).read_text().splitlines()]
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    return np.array([float(row[1]) for row in rows])


def test_training_from_a_folder_to_prompts(
    bench: Callable[..., Any], published: Path, music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The loss falls, and `bench` takes what was written, with nothing but that folder."""
    out = tmp_path / "out"
    words = ["--variant", "ast_amv", "--split", str(music), "--weights", str(published), "--out", str(out)]
    words += ["--device", "cpu", "--batch-size", "4", "--steps", "60"]
    train.main([*words, "--rate", "0.01"])
    said = capsys.readouterr().out
    assert "60 steps on clips@" in said and "1 examples left out (one: e3: " in said
    fell = losses(out)
    assert len(fell) == 60 and fell[-10:].mean() < 0.7 * fell[:10].mean()
    own = out / "music2prompt_ast_amv"
    facts = json.loads((own / training.FACTS).read_text())
    assert facts["plan"]["data"].startswith("clips@") and list(facts["left_out"]) == ["e3"]
    done = bench(
        *("generate", "--model", "music2prompt:ast_amv", "--task", "music2prompt", "--split", music),
        *("--weights", out, "--out", tmp_path / "run", "--device", "cpu", "--set", "longest=20"),
    )
    assert done.code == 1, done.err  # e3 cannot be read
    made = {path.stem: path.read_text() for path in (tmp_path / "run").glob("systems/*/outputs/*.txt")}
    assert set(made) == {"e0", "e1", "e2"}
    assert sum(map(len, made.values())) > 10
    state = (out / training.STATE).read_bytes()
    train.main([*words, "--rate", "0.01"])  # it is done: nothing changes
    assert (out / training.STATE).read_bytes() == state
    with pytest.raises(SystemExit, match=r"is another training's \(rate: 0\.01, not 5e-05\): give another --out"):
        train.main(words)


def test_a_wider_encoder_is_trained_through_a_projection(published: Path, music: Path, tmp_path: Path) -> None:
    words = ["--variant", "mert330m_yt8m", "--split", str(music), "--weights", str(published), "--steps", "1"]
    train.main([*words, "--out", str(tmp_path), "--device", "cpu", "--batch-size", "2", "--seed", "1"])
    own = tmp_path / "music2prompt_mert330m_yt8m"
    before = writer.begun(published / tiny.PLACES["roberta"], 32, "cpu", 1).state_dict()
    after = writer.load(own, 32, "cpu").state_dict()
    assert not torch.equal(before["projection.weight"], after["projection.weight"])
    encoder = read_safetensors(own / "encoder/model.safetensors")
    for name, value in read_safetensors(published / tiny.PLACES["mert330m"] / "model.safetensors").items():
        assert torch.equal(encoder[name], value)  # it is not trained


class _Killed(Exception):
    pass


@pytest.mark.parametrize("killed_at", [2, 5])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    published: Path, examples: list[Example], tmp_path: Path, killed_at: int
) -> None:
    """Dropout and the order of the examples included."""

    def begin(folder: Path) -> tuple[training.Trainer, Writer]:
        text = writer.begun(published / tiny.PLACES["roberta"], 16, "cpu", 0)

        def loss(items: Any, generator: torch.Generator) -> torch.Tensor:
            states = torch.randn(len(items), 4, 16, generator=generator)
            return text.loss(states, items)

        plan = training.Plan("any", "made up", steps=7, batch=2, rate=1e-2, seed=7)
        load = lambda example: [0, *map(int, example.id.encode()), 2]  # noqa: E731
        return training.Trainer(folder, plan, text, examples[:3], load, loss), text

    def nothing(what: str, done: int, total: int | None) -> None:
        pass

    def kill(what: str, done: int, total: int | None) -> None:
        if done == killed_at:
            raise _Killed

    for name in ("whole", "stopped"):
        trainer, text = begin(tmp_path / name)
        if name == "stopped":
            with pytest.raises(_Killed):
                trainer.run(tmp_path / name / "own", text.save, 2, kill)
            torch.manual_seed(99)  # what else is drawn in a process has no part in it
            trainer, text = begin(tmp_path / name)
            assert trainer.step == killed_at - killed_at % 2
        trainer.run(tmp_path / name / "own", text.save, 2, nothing)
    for file in (training.STATE, training.LOSSES, "own/decoder/model.safetensors"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "stopped" / file).read_bytes()


def test_what_the_training_cannot_use_is_told_in_a_line(
    published: Path, music: Path, tmp_path: Path, examples: list[Example]
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "e3.wav").write_bytes(b"no music")
    manifest.write(bad, [Row(Example("e3", "g", audio=bad / "e3.wav", reference_text="x"), "audio=3")])
    mute = tmp_path / "mute"
    mute.mkdir()
    (mute / "e3.wav").write_bytes(b"no music")
    manifest.write(mute, [Row(Example("e3", "g", audio=mute / "e3.wav", caption="x"), "audio=3")])
    words = ["--variant", "ast_amv", "--out", str(tmp_path / "out"), "--weights", str(published)]
    words += ["--device", "cpu", "--steps", "9"]
    for extra, message in (
        (["--split", "no_such"], "no split named 'no_such'"),
        (["--split", str(bad)], "no example can be trained on; one: e3: .*cannot be decoded"),
        (["--split", str(mute)], "no example has music and a reference_text to learn"),
        (["--split", str(music), "--steps", "0"], "must be above 0"),
    ):
        with pytest.raises(SystemExit, match=message) as raised:
            train.main([*words, *extra])
        assert "\n" not in str(raised.value.code)
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / training.STATE).write_bytes(b"cut short")
    with pytest.raises(SystemExit, match=r"is damaged .*: remove it to begin anew"):
        train.main([*words, "--split", str(music)])
