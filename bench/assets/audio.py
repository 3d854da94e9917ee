"""Published audio networks that extractors load.

Each sha256 is published by several projects that pin the same file; VGGish's and its PCA's also begin with the
digits that their release writes into the file names, and MERT's and the PCA's stand in Git LFS pointers of copies.
MERT-v1-330M's digest is not known here: its weights are taken as safetensors only (docs/extractors/audio.md).
"""

from __future__ import annotations

from sightsound.bench.assets.model import Asset, AssetFile

_VGGISH = "https://github.com/harritaylor/torchvggish/releases/download/v0.1"
_ZENODO = "https://zenodo.org/records/3987831/files"
_PASST = "https://github.com/kkoutini/PaSST/releases/download/v0.0.1-audioset"
_MERT_95M = "hf:m-a-p/MERT-v1-95M@12af15fef9d0ac838c3f475bfbbf26d2060dd4f5"
_PANNS_LICENCE = "CC-BY-4.0"


def _tree(repository: str, *need: str) -> tuple[AssetFile, ...]:
    """A whole repository of the hub in transformers' layout, not pinned."""
    return (AssetFile("./", (f"hf:{repository}@main/",), need=need),)


ASSETS = (
    Asset(
        "vggish",
        (
            AssetFile(
                "vggish-10086976.pth",
                (f"{_VGGISH}/vggish-10086976.pth",),
                ("10086976245803799d9194e9a73d9b6c1549c71d1b80106f5cade5608a561f4b",),
            ),
        ),
        "Apache-2.0",
        "VGGish, torchvggish v0.1: AudioSet's 128-d audio embedding",
        288_600_000,
    ),
    Asset(
        "vggish_pca",
        (
            AssetFile(
                "vggish_pca_params.npz",
                (
                    f"{_VGGISH}/vggish_pca_params-4d878af3.npz",
                    "https://storage.googleapis.com/audioset/vggish_pca_params.npz",
                ),
                ("4d878af3e306defbfb37095365aa7e5a6cecb86bad13e859e626151c4e6a8b9d",),
            ),
        ),
        "Apache-2.0",
        "the PCA and whitening of AudioSet's released VGGish embeddings",
        73_020,
    ),
    Asset(
        "panns_16k",
        (
            AssetFile(
                "Cnn14_16k_mAP=0.438.pth",
                (f"{_ZENODO}/Cnn14_16k_mAP%3D0.438.pth",),
                ("e2ee543a27919542c2ea03eabaa70b24dcd4e6c8e05621de6b67a94e4c5058e6",),
            ),
        ),
        _PANNS_LICENCE,
        "PANNs Cnn14 at 16 kHz: 527 AudioSet classes",
        358_668_570,
    ),
    Asset(
        "panns_32k",
        (
            AssetFile(
                "Cnn14_mAP=0.431.pth",
                (f"{_ZENODO}/Cnn14_mAP%3D0.431.pth",),
                ("0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31",),
            ),
        ),
        _PANNS_LICENCE,
        "PANNs Cnn14 at 32 kHz: 527 AudioSet classes",
        327_428_481,
    ),
    Asset(
        "passt",
        (
            AssetFile(
                "passt-s-f128-p16-s10-ap.476-swa.pt",
                (f"{_PASST}/passt-s-f128-p16-s10-ap.476-swa.pt",),
                ("302903fa8c4aee817b11dc982da0b29aaf8d11a3e722420476d0a12c9db70c2c",),
            ),
        ),
        "Apache-2.0",
        "PaSST passt_s_swa_p16_128_ap476: 527 AudioSet classes",
        344_665_734,
    ),
    Asset(
        "encodec_24khz",
        _tree("facebook/encodec_24khz", "config.json", "model.safetensors"),
        "MIT (the code's repository)",
        "facebook/encodec_24khz: neural audio codec, mono",
        93_200_000,
    ),
    Asset(
        "encodec_48khz",
        _tree("facebook/encodec_48khz", "config.json", "model.safetensors"),
        "MIT (the code's repository)",
        "facebook/encodec_48khz: neural audio codec, stereo music",
        76_000_000,
    ),
    Asset(
        "mert_95m",
        (
            AssetFile(
                "pytorch_model.bin",
                (f"{_MERT_95M}/pytorch_model.bin",),
                ("a2b8b747f72c06e0595aeae41ae5473f4364938c6b39b2c58be38c48e6bd3fcd",),
            ),
            AssetFile("config.json", (f"{_MERT_95M}/config.json",)),
            AssetFile("preprocessor_config.json", (f"{_MERT_95M}/preprocessor_config.json",)),
        ),
        "CC-BY-NC-4.0",
        "m-a-p/MERT-v1-95M: music representations, 12 layers",
        377_552_987,
    ),
    Asset(
        "mert_330m",
        _tree("m-a-p/MERT-v1-330M", "config.json", "preprocessor_config.json", "model.safetensors"),
        "CC-BY-NC-4.0",
        "m-a-p/MERT-v1-330M: music representations, 24 layers",
        1_261_000_000,
    ),
)
