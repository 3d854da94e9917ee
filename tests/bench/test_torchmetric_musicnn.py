"""`sightsound.metric` over the pocket network: by waveform, by file and in a run the values are the same."""

import random

import numpy as np
import pytest
import soundfile
import torch
from torchmetrics import MetricCollection

import sightsound
from sightsound.bench.core import registry
from sightsound.metrics.formulas.paired import divergence

RATE_HZ, CLIPS = 22050, 5


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of five clips of 3.5 s, and what is in them."""
    rng, root, sounds = np.random.default_rng(0), tmp_path_factory.mktemp("sounds"), {}
    time_s = np.arange(round(3.5 * RATE_HZ)) / RATE_HZ
    for name, loudness in (("generated", 0.3), ("reference", 0.1)):
        (root / name).mkdir()
        noise = 0.05 * rng.standard_normal((CLIPS, len(time_s)))
        pitches_hz = 100 * 2 ** (np.arange(CLIPS)[:, None] / 3)
        sounds[name] = (loudness * np.sin(2 * np.pi * pitches_hz * time_s) + noise).astype(np.float32)
        for index, sound in enumerate(sounds[name]):
            soundfile.write(root / name / f"{index}.wav", sound, RATE_HZ, subtype="FLOAT")
    return root, sounds


def test_by_waveform_and_by_file_as_the_suite_has_it(folders):
    root, sounds = folders
    sides = [sorted((root / name).glob("*.wav")) for name in sounds]
    generated, reference = ([each["logits"] for each in sightsound.embed("musicnn", side)] for side in sides)
    card = registry.metric("kl_musicnn")
    expected = {
        "fad_musicnn": sightsound.fad(root / "generated", root / "reference", "musicnn", device="cpu"),
        "kl_musicnn": divergence.statistics(generated, reference, **card.options).mean(),
    }
    for given, options in ((sides, {}), ([torch.tensor(each) for each in sounds.values()], {"rate_hz": RATE_HZ})):
        metrics = MetricCollection({name: sightsound.metric(name) for name in expected})
        # one clip, then four: the batch in which a clip comes does not matter
        for some in (slice(0, 1), slice(1, CLIPS)):
            metrics.update(*(side[some] for side in given), **options)
        found = {name: value.item() for name, value in metrics.compute().items()}
        assert found == pytest.approx(expected, rel=1e-9)
    assert min(expected.values()) > 0.01


def test_the_loop_around_it_changes_no_value_and_is_not_changed(folders):
    _, sounds = folders
    plain, inside = sightsound.metric("fad_musicnn"), sightsound.metric("fad_musicnn")
    plain.update(sounds["generated"], sounds["reference"], RATE_HZ)
    moved = [side * np.float32(1.0001) for side in sounds.values()]  # not what is remembered
    torch.manual_seed(0)
    random.seed(0)
    before = torch.get_rng_state(), random.getstate()
    with torch.autocast("cpu", torch.bfloat16):
        inside.update(*moved, RATE_HZ)
        assert torch.is_autocast_enabled("cpu")
    assert torch.equal(torch.get_rng_state(), before[0]) and random.getstate() == before[1]
    assert inside.compute().item() == pytest.approx(plain.compute().item(), rel=1e-3)


def test_a_run_on_the_same_files(folders, tmp_path):
    root, sounds = folders
    result = sightsound.score(
        {"mine": root / "generated"},
        reference=root / "reference",
        metrics=["fad_musicnn", "kl_musicnn"],
        device="cpu",
        out=tmp_path / "run",
    )
    rows = result.rows[result.rows["model"] == "mine"].set_index("metric")["value"].astype(float)
    for name in ("fad_musicnn", "kl_musicnn"):
        metric = sightsound.metric(name)
        metric.update(sounds["generated"], sounds["reference"], RATE_HZ)
        assert metric.compute().item() == pytest.approx(rows[name], rel=1e-9)
