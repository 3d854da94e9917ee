"""torchmetrics: distances between sets, divergences, cosines, retrieval and ROUGE."""

from __future__ import annotations

from typing import Any

PACKAGE = "torchmetrics"
SERVES = {
    "two_sets.frechet": "FrechetInceptionDistance",
    "two_sets.kid": "KernelInceptionDistance, one subset of all",
    "single.inception": "InceptionScore, one split",
    "paired.divergence": "kl_divergence",
    "paired.similarity": "pairwise_cosine_similarity",
    "paired.clip_score": "pairwise_cosine_similarity, cut at 0",
    "paired.retrieval": "RetrievalHitRate",
    "paired.rouge": "rouge_score",
}
BLOCK = 256  # pairs whose cosines are taken at once, each with each


def compute(formula: str, given: Any) -> float:
    """From `generated` and `reference` (a pair's other side), `[.., dim]`, or the two lists of texts."""
    import torch

    if formula == "paired.rouge":
        return _rouge(given)
    x = torch.from_numpy(given.arrays["generated"])
    if formula == "single.inception":
        return _inception(x)
    y = torch.from_numpy(given.arrays["reference"])
    return float(_PAIRS[formula](x, y, given))


def _frechet(x: Any, y: Any, given: Any) -> float:
    import torch
    from torchmetrics.image.fid import FrechetInceptionDistance

    fid = FrechetInceptionDistance(feature=_passed(x.shape[1])).set_dtype(torch.float64)
    fid.update(y, real=True)
    fid.update(x, real=False)
    return float(fid.compute())


def _kernel(x: Any, y: Any, given: Any) -> float:
    import torch
    from torchmetrics.image.kid import KernelInceptionDistance

    kid: Any = KernelInceptionDistance(feature=_passed(x.shape[1]), subsets=1, subset_size=len(x))
    kid = kid.set_dtype(torch.float64)
    kid.update(y, real=True)
    kid.update(x, real=False)
    return float(kid.compute()[0])


def _inception(logits: Any) -> float:
    import torch
    from torchmetrics.image.inception import InceptionScore

    score = InceptionScore(feature=_passed(logits.shape[1]), splits=1).set_dtype(torch.float64)
    score.update(logits)
    return float(score.compute()[0])


def _divergence(q: Any, p: Any, given: Any) -> float:
    from torchmetrics.functional import kl_divergence

    return float(kl_divergence(p, q))


def _cosine(x: Any, y: Any, given: Any) -> float:
    return float(_cosines(x, y).mean())


def _clip_score(x: Any, y: Any, given: Any) -> float:
    return float(given.options["scale"]) * float(_cosines(x, y).clamp(min=0).mean())


def _cosines(x: Any, y: Any) -> Any:
    """Of each pair. CosineSimilarity itself would go through float32, this keeps float64."""
    import torch
    from torchmetrics.functional import pairwise_cosine_similarity

    blocks = zip(x.split(BLOCK), y.split(BLOCK))
    return torch.cat([pairwise_cosine_similarity(*block).diagonal() for block in blocks])


def _retrieval(queries: Any, gallery: Any, given: Any) -> float:
    import torch
    from torchmetrics.functional import pairwise_cosine_similarity
    from torchmetrics.retrieval import RetrievalHitRate

    scores = pairwise_cosine_similarity(queries, gallery)
    index = torch.arange(len(queries))[:, None].expand_as(scores)
    target = torch.eye(len(queries), dtype=torch.bool)
    return float(RetrievalHitRate(top_k=int(given.options["at"]))(scores, target, indexes=index))


_PAIRS = {
    "two_sets.frechet": _frechet,
    "two_sets.kid": _kernel,
    "paired.divergence": _divergence,
    "paired.similarity": _cosine,
    "paired.clip_score": _clip_score,
    "paired.retrieval": _retrieval,
}


def _rouge(given: Any) -> float:
    from torchmetrics.functional.text import rouge_score

    kind = given.options["kind"]
    pairs = zip(given.lists["generated"], given.lists["reference"])
    found = [rouge_score(text, reference, rouge_keys=kind)[kind + "_fmeasure"] for text, reference in pairs]
    return sum(map(float, found)) / len(found)


def _passed(dim: int) -> Any:
    """Stands in for the feature network: hands on the features that it gets."""
    import torch

    class Passed(torch.nn.Module):
        num_features = dim

        def forward(self, rows: Any) -> Any:
            """The same `[n, dim]`; torchmetrics probes it with a picture, which has none of its own."""
            return rows if rows.ndim == 2 else torch.zeros(len(rows), dim)

    return Passed()
