"""PE-AV against transformers' own with timm's picture tower, at small size with seeded weights."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from sightsound.bench.core import registry
from sightsound.metrics.cards import EXTRACTORS, METRICS
from sightsound.metrics.networks.common.pretrained import VERSION
from sightsound.metrics.networks.joint import pe_av, pe_av_pixels, pe_av_weights, pe_vision
from tests.parity import seeded
from tests.parity.signals import chirps, mosaic

if VERSION < pe_av_weights.NEEDS:  # what it says then is tested in test_pretrained.py
    pytest.skip("PE-AV needs transformers 5", allow_module_level=True)

PARITY = Path(__file__).parents[1] / "parity"
CONFIG = json.loads((PARITY / "pe_av_config.json").read_text(encoding="utf-8"))
LARGE = {  # as in tests/reference/pe_av.py
    "model_type": "pe_audio_video",
    "audio_video_config": {
        "audio_config": {"num_hidden_layers": 28},
        "video_config": {"num_hidden_layers": 4, "vision_config": {"num_classes": 1024}},
    },
}
PICTURES = [mosaic(1)[:201], mosaic(2)[:, 30:171], mosaic(3), mosaic(4)[:40, :50]]
CLIPS = [chirps(1.0, 48000), chirps(1.237, 48000, seed=3)]  # 25 steps of the codec; 30.9 of them
WORDS = ["a", "slow", "piece", "for", "strings", "with", "drums", "[CLS]", "[SEP]", "[UNK]"]


@pytest.fixture(scope="module")
def figures():
    with np.load(PARITY / "pe_av.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def state():
    """The three towers under the published names."""
    made = {}
    for modality in pe_av_weights.PUBLISHED:
        with torch.device("meta"):
            wanted = pe_av_weights.tower(CONFIG, modality).state_dict()
        for ours, value in wanted.items():
            name = pe_av_weights.published(modality, ours)
            made[name] = seeded.tensor(name, tuple(value.shape))
    return made


def write(folder, state, config=CONFIG):
    folder.mkdir(exist_ok=True, parents=True)
    save_file(dict(state), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    tokens = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 7), ("[SEP]", 8)]
    )
    tokens.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def folder(state, tmp_path_factory):
    more = {"audio_video_logit_scale": torch.ones(1), "audio_video_head.proj.weight": torch.ones(2, 2)}
    return write(tmp_path_factory.mktemp("pe_av") / "pe_av_small", state | more)


@pytest.fixture(scope="module")
def towers(folder):
    return {modality: pe_av_weights.load_tower(folder, modality) for modality in pe_av_weights.PUBLISHED}


@pytest.fixture(scope="module")
def audio(towers):
    return pe_av.PeAudioExtractor(towers["audio"], "cpu")


@pytest.fixture(scope="module")
def video(towers):
    return pe_av.PeVideoExtractor(towers["video"], None, "cpu")


def embeddings(network, clips):
    return np.concatenate([features["embedding"] for features in network(clips)])


def close(found, wanted, share=1e-4):
    assert found.shape == wanted.shape and found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=share * np.abs(wanted).max())


def seen(video, pictures):
    return [video.prepare(picture) for picture in pictures]


# ---- against the reference


def test_every_tensor_of_the_published_large_has_its_place():
    with gzip.open(PARITY / "keys" / "pe_av_large.txt.gz", "rt") as file:
        published = dict(line.rstrip("\n").split(" ") for line in file)
    wanted = {
        name: shape
        for name, shape in published.items()
        if not name.startswith(pe_av_weights.LEFT_OUT) and not name.endswith(pe_av_weights.LEFT_OUT_ENDS)
    }
    found = {}
    with torch.device("meta"):
        for modality in pe_av_weights.PUBLISHED:
            for ours, value in pe_av_weights.tower(LARGE, modality).state_dict().items():
                found[pe_av_weights.published(modality, ours)] = "x".join(map(str, value.shape))
    assert found == wanted and len(found) == 923


def test_the_picture_tower_equals_timm_s(towers, figures):
    pixels = pe_av_pixels.normalised(torch.from_numpy(figures["pixels"]).permute(0, 2, 3, 1))
    with torch.inference_mode():
        features = towers["video"].encoder.embedder.vision_model["timm_model"](pixels)
        close(features.numpy(), figures["vision"])
        close(towers["video"].frames(pixels).norm(dim=1).numpy(), np.ones(4, np.float32))


def test_frames_are_stretched_as_torchvision_does_it(figures):
    found = np.stack([pe_av_pixels.stretched(picture, 56) for picture in PICTURES])
    np.testing.assert_array_equal(found.transpose(0, 3, 1, 2), figures["pixels"])


def test_a_video_and_a_picture_equal_the_reference(video, figures):
    frames = seen(video, PICTURES)
    close(embeddings(video, [frames, frames[2:3]]), figures["video"])
    close(embeddings(pe_av.PeImageExtractor(video), PICTURES[2:3]), figures["video"][1:])


def test_music_equals_the_reference(audio, towers, figures):
    padded = [audio._padded(clip) for clip in CLIPS]
    assert [len(clip) for clip in padded] == figures["padded"].tolist() == [48000, 59520]
    codec = towers["audio"].encoder.embedder
    with torch.inference_mode():
        means = codec.bottleneck(codec.dac_encoder(torch.from_numpy(padded[1])[None, None]))
    close(means[0, :, ::4].numpy(), figures["codec"])
    close(embeddings(audio, CLIPS), figures["audio"])


def test_text_equals_the_reference(towers, figures):
    ids = figures["ids"]
    with torch.inference_mode():
        found = [towers["text"](torch.from_numpy(part)[None]) for part in (ids[:5], ids[5:])]
    close(torch.cat(found).numpy(), figures["text"])


def test_a_text_is_taken_before_the_final_norm(towers, state, figures):
    """As the authors take it; after the norm, as transformers 5.23 does by default, it is another embedding."""
    ids = torch.from_numpy(figures["ids"][:5])[None]
    tower = towers["text"]
    with torch.inference_mode():
        after = tower.head(tower.text_model(input_ids=ids).last_hidden_state[:, 0]).numpy()
    assert np.abs(after - figures["text"][:1]).max() > 0.01 * np.abs(after).max()


def test_rotary_positions_by_hand():
    """2 x 2 patches stretched to 6: places 3 and 6; one band of frequency 1 for the column, one for the row."""
    cosine, sine = pe_vision.rotations(2, 4, 6)
    np.testing.assert_allclose(cosine, np.cos([[3, 3], [6, 3], [3, 6], [6, 6]]), atol=1e-6)
    turned = pe_vision.rotated(torch.tensor([[1.0, 0, 0, 1]]).expand(4, 4), cosine, sine)
    np.testing.assert_allclose(turned[1], [np.cos(6), np.sin(6), -np.sin(3), np.cos(3)], atol=1e-6)


# ---- what goes in


@given(st.integers(1, 5000))
def test_frames_of_a_video(frames):
    assert pe_av_pixels.frame_indices(frames, None) == list(range(frames))
    sixteen = pe_av_pixels.frame_indices(frames, 16)
    assert len(sixteen) == 16 and sixteen[0] == 0 and sixteen[-1] == frames - 1 and sixteen == sorted(sixteen)
    if frames >= 16:
        assert len(set(sixteen)) == 16


def test_a_network_of_16_frames_takes_16_also_of_a_picture(towers):
    network = pe_av.PeVideoExtractor(towers["video"], 16, "cpu")
    assert network.frame_indices(250, 25.0)[:3] == [0, 16, 33]
    (frame,) = seen(network, PICTURES[:1])
    np.testing.assert_array_equal(
        embeddings(pe_av.PeImageExtractor(network), PICTURES[:1]), embeddings(network, [[frame] * 16])
    )


def test_the_order_of_frames_matters_and_the_company_of_clips_does_not(video, audio):
    frames = seen(video, PICTURES)
    videos = [frames, frames[::-1], frames[:1]]
    together = embeddings(video, videos)
    assert np.abs(together[0] - together[1]).max() > 1e-3
    for network, clips in ((video, videos), (audio, [*CLIPS, CLIPS[0][:48000]])):
        whole = embeddings(network, clips)
        for clip, row in zip(clips, whole, strict=True):
            np.testing.assert_array_equal(embeddings(network, [clip])[0], row)


def test_the_same_on_a_gpu(folder, audio, video):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    there = pe_av.PeAudioExtractor(pe_av_weights.load_tower(folder, "audio"), "cuda")
    close(embeddings(there, CLIPS), embeddings(audio, CLIPS))
    there = pe_av.PeVideoExtractor(pe_av_weights.load_tower(folder, "video"), None, "cuda")
    frames = seen(video, PICTURES)
    close(embeddings(there, [frames]), embeddings(video, [frames]))


def test_silence_and_the_shortest_clip_have_embeddings(audio):
    assert np.isfinite(embeddings(audio, [np.zeros(48000, np.float32), np.ones(1, np.float32)])).all()


def test_texts(folder, towers):
    tokenizer = pe_av.load_tokenizer(folder, vocabulary=len(WORDS))
    network = pe_av.PeTextExtractor(towers["text"], tokenizer, "cpu")
    found = embeddings(network, ["a slow piece", "a slow piece for strings", "a slow piece"])
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[0] - found[1]).max() > 1e-3
    long = [" ".join(["drums"] * count) for count in (510, 600)]
    np.testing.assert_array_equal(*embeddings(network, long))  # 512 tokens are read
    for text in ("", "  ", None, 3):
        with pytest.raises(ValueError, match="pe_av takes a text"):
            network([text])


@pytest.mark.parametrize(
    "clip, message",
    [(np.zeros(0), "empty"), (np.zeros((2, 9)), "mono"), (np.full(9, np.nan), "NaN")],
)
def test_refuses_what_is_no_clip(audio, clip, message):
    with pytest.raises(ValueError, match=message):
        audio([clip])


def test_refuses_what_is_no_picture_and_an_empty_video(video):
    for picture in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(ValueError, match="uint8 RGB"):
            video.prepare(picture)
    with pytest.raises(ValueError, match="leave it out"):
        video.prepare(np.zeros((1, 40000, 3), np.uint8))
    for refused in (lambda: video([[]]), lambda: video.frame_indices(0, 25.0)):
        with pytest.raises(ValueError, match="without frames"):
            refused()
    assert video.prepare(np.full((1, 1, 3), 7, np.uint8)).tolist() == [[[7] * 3] * 56] * 56


# ---- the files


def test_a_file_may_name_its_towers_from_the_whole_model(state, towers, tmp_path):
    aliases = {place: alias for alias, place in pe_av_weights.ALIASES.items()}
    renamed = {}
    for name, value in state.items():
        place = next((place for place in aliases if name.startswith(place)), None)
        renamed[aliases[place] + name.removeprefix(place) if place else name] = value
    assert renamed.keys() != state.keys()
    found = pe_av_weights.load_tower(write(tmp_path, renamed), "video").state_dict()
    assert all(torch.equal(found[name], value) for name, value in towers["video"].state_dict().items())


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: s.pop("audio_model.audio_head.proj.weight"), "lacks 1 weights: audio_model.audio_head"),
        (lambda s: s.update({"depth.x": torch.ones(1)}), "unknown to the network, 1 weights: depth.x"),
        (
            lambda s: s.update({"text_model.final_norm.weight": torch.ones(9)}),
            "another shape 1 weights: text_model.final_norm",
        ),
    ],
)
def test_refuses_another_network_whichever_tower_is_asked_for(state, tmp_path, change, message):
    changed = dict(state)
    change(changed)
    write(tmp_path, changed)
    for modality in pe_av_weights.PUBLISHED:
        with pytest.raises(ValueError, match=message):
            pe_av_weights.load_tower(tmp_path, modality)


def test_refuses_a_damaged_folder(state, tmp_path):
    write(tmp_path, state)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="damaged"):
        pe_av_weights.load_tower(tmp_path, "audio")
    file.unlink()
    with pytest.raises(ValueError, match="no safetensors"):
        pe_av_weights.load_tower(tmp_path, "audio")
    for text in ("{", "[]", '{"model_type": "clap"}'):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(ValueError, match=r"config\.json"):
            pe_av_weights.load_tower(tmp_path, "audio")
    with pytest.raises(ValueError, match=r"tokenizer\.json has 10 tokens"):
        pe_av.load_tokenizer(tmp_path)


@pytest.mark.parametrize(
    "modality, change, message",
    [
        ("text", {"text_config": {"num_hidden_layers": 28}}, "28 text layers, not 22"),
        ("audio", {"audio_video_config": {"audio_config": {"num_key_value_heads": 2}}}, "not built here"),
        ("audio", {"audio_video_config": {"audio_config": 3}}, "not usable"),
        ("video", {"audio_video_config": {"video_config": {"vision_config": {"architecture": "x"}}}}, "tower x"),
        (
            "video",
            {"audio_video_config": {"video_config": {"vision_config": {"model_args": {"qk_norm": True}}}}},
            "changes qk_norm",
        ),
    ],
)
def test_refuses_sizes_that_it_does_not_know(modality, change, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        pe_av_weights.tower(change, modality)


# ---- the cards


def test_the_cards_name_factories_that_work(folder, monkeypatch):
    monkeypatch.setattr(pe_av, "VOCABULARY", len(WORDS))
    monkeypatch.setattr(pe_av.load_tokenizer, "__defaults__", (len(WORDS),))
    cards = [card for name, card in EXTRACTORS.items() if name.startswith("pe_av_")]
    assert len(cards) == 24 and len({card.entry for card in cards}) == 24
    inputs = {"audio": CLIPS[0], "image": PICTURES[0], "text": "a slow piece"}
    for card in cards:
        (asset,) = card.assets
        assert card.optional and asset in registry.cards("asset") and "Apache-2.0" in card.licence
        constant, method = card.entry.removeprefix("sightsound.metrics.networks.joint.pe_av:").split(".")
        checkpoint = getattr(pe_av, constant)
        assert checkpoint.asset == asset and method == card.modality
        assert (checkpoint.frames == 16) == asset.endswith("_16_frame")
        if asset == "pe_av_small":
            network = getattr(checkpoint, method)({asset: folder}, "cpu")
            clip = inputs.get(card.modality) if card.modality != "video" else seen(network, PICTURES[:1])
            assert embeddings(network, [clip]).shape == (1, 48)


def test_the_metrics():
    names = {name for name in METRICS if name.startswith("pe_av_")}
    assert {"pe_av_score_condition", "pe_av_score_text", "pe_av_rank", "pe_av_image_to_music_r10"} <= names
    assert METRICS["pe_av_rank"].over == "pe_av_score_condition"
    assert METRICS["pe_av_rank_small"].over == "pe_av_score_condition_small"
    for name in names:
        for need in METRICS[name].needs:
            assert need.side != "image" or need.video == need.extractor.replace("_image", "_video")


# ---- in the harness


@pytest.fixture
def mirror(state, tmp_path):
    """As the hub lays it out."""
    write(tmp_path / "mirror" / "facebook" / "pe-av-large", state)
    return tmp_path / "mirror"


@pytest.mark.usefixtures("tiny_networks")
def test_music_for_pictures_is_scored_end_to_end(toy_world, bench, mirror):
    names = "pe_av_score_condition", "pe_av_score_reference", "pe_av_rank", "pe_av_image_to_music_r1"
    done = bench(
        *("run", "--model", "echo:pocket", "--model", "echo:twin", "--task", "image2music", "--out", "r"),
        *("--metrics", ",".join(names), "--mirror", mirror, "--device", "cpu", "--limit", 4, "--json"),
    )
    assert done.code == 0, done.err
    rows = {(row["variant"], row["metric"]): row for row in json.loads(done.out)}
    assert rows["same", names[1]]["value"] == pytest.approx(1)
    assert -1 <= rows["pocket", names[0]]["value"] <= 1 and rows["pocket", names[0]]["n"] == 4
    assert sum(rows[variant, names[2]]["value"] for variant in ("pocket", "pocket_twin")) == pytest.approx(1.5)
    assert 0 <= rows["pocket", names[3]]["value"] <= 1
    assert "|sr:48000|" in rows["pocket", names[0]]["signature"]


@pytest.mark.usefixtures("tiny_networks")
def test_a_video_s_frames_come_through_the_harness(tmp_path, mirror, monkeypatch, video):
    from sightsound.bench.core import media
    from sightsound.bench.core.features import FeatureStore
    from sightsound.bench.stages import embed
    from tests.bench.test_video import write as write_video

    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    path = write_video(tmp_path / "a.mp4", [10 * i for i in range(20)])
    names = ["pe_av_large_video", "pe_av_large_image"]
    networks = embed.Extractors(names, "cpu", mirror)
    store, item = FeatureStore(tmp_path / "features"), embed.video_item(path)
    assert embed.embed([item], names, networks, store) == {}
    frames = seen(video, media.video_frames(path, range(20)))
    for name, clip in zip(names, (frames, frames[10:11]), strict=True):
        found = store.get(networks.signature(name), item.key, "embedding")
        np.testing.assert_array_equal(found, video([clip])[0]["embedding"])
