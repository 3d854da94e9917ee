import dataclasses

import pytest

from sightsound.metrics.card import ExtractorCard
from sightsound.metrics.cards import METRICS
from sightsound.metrics.signature import differs, extractor_signature, short, signature

CARD = ExtractorCard(
    name="musicnn_msd",
    entry="sightsound.metrics.networks.pocket.musicnn:load_msd",
    modality="audio",
    assets=("musicnn",),
    outputs={},
    licence="",
    source="",
    rate_hz=16000,
)
OPTIONS = {"len": "full", "rs": "soxr-hq", "sr": 16000}


def of(**changes):
    given = {"n": 52, "reference": "wesnoth@abbf8a", "extractors": {"musicnn_msd": "m"}, "options": OPTIONS}
    return signature(METRICS["fad_musicnn"], **given | changes)


def test_the_example_of_the_design():
    assert short("m") == "62c66a"  # sha256 of the letter m
    assert of() == (
        "fad_musicnn|n:52|ref:wesnoth@abbf8a|x:musicnn_msd@62c66a|sr:16000|rs:soxr-hq|len:full|est:plugin|v:1"
    )


def test_the_order_of_what_is_given_does_not_matter():
    options = {"z": 1, "a": 2, **OPTIONS}
    extractors = {"yamnet": "y", "minilm": "m"}
    one = of(options=options, extractors=extractors)
    other = of(options=dict(reversed(options.items())), extractors=dict(reversed(extractors.items())))
    assert one == other
    assert one.endswith("|sr:16000|rs:soxr-hq|len:full|a:2|z:1|est:plugin|v:1")
    assert "|x:minilm@62c66a+yamnet@" in one


def test_what_is_empty_is_left_out():
    text = signature(METRICS["thd"], n=3, reference="", extractors={"harmonics": "h"}, options={"len": ""})
    assert text == f"thd|n:3|x:harmonics@{short('h')}|v:2"


def test_differences_are_named():
    assert differs(of(), of()) == []
    assert differs(of(), of(n=47)) == ["n: 52 != 47"]
    assert differs(of(), of(extractors={"musicnn_msd": "other"})) == [
        f"x: musicnn_msd@62c66a != musicnn_msd@{short('other')}"
    ]
    without = of(options={"sr": 16000, "rs": "soxr-hq", "eps": 1})
    assert differs(of(), without) == ["len: full != -", "eps: - != 1"]
    kl = signature(METRICS["kl_musicnn"], n=52, reference="r", extractors={"x": "m"}, options={})
    assert "metric: fad_musicnn != kl_musicnn" in differs(of(), kl)


@pytest.mark.parametrize("options", [{"a": "b|c"}, {"a|b": "c"}, {"a:b": "c"}])
def test_separators_in_a_field_are_refused(options):
    with pytest.raises(ValueError, match="separators"):
        of(options=options)


def test_an_extractor_signature_covers_all_that_decides_a_feature():
    base = extractor_signature(CARD, {"musicnn": "ab" * 32})
    assert base == "musicnn_msd|w:musicnn@abababababab|sr:16000|rs:soxr-hq|crop:full|v:1"
    others = [
        extractor_signature(CARD, {"musicnn": "cd" * 32}),
        extractor_signature(CARD, {"musicnn": "ab" * 32}, resampler="soxr-vhq"),
        *(
            extractor_signature(dataclasses.replace(CARD, **change), {"musicnn": "ab" * 32})
            for change in ({"version": 2}, {"rate_hz": 32000}, {"crop": "10 s"}, {"name": "musicnn_mtt"})
        ),
    ]
    assert len({base, *others}) == 7


def test_an_extractor_without_weights_or_rate():
    card = dataclasses.replace(CARD, name="words", assets=(), rate_hz=0, modality="text")
    assert extractor_signature(card, {}) == "words|crop:full|v:1"


def test_a_missing_digest_is_named():
    with pytest.raises(ValueError, match="musicnn_msd: no sha256 for musicnn"):
        extractor_signature(CARD, {})
