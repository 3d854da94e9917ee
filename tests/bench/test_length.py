"""How much of a clip the metrics hear: what each policy makes of sound whose second half differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsound.bench.core import cards as door
from sightsound.bench.core import length, media
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from sightsound.bench.splits.media import manifest
from sightsound.bench.stages import embed
from tests import toy


def piece(seed: int, seconds: float) -> np.ndarray:
    """Noise under a tone, so that no two pieces are alike."""
    rng = np.random.default_rng(seed)
    noise = 0.05 * rng.standard_normal(round(seconds * toy.RATE_HZ))
    return (toy.tone(200.0 + 50 * seed, seconds) + noise).astype(np.float32)


def write(path: Path, *samples: np.ndarray) -> Path:
    """A wav of the pieces one after another, float so that nothing is rounded."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.concatenate(samples), toy.RATE_HZ, subtype="FLOAT")
    return path


def features(path: Path, policy: str, network: str = "spectrum") -> np.ndarray:
    """Of a file under a policy, `[frames, dim]`."""
    networks, store = embed.Extractors([network], "cpu", None, policy), FeatureStore(path.parent / "features")
    item = embed.file_item(path)
    assert not embed.embed([item], [network], networks, store)
    output = next(iter(networks.cards[network].outputs))
    return store.require(networks.signature(network), item.key, output)


def test_each_policy_hears_what_it_says(toy_world):
    parts = [piece(seed, 10) for seed in range(4)]
    whole = write(toy_world / "whole.wav", *parts)
    alone = [features(write(toy_world / f"{i}.wav", part), "first10s") for i, part in enumerate(parts)]
    np.testing.assert_array_equal(features(whole, "first10s"), alone[0])
    np.testing.assert_array_equal(features(whole, "windows"), np.concatenate(alone))
    three = write(toy_world / "three.wav", *parts[:3])
    np.testing.assert_array_equal(features(whole, "30s"), features(three, "full"))
    assert len(features(whole, "full")) == 80 and len(features(whole, "30s")) == 60
    np.testing.assert_array_equal(features(three, "30s"), features(three, "full"))


@pytest.mark.parametrize(("rest_s", "windows"), [(0.5, 2), (4.9, 2), (5.0, 3), (9.0, 3)])
def test_what_is_left_at_the_end_is_a_window_where_it_is_half_a_one(tmp_path, rest_s, windows):
    path = write(tmp_path / "a.wav", piece(1, 20 + rest_s))
    heard = media.load_windows(path, [0, 16_000])
    assert len(heard) == windows and len(heard[0][16_000]) == 160_000
    short = media.load_windows(write(tmp_path / "b.wav", piece(1, 1.0)), [0])
    assert [len(each[0]) for each in short] == [toy.RATE_HZ]


@pytest.mark.parametrize("network", ["full_scale", "signal", "harmonics"])
def test_windows_are_what_each_piece_alone_gives(toy_world, network):
    parts = [piece(seed, 10) for seed in range(2)]
    alone = [features(write(toy_world / f"{i}.wav", part), "first10s", network) for i, part in enumerate(parts)]
    found = features(write(toy_world / "whole.wav", *parts), "windows", network)
    np.testing.assert_allclose(found, np.concatenate(alone), atol=1e-6)


def test_one_window_that_a_network_refuses_costs_the_file(toy_world, monkeypatch):
    path = write(toy_world / "a.wav", piece(1, 20))
    networks, store = embed.Extractors(["spectrum"], "cpu", None, "windows"), FeatureStore(toy_world / "features")

    class Picky(toy.Spectrum):
        def _one(self, clip):
            if clip[0] != first:
                raise ValueError("not this one")
            return super()._one(clip)

    first = media.load_windows(path, [toy.RATE_HZ])[0][toy.RATE_HZ][0]
    networks._loaded["spectrum"] = Picky()
    assert embed.embed([embed.file_item(path)], ["spectrum"], networks, store) == {
        ("spectrum", embed.file_item(path).key): "not this one"
    }


def test_the_feature_store_tells_policies_apart(toy_world):
    def signatures(network: str) -> list[str]:
        return [embed.Extractors([network], "cpu", None, name).signature(network) for name in length.POLICIES]

    assert len(set(signatures("spectrum"))) == len(length.POLICIES)
    assert embed.Extractors(["spectrum"], "cpu", None).signature("spectrum") == signatures("spectrum")[0]
    assert "|len:first10s" in signatures("spectrum")[0]
    assert len(set(signatures("thumbnail"))) == 1, "a picture has no length"


def test_an_unknown_policy_is_refused(toy_world, bench):
    with pytest.raises(BenchError, match="no --length named '10s'; the nearest: 30s"):
        length.named("10s")
    done = bench("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--length", "10s")
    assert done.code == 2 and "no --length named '10s'" in done.err


class Late:
    """Music that is the reference for ten seconds, and something else for as long."""

    def __init__(self, device: str, weights: object) -> None:
        pass

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The first half of `_reference`, then another's second half."""
        for example in examples:
            number = int(example.id[-1])
            halves = [piece(number, 10), piece(20 + number, 10)]
            yield Generated(example.id, np.concatenate(halves), toy.RATE_HZ)


@pytest.fixture
def late(toy_world: Path) -> Path:
    """A split of references of 20 s, and a model that goes astray after 10."""
    made = []
    for number in range(6):
        audio = write(toy_world / f"late/audio/{number}.wav", piece(number, 10), piece(10 + number, 10))
        image = toy_world / f"late/images/{number}.png"
        image.parent.mkdir(exist_ok=True)
        media.write_image(image, np.full((8, 8, 3), 20 * number, np.uint8))
        made.append(manifest.Row(Example(f"late.{number}", f"g{number}", image=image, audio=audio), "made"))
    manifest.write(toy_world / "late", made)
    variant = Variant("tests.bench.test_length:Late", "astray after 10 s")
    door.add([ModelCard("astray", ("image2music",), {"pocket": variant}, "astray", "CC0-1.0")], "tests")
    return toy_world


def test_a_run_hears_both_sides_by_one_policy(late, bench):
    found = {}
    for policy in length.POLICIES:
        done = bench(
            *("run", "--model", "astray", "--task", "image2music", "--split", "./late", "--device", "cpu"),
            *("--metrics", "cosine_toy,fad_toy,legacy.art2mus_kl,silent_share", "--out", "r", "--json"),
            *(() if policy == length.USUAL else ("--length", policy)),
        )
        assert done.code == 0, done.err
        for row in json.loads(done.out):
            found[policy, f"{row['model']}:{row['variant']}", row["metric"]] = row
    mine = {(policy, metric): row for (policy, system, metric), row in found.items() if system == "astray:pocket"}
    assert mine["first10s", "cosine_toy"]["value"] == pytest.approx(1, abs=1e-5), "16 bits against float"
    for policy in ("30s", "full", "windows"):
        assert mine[policy, "cosine_toy"]["value"] < 0.999
        assert mine[policy, "fad_toy"]["value"] > mine["first10s", "fad_toy"]["value"] + 0.1
        same = found[policy, "reference:same", "cosine_toy"]
        assert same["value"] == pytest.approx(1), "the reference is heard as long as the output"
    for (policy, _), row in mine.items():
        assert f"|len:{policy}|" in row["signature"]
    # files of 20 s: 30 s of them is all of them, and so is what two windows hear frame by frame
    for metric in ("cosine_toy", "fad_toy", "legacy.art2mus_kl"):
        assert mine["30s", metric]["value"] == mine["full", metric]["value"]
    assert mine["windows", "cosine_toy"]["value"] == pytest.approx(mine["full", "cosine_toy"]["value"], abs=1e-6)
    assert mine["first10s", "legacy.art2mus_kl"]["value"] != mine["full", "legacy.art2mus_kl"]["value"]
    assert json.loads(Path("r/run.json").read_text())["length"] == "windows"


def test_runs_of_two_policies_are_not_compared(late, bench):
    words = ("run", "--task", "image2music", "--split", "./late", "--device", "cpu", "--metrics", "cosine_toy")
    bench(*words, "--model", "astray", "--out", "a")
    assert "length" not in json.loads(Path("a/run.json").read_text())
    bench(*words, "--model", "astray", "--out", "b", "--seed", 1, "--length", "full")
    bench(*words, "--model", "astray", "--out", "c", "--seed", 2, "--length", "full")
    done = bench("compare", "a", "b")
    assert done.code == 2 and "length 'first10s' != 'full'" in done.err
    done = bench("compare", "b", "c", "--json")
    assert done.code == 0, done.err
    (pair,) = json.loads(done.out)
    assert pair["value_a"] == pytest.approx(pair["value_b"]) and pair["value_a"] < 0.999


def test_folders_are_heard_by_the_policy_too(toy_world, bench):
    for number in range(8):
        write(toy_world / f"mine/{number}.wav", piece(number, 10), piece(20 + number, 10))
        write(toy_world / f"theirs/a{number}.wav", piece(number, 10), piece(10 + number, 10))
    words = ("score", "mine=mine", "--reference", "theirs", "--metrics", "fad_toy", "--device", "cpu", "--json")
    found = {}
    for policy in length.POLICIES:
        done = bench(*words, "--length", policy, "--out", policy)
        assert done.code == 0, done.err
        (row,) = (row for row in json.loads(done.out) if row["model"] == "mine")
        assert f"|len:{policy}|" in row["signature"]
        found[policy] = row["value"]
    assert found["first10s"] == pytest.approx(0, abs=1e-6) and found["full"] > 0.1
    assert found["full"] == found["30s"] == pytest.approx(found["windows"], rel=1e-6)
