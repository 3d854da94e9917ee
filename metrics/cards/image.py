"""Cards of the metrics of pictures: over Inception v3, and over CLIP ViT-B/16 as Lawrence 2024 has them."""

from __future__ import annotations

from sightsound.metrics.card import MetricCard, Need

_IS = "Salimans et al. 2016"
_FID = "Heusel et al. 2017; Dowson and Landau 1982"
_KID = "Bińkowski et al. 2018"
_PR = "Kynkäänniemi et al. 2019"
_DC = "Naeem et al. 2020"
_CLIP = "on CLIP ViT-B/16 in Lawrence 2024 (torch-fidelity, clip-vit-b-16)"

_SUBSETS = 1000  # clips in one of torch-fidelity's subsets


def _both(extractor: str) -> tuple[Need, Need]:
    return Need("generated", extractor, "embedding"), Need("reference", extractor, "embedding")


def _sets(
    names: tuple[str, str, str, str, str], extractor: str, space: str, source: str
) -> tuple[MetricCard, ...]:
    """FID, KID, KID of subsets, precision and recall in one network's space."""
    fid, kid, kid_subsets, precision, recall = names
    needs = _both(extractor)
    return (
        MetricCard(
            name=fid,
            module="sightsound.metrics.formulas.two_sets.frechet",
            kind="two_sets",
            higher_is_better=False,
            needs=needs,
            definition=f"Fréchet distance between Gaussians fitted to the {space} of all pictures, generated "
            "against reference; squared units of the embedding.",
            source=_FID + source,
            min_clips=2,
            estimator="plugin",
        ),
        MetricCard(
            name=kid,
            module="sightsound.metrics.formulas.two_sets.kid",
            kind="two_sets",
            higher_is_better=False,
            needs=needs,
            definition=f"Unbiased MMD^2 of the {space} with the kernel (x . y / dim + 1)^3 over all pairs of "
            "different pictures; about 0 for sets from one source, may be negative.",
            source=_KID + source,
            min_clips=2,
            estimator="unbiased",
        ),
        MetricCard(
            name=kid_subsets,
            module="sightsound.metrics.formulas.two_sets.kid_subsets",
            kind="two_sets",
            higher_is_better=False,
            needs=needs,
            definition=f"The mean of {kid} over 100 random subsets of {_SUBSETS} pictures a side, drawn as "
            "torch-fidelity draws them (seed 2020); depends on the order of the pictures.",
            source=_KID + ", as torch-fidelity 0.4.0" + source,
            min_clips=_SUBSETS,
            estimator="subsets100x1000",
        ),
        MetricCard(
            name=precision,
            module="sightsound.metrics.formulas.two_sets.manifold_precision",
            kind="two_sets",
            higher_is_better=True,
            needs=needs,
            definition=f"Share of generated pictures that lie, in the {space}, within the ball of at least one "
            "reference picture out to its 3rd nearest neighbour, 0 to 1.",
            source=_PR + ", as torch-fidelity 0.4.0" + source,
            min_clips=4,
        ),
        MetricCard(
            name=recall,
            module="sightsound.metrics.formulas.two_sets.manifold_recall",
            kind="two_sets",
            higher_is_better=True,
            needs=needs,
            definition=f"Share of reference pictures that lie, in the {space}, within the ball of at least one "
            "generated picture out to its 3rd nearest neighbour, 0 to 1.",
            source=_PR + ", as torch-fidelity 0.4.0" + source,
            min_clips=4,
        ),
    )


def _scores(names: tuple[str, str], need: Need, top: str, source: str) -> tuple[MetricCard, ...]:
    """Inception score of the whole set and of ten parts."""
    whole, parts = names
    return (
        MetricCard(
            name=whole,
            module="sightsound.metrics.formulas.single.inception",
            kind="single",
            higher_is_better=True,
            needs=(need,),
            definition=f"exp of the mean over pictures of KL(posterior || mean posterior), all pictures one "
            f"split, 1 to {top}.",
            source=_IS + source,
            min_clips=2,
        ),
        MetricCard(
            name=parts,
            module="sightsound.metrics.formulas.single.inception_splits",
            kind="single",
            higher_is_better=True,
            needs=(need,),
            definition=f"The mean of {whole} over ten parts of the set, cut as torch-fidelity cuts it (seed "
            "2020); lower than that of the whole, depends on the order of the pictures.",
            source=_IS + ", as torch-fidelity 0.4.0" + source,
            min_clips=10,
            estimator="splits10",
        ),
    )


CARDS = (
    *_scores(
        ("image_inception_score", "image_inception_score_splits"),
        Need("generated", "inception_v3", "logits_unbiased"),
        "1008; posteriors are the softmax of Inception v3's logits without their bias",
        "",
    ),
    *_sets(
        ("fid", "kid", "kid_subsets", "image_precision", "image_recall"),
        "inception_v3",
        "2048-d Inception v3 embeddings",
        "",
    ),
    MetricCard(
        name="image_density",
        module="sightsound.metrics.formulas.two_sets.manifold_density",
        kind="two_sets",
        higher_is_better=True,
        needs=_both("inception_v3"),
        definition="Mean over generated pictures of the number of reference balls that each lies inside, by 5; a "
        "ball reaches to the 5th nearest reference neighbour in the 2048-d Inception v3 embeddings.",
        source=_DC,
        min_clips=6,
    ),
    MetricCard(
        name="image_coverage",
        module="sightsound.metrics.formulas.two_sets.manifold_coverage",
        kind="two_sets",
        higher_is_better=True,
        needs=_both("inception_v3"),
        definition="Share of reference pictures whose ball, out to the 5th nearest reference neighbour in the "
        "2048-d Inception v3 embeddings, holds at least one generated picture, 0 to 1.",
        source=_DC,
        min_clips=6,
    ),
    *_scores(
        ("inception_score_clip", "inception_score_clip_splits"),
        Need("generated", "clip_vit_b16_stretched", "embedding"),
        "512; posteriors are the softmax of the CLIP ViT-B/16 embedding, which is no classifier: values near 1",
        "; " + _CLIP,
    ),
    *_sets(
        ("fid_clip", "kid_clip", "kid_subsets_clip", "precision_clip", "recall_clip"),
        "clip_vit_b16_stretched",
        "512-d CLIP ViT-B/16 embeddings",
        "; " + _CLIP,
    ),
)
