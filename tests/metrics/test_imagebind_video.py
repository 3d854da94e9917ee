"""ImageBind over the films of the split `gestures`, from the command to the rows, with small towers."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sightsound.bench import splits
from sightsound.bench.core import media, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Generated, ModelCard, Variant
from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.networks.joint import imagebind, imagebind_audio, imagebind_video
from sightsound.metrics.networks.joint.imagebind_network import Tower, TowerSize, load_tower, published
from tests.parity import seeded

TINY = {"vision": TowerSize(64, 2, 4, 32), "audio": TowerSize(48, 2, 4, 32), "text": TowerSize(64, 2, 4, 32)}
RATE_HZ = 16000


class Low:
    """Two seconds of a sine."""

    pitch_hz = 440

    def __init__(self, device, weights):
        self.sound = 0.3 * np.sin(2 * np.pi * self.pitch_hz * np.arange(2 * RATE_HZ) / RATE_HZ)

    def generate(self, examples, seed):
        """The same for every example."""
        for example in examples:
            yield Generated(example.id, self.sound.astype(np.float32), RATE_HZ)


class High(Low):
    """An octave higher."""

    pitch_hz = 880


CARD = ModelCard(
    name="whistle",
    tasks=("video2music",),
    variants={name.lower(): Variant(f"{__name__}:{name}", name) for name in ("Low", "High")},
    description="a sine",
    licence="CC0-1.0",
)


@pytest.fixture
def gestures(tmp_path, monkeypatch):
    """The split built in the machine's own cache, everything else in an empty one, and small ImageBind towers."""
    split = splits.load("gestures", task="video2music")
    made = tmp_path / "cache"
    made.mkdir()
    for part in ("assets", "splits"):
        (made / part).symlink_to(cache_dir() / part)
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(made))
    monkeypatch.setitem(registry.cards("model"), "whistle", CARD)
    state = {}
    for modality, size in TINY.items():
        for ours, value in Tower(modality, size).state_dict().items():
            name = published(modality, ours)
            state[name] = value if name.endswith("text.mask") else seeded.tensor(name, tuple(value.shape))
    file = tmp_path / "mirror" / "imagebind" / imagebind.WEIGHTS
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    parts = (AssetFile(imagebind.WEIGHTS, ("https://example.org/x",), (digest,)),)
    small = Asset("imagebind", parts, "", "small towers", 1)
    monkeypatch.setitem(registry.cards("asset"), "imagebind", small)
    monkeypatch.setattr(imagebind, "load_tower", partial(load_tower, sizes=TINY))
    monkeypatch.chdir(tmp_path)
    return split


@pytest.mark.usefixtures("tiny_networks")
def test_music_for_films_is_scored_end_to_end(gestures, bench):
    names = "ib_score_condition", "ib_score_condition_old", "ib_rank", "ib_image_to_music_r1"
    done = bench(
        *("run", "--model", "whistle:low", "--model", "whistle:high", "--task", "video2music", "--out", "r"),
        *("--split", "gestures", "--metrics", ",".join(names), "--mirror", "mirror", "--device", "cpu", "--json"),
    )
    assert done.code == 0, done.err
    rows = {(row["model"], row["variant"], row["metric"]): row for row in json.loads(done.out)}
    videos = len(gestures.examples)
    for variant in ("low", "high"):
        row = rows["whistle", variant, "ib_score_condition"]
        assert row["n"] == videos == 15 and -1 < row["value"] < 1 and "cond:" not in row["signature"]
        assert "x:imagebind_audio@" in row["signature"] and "+imagebind_video@" in row["signature"]
        assert "+imagebind_video_old@" in rows["whistle", variant, "ib_score_condition_old"]["signature"]
    ranks = [rows["whistle", variant, "ib_rank"]["value"] for variant in ("low", "high")]
    assert sum(ranks) == pytest.approx(1.5)
    new, old = (rows["whistle", "low", name]["value"] for name in names[:2])
    assert new != pytest.approx(old, abs=1e-6), "the two rules see other frames"
    # every clip has the same music, so each picture's own shares its place with all
    assert rows["whistle", "low", "ib_image_to_music_r1"]["value"] == pytest.approx(1 / videos)
    limited = bench(
        *("run", "--model", "whistle:low", "--task", "video2music", "--split", "gestures", "--limit", 1),
        *("--metrics", names[0], "--mirror", "mirror", "--device", "cpu", "--json", "--out", "one"),
    )
    found = [row for row in json.loads(limited.out) if row["model"] == "whistle"]
    assert found[0]["value"] == pytest.approx(cosine_by_hand({e.id: e.video for e in gestures.examples}), abs=1e-5)


def cosine_by_hand(films):
    """Of the low whistle and the film that it was made for."""
    file = Path("mirror", "imagebind", imagebind.WEIGHTS)
    see = imagebind.video_extractor(imagebind.load_tower(file, "vision"), "cpu", imagebind_video.NEW)
    hear = imagebind.audio_extractor(imagebind.load_tower(file, "audio"), "cpu", imagebind_audio.NEW)
    (sound,) = Path("one/systems/whistle.low/outputs").iterdir()
    film = films[sound.stem]
    count = media.frame_count(film)
    frames = media.video_frames(film, see.frame_indices(count, count / 10))
    (film_features,), (sound_features,) = see([frames]), hear([media.load_audio(sound, [RATE_HZ])[RATE_HZ]])
    a, b = film_features["embedding"][0], sound_features["embedding"][0]
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_clips_of_both_rules():
    """10 s at 25 frames a second leave 8 s: clips from 0, 2, 4, 6, 8 s or from 0, 1.6, 3.2, 4.8, 6.4 s."""
    assert imagebind_video.frame_indices(250, 25.0) == [0, 49, 50, 99, 100, 149, 150, 199, 200, 249]
    old = imagebind_video.frame_indices(250, 25.0, imagebind_video.OLD)
    assert old == [0, 49, 40, 89, 80, 129, 120, 169, 160, 209], "the end is never seen"
    assert imagebind_video.frame_indices(25, 25.0) == [0, 24] * 5, "a video under 2 s is one clip five times"


def test_a_video_network_asks_for_the_frames_of_its_rule():
    made = [
        imagebind.ImageBindVideoExtractor(SimpleNamespace(to=lambda device: torch.nn.Identity()), "cpu", rule)
        for rule in (imagebind_video.NEW, imagebind_video.OLD)
    ]
    assert [network.frame_indices(250, 25.0)[-1] for network in made] == [249, 209]
    frame = np.zeros((2, 3, 3), np.uint8)
    assert made[0].prepare(frame) is frame
