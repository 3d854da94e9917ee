"""The published checkpoint: which names and shapes it has, and its parts as networks.

No settings are published with it, so every size is read from the shapes; what shapes do not tell (head width 64
of the encoders, 16 groups in MERT) is that of the models which the authors started from. Names are those of
transformers 4.35.2, with or without torch's later names for a weight norm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from sightsound.baselines.m2ugen import llama
from sightsound.baselines.m2ugen.projector import Projector
from sightsound.baselines.m2ugen.understanding import Understanding
from sightsound.baselines.m2ugen.vit import HEAD_WIDTH, Vit
from sightsound.baselines.m2ugen.vit import Shape as VitShape
from sightsound.baselines.parts.mapped import MappedFile
from sightsound.metrics.networks.audio.mert import Mert
from sightsound.metrics.networks.audio.mert import Shape as MertShape
from sightsound.metrics.networks.common.checkpoint import check_layout

Network = TypeVar("Network", bound=nn.Module)

ADAPTERS = {"audio": "mu_mert", "image": "iu_vit", "video": "iu_vivit"}
ENCODERS = {"audio": "mert_model", "image": "vit_model", "video": "vivit_model"}
GENERATOR = "generation_model"
UNUSED = (f"{GENERATOR}.decoder.model.decoder.embed_positions.weights",)  # computed, not learned
NORMS = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}


@dataclass(frozen=True)
class Sizes:
    """Of the language model and what surrounds it."""

    vocabulary: int
    width: int
    hidden: int
    rank: int
    layers: int
    heads: int
    vit: VitShape
    vivit: VitShape
    mert: MertShape
    projector: int
    """Width inside the output projector."""
    output_tokens: int
    """That the projector makes: 128 for MusicGen, 1 for AudioLDM2."""
    output_width: int
    """768 for MusicGen, 137216 for AudioLDM2."""


def empty_encoder(kind: str, sizes: Sizes) -> nn.Module:
    """The encoder of `audio`, `image` or `video`, without weights."""
    if kind == "audio":
        return Mert(sizes.mert)
    return Vit(sizes.vit if kind == "image" else sizes.vivit)


def empty_adapter(kind: str, sizes: Sizes) -> Understanding:
    """The understanding adapter of `audio`, `image` or `video`, without weights."""
    rows, features = {
        "audio": (sizes.mert.layers + 1, sizes.mert.width),
        "image": (sizes.vit.tokens, sizes.vit.width),
        "video": (sizes.vivit.tokens, sizes.vivit.width),
    }[kind]
    return Understanding(rows, features, sizes.width)


def empty_projector(sizes: Sizes) -> Projector:
    """The output projector, without weights."""
    return Projector(sizes.width, sizes.projector, sizes.output_tokens, sizes.output_width)


def published(sizes: Sizes, music: Callable[[], nn.Module] | None) -> dict[str, torch.Size]:
    """Name -> shape of the whole checkpoint; `music` builds the generator in it, None where there is none."""
    parts: dict[str, Callable[[], nn.Module]] = {}
    for kind in ENCODERS:
        parts[f"{ENCODERS[kind]}."] = partial(empty_encoder, kind, sizes)
        parts[f"{ADAPTERS[kind]}_"] = partial(empty_adapter, kind, sizes)
    parts["output_projector."] = partial(empty_projector, sizes)
    if music:
        parts[f"{GENERATOR}."] = music
    table = {name: torch.Size(shape) for name, shape in llama.published(sizes).items()}
    for prefix, build in parts.items():
        with torch.device("meta"):
            state = build().state_dict()
        table |= {prefix + plain(name): value.shape for name, value in state.items()}
    return table


class Checkpoint:
    """A converted checkpoint whose layout was found to be the published one."""

    def __init__(self, path: Path, music: Callable[[], nn.Module] | None) -> None:
        """`music`: see `published`. ValueError, in one line, for missing, unknown or misshapen weights."""
        self.file = MappedFile(path)
        self._names = {plain(name): name for name in self.file}
        self.sizes = self._sizes()
        wanted = published(self.sizes, music)
        given = {name: torch.empty(self.file.shapes[kept], device="meta") for name, kept in self._names.items()}
        for name in UNUSED:  # transformers has them among the weights or not, by its version
            given.pop(name, None)
            wanted.pop(name, None)
        check_layout(given, wanted, path)

    def part(self, build: Callable[[], Network], prefix: str, device: str | torch.device) -> Network:
        """The network with the weights under `prefix` on the device, all in the widest dtype that they are kept
        in.

        The authors run all but LLaMA in float32 where the checkpoint holds float32.
        """
        with torch.device("meta"):
            network = build()
        published_as = {name: prefix + plain(name) for name in network.state_dict()}
        names = {name: self._names[kept] for name, kept in published_as.items() if kept not in UNUSED}
        floats = [
            dtype for dtype in map(self.file.dtypes.get, names.values()) if dtype and dtype.is_floating_point
        ]
        dtype = reduce(torch.promote_types, floats)
        state = {
            name: self.file.take(source, device, dtype if self.file.dtypes[source].is_floating_point else None)
            for name, source in names.items()
        }
        network.load_state_dict(state, strict=False, assign=True)
        return network.eval().requires_grad_(False)

    def _sizes(self) -> Sizes:
        shape = self._shape
        vocabulary, width = shape("llama.tok_embeddings.weight", 2)
        _, tokens, projector = shape("output_projector.query_embs", 3)
        return Sizes(
            vocabulary=vocabulary,
            width=width,
            hidden=shape("llama.layers.0.feed_forward.w1.weight", 2)[0],
            rank=shape("llama.layers.0.attention.lora_wq_l1.weight", 2)[0],
            layers=self._count("llama.layers."),
            heads=shape("llama.layers.0.attention.gate", 4)[1],
            vit=self._vit("vit_model", 4),
            vivit=self._vit("vivit_model", 5),
            mert=self._mert(),
            projector=projector,
            output_tokens=tokens,
            output_width=shape("output_projector.model.weight", 2)[0],
        )

    def _vit(self, prefix: str, dims: int) -> VitShape:
        width, _, *patch = self._shape(f"{prefix}.embeddings.patch_embeddings.projection.weight", dims)
        return VitShape(
            layers=self._count(f"{prefix}.encoder.layer."),
            width=width,
            hidden=self._shape(f"{prefix}.encoder.layer.0.intermediate.dense.weight", 2)[0],
            tokens=self._shape(f"{prefix}.embeddings.position_embeddings", 3)[1],
            patch=tuple(patch),
        )

    def _mert(self) -> MertShape:
        width = self._shape("mert_model.masked_spec_embed", 1)[0]
        layers = self._count("mert_model.encoder.layers.")
        return MertShape(layers, width, width // HEAD_WIDTH, norm_first=True)

    def _shape(self, name: str, dims: int) -> tuple[int, ...]:
        found = self.file.shapes.get(self._names.get(name, name))
        if found is None or len(found) != dims:
            raise ValueError(f"{self.file.path} lacks {name}; is it M2UGen's checkpoint, converted whole?")
        return tuple(found)

    def _count(self, prefix: str) -> int:
        numbers = {name[len(prefix) :].split(".")[0] for name in self._names if name.startswith(prefix)}
        return len(numbers)


def plain(name: str) -> str:
    """A name with the older names of a weight norm's two parts."""
    for new, old in NORMS.items():
        name = name.replace(new, old)
    return name
