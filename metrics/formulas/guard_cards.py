"""Cards of the guards: what no table should hide of a system's outputs, whatever the other metrics say of them.

They look at the outputs alone, need no weights, and stand in every table of what they can be made for.
"""

from __future__ import annotations

from sightsound.metrics.card import FormulaCard, MetricCard, Need

_AT = "sightsound.metrics.formulas.single"
_BANDS = Need("generated", "signal", "bands")
_HERE = "defined here, as a guard; see the module"


def _duplicates(name: str, of: str, need: Need, within: str, what: str, blind: str) -> MetricCard:
    return MetricCard(
        name=name,
        module=f"{_AT}.duplicates",
        options={"of": of, "within": within},
        kind="single",
        higher_is_better=False,
        needs=(need,),
        definition=f"Share of {what}, 0 to 1; one output for every example gives 1.",
        source=_HERE,
        min_clips=2,
        short="Duplicates",
        quality="check",
        blind=f"{blind}; a split in which examples share a condition or a reference has duplicates of right.",
        low=0.0,
        high=1.0,
    )


CARDS = (
    MetricCard(
        name="silent_share",
        module=f"{_AT}.silent",
        kind="single",
        higher_is_better=False,
        needs=(Need("generated", "signal", "level"),),
        definition="Mean over clips of the share of their frames of 100 ms whose level is below -60 dB of full "
        "scale (RMS), 0 to 1.",
        source=_HERE,
        short="Silent",
        quality="check",
        blind="Does not see what is there instead of silence: noise has none; music with rests has some of right.",
        low=0.0,
        high=1.0,
    ),
    MetricCard(
        name="clipped_share",
        module=f"{_AT}.clipped",
        kind="single",
        higher_is_better=False,
        needs=(Need("generated", "full_scale", "longest"),),
        definition="Share of clips in which 4 samples in a row or more are at full scale (32767 of 32768 or "
        "above) on one side, at the file's own rate, channels mixed, 0 to 1.",
        source=f"{_HERE}; the rule of Audacity's Find Clipping, one sample more",
        short="Clipped",
        quality="check",
        blind="Does not see clipping that was turned down or coded with loss afterwards, nor that of one channel "
        "of two; silence has none.",
        low=0.0,
        high=1.0,
    ),
    _duplicates(
        "duplicate_share",
        "sound",
        _BANDS,
        "2",
        "clips that are the same as another clip of the system: third-octave levels each 100 ms, against the "
        "clip's own level, apart by 2 dB or less (root mean square over 9.5 s)",
        "Does not see a copy that is shifted in time, or heavily coded",
    ),
    _duplicates(
        "duplicate_share_pictures",
        "picture",
        Need("generated", "thumbnail", "pixels"),
        "3",
        "pictures that are the same as another of the system's: means over 16 x 16 boxes apart by 3 of 255 steps "
        "or less (root mean square)",
        "Does not see a copy that is cropped, turned or coloured anew",
    ),
    _duplicates(
        "duplicate_share_texts",
        "text",
        Need("generated", "characters", "code_points"),
        "0.5",
        "prompts that are the same as another of the system's but for capitals and blanks",
        "Does not see a copy of which one word was changed",
    ),
    MetricCard(
        name="diversity",
        module=f"{_AT}.diversity",
        kind="single",
        higher_is_better=True,
        needs=(_BANDS,),
        definition="Mean over clips of the distance to the nearest other clip of the system, root mean square "
        "over 21 third-octave bands of the long-term spectrum against the clip's level, dB.",
        source=_HERE,
        min_clips=2,
        short="Diversity dB",
        quality="check",
        blind="Rewards any difference of timbre, faults included, and sees none of melody or rhythm; falls as "
        "clips get more: compare at equal n.",
        low=0.0,
    ),
)
"""Metrics of their own."""

DIVERSITY = FormulaCard(
    name="diversity",
    module=f"{_AT}.diversity_cosine",
    kind="single",
    higher_is_better=True,
    definition="Mean over {things} of 1 - cosine of the embedding with that of the nearest other one of the "
    "system, {network}, 0 to 2.",
    source=_HERE,
    modalities=("audio", "image", "text"),
    other="",
    min_clips=2,
    short="Diversity {network}",
    blind="Rewards any difference, faults and noises included; falls as {things} get more: compare at equal n.",
    low=0.0,
    high=2.0,
)
"""The same in the embedding of a network."""
