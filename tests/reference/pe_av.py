"""Runs transformers' PE-AV on seeded weights and records what tests/metrics/test_pe_av.py repeats.

`python -m tests.reference.pe_av TIMM`, in the environment that setup.sh makes; the argument is a folder with timm
1.0.31 unpacked, which goes before the older one of that environment. Writes tests/parity/pe_av.npz,
tests/parity/pe_av_config.json and the names and shapes of pe-av-large to tests/parity/keys/pe_av_large.txt.gz.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

PARITY = Path(__file__).parents[1] / "parity"
TINY = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 2, "head_dim": 32}
TEXT = {
    "model_type": "modernbert",
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "vocab_size": 500,
    "local_attention": 8,
    "tie_last_hidden_states": False,  # the text's state before the final norm, as the authors take it
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
    "cls_token_id": 2,
    "sep_token_id": 1,
}
DAC = {"model_type": "dac", "encoder_hidden_size": 4, "downsampling_ratios": [2, 8, 10, 12], "codebook_dim": 8}
VISION = {"embed_dim": 64, "depth": 2, "num_heads": 4, "img_size": 56}
LABELS = 40
SIZES = {"audio": 28, "video": 4, "both": 6}  # layers of pe-av-large, from transformers' branch that brought PE-AV


def configuration(width: dict[str, int], layers: dict[str, int], more: dict[str, Any]) -> Any:
    """A PeAudioVideoConfig whose picture tower has as many outputs as it says.

    Its `num_classes` is read by no one in transformers 5.23, which then builds two outputs.
    """
    from transformers import PeAudioVideoConfig

    made = PeAudioVideoConfig(
        text_config=more["text"],
        audio_video_config={
            **(width | {"num_hidden_layers": layers["both"]}),
            "audio_config": {**width, "num_hidden_layers": layers["audio"], "dac_config": more["dac"]}
            | {"model_type": "pe_audio_encoder"},
            "video_config": {**width, "num_hidden_layers": layers["video"], "vision_config": more["vision"]}
            | {"model_type": "pe_video_encoder"},
        },
    )
    vision = made.audio_video_config.video_config.vision_config
    vision.num_labels = vision.num_classes = more["outputs"]
    return made


def small() -> None:
    """The small model's outputs."""
    import timm
    import torchvision
    import transformers
    from safetensors.torch import load_file
    from torchvision.transforms import InterpolationMode, Resize
    from transformers import PeAudioFeatureExtractor, PeAudioVideoModel

    from tests.parity import seeded
    from tests.parity.signals import chirps, mosaic

    vision = {"architecture": "vit_pe_core_large_patch14_336", "model_args": VISION}
    more = {"text": TEXT, "dac": DAC, "vision": vision, "outputs": LABELS}
    model = PeAudioVideoModel(configuration(TINY, dict.fromkeys(SIZES, 2), more)).eval()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        state = seeded.filled(load_file(f"{folder}/model.safetensors"))
        config = json.loads(Path(folder, "config.json").read_text())
    report = model.load_state_dict(state, strict=False)
    assert not report.unexpected_keys
    model.tie_weights()
    (PARITY / "pe_av_config.json").write_text(json.dumps(config, indent=1) + "\n")
    resize = Resize((56, 56), interpolation=InterpolationMode.BILINEAR)
    pictures = [mosaic(1)[:201], mosaic(2)[:, 30:171], mosaic(3), mosaic(4)[:40, :50]]
    pixels = torch.stack([resize(torch.from_numpy(picture.copy()).permute(2, 0, 1)) for picture in pictures])
    video = ((pixels.float() / 255 - 0.5) / 0.5)[None]
    hear = PeAudioFeatureExtractor()
    clips = [chirps(1.0, 48000), chirps(1.237, 48000, seed=3)]
    audio = [
        torch.from_numpy(np.asarray(hear(clip, sampling_rate=48000)["input_values"][0])).reshape(1, 1, -1)
        for clip in clips
    ]
    rng = np.random.default_rng(4)
    ids = [torch.tensor([[2, *rng.integers(3, 500, n), 1]]) for n in (3, 30)]
    found: dict[str, list[np.ndarray]] = {"audio": [], "video": [], "text": []}
    for sound, text, frames in zip(audio, ids, (video, video[:, 2:3]), strict=True):
        done = model(input_ids=text, input_values=sound, pixel_values_videos=frames)
        found["audio"].append(done.audio_embeds.numpy())
        found["video"].append(done.video_embeds.numpy())
        found["text"].append(done.text_audio_embeds.numpy())
    vision_model = model.video_model.video_encoder.embedder.vision_model
    codec = model.audio_model.audio_encoder.embedder
    np.savez_compressed(
        PARITY / "pe_av.npz",
        provenance=f"transformers {transformers.__version__} with timm {timm.__version__}, small; pixels: "
        f"torchvision {torchvision.__version__}; torch {torch.__version__}",
        pixels=pixels.numpy(),
        vision=vision_model(video[0]).logits.numpy(),
        codec=codec.bottleneck(codec.dac_encoder(audio[1]))[0, :, ::4].numpy(),
        padded=np.array([sound.shape[-1] for sound in audio]),
        ids=np.concatenate([text[0].numpy() for text in ids]),
        **{name: np.concatenate(values) for name, values in found.items()},
    )


def names() -> None:
    """The whole model's tensors, each once, as save_pretrained writes them."""
    import re

    from transformers import PeAudioVideoModel

    text = {"model_type": "modernbert", "hidden_size": 1024, "intermediate_size": 2624, "num_hidden_layers": 22}
    dac = {
        "model_type": "dac",
        "downsampling_ratios": [2, 8, 10, 12],
        "encoder_hidden_size": 64,
        "codebook_dim": 128,
    }
    width = {"hidden_size": 1792, "intermediate_size": 4800, "num_attention_heads": 14, "head_dim": 128}
    vision = {"architecture": "vit_pe_core_large_patch14_336"}
    more = {"text": text | {"num_attention_heads": 16}, "dac": dac, "vision": vision, "outputs": 1024}
    with torch.device("meta"):
        model = PeAudioVideoModel(configuration(width, SIZES, more))
    tied = [re.compile(f"^{pattern}") for pattern in PeAudioVideoModel._tied_weights_keys]
    lines = [
        f"{name} {'x'.join(map(str, value.shape))}\n"
        for name, value in model.state_dict().items()
        if not any(pattern.match(name) for pattern in tied)
    ]
    with gzip.GzipFile(PARITY / "keys" / "pe_av_large.txt.gz", "wb", mtime=0) as file:
        file.write("".join(lines).encode())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.reference.pe_av TIMM")
    sys.path.insert(0, sys.argv[1])
    from tests.reference import compat  # noqa: F401  # before the packages

    with torch.inference_mode():
        small()
        names()
