"""Cards of the published networks for pictures."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

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
    ),
    ExtractorCard(
        name="clip_vit_b16_stretched",
        entry="sightsound.metrics.networks.image.clip_stretched:load",
        modality="image",
        assets=("clip_vit_b16",),
        outputs={"embedding": "[1, 512] float32, as projected: not of length 1"},
        licence="MIT (code), weights state none; trained on 400 million pictures with texts from the web",
        source=(
            "Radford et al.: CLIP, ICML 2021, arXiv:2103.00020; pictures prepared as "
            "github.com/toshas/torch-fidelity 0.4.0 does for clip-vit-b-16"
        ),
        crop="stretch,tf1bilinear224",
        optional=True,
    ),
)
