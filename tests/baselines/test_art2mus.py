"""Art2Mus stage by stage against the authors' code at small sizes (tests/parity/art2mus.npz), and whole.

The figures were made outside this repository by github.com/justivanr/art2mus_ at 21ab344 with diffusers 0.27.2 and
transformers 4.30.2, its pins, on a CPU, from the weights of tests/tiny/art2mus.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from PIL import Image

from sightsound.baselines.art2mus import CARD, pipeline, projection
from sightsound.baselines.art2mus.pipeline import NEGATIVE, SENTENCES, Art2Mus, Options, Parts, cosines
from sightsound.baselines.parts.audioldm2 import AudioLdm2
from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.registry import load
from sightsound.bench.core.types import Example, example_seed
from sightsound.metrics.networks.joint.imagebind_network import DIM
from tests.parity import seeded
from tests.parity.signals import chirps, mosaic
from tests.tiny import art2mus as tiny

FIGURES = Path(__file__).parents[1] / "parity" / "art2mus.npz"
BOTH = pytest.mark.parametrize("variant", ["1_token", "4_tokens"])


@pytest.fixture(scope="module")
def figures() -> Any:
    return np.load(FIGURES)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tiny.make(folder)
    return folder


@pytest.fixture(scope="module")
def music(mirror: Path) -> AudioLdm2:
    return AudioLdm2("cpu", mirror / "cvssp" / "audioldm2", NEGATIVE, steps=4)


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.fixture
def weights(mirror: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Path]:
    """All assets, as the harness finds them in a mirror."""
    tiny.accept(monkeypatch, mirror)
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    names = {name for variant in CARD.variants.values() for name in variant.assets}
    return {name: assets.fetch(name, mirror) for name in names}


def embeddings() -> NDArray[np.float32]:
    """Two unit vectors, as ImageBind makes of pictures."""
    drawn = np.random.default_rng(7).standard_normal((2, DIM)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def projected(mirror: Path, variant: str, width: int) -> torch.Tensor:
    file = mirror / f"art2mus_{variant}" / f"{pipeline.FILES[variant]}.safetensors"
    return projection.load(file, tiny.TOKENS[variant], width)(torch.from_numpy(embeddings()))


def same(ours: Any, theirs: NDArray[Any]) -> None:
    """Within 1e-4 of the largest value of theirs."""
    apart = np.abs(np.asarray(ours, np.float64) - theirs)
    assert apart.shape == theirs.shape and apart.max() <= 1e-4 * np.abs(theirs).max(), apart.max()


@BOTH
def test_the_projection_at_its_published_size(figures: Any, variant: str) -> None:
    tokens = tiny.TOKENS[variant]
    layer = projection.ImageProjection(tokens, 768)
    shapes = {name: tuple(value.shape) for name, value in layer.state_dict().items()}
    assert shapes == {
        "projection1.weight": (1536, 1024),
        "projection1.bias": (1536,),
        "projection2.weight": (tokens * 768, 1536),
        "projection2.bias": (tokens * 768,),
    }
    layer.load_state_dict(seeded.filled(layer.state_dict()))
    same(layer(torch.from_numpy(embeddings()))[..., ::7], figures[f"projected_{variant}"])


@BOTH
def test_what_gpt2_says_of_a_picture(figures: Any, mirror: Path, music: AudioLdm2, variant: str) -> None:
    """No token stands before or after the picture's."""
    same(music.hear(projected(mirror, variant, music.gpt2_width)), figures[f"heard_{variant}"])


@pytest.mark.parametrize("kind", list(SENTENCES))
def test_the_sentences(figures: Any, music: AudioLdm2, kind: str) -> None:
    same(music.read(SENTENCES[kind])[0, :, ::32], figures[f"sentence_{kind}"])


def test_the_negative_sentence(figures: Any, music: AudioLdm2) -> None:
    """The released code lets GPT-2 read one token of it, its end; what it means to do says something else."""
    tokens = music.read(SENTENCES["default"]).shape[1]
    states, mask, generated = music._negative(tokens)
    same(states[0, :, ::32], figures["sentence_negative"])
    assert np.array_equal(mask[0], figures["mask_negative"])
    same(music._negative(pipeline.RELEASED_TOKENS)[2][0], figures["heard_negative"])
    apart = np.abs(generated[0].numpy() - figures["heard_negative"]).max()
    assert apart > 0.01 * np.abs(figures["heard_negative"]).max()


@BOTH
def test_the_noise_that_the_unet_finds(figures: Any, mirror: Path, music: AudioLdm2, variant: str) -> None:
    drawn = np.random.default_rng(3).standard_normal((2, 4, 12, 8)).astype(np.float32)
    sentence = music.read(SENTENCES["default"])
    negative, mask, _ = music._negative(sentence.shape[1])
    heard = music.hear(projected(mirror, variant, music.gpt2_width)[:1])
    found = [
        music.pipe.unet(
            torch.from_numpy(drawn),
            time,
            encoder_hidden_states=torch.cat([music._negative(pipeline.RELEASED_TOKENS)[2], heard]),
            encoder_hidden_states_1=torch.cat([negative, sentence]),
            encoder_attention_mask_1=torch.cat([mask, torch.ones_like(mask)]),
        ).sample.numpy()
        for time in (1, 500, 981)
    ]
    same(found, figures[f"noise_{variant}"])


@BOTH
def test_the_loop_from_a_seed_to_latents(
    figures: Any, mirror: Path, music: AudioLdm2, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two waveforms of 0.5 s in four steps, as the released code makes them, quirk and all."""
    caught: list[torch.Tensor] = []
    decode = music.pipe.vae.decode
    monkeypatch.setattr(
        music.pipe.vae, "decode", lambda latents, **k: caught.append(latents) or decode(latents, **k)
    )
    heard = music.hear(projected(mirror, variant, music.gpt2_width)[:1])
    sentence = music.read(SENTENCES["default"])
    (made,) = music.generate_from(sentence, heard, [5], 0.5, 2, pipeline.RELEASED_TOKENS)
    assert made.shape == (2, 8000)
    same(caught[0] * music.pipe.vae.config.scaling_factor, figures[f"latents_{variant}"])
    meant = music.generate_from(sentence, heard, [5], 0.5, 2)
    assert not np.allclose(meant[0], made)


class _Seen:
    """A picture's mean in the first place, clips likewise."""

    def __call__(self, clips: Any) -> list[dict[str, NDArray[np.float32]]]:
        found = np.zeros((len(clips), 1, DIM), np.float32)
        for number, clip in enumerate(clips):
            found[number, 0, :2] = np.mean(clip) / 255, 1
        return [{"embedding": one} for one in found]


class _Music:
    """Waveforms whose means are apart: the loudest is the last."""

    rate_hz, device, gpt2_width = 16000, "cpu", 8

    def read(self, sentence: str) -> torch.Tensor:
        return torch.zeros(1, len(sentence.split()), 4)

    def hear(self, embeddings: torch.Tensor) -> torch.Tensor:
        return embeddings

    def generate_from(self, t5: torch.Tensor, *rest: Any) -> list[NDArray[np.float32]]:
        self.given = (t5.shape, *rest)
        levels = np.linspace(0, 200, rest[3], dtype=np.float32)
        return [levels[:, None] * np.ones(16000, np.float32) for _ in t5]


def test_the_waveform_nearest_to_the_picture_is_kept(tmp_path: Path) -> None:
    examples = [Example("none", "g"), Example("broken", "g", image=tmp_path / "broken.png")]
    examples[1].image.write_bytes(b"no picture")  # type: ignore[union-attr]
    for name, level in (("dark", 0), ("middle", 110), ("bright", 255)):
        Image.fromarray(np.full((20, 30, 3), level, np.uint8)).save(tmp_path / f"{name}.png")
        examples.append(Example(name, "g", image=tmp_path / f"{name}.png"))
    music: Any = _Music()
    parts = Parts(_Seen(), _Seen(), projection.ImageProjection(1, 8), music)
    system = Art2Mus(parts, Options(sentence="historical", seconds="3", released="1", candidates="3"))
    made = {answer.id: answer for answer in system.generate(examples, 4)}
    assert made["none"].error == "it has no picture"
    assert "cannot be read as a picture" in (made["broken"].error or "")
    sentence = "Music representing the period and place of this artwork"
    for name, kept in (("dark", 1), ("middle", 2), ("bright", 3)):
        assert made[name].notes == {"sentence": sentence, "kept": f"{kept} of 3"}
        assert made[name].audio is not None and made[name].audio.shape == (1, 16000)
        assert made[name].audio[0, 0] == (kept - 1) * 100
    seeds = [example_seed(4, name) for name in ("dark", "middle", "bright")]
    assert music.given[0] == (3, 9, 4) and music.given[2:] == (seeds, 3.0, 3, 1)


def test_cosines_of_embeddings_of_any_length() -> None:
    heard = [{"embedding": np.array([row], np.float32)} for row in ([9, 9], [1, 0], [-5, 0])]
    assert cosines(np.array([2, 0], np.float32), heard) == pytest.approx([0.5**0.5, 1, -1])


def test_what_imagebind_sees_and_how_the_waveforms_rank(figures: Any, weights: dict[str, Path]) -> None:
    """Theirs with the temporary files listed in order."""
    system = load(CARD.variants["4_tokens"].entry)("cpu", weights)
    ((picture,),) = (found["embedding"] for found in system.parts.sees([mosaic(1)[:200]]))
    same(picture[::4], figures["seen"])
    noise = np.random.default_rng(4).standard_normal(160000).astype(np.float32) * 0.1
    heard = system.parts.hears([chirps(), chirps(seed=3)[::-1] * 0.3, noise])
    same(cosines(picture, heard), figures["cosines"])
    assert figures["order"][0] == np.argmax(figures["cosines"])


@BOTH
def test_alone_and_in_a_batch(weights: dict[str, Path], tmp_path: Path, variant: str) -> None:
    """Through the real entries; the same seed gives the same, and the picture is heard."""
    system = load(CARD.variants[variant].entry)("cpu", weights, seconds="0.5", steps="2", candidates="2")
    random = np.random.default_rng(2)
    examples = []
    for name in ("first", "second"):
        Image.fromarray(random.integers(0, 256, (40, 60, 3), np.uint8)).save(tmp_path / f"{name}.png")
        examples.append(Example(name, "g", image=tmp_path / f"{name}.png"))
    together = {answer.id: answer for answer in system.generate(examples, 3)}
    for example in examples:
        (alone,) = system.generate([example], 3)
        answer = together[example.id]
        assert answer.audio is not None and alone.audio is not None and answer.notes == alone.notes
        assert answer.audio.shape == (1, 8000) and answer.rate_hz == 16000
        assert np.abs(answer.audio - alone.audio).max() < 2e-3 * np.abs(alone.audio).max()
    again = {answer.id: answer for answer in system.generate(examples, 3)}
    assert all(np.array_equal(again[name].audio, together[name].audio) for name in again)  # type: ignore[arg-type]
    states = torch.eye(2, DIM)
    heard = system.parts.music.hear(system.parts.projection(states))
    assert (heard[0] - heard[1]).abs().max() > 0.01


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sentence": "sad"}, "sentence: 'sad' is none of default, historical, emotional"),
        ({"released": "yes"}, "released: 'yes' is neither 0 nor 1"),
        ({"candidates": "0"}, "candidates: '0' is no positive whole number"),
        ({"seconds": "long"}, "seconds: 'long' is no positive number"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Options(**options)


def test_a_projection_of_the_other_variant_is_refused(mirror: Path) -> None:
    file = mirror / "art2mus_4_tokens" / f"{pipeline.FILES['4_tokens']}.safetensors"
    with pytest.raises(ValueError, match=r"in another shape 2 weights: projection2\.bias, projection2\.weight"):
        projection.load(file, 1, 16)


@BOTH
def test_without_the_projection_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    with pytest.raises(
        assets.AssetError, match=r"justivanr/art2mus_ at 21ab344.*convert it once.*--weights DIR"
    ) as raised:
        assets.fetch(f"art2mus_{variant}")
    assert "\n" not in str(raised.value)
    assert all(name in registry.cards("asset") for name in CARD.variants[variant].assets)


@pytest.mark.network
@pytest.mark.timeout(900)
@BOTH
def test_bench_run_on_real_pictures(
    bench: Callable[..., Any], mirror: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variant: str
) -> None:
    tiny.accept(monkeypatch, mirror)
    done = bench(
        *(
            "run",
            "--model",
            f"art2mus:{variant}",
            "--task",
            "image2music",
            "--split",
            "wesnoth",
            "--device",
            "cpu",
        ),
        *("--mirror", mirror, "--set", "steps=1", "--set", "seconds=1", "--set", "sentence=emotional"),
        *("--limit", 2, "--metrics", "thd", "--out", tmp_path / "out"),
    )
    assert done.code == 0, done.err
    (folder,) = (tmp_path / "out" / "systems").glob("art2mus*")
    clips = sorted((folder / "outputs").glob("*.wav"))
    assert len(clips) == 2
    for clip in clips:
        samples, rate_hz = soundfile.read(clip)
        assert rate_hz == 16000 and len(samples) == 16000 and np.abs(samples).max() > 1e-4
    assert "Music that evokes the emotion () of this artwork" in (folder / "outputs.jsonl").read_text()
