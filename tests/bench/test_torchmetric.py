"""`sightsound.metric`: takes media or embeddings, tells them apart, and gives what a run gives."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from torchmetrics import MetricCollection

import sightsound
from sightsound.bench import features
from sightsound.bench.core import cards as door
from sightsound.metrics.card import ExtractorCard
from tests import toy

RATE_HZ = 11025  # not the network's: what comes in is resampled


def clips(seed: int, count: int = 4, seconds: float = 1.5) -> list[np.ndarray]:
    """Noisy tones of several lengths, float32 `[samples]`."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        time_s = np.arange(round((seconds + 0.5 * index) * RATE_HZ)) / RATE_HZ
        sound = 0.3 * np.sin(2 * np.pi * (200 + 60 * index + seed) * time_s) + 0.02 * rng.standard_normal(
            len(time_s)
        )
        made.append(sound.astype(np.float32))
    return made


def written(folder: str, sounds: list[np.ndarray]) -> list[Path]:
    """The clips as files that lose nothing."""
    Path(folder).mkdir()
    paths = [Path(folder) / f"{index}.wav" for index in range(len(sounds))]
    for path, sound in zip(paths, sounds, strict=True):
        soundfile.write(path, sound, RATE_HZ, subtype="FLOAT")
    return paths


@pytest.fixture
def sides(toy_world):
    """Generated and reference, as waveforms and as files."""
    generated, reference = clips(0), clips(7)
    return generated, reference, written("generated", generated), written("reference", reference)


def test_waveforms_files_and_embeddings_have_one_value(sides):
    generated, reference, files, reference_files = sides
    expected = sightsound.fad("generated", "reference", "spectrum", device="cpu")
    metric = sightsound.metric("fad_spectrum")
    metric.update(generated, RATE_HZ, real=False)
    assert metric.took == (f"generated: 4 waveforms at {RATE_HZ} Hz",)
    metric.update([torch.tensor(clip) for clip in reference], rate_hz=RATE_HZ, real=True)
    assert metric.compute().item() == pytest.approx(expected, rel=1e-9)
    metric.reset()
    metric.update(files, reference_files)
    assert metric.took == ("generated: 4 files", "reference: 4 files")
    assert metric.compute().item() == pytest.approx(expected, rel=1e-9)
    metric.reset()
    for some, real in ((files, False), (reference_files, True)):
        metric.update([each["embedding"] for each in sightsound.embed("spectrum", some)], real=real)
        assert metric.took == (f"{'reference' if real else 'generated'}: 4 x embedding",)
    assert metric.compute().item() == pytest.approx(expected, rel=1e-9)
    assert expected > 0.1


def test_a_paired_metric_takes_both_sides_in_any_form(sides):
    generated, reference, files, reference_files = sides
    values = []
    for both in ((generated, reference), (files, reference), (generated, reference_files)):
        metric = sightsound.metric("cosine_toy")
        for some in (slice(0, 1), slice(1, 4)):
            metric.update(both[0][some], both[1][some], RATE_HZ)
        values.append(metric.compute().item())
    metric = sightsound.metric("cosine_toy")
    found = [
        [each["embedding"] for each in sightsound.embed("spectrum", side)] for side in (files, reference_files)
    ]
    metric.update(*found)
    assert values == pytest.approx([metric.compute().item()] * 3, rel=1e-9)
    with pytest.raises(sightsound.BenchError, match="clip by clip: give generated and reference, together"):
        metric.update(generated, RATE_HZ, real=True)


def test_shapes_of_waveforms(toy_world):
    mono = torch.tensor(np.stack([clip[:12000] for clip in clips(0)]))
    metric, other = sightsound.metric("fad_spectrum"), sightsound.metric("fad_spectrum")
    metric.update(mono, mono.half(), RATE_HZ)
    assert metric.compute().item() == pytest.approx(0, abs=1e-4)
    stereo = torch.stack([mono + 0.1, mono - 0.1], dim=1)  # the mean is the same
    other.update(stereo, mono, RATE_HZ)
    assert other.compute().item() == pytest.approx(0, abs=1e-6)
    long = torch.tensor(np.concatenate([np.tile(clips(0)[3], 5)]))[None]
    assert long.shape[1] > 10 * RATE_HZ
    first = sightsound.metric("cosine_toy")
    first.update(long, long[:, : 10 * RATE_HZ], RATE_HZ)
    assert first.took[0] == f"generated: 1 waveforms at {RATE_HZ} Hz"
    (whole,), (cut,) = (sightsound.embed("spectrum", [(each[0], RATE_HZ)]) for each in (long, long[:, :110250]))
    assert np.array_equal(whole["embedding"], cut["embedding"])


@pytest.mark.parametrize(
    ("name", "sides", "options", "said"),
    [
        # what gave 5499.4 without a word
        (
            "fad_vggish",
            (torch.zeros(4, 16000), torch.ones(4, 16000)),
            {},
            r"fad_vggish, generated: \[4, 16000\] float32 is no embedding of vggish .*a waveform needs its rate",
        ),
        ("fad_toy", (torch.zeros(4, 2, 17), torch.zeros(4, 16)), {}, r"\[4, 2, 17\] float32 is no embedding"),
        ("fad_toy", (torch.zeros(4, 16), torch.zeros(4, 128)), {}, r"reference: \[4, 128\] float32 is no"),
        ("fad_toy", (torch.zeros(16000),), {"rate_hz": 8000, "real": True}, "is a single clip; give a batch"),
        ("fad_toy", (torch.zeros(2, 9, 16000),), {"rate_hz": 8000, "real": True}, "at most 8 channels"),
        ("fad_toy", (torch.zeros(2, 16000).short(),), {"rate_hz": 8000, "real": True}, "give floats from -1 to 1"),
        (
            "fad_toy",
            (torch.full((1, 16000), torch.nan), 8000),
            {"real": False},
            "clip 0: holds samples",
        ),
        ("fad_toy", (torch.zeros(1, 0), 8000), {"real": False}, "no samples in it"),
        ("fad_toy", (torch.zeros(1, 100), 8000), {"real": False}, "clip 0: .*shorter than half a second"),
        ("fad_toy", (torch.zeros(2, 16000), -3), {"real": False}, "rate_hz -3.*sampling rate in Hz"),
        ("fad_toy", (torch.zeros(2, 16000), 8000), {}, "takes generated and reference, or one of them with real="),
        ("fad_toy", (torch.zeros(2, 16), torch.zeros(2, 16)), {"real": True}, "it got 2 arguments"),
        ("fad_toy", (["no.wav"], ["no.wav"]), {}, r"no\.wav: no such file"),
        ("cosine_toy", (torch.zeros(2, 16),), {}, "takes generated and reference, together; it got 1"),
        ("cosine_toy", (torch.ones(2, 16), torch.ones(3, 16)), {}, "2 clips against 3"),
        ("cosine_toy", ("texts", 5), {}, "it got 1 arguments"),
        ("fad_toy", (5, 16), {}, "5 is no batch of clips"),
        ("fad_toy", (torch.tensor(1.0), 8000), {"real": True}, "is no batch of clips"),
        ("fad_toy", (torch.zeros(2, 16000), True), {}, "rate_hz True"),
        ("fad_toy", (["no.wav", None], 8000), {"real": True}, "'no.wav' is no clip"),
        ("rank_toy", (torch.zeros(2, 16000), 8000), {}, "rank_toy ranks scores"),
        ("thd", (torch.zeros(2, 5, 1),), {}, "of embeddings it takes thd and voiced"),
        ("fid", (torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, 8, 8)), {}, "pictures are uint8"),
    ],
)
def test_what_fits_nothing_is_refused(toy_world, name, sides, options, said):
    metric = sightsound.metric(name)
    with pytest.raises(sightsound.BenchError, match=said) as refused:
        metric.update(*sides, **options)
    assert "\n" not in str(refused.value)


def test_networks_of_pictures_and_of_texts(toy_world):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, 3, 20, 30), np.uint8)
    Image.fromarray(pixels[0].transpose(1, 2, 0)).save("a.png")
    shares = sightsound.metric("duplicate_share_pictures")
    shares.update(["a.png"])
    shares.update(torch.tensor(pixels))
    assert shares.took == ("generated: 3 pictures",)
    assert shares.compute().item() == pytest.approx(0.5)  # the file and the first picture
    rouge = sightsound.metric("rougeL")
    rouge.update(["a calm song", "a loud drum"], ["a calm song", "a soft drum"])
    assert rouge.took == ("generated: 2 texts", "reference: 2 texts")
    assert rouge.compute().item() == pytest.approx((1 + 2 / 3) / 2)


def test_a_collection_embeds_once_and_keeps_metrics_apart(sides, monkeypatch):
    generated, reference, *_ = sides
    calls = []
    heard = toy.Spectrum.__call__
    monkeypatch.setattr(toy.Spectrum, "__call__", lambda self, some: calls.append(len(some)) or heard(self, some))
    names = ("fad_toy", "cosine_toy", "fad_spectrum", "kad_spectrum", "silent_share", "clipped_share")
    together = MetricCollection({name: sightsound.metric(name) for name in names})
    features._recent._features.clear()
    for some in (slice(0, 2), slice(2, 4)):
        together.update(generated[some], reference[some], rate_hz=RATE_HZ)
    assert sum(calls) == 8
    silence = [np.zeros(20000, np.float32)] * 2
    together.update(silence, reference[:2], rate_hz=RATE_HZ)  # silent, not clipped: the two must not be one
    values = together.compute()
    for name in names:
        alone = sightsound.metric(name)
        sides_ = ([*generated, *silence], [*reference, *reference[:2]])
        alone.update(*sides_, RATE_HZ)
        assert values[name].item() == pytest.approx(alone.compute().item(), rel=1e-9), name
    assert values["silent_share"] == pytest.approx(1 / 3) and values["clipped_share"] == 0
    one_side = MetricCollection({name: sightsound.metric(name) for name in ("fad_toy", "silent_share")})
    one_side.update(generated, rate_hz=RATE_HZ, real=False)
    one_side.update(silence, rate_hz=RATE_HZ, real=True)
    assert one_side.compute()["silent_share"] == 0, "a metric of single clips reads what was generated"


def test_copies_states_and_pickles(sides):
    generated, reference, *_ = sides
    metric = sightsound.metric("fad_toy")
    metric.update(generated, reference, RATE_HZ)
    value = metric.compute().item()
    for twin in (metric.clone(), copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        assert twin.compute().item() == value
        twin.update(generated[:1], reference[:1], RATE_HZ)
    metric.persistent(True)
    saved = metric.state_dict()
    loaded = sightsound.metric("fad_toy")
    loaded.load_state_dict(saved)
    assert loaded.compute().item() == value
    metric.reset()
    with pytest.warns(UserWarning, match="needs 2 clips, has 0"):
        assert torch.isnan(metric.compute())


NETWORK = """
import numpy as np
from sightsound import ExtractorCard
def load(weights, device):
    return lambda clips: [{"embedding": np.abs(np.fft.rfft(clip, 16))[None, :8].astype("f")} for clip in clips]
OUTPUTS = {"embedding": "[1, 8] float32"}
CARD = ExtractorCard("mine", "mine:load", "audio", (), OUTPUTS, "MIT", "here", rate_hz=8000)
"""
WORKER = """
import pickle, sys, numpy as np
metric = pickle.load(open("metric.pkl", "rb"))
metric.update(np.ones((3, 8000), np.float32) * 0.1, 8000, real=True)
pickle.dump(metric, open("back.pkl", "wb"))
"""


def test_a_worker_in_another_process_reads_the_users_module(toy_world):
    Path("mine.py").write_text(NETWORK)
    metric = sightsound.metric("mine:fad_mine")
    metric.update(np.linspace(0, 1, 24000, dtype=np.float32).reshape(3, 8000), 8000, real=False)
    Path("metric.pkl").write_bytes(pickle.dumps(metric))
    subprocess.run([sys.executable, "-c", WORKER], check=True, timeout=120)
    back = pickle.loads(Path("back.pkl").read_bytes())
    metric.update(np.ones((3, 8000), np.float32) * 0.1, 8000, real=True)
    assert back.compute().item() == metric.compute().item() > 0


def test_embed_takes_names_and_things_that_users_have(sides):
    generated, _, files, _ = sides
    of_file, of_sound, of_stereo = sightsound.embed(
        "spectrum", [files[0], (generated[0], RATE_HZ), (np.stack([generated[0]] * 2), RATE_HZ)], device="cpu"
    )
    assert np.array_equal(of_file["embedding"], of_sound["embedding"])
    assert np.array_equal(of_file["embedding"], of_stereo["embedding"])
    assert sightsound.embed("characters", ["ab"])[0]["code_points"].ravel().tolist() == [97, 98, 0]
    Path("song.txt").write_text("ab\n")
    assert len(sightsound.embed("characters", [Path("song.txt")])[0]["code_points"]) == 4
    with pytest.raises(sightsound.BenchError, match="embed takes a list"):
        sightsound.embed("spectrum", "a.wav")
    with pytest.raises(sightsound.BenchError, match="item 0: a list of 2; the network takes a path or"):
        sightsound.embed("spectrum", [[1.0, 2.0]])
    with pytest.raises(sightsound.BenchError, match=r"item 1: .* is no clip"):
        sightsound.embed("spectrum", [files[0], (np.zeros((9, 9, 9)), 8000)])


def test_names_of_networks(toy_world):
    cards = {
        kind: ExtractorCard(f"duo_{kind}", f"tests.toy:{kind}", kind, (), {}, "", "", spaces=("duo",))
        for kind in ("audio", "text")
    }
    door.add(cards.values(), "tests")
    of = sightsound.bench.core.registry.extractors_called
    assert [card.name for card in of("musicnn")] == ["musicnn_msd"]
    assert [card.name for card in of("duo")] == ["duo_audio", "duo_text"]
    assert [card.name for card in of("duo_text")] == ["duo_text"]
    with pytest.raises(sightsound.BenchError, match="musicn"):
        of("musicn")


def test_a_network_that_is_not_what_its_card_says(toy_world, monkeypatch):
    soundfile.write("a.wav", toy.tone(300), toy.RATE_HZ)
    monkeypatch.setattr(
        toy.Spectrum, "_one", lambda self, clip: dict.fromkeys(("embedding", "logits"), np.ones((1, 15)))
    )
    with pytest.raises(sightsound.BenchError, match="has 15 dimensions and its card says 16"):
        sightsound.embed("spectrum", ["a.wav"], device="cpu")


def test_plot(sides):
    pytest.importorskip("matplotlib")
    metric = sightsound.metric("fad_toy")
    metric.update(sides[0], sides[1], RATE_HZ)
    _, axes = metric.plot()
    assert axes.get_title() == "fad_toy"
