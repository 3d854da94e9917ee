"""Runs ImageBind, LAION-CLAP and CLIP on seeded weights and records what tests/metrics repeats.

`python -m tests.reference.joint CLIP_REPOSITORY`, in the environment that setup.sh makes; the argument is a clone
of github.com/openai/CLIP at d05afc4. Writes tests/parity/{imagebind,clap,clap_fusion,clip}.npz, and the names and
shapes of the published networks to tests/parity/keys.
"""

from __future__ import annotations

import importlib
import math
import sys
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tests.parity import seeded
from tests.parity.signals import chirps, mosaic
from tests.reference import compat  # noqa: F401  # before the packages

PARITY = Path(__file__).parents[1] / "parity"
PICTURES = [mosaic(1), mosaic(2)[:201, :], mosaic(3)[:, 30:171]]
TEXTS = (
    "A slow, sad piece for strings.",
    "Upbeat electronic dance track, 128 BPM!  It's   fast -- isn't it?",
    "café naïve Ünïcode 東京 музыка 🎻🎹",
    "a &amp; b &lt;3 <tag> 12345 x_y",
    ", ".join(
        ["dark forest battle music for a choir, drums and brass"] * 4 + ["dark forest battle music for a choir"]
    ),
)
TOWERS = {"vision": (64, 2, 4), "text": (64, 2, 4), "audio": (48, 2, 4)} | dict.fromkeys(
    ("depth", "thermal", "imu"), (16, 1, 2)
)
ROBERTA = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}


def with_seeds(network: Any, kept: tuple[str, ...]) -> Any:
    """The network with seeded weights, but for the tensors whose name holds one of `kept`."""
    state = network.state_dict()
    made = seeded.filled(state)
    network.load_state_dict({n: state[n] if any(k in n for k in kept) else made[n] for n in state})
    return network.eval()


def write_keys(name: str, shapes: Mapping[str, Any]) -> None:
    """A line a tensor: its name and its shape."""
    lines = [f"{key} {'x'.join(map(str, shape))}\n" for key, shape in shapes.items()]
    (PARITY / "keys" / f"{name}.txt").write_text("".join(lines), encoding="utf-8")


def record(name: str, provenance: str, **figures: Any) -> None:
    """Write the figures, and say how large they are."""
    np.savez_compressed(PARITY / f"{name}.npz", provenance=f"{provenance}, torch {torch.__version__}", **figures)
    print(name, {key: np.shape(value) for key, value in figures.items()})


def imagebind() -> None:
    """Small towers on pictures, texts, clips by both rules of windows, and a video."""
    from imagebind import data
    from imagebind.models import imagebind_model
    from pytorchvideo.data.clip_sampling import ConstantClipsPerVideoSampler

    linspace = torch.linspace
    with torch.device("meta"), mock.patch("torch.linspace", lambda *a: linspace(*a, device="cpu")):
        write_keys(
            "imagebind_huge", {n: v.shape for n, v in imagebind_model.imagebind_huge().state_dict().items()}
        )
    sizes: dict[str, int] = {"out_embed_dim": 32}
    for modality, numbers in TOWERS.items():
        for what, number in zip(("embed_dim", "num_blocks", "num_heads"), numbers, strict=True):
            sizes[f"{modality}_{what}"] = number
    network = with_seeds(imagebind_model.ImageBindModel(**sizes), ("log_logit_scale", "text.mask"))
    clips = [chirps(), chirps(1.3), chirps(3.111, seed=3)]
    found: dict[str, Any] = {"texts": np.array(TEXTS)}
    for name, sampler in (("old", ConstantClipsPerVideoSampler), ("new", _NewSampler)):
        with mock.patch.object(data, "ConstantClipsPerVideoSampler", sampler):
            mels = [_mels(data, clip) for clip in clips]
        found[f"audio_{name}"] = np.concatenate([network({"audio": mel})["audio"].numpy() for mel in mels])
    found["log_mel"] = mels[0][0, 1].numpy()[:, ::2, ::6]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{index}.png" for index in range(len(PICTURES))]
        for path, picture in zip(paths, PICTURES, strict=True):
            Image.fromarray(picture).save(path)
        pixels = data.load_and_transform_vision_data(paths, "cpu")
    found["pixels"] = pixels[:, :, ::16, ::16].numpy()
    found["image"] = network({"vision": pixels})["vision"].numpy()
    ids = data.load_and_transform_text(list(TEXTS), "cpu")
    found["ids"], found["text"] = ids.numpy().astype(np.int32), network({"text": ids})["text"].numpy()
    views, found["video_frames"] = _video(data)
    found["video"] = network({"vision": views[None]})["vision"].numpy()
    version = metadata.version("imagebind-packaged")
    record("imagebind", f"imagebind-packaged {version}, pytorchvideo 0.1.5 (new: as its commit 9368f30)", **found)


class _NewSampler:
    """The rule of pytorchvideo's sources since 9368f30; the index has 0.1.5 only."""

    def __init__(self, clip_duration: int, clips_per_video: int) -> None:
        self.seconds, self.clips, self.index = clip_duration, clips_per_video, 0

    def __call__(self, end: float, duration: float, annotation: None) -> tuple[Any, ...]:
        """Start, end and whether this is the last, among other things."""
        start = Fraction(max(duration - self.seconds, 0)) / max(self.clips - 1, 1) * self.index
        self.index = (self.index + 1) % self.clips
        return start, start + self.seconds, 0, 0, self.index == 0


def _mels(data: Any, clip: NDArray[np.float32]) -> Tensor:
    with mock.patch("torchaudio.load", lambda path: (torch.from_numpy(clip.copy())[None], 16000)):
        return data.load_and_transform_audio_data(["clip"], "cpu")


def _video(data: Any) -> tuple[Tensor, list[int]]:
    """load_and_transform_video_data over frames in memory, taken as EncodedVideoDecord.get_clip takes them."""
    from pytorchvideo import transforms
    from torchvision.transforms._transforms_video import NormalizeVideo

    base = np.random.default_rng(5).integers(0, 256, (48, 80, 3))
    frames = torch.from_numpy(((base + 3 * np.arange(130)[:, None, None, None]) % 256).astype(np.float32))
    rate_hz, clips, chosen = 12.5, [], []
    normal = NormalizeVideo(mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711))
    for start, end in data.get_clip_timepoints(_NewSampler(2, 5), len(frames) / rate_hz):
        first, last = math.ceil(rate_hz * start), min(math.ceil(rate_hz * end), len(frames))
        clip = transforms.UniformTemporalSubsample(2)(frames[first:last].permute(3, 0, 1, 2)) / 255.0
        clips.append(normal(transforms.ShortSideScale(224)(clip)))
        chosen += [first, last - 1]
    return torch.stack(data.SpatialCrop(224, num_crops=3)(clips)), chosen


def clap(tower: str, *, fusion: bool) -> None:
    """HTSAT-tiny with a RoBERTa of two layers; the names of the whole network of `tower`."""
    import laion_clap
    from laion_clap.training.data import get_mel
    from transformers import RobertaConfig, RobertaModel

    def made(size: str, layers: int) -> Any:
        small = RobertaConfig(**ROBERTA, num_hidden_layers=layers)
        with mock.patch.object(RobertaModel, "from_pretrained", lambda name: RobertaModel(small)):
            return laion_clap.CLAP_Module(amodel=size, device="cpu", enable_fusion=fusion)

    shapes = {name: value.shape for name, value in made(tower, 12).model.state_dict().items()}
    write_keys(
        f"clap_{tower.lower().replace('-', '_')}{'_fusion' * fusion}",
        shapes | {"text_branch.embeddings.position_ids": (1, 514)},  # the files hold them, transformers no longer
    )
    if tower != "HTSAT-tiny":
        return
    module = made(tower, 2)
    network = with_seeds(module.model, ("spectrogram_extractor", "logmel_extractor", "attn_mask", "logit_scale"))
    clips = [chirps(10.0, 48000), chirps(3.3, 48000, seed=3) * 3]
    ids, rng = np.full((3, 77), 1), np.random.default_rng(4)
    for row, length in zip(ids, (77, 12, 5), strict=True):
        row[0], row[length - 1] = 0, 2
        row[1 : length - 1] = rng.integers(4, 50264, length - 2)
    tokens = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor((ids != 1).astype(int))}
    wave = torch.from_numpy(clips[0])
    branch = network.audio_branch
    if fusion:
        log_mel = get_mel(wave, module.model_cfg["audio_cfg"]).numpy()
    else:
        log_mel = branch.logmel_extractor(branch.spectrogram_extractor(wave[None])).numpy()[0, 0]
    record(
        f"clap{'_fusion' * fusion}",
        f"laion-clap {metadata.version('laion-clap')}, {tower}{' with fusion' * fusion}, RoBERTa of 2 layers",
        audio=module.get_audio_embedding_from_data(clips),
        text=network.get_text_embedding(tokens).numpy(),
        ids=ids.astype(np.int32),
        log_mel=log_mel[::37],
    )


def clip(repository: Path) -> None:
    """OpenAI's network of two layers a tower, on pictures and texts as its own code prepares them."""
    sys.path.insert(0, str(repository))
    code, network = importlib.import_module("clip.clip"), importlib.import_module("clip.model")
    model = with_seeds(network.CLIP(32, 224, 2, 64, 32, 77, 49408, 64, 1, 2), ("logit_scale",))
    pixels = torch.stack([code._transform(224)(Image.fromarray(picture)) for picture in PICTURES])
    texts = [TEXTS[0], "Upbeat electronic dance track, 128 BPM!", "café 東京 🎻"]
    ids = code.tokenize(texts)
    record(
        "clip",
        "github.com/openai/CLIP@d05afc436d78, small",
        image=model.encode_image(pixels).numpy(),
        text=model.encode_text(ids).numpy(),
        ids=ids.numpy().astype(np.int32),
        texts=np.array(texts),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.reference.joint CLIP_REPOSITORY")
    with torch.inference_mode():
        imagebind()
        clap("HTSAT-base", fusion=False)
        clap("HTSAT-tiny", fusion=False)
        clap("HTSAT-tiny", fusion=True)
        clip(Path(sys.argv[1]))
