"""The towers of PE-AV for sound, video and text, and the heads that bring them into one space.

Vyas et al.: Pushing the Frontier of Audiovisual Perception, 2025, arXiv:2512.19687. Architecture and names as
transformers 5.23 (models/pe_audio, pe_video, pe_audio_video) has them, after the authors' own
github.com/facebookresearch/perception_models, core/audio_visual_encoder. The codec and the text tower are
transformers' DacEncoder and ModernBertModel; sound and pictures come through the same transformer, written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DacConfig, ModernBertConfig, ModernBertModel
from transformers.models.dac.modeling_dac import DacEncoder

from sightsound.metrics.networks.joint.pe_vision import PeVision, VisionSize, rotated

HEAD_EPS = 1e-6


@dataclass(frozen=True)
class EncoderSize:
    """Size of a transformer over time."""

    width: int
    """Channels of a token."""
    hidden: int
    """Channels inside the gated perceptron."""
    layers: int
    """Transformer layers."""
    heads: int
    """Attention heads."""
    head_dim: int
    """Channels of a head."""
    eps: float = 1e-5
    """Of its norms."""
    theta: float = 20000.0
    """Of the rotary positions."""


class Head(nn.Module):
    """From a tower to the common space."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(width, eps=HEAD_EPS)
        self.proj = nn.Linear(width, out, bias=False)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.proj(self.layer_norm(pooled))


class AudioTower(nn.Module):
    """Sound at 48 kHz, `[batch, samples]`, a multiple of the codec's hop, to embeddings `[batch, out]`."""

    def __init__(self, size: EncoderSize, dac: DacConfig, out: int) -> None:
        super().__init__()
        self.encoder = _Encoder(size, _Codec(dac, size.width))
        self.head = Head(size.width, out)

    def forward(self, audio: Tensor) -> Tensor:
        return self.head(self.encoder(audio[:, None]))


class VideoTower(nn.Module):
    """Videos to embeddings, in two steps: `frames`, one by one, then all of a video's through `forward`."""

    def __init__(self, size: EncoderSize, vision: VisionSize, out: int) -> None:
        super().__init__()
        self.encoder = _Encoder(size, _Frames(vision, size.width))
        self.head = Head(size.width, out)

    def frames(self, pixels: Tensor) -> Tensor:
        """Unit vectors of frames `[frames, 3, image, image]` in -1..1: `[frames, vision.out]`."""
        embedder: Any = self.encoder.embedder
        return functional.normalize(embedder.vision_model["timm_model"](pixels), dim=-1)

    def forward(self, frames: Tensor) -> Tensor:
        """Embeddings `[batch, out]` of videos, sequences of what `frames` gave, `[batch, frames, vision.out]`."""
        return self.head(self.encoder(frames))


class TextTower(nn.Module):
    """Token ids `[batch, tokens]`, no padding, to embeddings `[batch, out]` that are compared with music's.

    The text's state is what leaves the last layer, before the final norm, as the authors take it
    (`hidden_states[22]` of a taller model, cut to 22 layers when it was published). transformers 5.23 takes it
    after that norm, which was never trained for this.
    """

    def __init__(self, config: ModernBertConfig, out: int) -> None:
        super().__init__()
        self.text_model = ModernBertModel(config)
        self.head = Head(config.hidden_size, out)

    def forward(self, ids: Tensor) -> Tensor:
        found: list[Tensor] = []
        norm = self.text_model.final_norm
        handle = norm.register_forward_pre_hook(lambda module, given: found.append(given[0]))
        try:
            self.text_model(input_ids=ids, attention_mask=torch.ones_like(ids))
        finally:
            handle.remove()
        return self.head(found[0][:, 0])


class _Codec(nn.Module):
    """The encoder of the codec, DAC trained as a variational autoencoder: 128 means every 40 ms."""

    def __init__(self, dac: DacConfig, width: int) -> None:
        super().__init__()
        self.dac_encoder = DacEncoder(dac)
        self.bottleneck = nn.Conv1d(dac.hidden_size, dac.codebook_dim, 1)
        self.data_proj = nn.Linear(dac.codebook_dim, width)

    def forward(self, audio: Tensor) -> Tensor:
        return self.data_proj(self.bottleneck(self.dac_encoder(audio)).transpose(1, 2))


class _Frames(nn.Module):
    """Frames that went through the picture tower, to the transformer's width."""

    def __init__(self, vision: VisionSize, width: int) -> None:
        super().__init__()
        self.vision_model = nn.ModuleDict({"timm_model": PeVision(vision)})
        self.proj = nn.Linear(vision.out, width, bias=False)
        self.data_proj = nn.Linear(width, width)

    def forward(self, frames: Tensor) -> Tensor:
        return self.data_proj(self.proj(frames))


class _Encoder(nn.Module):
    """A transformer over time with a class token in front, whose last state comes out: `[batch, width]`."""

    def __init__(self, size: EncoderSize, embedder: nn.Module) -> None:
        super().__init__()
        self.size = size
        self.embedder = embedder
        self.patch_embedder = _Smoothed(size.width)
        self.layers = nn.ModuleList(_Layer(size) for _ in range(size.layers))
        self.norm = nn.RMSNorm(size.width, eps=size.eps)
        self.output = nn.Linear(size.width, size.width, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        tokens = self.patch_embedder(self.embedder(inputs))
        pairs = torch.arange(0, self.size.head_dim, 2, device=tokens.device).float() / self.size.head_dim
        angles = torch.arange(tokens.shape[1], device=tokens.device).float()[:, None] / self.size.theta**pairs
        cosine, sine = angles.cos(), angles.sin()
        for layer in self.layers:
            tokens = layer(tokens, cosine, sine)
        return self.output(self.norm(tokens[:, 0]))


class _Smoothed(nn.Module):
    """The class token put in front, and a residual block of two convolutions over time."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.class_embedding = nn.Parameter(torch.zeros(1, 1, width))
        self.resnet_block = nn.ModuleDict({f"block{i}": _Convolution(width) for i in (1, 2)})

    def forward(self, tokens: Tensor) -> Tensor:
        x = torch.cat([self.class_embedding.expand(len(tokens), -1, -1), tokens], dim=1).transpose(1, 2)
        return (x + self.resnet_block["block2"](self.resnet_block["block1"](x))).transpose(1, 2)


class _Convolution(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.groupnorm = nn.GroupNorm(1, width)
        self.project = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(functional.silu(self.groupnorm(x)))


class _Layer(nn.Module):
    def __init__(self, size: EncoderSize) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(size.width, eps=size.eps)
        self.self_attn = _Attention(size)
        self.post_attention_layernorm = nn.RMSNorm(size.width, eps=size.eps)
        linear: Mapping[str, tuple[int, int]] = {
            "gate_proj": (size.width, size.hidden),
            "up_proj": (size.width, size.hidden),
            "down_proj": (size.hidden, size.width),
        }
        self.mlp = nn.ModuleDict({name: nn.Linear(*sides, bias=False) for name, sides in linear.items()})

    def forward(self, tokens: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        tokens = tokens + self.self_attn(self.input_layernorm(tokens), cosine, sine)
        normed = self.post_attention_layernorm(tokens)
        gated = functional.silu(self.mlp["gate_proj"](normed)) * self.mlp["up_proj"](normed)
        return tokens + self.mlp["down_proj"](gated)


class _Attention(nn.Module):
    """Query and key are normed head by head, then turned by their place in time."""

    def __init__(self, size: EncoderSize) -> None:
        super().__init__()
        self.heads = size.heads
        inner = size.heads * size.head_dim
        self.q_proj = nn.Linear(size.width, inner, bias=False)
        self.k_proj = nn.Linear(size.width, inner, bias=False)
        self.v_proj = nn.Linear(size.width, inner, bias=False)
        self.o_proj = nn.Linear(inner, size.width, bias=False)
        self.q_norm = nn.RMSNorm(size.head_dim, eps=size.eps)
        self.k_norm = nn.RMSNorm(size.head_dim, eps=size.eps)

    def forward(self, tokens: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        q, k, v = (
            project(tokens).unflatten(-1, (self.heads, -1)) for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = (rotated(norm(x).transpose(1, 2), cosine, sine) for norm, x in ((self.q_norm, q), (self.k_norm, k)))
        seen = functional.scaled_dot_product_attention(q, k, v.transpose(1, 2))
        return self.o_proj(seen.transpose(1, 2).flatten(2))
