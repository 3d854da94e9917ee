"""Card of Inception v3 and the published conversion of its weights."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_FIDELITY = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0"
_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights"

CARDS = (
    ExtractorCard(
        name="inception_v3",
        entry="sightsound.metrics.networks.image.inception:load",
        modality="image",
        assets=("inception",),
        outputs={
            "embedding": "[1, 2048] float32, after the average pool",
            "logits_unbiased": "[1, 1008] float32, the last layer without its bias",
        },
        licence="Apache-2.0; trained on ImageNet (ILSVRC-2012)",
        source=(
            "Szegedy et al.: Rethinking the Inception Architecture, CVPR 2016, arXiv:1512.00567; graph of "
            "2015-12-05 as converted for github.com/toshas/torch-fidelity and github.com/mseitzer/pytorch-fid"
        ),
        crop="stretch,tf1bilinear299",
        optional=True,
        names={
            "fid": "fid",
            "kid": "kid",
            "kid_subsets": "kid_subsets",
            "precision": "image_precision",
            "recall": "image_recall",
            "density": "image_density",
            "coverage": "image_coverage",
            "inception_score": "image_inception_score",
            "inception_score_splits": "image_inception_score_splits",
        },
        title="Inception",
        described="Inception v3 (2048-d)",
        classes="logits_unbiased",
        posterior="unbiased",
        labels="1008 outputs without their bias",
    ),
    Asset(
        "inception",
        (
            AssetFile(
                "inception-2015-12-05.pth",
                (
                    f"{_FIDELITY}/weights-inception-2015-12-05-6726825d.pth",
                    f"{_FID}/pt_inception-2015-12-05-6726825d.pth",
                ),
                # as stated in several public repositories that pin the file; its first digits are in its name
                ("6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",),
            ),
        ),
        "Apache-2.0",
        "Inception v3 of 2015-12-05, as torch-fidelity and pytorch-fid convert TensorFlow's graph",
        95_628_359,
    ),
)
