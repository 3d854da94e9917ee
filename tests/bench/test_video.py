"""Videos as conditions: what each network sees of one, and how a run scores music made for one."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from sightsound.bench.core import registry, video
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.media import MediaError
from sightsound.bench.stages import embed, reading
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.metrics.card import ExtractorCard, MetricCard, Need
from sightsound.metrics.cards import METRICS


def write(path: Path, levels: list[int], rate: int = 25, size: tuple[int, int] = (32, 48)) -> Path:
    """A video whose frame i is grey of `levels[i]`."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for level in levels:
            frame = av.VideoFrame.from_ndarray(np.full((*size, 3), level, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


class Sees:
    """A network of videos: the mean grey of the frames that it asks for, each once in memory as one number."""

    def __init__(self, indices=(0, 2, 2, 9)) -> None:
        self.indices, self.asked, self.prepared = indices, [], 0

    def frame_indices(self, frames, rate_hz):
        self.asked.append((frames, rate_hz))
        if max(self.indices) >= frames:
            raise ValueError(f"a video of {frames} frames is\ntoo short")
        return list(self.indices)

    def prepare(self, frame):
        assert frame.dtype == np.uint8 and frame.shape == (32, 48, 3)
        self.prepared += 1
        return float(frame.mean())

    def __call__(self, clips):
        return [{"embedding": np.array([clip], np.float32)} for clip in clips]


class Pictures:
    """A network of pictures: their mean grey."""

    def __call__(self, clips):
        return [{"embedding": np.array([[clip.mean()]], np.float32)} for clip in clips]


LEVELS = [20 * i for i in range(12)]


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.mp4", LEVELS)


def test_one_decoding_serves_all_that_look(path):
    readers = {"a": Sees(), "b": Sees((11,)), "middle": video.MiddleFrame()}
    found = video.load(path, readers)
    assert found["a"] == pytest.approx([0, 40, 40, 180], abs=4)
    assert found["b"] == pytest.approx([220], abs=4)
    assert found["middle"][0].mean() == pytest.approx(120, abs=4)
    assert readers["a"].asked == [(12, 25.0)] and readers["a"].prepared == 3, "a frame is prepared once"


def test_only_the_first_ten_seconds_count(tmp_path):
    reader = Sees((0, 99))
    video.load(write(tmp_path / "long.mp4", [50] * 130, rate=10), {"a": reader})
    assert reader.asked == [(100, 10.0)]


def test_what_one_network_refuses_another_takes(path):
    found = video.load(path, {"a": Sees((50,)), "middle": video.MiddleFrame()})
    assert found["a"] == "a video of 12 frames is too short"
    assert found["middle"][0].shape == (32, 48, 3)


def test_what_is_no_video_is_said(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").write_bytes(b"")
    for name in ("text.mp4", "empty.mp4", "absent.mp4"):
        with pytest.raises(MediaError, match=name):
            video.load(tmp_path / name, {"a": Sees()})


CARD = ExtractorCard(
    name="sees",
    entry="tests.bench.test_video:Sees",
    modality="video",
    assets=(),
    outputs={"embedding": "[1, frames]"},
    licence="",
    source="tests",
    crop="4frames",
)


@pytest.fixture
def extractors(monkeypatch):
    picture = ExtractorCard(**CARD.__dict__ | {"name": "picture", "modality": "image"})
    for card in (CARD, picture):
        monkeypatch.setitem(registry.cards("network"), card.name, card)
    made = embed.Extractors(["sees", "picture"], "cpu", None)
    made._loaded = {"sees": Sees(), "picture": Pictures()}
    return made


def test_a_video_and_its_middle_frame_are_embedded_from_one_decoding(path, tmp_path, extractors, monkeypatch):
    decoded = []
    load = video.load
    monkeypatch.setattr(video, "load", lambda *given, **more: decoded.append(given[0]) or load(*given, **more))
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    short = write(tmp_path / "short.mp4", LEVELS[:4])
    items = [embed.video_item(each) for each in (path, broken, short)]
    store = FeatureStore(tmp_path / "features")
    failures = embed.embed(items, ["sees", "picture"], extractors, store)
    assert sorted(decoded) == sorted([path, broken, short])
    key = items[0].key
    assert store.get(extractors.signature("sees"), key, "embedding")[0] == pytest.approx([0, 40, 40, 180], abs=4)
    assert store.get(extractors.signature("picture"), key, "embedding").item() == pytest.approx(120, abs=4)
    assert store.get(extractors.signature("picture"), items[2].key, "embedding").item() == pytest.approx(40, abs=4)
    assert set(failures) == {("sees", items[1].key), ("picture", items[1].key), ("sees", items[2].key)}
    assert failures["sees", items[2].key] == "a video of 4 frames is too short"
    assert "|crop:4frames|v:1|len:first10s|code:" in extractors.signature("sees")


def test_a_metric_reads_the_network_of_videos_where_the_condition_is_one():
    ib, old = METRICS["ib_rank"], METRICS["ib_rank_old"]
    of = {
        task: {n.extractor for n in reading.needs(registry.metric("ib_rank", registry.cards("task")[task]))}
        for task in TASKS
    }
    assert of == {
        "image2music": {"imagebind_audio", "imagebind_image"},
        "video2music": {"imagebind_audio", "imagebind_video"},
    }
    assert (
        registry.metric("ib_rank") == ib
        and registry.metric("ib_rank", registry.cards("task")["image2music"]) == ib
    )
    found = registry.metric("ib_rank_old", registry.cards("task")["video2music"])
    assert {n.extractor for n in reading.under(found).needs} == {"imagebind_audio_old", "imagebind_video_old"}
    assert {n.video for n in old.needs} == {"", "imagebind_video_old"}


TASKS = ("image2music", "video2music")


@pytest.mark.parametrize("name", [name for name, card in METRICS.items() if any(n.video for n in card.needs)])
def test_the_network_of_videos_gives_what_that_of_pictures_gives(name):
    for need in METRICS[name].needs:
        if need.video:
            of_picture, of_video = (registry.cards("network")[n] for n in (need.extractor, need.video))
            assert need.side == "image" and of_video.modality == "video"
            assert of_video.outputs[need.output] == of_picture.outputs[need.output]


def test_the_signature_says_that_pictures_are_middle_frames(extractors):
    for of_video in (False, True):
        scene = FeatureSet((), "x@1", {}, {}, lambda *of: None, extractors.signature, video=of_video)
        for extractor, said in (("picture", of_video), ("sees", False)):
            card = MetricCard("m", "m", "single", True, (Need("image", extractor, "embedding"),), "d", "s")
            assert ("|cond:middleframe|" in reading.sign(card, scene, 3)) == said
