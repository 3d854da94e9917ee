"""Cards of CLIP and its repositories on the hub.

The digests of the weights are those that several public projects state, that of the list of merges was computed.
"""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile
from sightsound.metrics.card import ExtractorCard

_OPENAI = "https://raw.githubusercontent.com/openai/CLIP/d05afc436d78f1c48dc0dbf8e5980a9d471f35f6/clip"
_B16 = "hf:openai/clip-vit-base-patch16@57c216476eefef5ab752ec549e440a49ae4ae5f3"
_B32 = "hf:openai/clip-vit-base-patch32@3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"


_HEARD = {"clip_vit_b32": ("wav2clip",)}  # spaces of networks that bring sound into CLIP's


def _networks(name: str, called: str) -> tuple[ExtractorCard, ExtractorCard]:
    image = ExtractorCard(
        name=f"{name}_image",
        entry=f"sightsound.metrics.networks.joint.clip:load_{name.removeprefix('clip_vit_')}_image",
        modality="image",
        assets=(name,),
        outputs={"embedding": "[1, 512] float32, as projected: not of length 1"},
        licence="MIT (code; the weights state none); trained on 400 million pictures with text from the web",
        source="Radford et al.: CLIP, ICML 2021, arXiv:2103.00020; github.com/openai/CLIP",
        crop="bicubic224,centre",
        optional=True,
        names={"clip_score": f"clip_score{called}", "clip_score_100": f"clip_score_100{called}"},
        spaces=(name, *_HEARD.get(name, ())),
        title=f"CLIP {name.removeprefix('clip_vit_').upper()}",
        described=f"CLIP ({name.removeprefix('clip_')})",
    )
    text = ExtractorCard(
        name=f"{name}_text",
        entry=f"sightsound.metrics.networks.joint.clip:load_{name.removeprefix('clip_vit_')}_text",
        modality="text",
        assets=(name, "clip_bpe"),
        outputs=image.outputs,
        licence=image.licence,
        source=image.source,
        crop="77tokens",
        optional=True,
        spaces=image.spaces,
        title=image.title,
        described=image.described,
    )
    return image, text


CARDS = (
    *_networks("clip_vit_b16", ""),
    *_networks("clip_vit_b32", "_b32"),
    Asset(
        "clip_bpe",
        (
            AssetFile(
                "bpe_simple_vocab_16e6.txt.gz",
                (
                    "pypi:open-clip-torch==2.32.0/open_clip/bpe_simple_vocab_16e6.txt.gz",
                    f"{_OPENAI}/bpe_simple_vocab_16e6.txt.gz",
                ),
                ("924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",),
            ),
        ),
        "MIT",
        "CLIP's byte-pair merges, which ImageBind reads text with too",
        1_356_917,
    ),
    Asset(
        "clip_vit_b16",
        (
            AssetFile("config.json", (f"{_B16}/config.json",)),
            AssetFile(
                "pytorch_model.bin",
                (f"{_B16}/pytorch_model.bin",),
                ("ec89c7b09c749a60aae3c9cd910516f24b58214a7df060b48962d14c469cfbf0",),
            ),
        ),
        "MIT (code; the weights state none)",
        "openai/clip-vit-base-patch16: pictures and sentences",
        598_641_023,
    ),
    Asset(
        "clip_vit_b32",
        (
            AssetFile("config.json", (f"{_B32}/config.json",)),
            AssetFile(
                "pytorch_model.bin",
                (f"{_B32}/pytorch_model.bin",),
                ("a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f",),
            ),
        ),
        "MIT (code; the weights state none)",
        "openai/clip-vit-base-patch32: pictures and sentences",
        605_247_071,
    ),
)
