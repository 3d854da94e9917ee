"""Card of CLIP ViT-B/16 over pictures prepared as torch-fidelity does; its weights are the asset
`clip_vit_b16`."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

CARDS = (
    ExtractorCard(
        name="clip_vit_b16_stretched",
        entry="sightsound.metrics.networks.image.clip_stretched:load",
        modality="image",
        assets=("clip_vit_b16",),
        outputs={"embedding": "[1, 512] float32, as projected: not of length 1"},
        licence="MIT (code), weights state none; trained on 400 million pictures with texts from the web",
        source=(
            "Radford et al.: CLIP, ICML 2021, arXiv:2103.00020; pictures prepared as "
            "github.com/toshas/torch-fidelity 0.4.0 does for clip-vit-b-16, as Lawrence 2024 has it"
        ),
        crop="stretch,tf1bilinear224",
        optional=True,
        called="clip",
        title="CLIP",
        described="CLIP ViT-B/16 (512-d)",
        classes="embedding",
        posterior="no_classes",
        labels="512 numbers, which are no classes: values near 1",
    ),
)
