"""Runs torch-fidelity's networks on seeded weights and records what they give in tests/parity.

`python -m tests.reference.image_networks`, in the environment that setup.sh makes. Writes inception.npz and
clip_stretched.npz.
"""

from __future__ import annotations

import tempfile
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from tests.reference import compat  # noqa: F401  # before the packages

# isort: split

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_fidelity import metric_isc
from torch_fidelity.feature_extractor_clip import FeatureExtractorCLIP, VisionTransformer
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from tests.parity import seeded
from tests.parity.signals import mosaic

PARITY = Path(__file__).parents[1] / "parity"
WIDE = np.concatenate([mosaic(4), mosaic(5)], axis=1).repeat(2, 0)
PICTURES = [mosaic(1), mosaic(2)[:100, :180], mosaic(3)[:17, :31], WIDE]
SMALL = {"input_resolution": 224, "patch_size": 32, "width": 64, "layers": 2, "heads": 1, "output_dim": 16}


def batch(picture: NDArray[np.uint8]) -> Tensor:
    """`[1, 3, height, width]` uint8."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]


def inception() -> dict[str, NDArray[Any]]:
    """Features and logits of four pictures, what it makes of their pixels, and the score of given logits."""
    with (
        mock.patch.object(FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None),
        tempfile.NamedTemporaryFile(suffix=".pth") as empty,
    ):
        torch.save({}, empty.name)
        network = FeatureExtractorInceptionV3(
            "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=empty.name
        )
    network.load_state_dict(seeded.filled(network.state_dict()))
    found = [network(batch(picture)) for picture in PICTURES]
    size = {"size": (299, 299), "align_corners": False}
    resized = [interpolate_bilinear_2d_like_tensorflow1x(batch(picture).float(), **size) for picture in PICTURES]
    logits = torch.from_numpy(3 * np.random.default_rng(0).normal(size=(57, 12)))
    score = metric_isc.isc_features_to_metric(logits)
    return {
        "embedding": torch.cat([each[0] for each in found]).numpy(),
        "logits_unbiased": torch.cat([each[1] for each in found]).numpy(),
        "resized": torch.cat(resized).permute(0, 2, 3, 1)[:, ::23, ::23].numpy(),
        "score_of_splits": np.array([score[metric_isc.KEY_METRIC_ISC_MEAN], score[metric_isc.KEY_METRIC_ISC_STD]]),
    }


def clip_stretched() -> dict[str, NDArray[Any]]:
    """Embeddings of three pictures under a small tower, by the forward pass of the whole extractor."""
    tower = VisionTransformer(**SMALL)
    tower.load_state_dict(seeded.filled(tower.state_dict()))
    with mock.patch.object(FeatureExtractorCLIP, "__init__", lambda self: torch.nn.Module.__init__(self)):
        extractor = FeatureExtractorCLIP()  # its constructor would fetch a network
    extractor.features_list, extractor.feature_extractor_internal_dtype = ("clip",), torch.float32
    extractor.model = SimpleNamespace(visual=tower.eval())
    extractor.resolution = SMALL["input_resolution"]
    found = [extractor(batch(picture))[0] for picture in PICTURES[:3]]
    return {"embedding": torch.cat(found).numpy()}


def main() -> None:
    """Write the records."""
    version = f"torch-fidelity {metadata.version('torch-fidelity')}, torch {torch.__version__}"
    for make in (inception, clip_stretched):
        with torch.inference_mode():
            np.savez_compressed(PARITY / f"{make.__name__}.npz", provenance=version, **make())


if __name__ == "__main__":
    main()
