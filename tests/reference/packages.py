"""Runs the reference packages on the inputs and records their values in tests/parity/packages.json.

`python -m tests.reference.packages`, in the environment that setup.sh makes.
"""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.reference import compat  # noqa: F401  # before the packages

# isort: split

import numpy as np
import torch
from torch import Tensor, nn

from tests.reference import faults, inputs

RECORDED = Path(__file__).parents[1] / "parity" / "packages.json"
NEIGHBOURS = 3  # k of precision and recall
CROWD = 5  # k of density and coverage
Found = tuple[str, str, str, str, list[float]]
"""Metric, name of the inputs, distribution, its function, values."""


def frechet() -> Iterator[Found]:
    """Fréchet distance in three packages."""
    from frechet_audio_distance import FrechetAudioDistance
    from torch_fidelity import metric_fid
    from torchmetrics.image.fid import FrechetInceptionDistance

    fad = FrechetAudioDistance.__new__(FrechetAudioDistance)  # its constructor would fetch a network
    for name in inputs.FEATURES:
        x, y = inputs.features(name)
        sides = [fad.calculate_embd_statistics(side) for side in (x, y)]
        value = fad.calculate_frechet_distance(*sides[0], *sides[1])
        yield "frechet", name, "frechet-audio-distance", "calculate_frechet_distance", [value]
        found = [metric_fid.fid_features_to_statistics(torch.from_numpy(side)) for side in (x, y)]
        value = metric_fid.fid_statistics_to_metric(*found, verbose=False)[metric_fid.KEY_METRIC_FID]
        yield "frechet", name, "torch-fidelity", "fid_statistics_to_metric", [value]
        fid = FrechetInceptionDistance(feature=_passed(x.shape[1])).set_dtype(torch.float64)
        fid.update(torch.from_numpy(y), real=True)
        fid.update(torch.from_numpy(x), real=False)
        yield "frechet", name, "torchmetrics", "FrechetInceptionDistance", [fid.compute().item()]


def kernel() -> Iterator[Found]:
    """Kernel distance: over one subset of all rows, which both sides must share in number, and over many."""
    from torch_fidelity import metric_kid
    from torchmetrics.image.kid import KernelInceptionDistance

    for name in inputs.FEATURES:
        x, y = map(torch.from_numpy, inputs.equally_many(name))
        for metric, subsets, size in (("kid", 1, len(x)), ("kid_subsets", inputs.SUBSETS, inputs.SUBSET_SIZE)):
            found = metric_kid.kid_features_to_metric(
                x, y, kid_subsets=subsets, kid_subset_size=size, verbose=False
            )
            value = found[metric_kid.KEY_METRIC_KID_MEAN]
            yield metric, name, "torch-fidelity", "kid_features_to_metric", [value]
        kid = KernelInceptionDistance(feature=_passed(x.shape[1]), subsets=1, subset_size=len(x))
        kid = kid.set_dtype(torch.float64)
        kid.update(y, real=True)
        kid.update(x, real=False)
        yield "kid", name, "torchmetrics", "KernelInceptionDistance", [kid.compute()[0].item()]


def neighbours() -> Iterator[Found]:
    """Precision and recall of the balls out to the third neighbour, density and coverage out to the fifth."""
    from prdc import compute_prdc
    from torch_fidelity import metric_prc

    for name in inputs.FEATURES:
        x, y = map(torch.from_numpy, inputs.features(name))
        found = metric_prc.prc_features_to_metric(x, y, prc_neighborhood=NEIGHBOURS, verbose=False)
        for metric in (metric_prc.KEY_METRIC_PRECISION, metric_prc.KEY_METRIC_RECALL):
            yield f"manifold_{metric}", name, "torch-fidelity", "prc_features_to_metric", [found[metric]]
        found = compute_prdc(y.numpy(), x.numpy(), nearest_k=CROWD)
        for metric in ("density", "coverage"):
            yield f"manifold_{metric}", name, "prdc", "compute_prdc", [float(found[metric])]


def classifiers() -> Iterator[Found]:
    """Inception score in one split and in ten, and KL of posteriors that were smoothed as ours are."""
    from torch_fidelity import metric_isc
    from torchmetrics.functional import kl_divergence
    from torchmetrics.image.inception import InceptionScore

    x, y = map(torch.from_numpy, inputs.logits())
    value = metric_isc.isc_features_to_metric(x, splits=1)[metric_isc.KEY_METRIC_ISC_MEAN]
    yield "inception", "logits", "torch-fidelity", "isc_features_to_metric", [value]
    value = metric_isc.isc_features_to_metric(x)[metric_isc.KEY_METRIC_ISC_MEAN]
    yield "inception_splits", "logits", "torch-fidelity", "isc_features_to_metric", [value]
    score = InceptionScore(feature=_passed(x.shape[1]), splits=1).set_dtype(torch.float64)
    score.update(x)
    yield "inception", "logits", "torchmetrics", "InceptionScore", [score.compute()[0].item()]
    p, q = ((side.softmax(dim=1) + 1e-6) / (1 + 1e-6 * side.shape[1]) for side in (y, x))
    yield "divergence", "logits", "torchmetrics", "kl_divergence", [kl_divergence(p, q).item()]


def pairs() -> Iterator[Found]:
    """CLAP score of given embeddings, and the scores of retrieval among them."""
    from frechet_audio_distance import CLAPScore
    from torchmetrics.retrieval import RetrievalHitRate

    x, y = inputs.embeddings()
    clap = CLAPScore.__new__(CLAPScore)  # its constructor would fetch a network
    value, _ = clap.calculate_clap_score(x, y, batch_size=10)
    yield "similarity", "embeddings", "frechet-audio-distance", "calculate_clap_score", [float(value)]
    scores = torch.from_numpy(x @ y.T)
    queries = torch.arange(len(x))[:, None].expand_as(scores)
    target = torch.eye(len(x), dtype=torch.bool)
    for k in (1, 5, 10):
        rate = RetrievalHitRate(top_k=k)(scores, target, indexes=queries).item()
        yield f"recall_at_{k}", "embeddings", "torchmetrics", "RetrievalHitRate", [rate]


def texts() -> Iterator[Found]:
    """Precision, recall and F1 of each pair of sentences, pair after pair."""
    from bert_score import BERTScorer
    from rouge_score.rouge_scorer import RougeScorer
    from torchmetrics.functional.text import rouge_score

    for kind in ("rouge1", "rouge2", "rougeL"):
        scorer = RougeScorer([kind])
        found = [scorer.score(reference, text)[kind] for text, reference in inputs.PAIRS]
        yield kind, "sentences", "rouge-score", "RougeScorer.score", [v for each in found for v in each]
        scored = [rouge_score(text, reference, rouge_keys=kind) for text, reference in inputs.PAIRS]
        values = [one[f"{kind}_{part}"].item() for one in scored for part in ("precision", "recall", "fmeasure")]
        yield kind, "sentences", "torchmetrics", "rouge_score", values
    with tempfile.TemporaryDirectory() as folder:
        inputs.roberta(Path(folder))
        scorer = BERTScorer(model_type=folder, num_layers=inputs.LAYERS)
        found = scorer.score(*map(list, zip(*inputs.PAIRS, strict=True)))
    values = torch.stack(found, dim=1).double().flatten().tolist()
    yield "bertscore", "sentences", "bert-score", "BERTScorer.score", values


class _Passed(nn.Module):
    """Stands in for the feature network: hands on the features that it gets."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.num_features = dim

    def forward(self, rows: Tensor) -> Tensor:
        """The same `[n, dim]`; torchmetrics probes it with a picture, which has none of its own."""
        return rows if rows.ndim == 2 else torch.zeros(len(rows), self.num_features)


def _passed(dim: int) -> Any:
    return _Passed(dim)


def main() -> None:
    """Write the record."""
    rows = []
    for measure in (frechet, kernel, neighbours, classifiers, pairs, texts):
        for metric, name, package, function, values in measure():
            reference = f"{package} {metadata.version(package)}"
            rows.append(
                {"metric": metric, "inputs": name, "reference": reference, "function": function, "values": values}
            )
            print(f"{metric:14} {name:10} {reference:30} {np.round(values[:3], 6).tolist()}")
    wrong = []
    for name, fault, package, value in faults.found():
        reference = f"{package} {metadata.version(package)}"
        wrong.append({"name": name, "fault": fault, "reference": reference, "value": value})
        print(f"{name:14} {fault} ({reference}): {value:g}")
    versions = {name: metadata.version(name) for name in ("numpy", "scipy", "torch", "transformers")}
    record = {
        "provenance": {
            "command": "python -m tests.reference.packages, in the environment of tests/reference/setup.sh",
            "python": platform.python_version(),
            **versions,
        },
        "rows": rows,
        "faults": wrong,
    }
    RECORDED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
