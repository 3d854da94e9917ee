"""torch-fidelity: FID, KID, precision and recall, and the inception score, each from features."""

from __future__ import annotations

from typing import Any

PACKAGE = "torch-fidelity"
SERVES = {
    "two_sets.frechet": "fid_statistics_to_metric",
    "two_sets.kid": "kid_features_to_metric, one subset of all",
    "two_sets.kid_subsets": "kid_features_to_metric",
    "two_sets.manifold_precision": "prc_features_to_metric",
    "two_sets.manifold_recall": "prc_features_to_metric",
    "single.inception": "isc_features_to_metric, one split",
    "single.inception_splits": "isc_features_to_metric",
}


def compute(formula: str, given: Any) -> float:
    """From `generated` and, for two sets, `reference`: vectors `[vectors, dim]`, or logits `[clips, classes]`."""
    import torch

    x = torch.from_numpy(given.arrays["generated"])
    if formula.startswith("single."):
        return _inception(x, 1 if formula == "single.inception" else 10)
    y = torch.from_numpy(given.arrays["reference"])
    if formula == "two_sets.frechet":
        return _frechet(x, y)
    if formula.startswith("two_sets.kid"):
        return _kernel(x, y, {"kid_subsets": 1, "kid_subset_size": len(x)} if formula == "two_sets.kid" else {})
    return _neighbours(x, y, formula.rpartition("_")[2])


def _frechet(x: Any, y: Any) -> float:
    from torch_fidelity import metric_fid

    sides = [metric_fid.fid_features_to_statistics(side) for side in (x, y)]
    found = metric_fid.fid_statistics_to_metric(*sides, verbose=False)
    return float(found[metric_fid.KEY_METRIC_FID])


def _kernel(x: Any, y: Any, options: Any) -> float:
    from torch_fidelity import metric_kid

    found = metric_kid.kid_features_to_metric(x, y, verbose=False, **options)
    return float(found[metric_kid.KEY_METRIC_KID_MEAN])


def _neighbours(x: Any, y: Any, which: str) -> float:
    from torch_fidelity import metric_prc

    return float(metric_prc.prc_features_to_metric(x, y, verbose=False)[which])


def _inception(logits: Any, splits: int) -> float:
    from torch_fidelity import metric_isc

    found = metric_isc.isc_features_to_metric(logits, splits=splits)
    return float(found[metric_isc.KEY_METRIC_ISC_MEAN])
