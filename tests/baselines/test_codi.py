"""CoDi from examples to sound, on tiny checkpoints in the published layout, and that layout itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from PIL import Image

from sightsound.baselines.codi import pipeline
from sightsound.baselines.codi.pipeline import CoDi, Options, evaluated, fp16, fp32
from sightsound.baselines.codi.preprocessing import sentence
from sightsound.bench.core.types import Example, Generated
from sightsound.metrics.networks.common.clip_bpe import ClipBpe
from tests.bench.test_pocket import bench
from tests.parity.signals import mosaic
from tests.tiny import codi as tiny

SHORT = (8, 32, 16)  # a latent of 1.28 s


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tiny.everything(tmp_path_factory.mktemp("codi"))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "LATENT", SHORT)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = tmp_path_factory.mktemp("media")
    Image.fromarray(mosaic(1)[:, :150]).save(folder / "a.png")
    Image.fromarray(mosaic(2)[:120]).save(folder / "b.png")
    film(folder / "film.avi", 60)
    return [
        Example("picture", "g", image=folder / "a.png"),
        Example("film", "g", video=folder / "film.avi"),
        Example("words", "g", caption="slow piano"),
        Example("both", "g", image=folder / "b.png", story="The ship sank in the night."),
    ]


def film(path: Path, frames: int) -> None:
    """Ten frames a second, each a mosaic of its own."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number in range(frames):
            shown = av.VideoFrame.from_ndarray(mosaic(number)[:96, :128].copy(), format="rgb24")
            out.mux(stream.encode(shown))
        out.mux(stream.encode())


def made(system: CoDi, examples: list[Example], seed: int = 0) -> dict[str, Generated]:
    return {answer.id: answer for answer in system.generate(examples, seed)}


def sound(answer: Generated) -> NDArray[Any]:
    assert answer.audio is not None, answer.error
    return answer.audio


@pytest.mark.usefixtures("short")
def test_one_by_one_is_the_batch(weights: dict[str, Path], examples: list[Example]) -> None:
    system = fp32("cpu", weights, steps="2")
    together = made(system, examples)
    assert list(together) == [example.id for example in examples]
    for example in examples:
        alone, among = sound(made(system, [example])[example.id]), sound(together[example.id])
        assert among.ndim == 1 and len(among) == 20512 and np.isfinite(among).all()
        assert np.abs(alone - among).max() <= 1e-4 * np.abs(among).max()
    clips = [sound(answer) for answer in together.values()]
    assert all(np.abs(a - b).max() > 1e-3 for i, a in enumerate(clips) for b in clips[:i])


@pytest.mark.usefixtures("short")
def test_the_same_seed_gives_the_same_sound(weights: dict[str, Path], examples: list[Example]) -> None:
    first, again = (made(fp32("cpu", weights, steps=2), examples[:2], seed=7) for _ in range(2))
    other = made(fp32("cpu", weights, steps=2), examples[:2], seed=8)
    for name, answer in first.items():
        assert sound(answer).tobytes() == sound(again[name]).tobytes()
        assert np.abs(sound(answer) - sound(other[name])).max() > 1e-3


@pytest.mark.usefixtures("short")
def test_what_is_wrong_costs_one_example(
    weights: dict[str, Path], examples: list[Example], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    (tmp_path / "bad.avi").write_text("no film")
    bad = [
        Example("bad_picture", "g", image=tmp_path / "bad.png"),
        Example("bad_film", "g", video=tmp_path / "bad.avi"),
        Example("nothing", "g"),
        Example("blank", "g", caption="  "),
    ]
    found = made(fp32("cpu", weights, steps=2), [bad[0], examples[0], *bad[1:], examples[2]])
    assert found["picture"].error is None and found["words"].error is None
    for name, part in (("bad_picture", "bad.png: "), ("bad_film", "bad.avi: "), ("nothing", "no picture, video")):
        assert part in str(found[name].error) and "\n" not in str(found[name].error)
    assert "empty" in str(found["blank"].error)


@pytest.mark.usefixtures("short")
def test_what_a_long_text_loses_is_noted(weights: dict[str, Path]) -> None:
    """With the test's merges a letter or a pair of letters is a token: 'abc' is two, 'ab' one."""
    tokens = ClipBpe(weights["clip_bpe"] / "bpe_simple_vocab_16e6.txt.gz")
    lengths = [list(tokens(word)).index(49407) - 1 for word in ("ab", "abc")]
    read = sentence("ab " * 40 + "abc " * 40, tokens)
    total = 40 * lengths[0] + 40 * lengths[1]
    whole = 40 + (75 - 40 * lengths[0]) // lengths[1]
    assert read.note == f"75 of {total} tokens, {whole} of 80 words" and len(read.ids) == 77
    assert sentence("ab " * (75 // lengths[0]), tokens).note == ""
    answers = made(
        fp32("cpu", weights, steps=2),
        [Example("long", "g", story="ab " * 200), Example("brief", "g", story="ab")],
    )
    assert answers["long"].notes == {
        "text_read": f"75 of {200 * lengths[0]} tokens, {75 // lengths[0]} of 200 words"
    }
    assert answers["brief"].notes == {}


@pytest.mark.usefixtures("short")
def test_as_m2ugens_evaluation_asks_it(weights: dict[str, Path], examples: list[Example]) -> None:
    """The instruction is the text, in the place of a caption; without one the example fails."""
    told = replace(examples[0], instruction="slow piano")
    found = made(evaluated("cpu", weights, steps=2), [told, examples[1]])
    assert "no instruction of its data set" in str(found["film"].error)
    worded = made(fp32("cpu", weights, steps=2), [replace(examples[0], caption="slow piano")])
    assert sound(found["picture"]).tobytes() == sound(worded["picture"]).tobytes()
    untold = made(evaluated("cpu", weights, steps=2, with_instruction="0"), [told])
    assert np.abs(sound(untold["picture"]) - sound(found["picture"])).max() > 1e-3
    with pytest.raises(ValueError, match="with_instruction: 'yes' is neither 0 nor 1"):
        Options(with_instruction="yes")


@pytest.mark.usefixtures("short")
def test_weights_mix_the_conditions(weights: dict[str, Path], examples: list[Example]) -> None:
    both = examples[3]
    words = Example(both.id, "g", story=both.story)
    silent = made(fp32("cpu", weights, steps=2, image_weight="0"), [both, examples[0]])
    assert "weights of image are all 0" in str(silent["picture"].error)
    system = fp32("cpu", weights, steps=2)
    alone, together = (sound(made(system, [example])["both"]) for example in (words, both))
    bound = 1e-4 * np.abs(alone).max()
    assert np.abs(sound(silent["both"]) - alone).max() <= bound < np.abs(together - alone).max()


@pytest.mark.usefixtures("short")
def test_a_sound_as_condition(weights: dict[str, Path], examples: list[Example], tmp_path: Path) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32000) / 16000)
    soundfile.write(tmp_path / "tone.wav", tone, 16000)
    with_tone = made(fp32("cpu", weights, steps=2, audio=str(tmp_path / "tone.wav")), examples[:1])
    without = made(fp32("cpu", weights, steps=2), examples[:1])
    assert np.abs(sound(with_tone["picture"]) - sound(without["picture"])).max() > 1e-3
    with pytest.raises(ValueError, match=r"audio: .*none\.wav: no such file"):
        fp32("cpu", weights, audio=str(tmp_path / "none.wav"))


@pytest.mark.usefixtures("short")
def test_float16_files_on_a_cpu(weights: dict[str, Path], examples: list[Example]) -> None:
    """Computed with as float32, so that only the rounding of the weights tells."""
    half, whole = (made(make("cpu", weights, steps=2), examples[:1])["picture"] for make in (fp16, fp32))
    apart = np.abs(sound(half) - sound(whole)).max()
    assert 0 < apart < 0.05 * np.abs(sound(whole)).max()


def test_float16_as_on_cuda(
    weights: dict[str, Path], examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every network in float16, CLAP's answer among them, against float32."""
    monkeypatch.setattr(pipeline, "LATENT", (8, 8, 16))  # half precision is slow on a CPU
    soundfile.write(tmp_path / "tone.wav", 0.3 * np.sin(0.2 * np.arange(16000)), 16000)
    options = Options(steps=1, audio=str(tmp_path / "tone.wav"))
    half, whole = (
        made(pipeline.build("cpu", weights, "codi_fp16", "checkpoints_fp16", dtype, options), examples[1:2])
        for dtype in (torch.float16, torch.float32)
    )
    apart = np.abs(sound(whole["film"]) - sound(half["film"])).max()
    assert 0 < apart < 0.05 * np.abs(sound(whole["film"])).max()


@pytest.mark.network
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("task", "split"),
    [
        ("image2music", "wesnoth"),
        ("story2music", "wesnoth"),
        ("multimodal2music", "wesnoth"),
        ("video2music", "gestures"),
    ],
)
def test_bench_run_on_real_media(tmp_path: Path, task: str, split: str) -> None:
    tiny.make(tmp_path / "mirror" / "ZinengTang" / "CoDi")
    done = bench(
        *("run", "--model", "codi:fp32", "--task", task, "--split", split, "--device", "cpu"),
        *("--mirror", tmp_path / "mirror", "--set", "steps=1", "--limit", 2, "--metrics", "thd"),
        *("--out", tmp_path / "out"),
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "out" / "systems").glob("codi*")
    clips = sorted((folder / "outputs").glob("*.wav"))
    assert len(clips) == 2
    for clip in clips:
        samples, rate_hz = soundfile.read(clip)
        assert rate_hz == 16000 and len(samples) == 163872 and np.abs(samples).max() > 1e-4
    notes = [json.loads(line)["notes"] for line in (folder / "outputs.jsonl").read_text().splitlines()]
    assert any("text_read" in note for note in notes) == (split == "wesnoth" and task != "image2music")
