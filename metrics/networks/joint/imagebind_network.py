"""The three towers of ImageBind that the metrics use: vision, audio and text, one embedding space.

Architecture after Girdhar et al., CVPR 2023, arXiv:2305.05665, and github.com/facebookresearch/ImageBind,
imagebind/models/imagebind_model.py (imagebind_huge). A module here is called as the published file calls it, so
`modality_trunks.audio.blocks.0.norm_1.weight` of the file is `trunk.blocks.0.norm_1.weight` of the audio tower.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from sightsound.metrics.networks.common.checkpoint import check_layout, read_pickle

DIM = 1024
PARTS = ("preprocessor", "trunk", "head", "postprocessor")
LEFT_OUT = ("depth", "thermal", "imu")  # modalities of the file that no metric needs
IMAGE, PATCH, FRAMES = 224, 14, 2  # pixels, pixels, frames of a clip
MELS, MEL_FRAMES, MEL_PATCH, MEL_STRIDE = 128, 204, 16, 10
CONTEXT, VOCABULARY = 77, 49408  # tokens
MAX_SCALE = 100.0


@dataclass(frozen=True)
class TowerSize:
    """Size of a tower."""

    width: int
    """Channels of a token."""
    blocks: int
    """Transformer blocks."""
    heads: int
    """Attention heads of a block."""
    out: int = DIM
    """Length of the embedding."""


HUGE: Mapping[str, TowerSize] = {
    "vision": TowerSize(1280, 32, 16),
    "audio": TowerSize(768, 12, 12),
    "text": TowerSize(1024, 24, 16),
}
"""The published network, imagebind_huge."""


def load_tower(path: Path, modality: str, sizes: Mapping[str, TowerSize] = HUGE) -> Tower:
    """One tower with the weights of the published file, ready to run; the others stay on the disk.

    ValueError unless the file holds all three towers, tensor by tensor, and nothing but them and the modalities
    in LEFT_OUT.
    """
    with torch.device("meta"):
        towers = {name: Tower(name, size) for name, size in sizes.items()}
    wanted = {
        published(name, ours): value.shape
        for name, tower in towers.items()
        for ours, value in tower.state_dict().items()
    }
    state = {name: value for name, value in read_pickle(path).items() if _modality(name) not in LEFT_OUT}
    check_layout(state, wanted, path)
    tower = towers[modality]
    mine = {ours: state[published(modality, ours)].float() for ours in tower.state_dict()}
    tower.load_state_dict(mine, strict=True, assign=True)
    return tower.eval()


def published(modality: str, ours: str) -> str:
    """The file's name of a tensor of a tower: `trunk.x` -> `modality_trunks.audio.x`."""
    part, _, rest = ours.partition(".")
    return f"modality_{part}s.{modality}.{rest}"


def _modality(name: str) -> str:
    part, _, rest = name.partition(".")
    return rest.split(".")[0] if part.removeprefix("modality_").removesuffix("s") in PARTS else ""


class Tower(nn.Module):
    """From the inputs of one modality to embeddings `[batch, out]`, scaled unit vectors.

    vision `[batch, 3, frames (1 or 2), 224, 224]`; audio `[batch, 1, 128, 204]`; text token ids `[batch, 77]`.
    The vectors of vision have length 1, those of audio 20, those of text the learnt scale: compare by cosine.
    """

    def __init__(self, modality: str, size: TowerSize) -> None:
        super().__init__()
        self.preprocessor: nn.Module = _PREPROCESSORS[modality](size.width)
        self.trunk = _Trunk(size, norm_first=modality == "vision", bias_kv=modality == "audio")
        norm, projection = nn.LayerNorm(size.width, eps=1e-6), nn.Linear(size.width, size.out, bias=False)
        if modality == "text":
            self.head = nn.ModuleDict({"proj": nn.Sequential(norm, projection)})
        else:  # between the two the authors' list has a step that picks the first token
            self.head = nn.ModuleDict({"0": norm, "2": projection})
        self.postprocessor = nn.ModuleDict({} if modality == "vision" else {"1": _Scale()})

    def forward(self, inputs: Tensor) -> Tensor:
        tokens, mask = self.preprocessor(inputs)
        tokens = self.trunk(tokens, mask)
        if mask is None:
            chosen = tokens[:, 0]
        else:  # the end of the text, whose id is the highest of all
            chosen = tokens[torch.arange(len(tokens), device=tokens.device), inputs.argmax(dim=1)]
        for layer in self.head.values():
            chosen = layer(chosen)
        embedding = functional.normalize(chosen, dim=-1)
        for scale in self.postprocessor.values():
            embedding = scale(embedding)
        return embedding


class _Trunk(nn.Module):
    """Pre-norm transformer over `[batch, tokens, width]`."""

    def __init__(self, size: TowerSize, *, norm_first: bool, bias_kv: bool) -> None:
        super().__init__()
        if norm_first:
            self.pre_transformer_layer = nn.Sequential(nn.LayerNorm(size.width, eps=1e-6))
        self.blocks = nn.ModuleList(_Block(size.width, size.heads, bias_kv) for _ in range(size.blocks))
        self.norm_first = norm_first

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        if self.norm_first:
            tokens = self.pre_transformer_layer(tokens)
        for block in self.blocks:
            tokens = block(tokens, mask)
        return tokens


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, bias_kv: bool) -> None:
        super().__init__()
        self.attn = _Attention(width, heads, bias_kv)
        self.norm_1 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
        self.norm_2 = nn.LayerNorm(width, eps=1e-6)

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        tokens = tokens + self.attn(self.norm_1(tokens), mask)
        wide = functional.gelu(self.mlp["fc1"](self.norm_2(tokens)))
        return tokens + self.mlp["fc2"](wide)


class _Attention(nn.Module):
    """Multi-head attention with torch.nn.MultiheadAttention's parameters; `bias_kv`: one more learnt token."""

    def __init__(self, width: int, heads: int, bias_kv: bool) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        if bias_kv:
            self.bias_k = nn.Parameter(torch.zeros(1, 1, width))
            self.bias_v = nn.Parameter(torch.zeros(1, 1, width))
        self.bias_kv = bias_kv

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        query, key, value = functional.linear(tokens, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        if self.bias_kv:
            key = torch.cat([key, self.bias_k.expand(len(key), -1, -1)], dim=1)
            value = torch.cat([value, self.bias_v.expand(len(value), -1, -1)], dim=1)
        q, k, v = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (query, key, value))
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out_proj(seen.transpose(1, 2).flatten(2))


class _Scale(nn.Module):
    """Times a number that the file holds as its logarithm."""

    def __init__(self) -> None:
        super().__init__()
        self.log_logit_scale = nn.Parameter(torch.zeros(()))

    def forward(self, embedding: Tensor) -> Tensor:
        return embedding * self.log_logit_scale.exp().clamp(max=MAX_SCALE)


class _Patches(nn.Module):
    """Patches of a picture, a pair of frames or a spectrogram as tokens, a class token first."""

    def __init__(self, stem: nn.Module, patches: int, width: int) -> None:
        super().__init__()
        self.rgbt_stem = stem
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embedding_helper = nn.ParameterDict({"pos_embed": torch.zeros(1, 1 + patches, width)})

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        tokens = self.rgbt_stem(inputs)
        tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1)
        return tokens + self.pos_embedding_helper["pos_embed"], None


class _VisionStem(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        kernel = (FRAMES, PATCH, PATCH)
        self.proj = nn.ModuleDict({"1": nn.Conv3d(3, width, kernel, kernel, bias=False)})

    def forward(self, frames: Tensor) -> Tensor:
        if frames.shape[2] == 1:  # a picture is a clip that stands still
            frames = frames.expand(-1, -1, FRAMES, -1, -1)
        return self.proj["1"](frames).flatten(2).transpose(1, 2)


class _AudioStem(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(1, width, MEL_PATCH, MEL_STRIDE, bias=False)
        self.norm_layer = nn.LayerNorm(width)  # with torch's own epsilon, unlike the others

    def forward(self, log_mel: Tensor) -> Tensor:
        return self.norm_layer(self.proj(log_mel).flatten(2).transpose(1, 2))


class _Words(nn.Module):
    """Token ids as tokens, with the causal mask."""

    mask: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(VOCABULARY, width)
        self.pos_embed = nn.Parameter(torch.zeros(1, CONTEXT, width))
        self.register_buffer("mask", torch.full((CONTEXT, CONTEXT), -torch.inf).triu(1))

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        return self.token_embedding(ids) + self.pos_embed, self.mask


def _vision(width: int) -> nn.Module:
    return _Patches(_VisionStem(width), (IMAGE // PATCH) ** 2, width)


def _audio(width: int) -> nn.Module:
    rows, columns = ((side - MEL_PATCH) // MEL_STRIDE + 1 for side in (MELS, MEL_FRAMES))
    return _Patches(_AudioStem(width), rows * columns, width)


_PREPROCESSORS = {"vision": _vision, "audio": _audio, "text": _Words}
