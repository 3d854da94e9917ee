"""A signature taken apart: what each of its fields says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sightsound.bench.core import registry, results
from sightsound.bench.site.beside import fields

MEANINGS = {
    "metric": "the metric: a formula over a network",
    "n": "examples in the value; a distance between sets depends on it",
    "ref": "the split and the first digits of its content hash, or the set that outputs were compared with",
    "x": "networks that the features are of, each with the digest of its weights, crop and version",
    "sr": "sampling rate of what the network hears, in Hz",
    "rs": "resampler that made that rate",
    "len": "how much of a clip is heard",
    "est": "estimator of the formula",
    "device": "what the system ran on",
    "v": "version of the metric here; raised whenever the same inputs would give another value",
    "posterior": "how a network's classes become probabilities",
    "of": "what is looked at",
    "within": "how near two outputs are that count as one",
    "kind": "which kind of the score",
    "part": "which part of the score",
    "at": "how many answers count as found",
    "scale": "what the mean is multiplied by",
    "discount": "how later places count",
    "text": "the text that is read in the place of the task's own",
    "image": "what is read in the place of the task's picture",
    "made": "what is read in the place of the output",
}
"""Field -> what it says. Other fields are options of the metric's formula."""


def apart(signature: str) -> list[dict[str, str]]:
    """The fields in order: `key`, `value`, `means`."""
    return [
        {"key": key, "value": value, "means": MEANINGS.get(key, "an option of the formula")}
        for key, value in fields(signature).items()
    ]


def kinds(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The different signatures of rows, n aside: the fields of one, and on which splits it was measured.

    `n` is the span of all that share the rest.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["signature"]:
            found.setdefault(results.definition(row["signature"]), []).append(row)
    return [{"signature": mine[0]["signature"], "fields": _span(mine)} for _, mine in sorted(found.items())]


def _span(rows: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    numbers = sorted({int(row["n"]) for row in rows})
    fields_ = apart(rows[0]["signature"])
    for field in fields_:
        if field["key"] == "n" and len(numbers) > 1:
            field["value"] = ", ".join(map(str, numbers))
        if field["key"] == "x":
            known = [name for name in _networks(field["value"]) if name in registry.extractor_names()]
            field["means"] += "".join(f". {name}: {registry.extractor(name).source}" for name in known)
    return fields_


def _networks(value: str) -> list[str]:
    return [each.partition("@")[0] for each in value.split("+")]
