"""ImageBind against imagebind-packaged, on towers of small size with seeded weights."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sightsound.bench import assets
from sightsound.metrics.networks.common import clip_bpe, clip_pixels, kaldi_fbank
from sightsound.metrics.networks.joint import imagebind, imagebind_audio, imagebind_video
from sightsound.metrics.networks.joint.imagebind_network import (
    HUGE,
    LEFT_OUT,
    Tower,
    TowerSize,
    load_tower,
    published,
)
from tests.parity import seeded
from tests.parity.compared import close
from tests.parity.signals import chirps, mosaic

PARITY = Path(__file__).parents[1] / "parity"
TINY = {"vision": TowerSize(64, 2, 4, 32), "audio": TowerSize(48, 2, 4, 32), "text": TowerSize(64, 2, 4, 32)}
CLIPS = [chirps(), chirps(1.3), chirps(3.111, seed=3)]  # 10 s; under a window; windows that overlap
PICTURES = [mosaic(1), mosaic(2)[:201, :], mosaic(3)[:, 30:171]]


@pytest.fixture(scope="module")
def figures():
    with np.load(PARITY / "imagebind.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def state():
    """A file of the published names: three small towers with seeded weights, and something of the others."""
    made = {}
    for modality, size in TINY.items():
        for ours, value in Tower(modality, size).state_dict().items():
            name = published(modality, ours)
            if name.endswith("log_logit_scale"):
                value = torch.tensor(np.log(20.0 if modality == "audio" else 1 / 0.07), dtype=torch.float32)
            elif not name.endswith("text.mask"):
                value = seeded.tensor(name, tuple(value.shape))
            made[name] = value
    return made | {f"modality_heads.{modality}.0.weight": torch.ones(8) for modality in LEFT_OUT}


@pytest.fixture(scope="module")
def towers(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("imagebind") / "imagebind_huge.pth"
    torch.save(state, path)
    return {modality: load_tower(path, modality, TINY) for modality in TINY}


@pytest.fixture(scope="module")
def tokens():
    return clip_bpe.ClipBpe(assets.fetch("clip_bpe") / clip_bpe.FILE)


@pytest.fixture(scope="module")
def audio(towers):
    return imagebind.audio_extractor(towers["audio"], "cpu", imagebind_audio.NEW)


@pytest.fixture(scope="module")
def image(towers):
    return imagebind.image_extractor(towers["vision"], "cpu")


def embeddings(network, clips):
    return np.concatenate([features["embedding"] for features in network(clips)])


def test_the_towers_have_the_published_names_and_shapes():
    lines = (PARITY / "keys" / "imagebind_huge.txt").read_text(encoding="utf-8").splitlines()
    listed = dict(line.split(" ") if not line.endswith(" ") else (line[:-1], "") for line in lines)
    wanted = {name: shape for name, shape in listed.items() if name.split(".")[1] not in LEFT_OUT}
    found = {}
    with torch.device("meta"):
        for modality, size in HUGE.items():
            for ours, value in Tower(modality, size).state_dict().items():
                found[published(modality, ours)] = "x".join(map(str, value.shape))
    assert found == wanted and len(found) == 864


@pytest.mark.parametrize(
    "rule, name, of", [(imagebind_audio.NEW, "audio_new", "9368f30"), (imagebind_audio.OLD, "audio_old", "0.1.5")]
)
def test_audio_equals_the_reference(towers, figures, rule, name, of):
    row = f"imagebind audio, windows of pytorchvideo {of}", "chirps of 10, 1.3 and 3.1 s, small tower"
    close(*row, embeddings(imagebind.audio_extractor(towers["audio"], "cpu", rule), CLIPS), figures[name], 1e-5)


def test_the_log_mel_equals_the_reference(figures):
    found = imagebind_audio.log_mels(CLIPS[0], imagebind_audio.NEW)
    assert found.shape == (3, 1, 128, 204) and found.dtype == np.float32
    close("imagebind log-mel", "chirps, 10 s", found[1][:, ::2, ::6], figures["log_mel"], 5e-5)


def test_a_picture_equals_the_reference(image, figures):
    pixels = torch.from_numpy(np.stack([clip_pixels.crop(picture, "test") for picture in PICTURES]))
    pixels = clip_pixels.normalised(pixels)[:, :, ::16, ::16].numpy()
    close("imagebind and clip pixels", "three mosaics", pixels, figures["pixels"], 0)
    close("imagebind picture", "three mosaics, small tower", embeddings(image, PICTURES), figures["image"], 1e-5)


def test_text_equals_the_reference(towers, tokens, figures):
    texts = [str(text) for text in figures["texts"]]
    np.testing.assert_array_equal([tokens(text) for text in texts], figures["ids"])
    found = embeddings(imagebind.text_extractor(towers["text"], tokens, "cpu"), texts)
    close("imagebind text", "five texts, small tower", found, figures["text"], 1e-5)


def test_a_long_text_keeps_its_start_and_an_end(tokens):
    ids = tokens("music " * 200)
    assert len(ids) == 77 and ids[0] == clip_bpe.START and ids[-1] == clip_bpe.END
    assert ids[1:-1] == [tokens("music")[1]] * 75


def test_curly_quotes_are_straight_and_no_text_makes_an_end(tokens):
    assert tokens("it’s “so”") == tokens('it\'s "so"')
    assert tokens("stop <|endoftext|> go").count(clip_bpe.END) == 1


def test_what_follows_the_end_does_not_matter_and_an_empty_text_is_refused(towers, tokens):
    ids = torch.tensor([tokens("music"), tokens("music")])
    ids[1, 10:] = 5
    with torch.inference_mode():
        first, second = towers["text"](ids)
    torch.testing.assert_close(first, second, rtol=0, atol=1e-6)
    network = imagebind.text_extractor(towers["text"], tokens, "cpu")
    for text in ("", " \n", None):
        with pytest.raises(ValueError, match="text of at least one word"):
            network([text])


def test_refuses_another_list_of_merges(tmp_path):
    for content in (gzip.compress(b"#version\na b\n"), b"no gzip"):
        (tmp_path / clip_bpe.FILE).write_bytes(content)
        with pytest.raises(ValueError, match="not CLIP's list"):
            clip_bpe.ClipBpe(tmp_path / clip_bpe.FILE)


def test_a_video_equals_the_reference(towers, figures):
    base = np.random.default_rng(5).integers(0, 256, (48, 80, 3))
    frames = ((base + 3 * np.arange(130)[:, None, None, None]) % 256).astype(np.uint8)
    chosen = imagebind_video.frame_indices(len(frames), 12.5)
    assert chosen == figures["video_frames"].tolist()
    network = imagebind.video_extractor(towers["vision"], "cpu", imagebind_video.NEW)
    found = embeddings(network, [frames[chosen]])
    close("imagebind video, 15 views", "130 frames of 48 x 80, small tower", found, figures["video"], 1e-5)


def test_the_two_rules_of_windows():
    assert imagebind_audio.windows(160000, imagebind_audio.NEW) == [(0, 32000), (64000, 96000), (128000, 160000)]
    assert imagebind_audio.windows(160000, imagebind_audio.OLD) == [(0, 32000), (42666, 74666), (85333, 117333)]
    assert imagebind_audio.windows(8000, imagebind_audio.NEW) == [(0, 32000)] * 3


@given(st.integers(400, 2_000_000), st.sampled_from([imagebind_audio.NEW, imagebind_audio.OLD]))
def test_windows_lie_in_the_clip(samples, rule):
    found = imagebind_audio.windows(samples, rule)
    assert all(end - start in (31999, 32000, 32001) and start >= 0 for start, end in found)
    assert found == sorted(found) and found[-1][1] <= max(samples, 32000) + 1


@given(st.integers(1, 4000), st.floats(1, 120))
def test_frames_lie_in_the_video(frames, rate_hz):
    for rule in (imagebind_video.NEW, imagebind_video.OLD):
        chosen = imagebind_video.frame_indices(frames, rate_hz, rule)
        assert len(chosen) == 10 and min(chosen) >= 0 and max(chosen) < frames
        assert chosen[::2] == sorted(chosen[::2]) and all(
            a <= b for a, b in zip(chosen[::2], chosen[1::2], strict=True)
        )


def test_the_squares_of_a_wide_and_of_a_tall_frame():
    ramp = np.broadcast_to(np.arange(448, dtype=np.uint16)[None, :, None] // 2, (224, 448, 3)).astype(np.uint8)
    for frame, axis in ((ramp, 4), (ramp.transpose(1, 0, 2), 3)):
        found = imagebind_video.views([frame] * 10)
        assert found.shape == (15, 3, 2, 224, 224)
        red = found[:3, 0, 0] * clip_pixels.STD[0] + clip_pixels.MEAN[0]
        first = red.select(axis - 2, 0)[:, 0] * 255
        assert first.tolist() == pytest.approx([0, 56, 112], abs=1e-3)  # 0, 112 and 224 pixels along the ramp


def test_a_second_of_a_sine_lies_in_its_band():
    """1 kHz is 1000 mel of 2840: band 45 of 128 between 20 Hz and 8 kHz, on every frame."""
    t = np.arange(16000) / 16000
    found = kaldi_fbank.fbank(torch.from_numpy(np.sin(2 * np.pi * 1000 * t).astype(np.float32)), 128)
    edges = np.linspace(1127 * np.log1p(20 / 700), 1127 * np.log1p(8000 / 700), 130)
    band = int(np.argmin(np.abs(edges[1:-1] - 1127 * np.log1p(1000 / 700))))
    assert found.shape == (98, 128) and set(found.argmax(dim=1).tolist()) <= {band - 1, band, band + 1}
    silence = kaldi_fbank.fbank(torch.zeros(400), 128)
    assert silence.shape == (1, 128) and silence.unique().item() == pytest.approx(np.log(2.0**-23))


def test_one_window_has_length_20_and_a_picture_1(audio, image):
    assert np.linalg.norm(embeddings(audio, [CLIPS[1]])) == pytest.approx(
        20, rel=1e-3
    )  # three times nearly the same
    assert np.linalg.norm(embeddings(image, PICTURES), axis=1) == pytest.approx([1, 1, 1], rel=1e-6)


def test_a_clip_has_the_same_bits_in_any_company(audio, image):
    for network, clips in ((audio, CLIPS), (image, PICTURES)):
        together = embeddings(network, [*clips, *reversed(clips)])
        for clip, row in zip(clips, together, strict=False):
            np.testing.assert_array_equal(embeddings(network, [clip])[0], row)


def test_silence_has_an_embedding(audio):
    assert np.isfinite(embeddings(audio, [np.zeros(160000, np.float32)])).all()


def test_a_clip_is_not_changed(audio):
    clip = CLIPS[2].copy()
    audio([clip])
    np.testing.assert_array_equal(clip, CLIPS[2])


@pytest.mark.parametrize(
    "clip, message",
    [
        (np.zeros(0), "empty"),
        (np.zeros(399), "399 samples"),
        (np.zeros((2, 16000)), "mono"),
        (np.full(16000, np.nan), "NaN"),
    ],
)
def test_refuses_what_is_no_clip(audio, clip, message):
    with pytest.raises(ValueError, match=message):
        audio([clip])


def test_takes_a_picture_of_one_pixel_and_refuses_what_is_none(image):
    assert np.isfinite(embeddings(image, [np.full((1, 1, 3), 7, np.uint8)])).all()
    for picture in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(ValueError, match="uint8 RGB"):
            image([picture])
    with pytest.raises(ValueError, match="a strip"):
        image([np.zeros((1, 200, 3), np.uint8)])


def test_refuses_other_frames(towers):
    network = imagebind.video_extractor(towers["vision"], "cpu", imagebind_video.NEW)
    with pytest.raises(ValueError, match="takes 10 frames of one size, got 2"):
        network([[mosaic(1)] * 2])
    with pytest.raises(ValueError, match="no clips"):
        imagebind_video.frame_indices(0, 25)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda state: state.pop("modality_heads.vision.2.weight"),
            "lacks 1 weights: modality_heads.vision.2",
        ),
        (lambda state: state.update({"modality_heads.sonar.0.weight": torch.ones(1)}), "modality_heads.sonar"),
        (lambda state: state.update({"depth": torch.ones(1)}), "unknown to the network, 1 weights: depth"),
        (
            lambda state: state.update({"modality_heads.audio.2.weight": torch.ones(32, 49)}),
            "another shape 1 weights",
        ),
    ],
)
def test_refuses_another_network(state, tmp_path, change, message):
    changed = dict(state)
    change(changed)
    torch.save(changed, tmp_path / "changed.pth")
    with pytest.raises(ValueError, match=message):
        load_tower(tmp_path / "changed.pth", "audio", TINY)


class _Runs:
    def __reduce__(self):
        return os.system, ("touch ran",)


def test_refuses_a_truncated_file_and_one_with_code(state, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = {name: value for name, value in state.items() if value.numel() < 1000}
    torch.save(small, "whole.pth")
    Path("cut.pth").write_bytes(Path("whole.pth").read_bytes()[:-500])
    torch.save(small | {"bad": _Runs()}, "code.pth")
    Path("text.pth").write_text("not a file of tensors")
    torch.save([torch.ones(1)], "list.pth")
    for name in ("cut.pth", "code.pth", "text.pth", "list.pth", "absent.pth"):
        with pytest.raises(ValueError) as caught:
            load_tower(Path(name), "audio", TINY)
        assert name in str(caught.value) and "\n" not in str(caught.value)
    assert not Path("ran").exists()
