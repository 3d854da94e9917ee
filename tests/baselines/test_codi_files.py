"""CoDi's published layout: what loads, and what is refused in one line."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file, save_file

from sightsound.baselines.codi import CARD, pipeline
from sightsound.baselines.codi.pipeline import DIFFUSER, ENCODERS, fp32
from sightsound.bench import assets
from sightsound.bench.core.registry import load
from tests.tiny import codi as tiny

SHORT = (8, 32, 16)  # a latent of 1.28 s


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tiny.everything(tmp_path_factory.mktemp("codi"))


PUBLISHED_BYTES = {torch.float32: "F32", torch.float16: "F16"}


def hollow(path: Path, table: dict[str, tuple[int, ...]], dtype: torch.dtype = torch.float32) -> None:
    """A file of these names and shapes and no content: sparse, so that gigabytes take no place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header, at = {}, 0
    for name, shape in table.items():
        whole = name.endswith(("position_ids", "relative_position_index", "num_batches_tracked"))
        size = math.prod(shape) * (8 if whole else dtype.itemsize)
        kind = "I64" if whole else PUBLISHED_BYTES[dtype]
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    data = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        file.truncate(8 + len(data) + at)


@pytest.mark.parametrize("variant", ["fp32", "fp16"])
def test_the_published_layout_loads_strictly(weights: dict[str, Path], tmp_path: Path, variant: str) -> None:
    """Every name and shape of the authors' modules, CLAP included; on no device, so in a second."""
    half = variant == "fp16"
    folder = tmp_path / "checkpoints_fp16" if half else tmp_path
    dtype = torch.float16 if half else torch.float32
    hollow(folder / ENCODERS, tiny.shapes("codi_encoders"), dtype)
    hollow(folder / DIFFUSER, tiny.shapes("codi_audio"), dtype)
    soundfile.write(tmp_path / "tone.wav", np.full(1600, 0.1), 16000)
    files = dict.fromkeys(weights, tmp_path) | {"clip_bpe": weights["clip_bpe"]}
    system = load(CARD.variants[variant].entry)("meta", files, audio=str(tmp_path / "tone.wav"))
    networks = system._parts
    counts = [sum(value.numel() for value in network.state_dict().values()) for network in networks]
    # what single generation leaves out: queries and keys of 16 cross-attentions and the norm before them
    assert counts == [314_154_056 - unused_of_unet(), 32_981_577, 55_264_897]
    assert (folder / ENCODERS).stat().st_size == pytest.approx((3.017e9 if half else 6.033e9), rel=2e-3)


def unused_of_unet() -> int:
    """Parameters of the UNet without connectors that are never loaded."""
    return sum(
        math.prod(shape)
        for name, shape in tiny.shapes("codi_audio").items()
        if "connecter" not in name and (".norm2." in name or "attn2.to_q" in name or "attn2.to_k" in name)
    )


def without(part: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda state: {name: value for name, value in state.items() if part not in name}


def with_another(state: dict[str, Any]) -> dict[str, Any]:
    return state | {f"{tiny.UNET}input_blocks.1.2.weight": torch.zeros(3)}


def reshaped(state: dict[str, Any]) -> dict[str, Any]:
    return state | {f"{tiny.UNET}out.2.bias": torch.zeros(9)}


def narrower(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:, :63].clone() if "attn2.to_v" in name else value for name, value in state.items()}


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        (DIFFUSER, without("unet_audio"), "has no model.diffusion_model.unet_audio.time_embed.0.weight"),
        (DIFFUSER, without("middle_block"), r"lacks \d+ weights: model.diffusion_model.unet_audio.middle_block"),
        (DIFFUSER, with_another, "has, unknown to the network, 1 weights: .*input_blocks.1.2.weight"),
        (DIFFUSER, reshaped, "has in another shape 1 weights: .*out.2.bias"),
        (DIFFUSER, narrower, "takes conditions of 63 dimensions"),
        (ENCODERS, without("clip."), "has no clip.model.vision_model.embeddings.position_embedding.weight"),
        (ENCODERS, without("fc2.bias"), "lacks 4 weights: clip.model.text_model.encoder.layers.0.mlp.fc2.bias"),
        (ENCODERS, without("vocoder"), "has no audioldm.vocoder.conv_pre.weight"),
    ],
)
def test_a_file_that_is_not_whole(
    weights: dict[str, Path], tmp_path: Path, name: str, change: Callable[[Any], Any], says: str
) -> None:
    state = change(load_file(weights["codi_audio"] / name)) or {"other.weight": torch.zeros(1)}
    save_file(state, tmp_path / name)
    asset = "codi_audio" if name == DIFFUSER else "codi_encoders"
    with pytest.raises(ValueError, match=f"{name} {says}") as raised:
        fp32("cpu", weights | {asset: tmp_path})
    assert "\n" not in str(raised.value)


def test_no_file(weights: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"{DIFFUSER} is missing or no safetensors file; make it by"):
        fp32("cpu", weights | {"codi_audio": tmp_path})


def test_the_assets_do_not_take_each_others_files(
    weights: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both kinds of file in one mirror, laid out as on the hub."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    hub = tmp_path / "mirror" / "ZinengTang" / "CoDi"
    hollow(hub / DIFFUSER, {"whole": (1,)})
    hollow(hub / "checkpoints_fp16" / DIFFUSER, {"half": (1,)}, torch.float16)
    whole = assets.fetch("codi_audio", tmp_path / "mirror")
    half = assets.fetch("codi_fp16_audio", tmp_path / "mirror")
    assert set(pipeline.Checkpoint(whole / DIFFUSER, "cpu").shapes) == {"whole"}
    assert set(pipeline.Checkpoint(half / "checkpoints_fp16" / DIFFUSER, "cpu").shapes) == {"half"}
