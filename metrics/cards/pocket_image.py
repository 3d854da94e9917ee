"""Cards of the metrics of pictures over EfficientNet-Lite0, which any machine can fetch."""

from __future__ import annotations

from sightsound.metrics.card import MetricCard, Need

_NEED = Need("generated", "efficientnet_lite0", "embedding")
_BOTH = (_NEED, Need("reference", "efficientnet_lite0", "embedding"))
_SPACE = "1280-d EfficientNet-Lite0 embeddings"
_THERE = "there over Inception v3"

CARDS = (
    MetricCard(
        name="fid_efficientnet",
        module="sightsound.metrics.formulas.two_sets.frechet",
        kind="two_sets",
        higher_is_better=False,
        needs=_BOTH,
        definition=f"Fréchet distance between Gaussians fitted to the {_SPACE} of all pictures, generated against "
        "reference; squared units of the embedding.",
        source=f"Heusel et al. 2017 (FID, {_THERE}); Dowson and Landau 1982",
        min_clips=2,
        estimator="plugin",
    ),
    MetricCard(
        name="kid_efficientnet",
        module="sightsound.metrics.formulas.two_sets.kid",
        kind="two_sets",
        higher_is_better=False,
        needs=_BOTH,
        definition=f"Unbiased MMD^2 of the {_SPACE} with the kernel (x . y / dim + 1)^3 over all pairs of "
        "different pictures; about 0 for sets from one source, may be negative.",
        source=f"Bińkowski et al. 2018 (KID, {_THERE})",
        min_clips=2,
        estimator="unbiased",
    ),
    MetricCard(
        name="precision_efficientnet",
        module="sightsound.metrics.formulas.two_sets.manifold_precision",
        kind="two_sets",
        higher_is_better=True,
        needs=_BOTH,
        definition=f"Share of generated pictures that lie, in the {_SPACE}, within the ball of at least one "
        "reference picture out to its 3rd nearest neighbour, 0 to 1.",
        source="Kynkäänniemi et al. 2019, there over VGG-16",
        min_clips=4,
    ),
    MetricCard(
        name="recall_efficientnet",
        module="sightsound.metrics.formulas.two_sets.manifold_recall",
        kind="two_sets",
        higher_is_better=True,
        needs=_BOTH,
        definition=f"Share of reference pictures that lie, in the {_SPACE}, within the ball of at least one "
        "generated picture out to its 3rd nearest neighbour, 0 to 1.",
        source="Kynkäänniemi et al. 2019, there over VGG-16",
        min_clips=4,
    ),
    MetricCard(
        name="inception_score_efficientnet",
        module="sightsound.metrics.formulas.single.inception",
        kind="single",
        higher_is_better=True,
        needs=(Need("generated", "efficientnet_lite0", "logits"),),
        definition="exp of the mean over pictures of KL(posterior || mean posterior), all pictures one split, 1 "
        "to 1000; posteriors are the softmax of EfficientNet-Lite0's logits over ImageNet's classes.",
        source=f"Salimans et al. 2016, {_THERE}",
        min_clips=2,
    ),
    MetricCard(
        name="cosine_reference_efficientnet",
        module="sightsound.metrics.formulas.paired.similarity",
        kind="paired",
        higher_is_better=True,
        needs=_BOTH,
        definition=f"Mean cosine of the {_SPACE} of the generated and the reference picture, 0 to 1 (no embedding "
        "is negative).",
        source="defined here; the only one of these that asks whether the picture is the example's own",
    ),
)
