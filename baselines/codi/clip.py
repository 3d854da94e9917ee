"""CLIP ViT-L/14 as CoDi has it: its layers for pictures also attend along the frames of a video.

Radford et al., ICML 2021, arXiv:2103.00020; sizes, names of the weights and the temporal layers after
github.com/microsoft/i-Code, i-Code-V3, core/models/encoders/clip.py and clip_modules. Pooled, projected and scaled
to length 1, a picture, a video and a sentence are each one vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sightsound.baselines.codi.clip_frames import HEAD, OverFrames
from sightsound.baselines.codi.weights import Checkpoint

PREFIX = "clip.model."
UNUSED = r"logit_scale$|.*\.position_ids$|.*\.temporal_attn\.(pos|frame_rate)_embeds$"
"""What the file holds and the authors' code never reads when it conditions; position ids only count up."""


@dataclass(frozen=True)
class Tower:
    """Size of one tower."""

    width: int
    """Channels, a multiple of 64."""
    layers: int
    """Layers."""
    places: int
    """Tokens of a text, or patches of a picture and one."""


@dataclass(frozen=True)
class Sizes:
    """What the shapes in a checkpoint say; the published ones are 1024 x 24 and 768 x 12, to 768 dimensions."""

    vision: Tower
    text: Tower
    patch: int
    """Side of a patch in pixels."""
    words: int
    """Tokens of the vocabulary."""
    dim: int
    """Dimensions of the common space."""


def sizes(checkpoint: Checkpoint) -> Sizes:
    """The sizes of the CLIP in a checkpoint. ValueError where it has none."""
    towers = []
    for tower, place in (("vision", "vision_model"), ("text", "text_model")):
        count, width = checkpoint.shape(f"{PREFIX}{place}.embeddings.position_embedding.weight", 2)
        names = [name for name in checkpoint.shapes if name.startswith(f"{PREFIX}{place}.encoder.layers.")]
        layers = len({name.removeprefix(f"{PREFIX}{place}.encoder.layers.").split(".")[0] for name in names})
        if width % HEAD or width == 0:
            raise ValueError(
                f"{checkpoint.path}: the {tower} tower of CLIP is {width} wide, no multiple of {HEAD}"
            )
        towers.append(Tower(width, layers, count))
    return Sizes(
        vision=towers[0],
        text=towers[1],
        patch=checkpoint.shape(f"{PREFIX}vision_model.embeddings.patch_embedding.weight", 4)[-1],
        words=checkpoint.shape(f"{PREFIX}text_model.embeddings.token_embedding.weight", 2)[0],
        dim=checkpoint.shape(f"{PREFIX}text_projection.weight", 2)[0],
    )


class Clip(nn.Module):
    """Pictures, videos and sentences as unit vectors of one space."""

    def __init__(self, size: Sizes) -> None:
        super().__init__()
        self.text_model = Text(size)
        self.vision_model = Vision(size)
        self.visual_projection = nn.Linear(size.vision.width, size.dim, bias=False)
        self.text_projection = nn.Linear(size.text.width, size.dim, bias=False)

    def see(self, pixels: Tensor) -> Tensor:
        """`[batch, dim]` of pictures `[batch, 3, side, side]` or videos `[batch, frames, 3, side, side]`."""
        return functional.normalize(self.visual_projection(self.vision_model(pixels)), dim=-1)

    def read(self, ids: Tensor) -> Tensor:
        """`[batch, dim]` of token ids `[batch, 77]`, which the end, the highest id, ends."""
        return functional.normalize(self.text_projection(self.text_model(ids)), dim=-1)


class Vision(nn.Module):
    """The tower of pictures: its first place after the last layer, a video's averaged over the frames."""

    def __init__(self, size: Sizes) -> None:
        super().__init__()
        width = size.vision.width
        self.embeddings = Patches(size)
        self.pre_layrnorm = nn.LayerNorm(width)  # the published name
        self.encoder = Layers(width, size.vision.layers, temporal=True)
        self.post_layernorm = nn.LayerNorm(width)

    def forward(self, pixels: Tensor) -> Tensor:
        frames = pixels.shape[1] if pixels.ndim == 5 else 0
        places = self.pre_layrnorm(self.embeddings(pixels.flatten(0, 1) if frames else pixels))
        places = self.encoder(places, frames=frames)
        first = places[:, 0]
        return self.post_layernorm(first.unflatten(0, (-1, frames)).mean(1) if frames else first)


class Patches(nn.Module):
    """`[batch, 3, side, side]` -> `[batch, places, width]`, a place of its own first."""

    def __init__(self, size: Sizes) -> None:
        super().__init__()
        width = size.vision.width
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.patch_embedding = nn.Conv2d(3, width, size.patch, stride=size.patch, bias=False)
        self.position_embedding = nn.Embedding(size.vision.places, width)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        own = self.class_embedding.expand(len(pixels), 1, -1)
        return torch.cat([own, patches], dim=1) + self.position_embedding.weight


class Text(nn.Module):
    """The tower of sentences: the place of the end after the last layer."""

    def __init__(self, size: Sizes) -> None:
        super().__init__()
        width = size.text.width
        self.embeddings = Words(size)
        self.encoder = Layers(width, size.text.layers, temporal=False)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        places = self.encoder(self.embeddings(ids), causal=True)
        ends = ids.argmax(1)
        return self.final_layer_norm(places[torch.arange(len(ids), device=ids.device), ends])


class Words(nn.Module):
    """`[batch, places]` token ids -> `[batch, places, width]`."""

    def __init__(self, size: Sizes) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(size.words, size.text.width)
        self.position_embedding = nn.Embedding(size.text.places, size.text.width)

    def forward(self, ids: Tensor) -> Tensor:
        return self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]


class Layers(nn.Module):
    """The layers of a tower."""

    def __init__(self, width: int, count: int, *, temporal: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, temporal=temporal) for _ in range(count))

    def forward(self, x: Tensor, *, frames: int = 0, causal: bool = False) -> Tensor:
        for layer in self.layers:
            x = layer(x, frames, causal)
        return x


class Layer(nn.Module):
    """Attention over the places, over the frames where there are any, and two linear layers."""

    def __init__(self, width: int, *, temporal: bool) -> None:
        super().__init__()
        self.self_attn = Attention(width)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = Mlp(width)
        self.layer_norm2 = nn.LayerNorm(width)
        if temporal:
            self.temporal_self_attn = OverFrames(width)

    def forward(self, x: Tensor, frames: int, causal: bool) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x), causal)
        if frames:
            tracks = x.unflatten(0, (-1, frames)).transpose(1, 2)  # [videos, places, frames, width]
            tracks = self.temporal_self_attn(tracks.flatten(0, 1)).unflatten(0, tracks.shape[:2])
            x = tracks.transpose(1, 2).flatten(0, 1)
        return x + self.mlp(self.layer_norm2(x))


class Mlp(nn.Module):
    """Four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, width * 4)
        self.fc2 = nn.Linear(width * 4, width)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.fc1(x)
        return self.fc2(hidden * torch.sigmoid(1.702 * hidden))  # OpenAI's quick GELU


class Attention(nn.Module):
    """`[batch, places, width]` -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        query, key, value = (
            project(x).unflatten(2, (-1, HEAD)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))
