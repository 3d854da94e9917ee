"""The papers' own figures: the orders of magnitude of FACTS, by hand, and on the music of Battle for Wesnoth."""

import itertools
import json
from math import isnan, log
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from sightsound.bench import assets
from sightsound.bench.core import media
from sightsound.metrics.cards import EXTRACTORS, METRICS
from sightsound.metrics.formulas.paired import divergence
from sightsound.metrics.formulas.ranked import rank
from sightsound.metrics.formulas.two_sets import frechet
from sightsound.metrics.legacy import art2mus, m2ugen, m2ugen_clap, m2ugen_rank, mgs, mozart, spectrum_db
from sightsound.metrics.networks.pocket import musicnn
from tests.bench.test_flow import RUN


def tone(rng, rate_hz=16000, seconds=10):
    """A sine and a little noise."""
    time_s = np.arange(rate_hz * seconds) / rate_hz
    sine = rng.uniform(0.05, 0.15) * np.sin(2 * np.pi * rng.uniform(110, 1760) * time_s)
    return (sine + 1e-3 * rng.standard_normal(len(time_s))).astype(np.float32)


def art2mus_kl(generated, reference):
    spectra = [spectrum_db.SpectrumDb()(clips) for clips in (generated, reference)]
    return art2mus.statistics(*([found["summed"] for found in side] for side in spectra), figure="kl")


def test_the_doubled_decibels_by_hand():
    # a cosine of amplitude 1 on line 128: its power, read as an amplitude, peaks at 0 dB; elsewhere 80 dB down
    samples = np.cos(2 * np.pi * 128 * np.arange(20480) / 2048).astype(np.float32)
    spectrum = art2mus.summed_spectrum(samples)[0]
    frames = 1 + 20480 // 512
    assert spectrum.shape == (1025,) and spectrum.argmax() == 128
    assert spectrum[600] == pytest.approx(-80 * frames, rel=0.02)
    # the neighbour has half the amplitude in a Hann window: a quarter of the power, 2 x 6.02 dB
    inner = spectrum[127] / frames
    assert inner == pytest.approx(-20 * np.log10(4), abs=1.5)


def test_art2mus_kl_does_not_tell_tones_from_noise():
    # FACTS: tones against tones 0.0070, tones against white noise 0.0064, another rate 0.008
    rng = np.random.default_rng(0)
    left, right = ([tone(rng) for _ in range(6)] for _ in range(2))
    noise = [(0.1 * rng.standard_normal(160_000)).astype(np.float32) for _ in range(6)]
    of_tones = art2mus_kl(left, right).mean()
    of_noise = art2mus_kl(left, noise).mean()
    of_rates = art2mus_kl(left, [tone(rng, 44100) for _ in range(6)]).mean()
    assert all(0.004 < value < 0.016 for value in (of_tones, of_noise, of_rates)), (of_tones, of_noise, of_rates)
    assert of_noise < of_tones, "noise passes for a better tone than a tone"


def test_art2mus_kl_of_equal_and_of_silent_clips():
    clip = tone(np.random.default_rng(0))
    values = art2mus_kl([clip, np.zeros(16000, np.float32)], [clip, clip])
    assert values[0] == pytest.approx(0, abs=1e-12) and isnan(values[1])
    assert art2mus.aggregate(values, np.ones(2)) == values[0]


def test_art2mus_fad_of_a_pair_is_far_above_that_of_the_sets():
    # two sets of one distribution: pooled the distance is small, pair by pair it is not
    rng = np.random.default_rng(0)
    clips = [[rng.normal(size=(frames, 16)) + 0.5 * rng.normal(size=16) for _ in range(40)] for frames in (10, 31)]
    pairs = art2mus.statistics(*clips, figure="fad")
    rows, reference = (frechet.statistics(side) for side in clips)
    pooled = frechet.aggregate(rows, np.ones(40), reference, np.ones(40))
    assert pairs[3] == frechet.aggregate(rows[3:4], np.ones(1), reference[3:4], np.ones(1))
    assert pairs.mean() > 5 * pooled
    assert isnan(art2mus.statistics([np.ones((1, 4))], [np.ones((5, 4))], figure="fad")[0])
    with pytest.raises(ValueError, match="kl, fad"):
        art2mus.statistics(clips[0], clips[0], figure="is")


def mgs_kl(generated, real, **options):
    """Numbers `[count]` as clips of embeddings."""
    rows, reference = (frechet.statistics(list(side.reshape(20, -1, 10))) for side in (generated, real))
    return mgs.aggregate(rows, np.ones(20), reference, np.ones(20), **options)


def test_the_authors_calls():
    # what librosa, scipy, torch and scikit-learn give when called as the authors' code calls them
    recorded = json.loads((Path(__file__).parents[1] / "parity/legacy.json").read_text())
    rng = np.random.default_rng(0)
    spectra = []
    for rate_hz, seconds in ((16000, 3), (44100, 4)):
        time_s = np.arange(rate_hz * seconds) / rate_hz
        chirp = 0.2 * np.sin(2 * np.pi * rng.uniform(110, 880) * time_s * (1 + 0.1 * time_s))
        clip = (chirp + 0.02 * rng.standard_normal(len(time_s))).astype(np.float32)
        spectra.append(art2mus.summed_spectrum(clip))
    np.testing.assert_allclose(spectra[0][0, ::64], recorded["summed_spectrum_16k"], rtol=1e-5)
    (value,) = art2mus.statistics(spectra[:1], spectra[1:], figure="kl")
    assert value == pytest.approx(recorded["art2mus_kl"], rel=1e-3), "there in float32"
    clips, others = rng.normal(size=(2, 6, 10, 128)) * np.array([1.0, 1.5])[:, None, None, None]
    of_histograms = mgs.aggregate(clips, np.ones(6), others, np.ones(6))
    assert of_histograms == pytest.approx(recorded["mgs_kl"], rel=1e-9)
    labels, other_labels = rng.normal(size=(2, 527))
    information = m2ugen.mutual_information(labels, other_labels)
    assert information == pytest.approx(recorded["mutual_information"], rel=1e-12)
    information = m2ugen.mutual_information(np.round(labels), np.round(other_labels))
    assert information == pytest.approx(recorded["mutual_information_rounded"], rel=1e-9)


def test_mgs_kl_has_the_published_orders_of_magnitude():
    rng = np.random.default_rng(0)
    real = 0.5 * rng.normal(size=40_000)
    near, far = 0.1 + 0.6 * rng.normal(size=40_000), 1 + 2 * rng.normal(size=40_000)
    uniform = rng.uniform(size=40_000)
    values = [mgs_kl(other, real) for other in (near, far, uniform)]
    # FACTS: 0.005, 0.025, 0.043; the first depends on the extremes of the samples
    assert values[0] < 0.02 and values[1:] == pytest.approx([0.025, 0.043], rel=0.2)
    assert abs(mgs_kl(real, real)) < 1e-3


def test_mgs_sigmoids_by_hand_measure_the_ranges():
    # two even spreads, over a range of 2 and of 5: each of 100 bins has the density 1/2, or 1/5
    wide, narrow = (np.linspace(0, high, 20_000) for high in (5, 2))
    p, q = 1 / (1 + np.exp(-1 / 5)), 1 / (1 + np.exp(-1 / 2))
    assert mgs_kl(narrow, wide, squash="sigmoids") == pytest.approx(100 * p * log(p / (q + 1e-6)), rel=1e-3)
    assert mgs_kl(narrow, wide, squash="sigmoids") == pytest.approx(25 / 5 - 25 / 2, rel=0.1)
    assert mgs_kl(wide, narrow, squash="sigmoids") > 0 > mgs_kl(wide, wide, squash="sigmoids") > -1e-3
    assert abs(mgs_kl(narrow, wide)) < 1e-3, "the softmaxes of both are 0.01 in every bin"


def test_m2ugen_clap_by_hand():
    # signs agree in 4 of 4, 1 of 4, 3 of 4 dimensions: 1, -1/2, 1/2; the last one's, by three clips
    music = [np.array([clip]) for clip in ([0.1, 0.2, -3, 4], [1, 1, 1, 1], [-1, 2, 0.5, 1.0])]
    texts = [np.array([clip]) for clip in ([9, 0.3, -1, 0.1], [2, -1, -1, -7], [-1, 1, -2, 3.0])]
    rows = m2ugen_clap.statistics(music, texts)
    assert rows == pytest.approx([1, -1 / 2, 1 / 2])
    assert m2ugen_clap.aggregate(rows, np.ones(3)) == pytest.approx(1 / 6)
    assert m2ugen_clap.aggregate(rows, np.array([2.0, 1, 0])) == pytest.approx(-1 / 6)
    assert isnan(m2ugen_clap.aggregate(rows, np.zeros(3)))
    assert not m2ugen_clap.INTERVAL, "a value that hangs on one clip has no interval"


def test_m2ugen_clap_is_the_authors_call():
    music, texts = np.random.default_rng(0).standard_normal((2, 3, 1, 512))
    music[0, 0, :3] = 0, 1e-9, -1e-12
    calls = [
        torch.nn.functional.cosine_similarity(torch.from_numpy(clip), torch.from_numpy(text), dim=0, eps=1e-8)
        for clip, text in zip(music, texts, strict=True)
    ]
    assert calls[1].shape == (512,) and set(calls[1].round().tolist()) == {-1, 1}
    assert m2ugen_clap.statistics(list(music), list(texts)) == pytest.approx(
        [call.mean().item() for call in calls]
    )


def test_mgs_kl_counts_a_weight_as_a_multiplicity_and_needs_a_clip():
    rng = np.random.default_rng(0)
    rows, reference = rng.normal(size=(2, 5, 8, 4))
    weights = np.array([2.0, 0, 1, 1, 3])
    repeated = np.repeat(rows, weights.astype(int), axis=0)
    value = mgs.aggregate(rows, weights, reference, np.ones(5))
    assert value == pytest.approx(mgs.aggregate(repeated, np.ones(7), reference, np.ones(5)), rel=1e-9)
    with pytest.raises(ValueError, match="no clips"):
        mgs.aggregate(rows, np.zeros(5), reference, np.ones(5))


def test_m2ugen_kl_is_ln_527_whatever_the_music():
    rng = np.random.default_rng(0)
    logits, others = rng.normal(size=(2, 4, 3, 527))
    np.testing.assert_allclose(m2ugen.statistics(logits, others), log(527), rtol=1e-12)
    np.testing.assert_allclose(m2ugen.statistics(logits, logits), log(527), rtol=1e-12)
    assert log(527) == pytest.approx(6.267, abs=5e-4)
    assert divergence.statistics(logits, logits).max() == 0, "the canonical KL of equal clips"


def test_mutual_information_of_labels_by_hand():
    # independent fair labels share nothing, equal ones their entropy
    assert m2ugen.mutual_information(np.array([0.0, 0, 1, 1]), np.array([0.0, 1, 0, 1])) == pytest.approx(0)
    assert m2ugen.mutual_information(np.array([5.0, 5, 1, 1]), np.array([2.0, 2, 7, 7])) == pytest.approx(log(2))


def test_m2ugen_rank_is_wrong_in_two_orders_of_six():
    orders = np.array(list(itertools.permutations([0.1, 0.2, 0.3])))
    theirs, right = m2ugen_rank.statistics(orders), rank.statistics(orders)
    wrong = [tuple(order) for order, a, b in zip(orders, theirs, right, strict=True) if not np.allclose(a, b)]
    assert wrong == [(0.2, 0.3, 0.1), (0.3, 0.1, 0.2)]
    np.testing.assert_allclose(theirs.sum(axis=1), 11 / 6)
    pairs = np.array([[0.1, 0.2], [0.2, 0.1]])
    np.testing.assert_allclose(m2ugen_rank.statistics(pairs), rank.statistics(pairs))
    assert np.isnan(m2ugen_rank.statistics(np.array([[0.1, np.nan, 0.3]]))).all()


def test_mozarts_touch_s_columns_are_ranks_of_three_and_of_two():
    assert mozart.is_rank_column([0.556, 0.525, 0.753]) and mozart.is_rank_column([0.552, 0.494, 0.787])
    assert mozart.is_rank_column([0.757, 0.743])
    assert not mozart.is_rank_column([0.60, 0.71, 0.82]), "MusFlow's, with another discount"
    assert mozart.win_rate(0.757) == pytest.approx(0.514)
    with pytest.raises(ValueError, match="two systems"):
        mozart.win_rate(0.4)


def test_the_cards():
    legacy = {name: card for name, card in METRICS.items() if name.startswith("legacy.")}
    assert len(legacy) == 12
    for card in legacy.values():
        assert card.module.startswith("sightsound.metrics.legacy.") and "github.com" in card.source
    needs = METRICS["legacy.art2mus_kl"].needs
    assert [EXTRACTORS[need.extractor].rate_hz for need in needs] == [16000, 44100], "the authors' two rates"


def test_on_real_music(tmp_path):
    # the published 0.002 to 0.005 are what any two pieces of music give, 0.0022 here; a piece and noise 0.0019
    folder = assets.fetch("wesnoth")
    files = sorted(folder.rglob("*.ogg"))[:8]
    assert len(files) == 8
    generated = [media.load_audio(path, [16000])[16000] for path in files]
    reference = [media.load_audio(path, [44100])[44100] for path in files[1:] + files[:1]]
    of_pieces = art2mus_kl(generated, reference).mean()
    noise = np.random.default_rng(0).standard_normal(160_000)
    soundfile.write(tmp_path / "noise.wav", np.clip(0.1 * noise, -1, 1), 16000)
    of_noise = art2mus_kl([media.load_audio(tmp_path / "noise.wav", [16000])[16000]] * 8, reference).mean()
    assert 0.0015 < of_pieces < 0.005 and 0.0015 < of_noise < 0.005


def test_of_embeddings_of_real_music():
    """Over musicnn, the trained network at hand; docs/metrics.md has the values of all pieces."""
    clips = [media.load_audio(path, [16000])[16000] for path in sorted(assets.fetch("wesnoth").rglob("*.ogg"))[:8]]
    features = musicnn.load_msd({"musicnn": assets.fetch("musicnn")}, "cpu")(clips)
    embeddings, logits = ([found[name] for found in features] for name in ("embedding", "logits"))
    left, right = (frechet.statistics(embeddings[start::2]) for start in (0, 1))
    ones = np.ones(4)
    assert 0.003 < mgs.aggregate(left, ones, right, ones) < 0.4
    assert abs(mgs.aggregate(left, ones, right, ones, squash="sigmoids")) < 5
    assert 20 < art2mus.statistics(embeddings[:-1], embeddings[1:], figure="fad").mean() < 200
    assert m2ugen.statistics(logits[:-1], logits[1:]) == pytest.approx([log(50)] * 7, rel=0.01)


def test_in_the_harness(toy_world, bench):
    done = bench(*RUN, "--out", "r", "--metrics", "legacy.art2mus_kl", "--json")
    rows = {f"{row['model']}:{row['variant']}": row for row in json.loads(done.out)}
    own = rows["reference:same"]
    assert own["value"] > 0.001, "a clip against itself, but at another rate"
    assert "|sr:16000+44100|" in own["signature"] and "figure:kl" in own["signature"]
    silence = rows["reference:silence"]
    assert silence["value"] is None and "no value for 12 of 12 clips" in silence["note"]
