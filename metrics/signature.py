"""Signatures: what must be the same for two values, or two features, to be comparable.

Written in the manner of sacrebleu: a name and `key:value` fields between bars, always in the same order, e.g.
`fad_musicnn|n:52|ref:wesnoth@abbf8a|x:musicnn_msd@10d1ab|sr:16000|rs:soxr-hq|len:full|est:plugin|v:1`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sightsound.metrics.card import ExtractorCard, MetricCard

FIRST_OPTIONS = ("sr", "rs", "len")  # the options that have a place of their own; others follow, sorted
SHORT = 6  # hex digits of a digest that a person reads; enough to tell versions apart, not to prove one


def signature(
    metric_card: MetricCard,
    *,
    n: int,
    reference: str,
    extractors: Mapping[str, str],
    options: Mapping[str, object],
) -> str:
    """Signature of a value.

    `n`: clips scored; `reference`: split and short hash, empty where there is none; `extractors`: name ->
    `extractor_signature`, of which a short digest is shown; `options`: `sr`, `rs`, `len` and whatever else a
    value depends on. Options with an empty value are left out.
    Raises ValueError when a field holds `|` or a key holds `:`.

    >>> from sightsound.metrics.cards import METRICS
    >>> digests = {"harmonics": "harmonics|sr:16000|rs:soxr-hq|crop:full|v:1"}
    >>> signature(METRICS["thd"], n=52, reference="", extractors=digests, options={"len": "full", "sr": 16000})
    'thd|n:52|x:harmonics@d63a4e|sr:16000|len:full|v:2'
    """
    fields: dict[str, object] = {"n": n, "ref": reference}
    fields["x"] = "+".join(f"{name}@{short(extractors[name])}" for name in sorted(extractors))
    options = {**options, **metric_card.options, **metric_card.aggregate_options, **metric_card.reads}
    fields |= {key: options[key] for key in (*FIRST_OPTIONS, *sorted(options)) if key in options}
    fields |= {"est": metric_card.estimator, "v": metric_card.version}
    return _join(metric_card.name, fields)


def extractor_signature(card: ExtractorCard, digests: Mapping[str, str], *, resampler: str = "soxr-hq") -> str:
    """Signature of an extractor's features, the feature store's key beside the content hash of the file.

    `digests`: asset name -> sha256 of its files, for each of `card.assets` (ValueError when one lacks).

    >>> from sightsound.metrics.cards import EXTRACTORS
    >>> extractor_signature(EXTRACTORS["musicnn_msd"], {"musicnn": "10d1ab0123456789"})
    'musicnn_msd|w:musicnn@10d1ab012345|sr:16000|rs:soxr-hq|crop:187fx256,zeropad,droprest|v:1'
    """
    if missing := set(card.assets) - set(digests):
        raise ValueError(f"extractor {card.name}: no sha256 for {', '.join(sorted(missing))}")
    weights = ",".join(f"{name}@{digests[name][:12]}" for name in sorted(card.assets))
    fields: dict[str, object] = {"w": weights}
    if card.rate_hz:
        fields |= {"sr": card.rate_hz, "rs": resampler}
    return _join(card.name, fields | {"crop": card.crop, "v": card.version})


def differs(signature_a: str, signature_b: str) -> list[str]:
    """What differs, as `n: 52 != 47`; a field that one side lacks reads `-`. Empty when they are equal.

    >>> differs("fad|n:52|v:1", "fad|n:47|ref:wesnoth@abbf8a|v:1")
    ['n: 52 != 47', 'ref: - != wesnoth@abbf8a']
    """
    a, b = _parse(signature_a), _parse(signature_b)
    keys = dict.fromkeys([*a, *b])
    return [f"{key}: {a.get(key, '-')} != {b.get(key, '-')}" for key in keys if a.get(key) != b.get(key)]


def short(text: str) -> str:
    """The first digits of the sha256 of `text`.

    >>> short("harmonics")
    '66a054'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:SHORT]


def _join(name: str, fields: Mapping[str, object]) -> str:
    shown = {key: str(value) for key, value in fields.items() if str(value)}
    for key, value in {"name": name, **shown}.items():
        if "|" in key + value or ":" in key:
            raise ValueError(f"signature field {key}={value!r}: `|` and, in a key, `:` are the separators")
    return "|".join([name, *(f"{key}:{value}" for key, value in shown.items())])


def _parse(text: str) -> dict[str, str]:
    name, *fields = text.split("|")
    return {"metric": name} | dict(field.split(":", 1) for field in fields)
