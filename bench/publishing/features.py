"""Features in a submission: what the metrics read of the outputs, so that others compute the values again.

One file of safetensors a network: plain numbers behind a header of JSON, so nothing in it can be code. A tensor is
called `<content key>/<output of the network>`; `features/outputs.json` says whose output has which content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core import registry, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import one_line
from sightsound.bench.core.types import Report
from sightsound.bench.splits import Split
from sightsound.bench.stages import recorded
from sightsound.bench.stages.feature_set import FeatureSet
from sightsound.bench.stages.gather import gather
from sightsound.bench.stages.reading import needs
from sightsound.metrics.card import MetricCard

FOLDER = "features"


class OtherNetworkError(BenchError):
    """Features that another version of a network made: nothing here can be held against them."""


OUTPUTS = "outputs.json"


def cards_of(plan: Mapping[str, Any]) -> list[MetricCard]:
    """The metrics of a run."""
    task = registry.task(plan["task"])
    return [registry.metric(name, task) for name in plan["metrics"]]


def write(
    place: Path,
    folder: Path,
    plan: Mapping[str, Any],
    labels: Sequence[str],
    split: Split,
    *,
    device: str,
    mirror: Path | None,
    report: Report,
) -> None:
    """Put the features of the outputs of `labels` into `place`/features."""
    from safetensors.numpy import save_file

    cards, systems = cards_of(plan), [recorded.system(label) for label in labels]
    stored = gather(
        *(folder, systems, split, registry.task(plan["task"]), cards),
        device=device,
        mirror=mirror,
        length=plan["length"],
        report=report,
    )
    files: dict[str, dict[str, NDArray[np.float32]]] = {}
    for need in [need for card in cards for need in needs(card) if need.own]:
        for label in labels:
            keys = stored.notes.get(label, {}).get(need.note, {}) if need.note else stored.outputs[label]
            for key in keys.values():
                found = stored.feature(need.extractor, key, need.output)
                if found is not None:
                    files.setdefault(need.extractor, {})[f"{key}/{need.output}"] = np.ascontiguousarray(found)
    (place / FOLDER).mkdir()
    for extractor, tensors in files.items():
        about = {"signature": stored.extractor_signature(extractor)}
        save_file(dict(sorted(tensors.items())), place / FOLDER / f"{extractor}.safetensors", metadata=about)
    outputs = {
        label: {
            "outputs": dict(stored.outputs[label]),
            "notes": {name: dict(keys) for name, keys in stored.notes.get(label, {}).items()},
            "failed": dict(stored.absent.get(label, {})),
        }
        for label in labels
    }
    store.write_text(place / FOLDER / OUTPUTS, json.dumps(outputs, indent=1, sort_keys=True) + "\n")


def there(place: Path) -> bool:
    """Whether a submission has features."""
    return (place / FOLDER / OUTPUTS).is_file()


def read(
    place: Path,
    plan: Mapping[str, Any],
    labels: Sequence[str],
    split: Split,
    *,
    device: str,
    mirror: Path | None,
    report: Report,
) -> FeatureSet:
    """The features of a submission beside those of the split that is here, as scoring takes them.

    BenchError for a file that is not what it should be, and for one of another version of a network.
    """
    # nothing of `place` is generated: without systems only the split's own side is embedded
    own = gather(
        *(place, [], split, registry.task(plan["task"]), cards_of(plan)),
        device=device,
        mirror=mirror,
        length=plan.get("length", "full"),
        report=report,
    )
    told = _told(place / FOLDER / OUTPUTS, labels)
    tensors: dict[str, Mapping[str, NDArray[np.float32]]] = {}
    for need in [need for card in cards_of(plan) for need in needs(card) if need.own]:
        if need.extractor not in tensors:
            path = place / FOLDER / f"{need.extractor}.safetensors"
            tensors[need.extractor] = _tensors(path, own.extractor_signature(need.extractor))
    submitted = {
        key
        for each in told.values()
        for keys in (each["outputs"], *each["notes"].values())
        for key in keys.values()
    }

    def feature(extractor: str, key: str, output: str) -> Any:
        # a split's own file may be an output too: what came along is taken for outputs alone
        if key in submitted:
            return tensors.get(extractor, {}).get(f"{key}/{output}")
        return own.feature(extractor, key, output)

    return replace(
        own,
        outputs={label: told[label]["outputs"] for label in labels},
        notes={label: told[label]["notes"] for label in labels},
        absent={**own.absent, **{label: told[label]["failed"] for label in labels}},
        feature=feature,
        several=None,  # the gathered one would pass over what came along
        facts={label: {"run": "", "seed": plan["seed"]} for label in labels},
    )


def _told(path: Path, labels: Sequence[str]) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        texts = [
            text
            for label in labels
            for keys in (found[label]["outputs"], found[label]["failed"], *found[label]["notes"].values())
            for text in (*keys.keys(), *keys.values())
        ]
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise BenchError(f"{path.name}: is no list of outputs ({one_line(error)})") from error
    if not all(isinstance(text, str) for text in texts):
        raise BenchError(f"{path.name}: holds something else than names")
    return dict(found)


def _tensors(path: Path, signature: str) -> Mapping[str, NDArray[np.float32]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise BenchError(f"the features of {path.stem} are not in it")
    try:
        with safe_open(path, framework="numpy") as file:
            about = (file.metadata() or {}).get("signature", "")
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise BenchError(f"{path.name}: is no file of features ({one_line(error)})") from error
    if about != signature:
        raise OtherNetworkError(
            f"its features are by another {path.stem}: {about[:120]}; here it is {signature[:120]}"
        )
    for name, array in found.items():
        if array.dtype != np.float32 or not 1 <= array.ndim <= 3 or not np.isfinite(array).all():
            raise BenchError(f"{path.name}: {name[:80]} is no array of finite numbers")
    return found
