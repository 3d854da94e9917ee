"""LLaMA-2 with M2UGen's one-token adapters, biases and LoRA, for decoding with a cache.

After M2UGen/llama/llama.py and m2ugen.py (shansongliu/M2UGen, 2c702a48; Touvron et al. 2023, arXiv:2307.09288;
Zhang et al. 2023, arXiv:2303.16199; Hussain et al. 2023, arXiv:2311.11255). Meta's layout: rotary positions turn
pairs of neighbours. LoRA of rank 16 is added unscaled, W x + B A x, and is folded into W when the weights are
loaded.

Each of the last 18 layers is given one adapter token. With a single token there is no softmax over it: its value,
through W_v *without* LoRA, is added to what every position attends to, times tanh(gate) of the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from sightsound.baselines.parts.mapped import MappedFile

LONGEST = 1024  # positions, the authors' max_seq_len
GROUP = 6  # layers that hear one modality; three groups at the end: audio, image, video
EPS = 1e-5  # rms_norm_eps of LLaMA-2 7B
THETA = 10000.0

LINEARS = {
    "attention": ("wq", "wk", "wv", "wo"),
    "feed_forward": ("w1", "w2", "w3"),
}
BIASED = ("wq", "wo", "w1", "w2", "w3")


@dataclass
class Cache:
    """Keys and values of a batch that is padded on the left."""

    keys: Tensor
    """`[layers, batch, heads, columns, head width]`."""
    values: Tensor
    """The same."""
    padding: Tensor
    """`[batch]`: columns before each row's first token."""
    filled: Tensor
    """`[]`: columns that hold something. A tensor, so that a step of CUDA can be recorded."""


class Layer:
    """One transformer layer's weights: LoRA folded in, matrices that read the same input as one."""

    def __init__(self, file: MappedFile, prefix: str, device: torch.device, dtype: torch.dtype) -> None:
        def take(name: str) -> Tensor:
            return file.take(f"{prefix}.{name}", device, dtype)

        def join(names: Sequence[str]) -> tuple[Tensor, Tensor]:
            """The matrices one below the other, and their biases, 0 where there is none."""
            block = "attention" if names[0] in LINEARS["attention"] else "feed_forward"
            paths = [f"{block}.{name}" for name in names]
            shapes = [file.shapes[f"{prefix}.{path}.weight"] for path in paths]
            weight = torch.empty((sum(shape[0] for shape in shapes), shapes[0][1]), dtype=dtype, device=device)
            bias = torch.zeros(len(weight), dtype=dtype, device=device)
            parts = zip(names, paths, weight.split([shape[0] for shape in shapes]), strict=True)
            for (name, path, rows), offset in zip(parts, _offsets(shapes), strict=True):
                rows.copy_(take(f"{path}.weight"))
                down, up = (take(f"{block}.lora_{name}_{half}.weight") for half in ("l1", "l2"))
                fold(rows, up, down)
                if name in BIASED:
                    bias[offset : offset + len(rows)] = take(f"{path}.bias")
                if name == "wv":
                    self.value, self.value_lora = rows, (down, up)
            return weight, bias

        self.qkv, self.out = join(("wq", "wk", "wv")), join(("wo",))
        self.up, self.down = join(("w1", "w3")), join(("w2",))
        self.gate = take("attention.gate").tanh()
        self.attention_norm, self.ffn_norm = take("attention_norm.weight"), take("ffn_norm.weight")

    def adapter(self, token: Tensor) -> Tensor:
        """The gated value of adapter tokens `[batch, width]`, without LoRA: `[batch, heads, 1, head width]`."""
        down, up = self.value_lora
        value = functional.linear(token, self.value) - functional.linear(functional.linear(token, down), up)
        return self.gate * value.unflatten(-1, (self.gate.shape[1], -1))[:, :, None]


class Llama:
    """The language model. Runs in the dtype of its first matrix, as the authors run it in float16."""

    def __init__(self, file: MappedFile, device: str | torch.device) -> None:
        """From `llama.*` and `prefix_query.weight` of the published checkpoint."""
        self.device = torch.device(device)
        self.dtype = file.dtypes["llama.layers.0.attention.wq.weight"]

        def take(name: str) -> Tensor:
            return file.take(name, self.device, self.dtype)

        count = 1 + max(int(name.split(".")[2]) for name in file if name.startswith("llama.layers."))
        self.embeddings = take("llama.tok_embeddings.weight")
        self.layers = [Layer(file, f"llama.layers.{i}", self.device, self.dtype) for i in range(count)]
        self.norm, self.output = take("llama.norm.weight"), take("llama.output.weight")
        self.queries = file.take("prefix_query.weight", self.device)
        self.width = self.embeddings.shape[1]
        self.heads = self.layers[0].gate.shape[1]
        angles = torch.outer(torch.arange(LONGEST).float(), _frequencies(self.width // self.heads))
        self.turns = torch.stack([angles.cos(), angles.sin()]).to(self.device)  # [2, positions, head width / 2]

    def adapters(self, features: Sequence[Tensor | None]) -> list[Tensor | None]:
        """What each layer adds to its attention: None, or `[batch, heads, 1, head width]`.

        `features` are those of audio, image and video, each `[batch, width]`, or None where absent.
        """
        added: list[Tensor | None] = [None] * (len(self.layers) - len(self.queries))
        for i, query in enumerate(self.queries):
            feature = features[i // GROUP]
            token = query[None] if feature is None else query + feature
            added.append(self.layers[len(added)].adapter(token.to(self.dtype)))
        return added

    def cache(self, lengths: Sequence[int], columns: int) -> Cache:
        """An empty one for prompts of those lengths, with room for so many columns."""
        shape = (len(self.layers), len(lengths), self.heads, columns, self.width // self.heads)
        keys, values = (torch.zeros(shape, dtype=self.dtype, device=self.device) for _ in range(2))
        padding = torch.tensor([max(lengths) - length for length in lengths], device=self.device)
        return Cache(keys, values, padding, torch.zeros((), dtype=torch.int64, device=self.device))

    def __call__(
        self, tokens: Tensor, cache: Cache, adapters: Sequence[Tensor | None], limit: int
    ) -> tuple[Tensor, Tensor]:
        """The next columns `tokens` `[batch, columns]` -> float32 logits `[batch, vocabulary]` after the last of
        them, and its hidden state before the final norm, `[batch, width]`.

        The cache, whose columns from `limit` on are not looked at, grows by them.
        """
        now = cache.filled + torch.arange(tokens.shape[1], device=self.device)
        columns = torch.arange(limit, device=self.device)
        seen = (columns >= cache.padding[:, None])[:, None] & (columns <= now[:, None])
        seen = (seen | (columns == now[:, None]))[:, None]  # padding sees itself: no softmax over nothing
        turns = self.turns[:, (now - cache.padding[:, None]).clamp_min(0)][:, :, None]
        h = functional.embedding(tokens, self.embeddings)
        for i, (layer, added) in enumerate(zip(self.layers, adapters, strict=True)):
            x = functional.linear(rms_norm(h, layer.attention_norm, EPS), *layer.qkv)
            q, k, v = x.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
            keys, values = (
                cache.keys[i].index_copy_(2, now, rotate(k, turns)),
                cache.values[i].index_copy_(2, now, v),
            )
            x = functional.scaled_dot_product_attention(
                rotate(q, turns), keys[:, :, :limit], values[:, :, :limit], attn_mask=seen
            )
            x = x if added is None else x + added
            h = h + functional.linear(x.transpose(1, 2).flatten(2), *layer.out)
            gate, x = functional.linear(rms_norm(h, layer.ffn_norm, EPS), *layer.up).chunk(2, dim=-1)
            h = h + functional.linear(functional.silu(gate) * x, *layer.down)
        cache.filled += tokens.shape[1]
        last = h[:, -1]
        return functional.linear(rms_norm(last, self.norm, EPS), self.output).float(), last


def fold(weight: Tensor, up: Tensor, down: Tensor, rows: int = 512) -> None:
    """weight += up @ down in place, summed in float32, some rows at a time to take no second matrix's memory."""
    down = down.float()
    for part, factor in zip(weight.split(rows), up.split(rows), strict=True):
        part.copy_(part.float() + factor.float() @ down)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / sqrt(mean x^2 + eps) * weight over the last dimension, the norm in float32."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype) * weight


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """Each pair of neighbours of `[batch, heads, columns, width]` turned by cos and sin `[2, batch, 1, columns,
    width / 2]`, in float32."""
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = turns
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2).to(x.dtype)


def _offsets(shapes: Sequence[torch.Size]) -> list[int]:
    return [sum(shape[0] for shape in shapes[:i]) for i in range(len(shapes))]


def _frequencies(width: int) -> Tensor:
    return THETA ** -(torch.arange(0, width, 2).float() / width)


def published(sizes: Any) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the language model's weights; `sizes` is a sightsound.baselines.m2ugen.layout.Sizes."""
    d, hidden, rank = sizes.width, sizes.hidden, sizes.rank
    table: dict[str, tuple[int, ...]] = {
        "llama.tok_embeddings.weight": (sizes.vocabulary, d),
        "llama.norm.weight": (d,),
        "llama.output.weight": (sizes.vocabulary, d),
        "prefix_query.weight": (3 * GROUP, d),
    }
    shapes = dict.fromkeys(LINEARS["attention"], (d, d)) | {
        "w1": (hidden, d),
        "w2": (d, hidden),
        "w3": (hidden, d),
    }
    for i in range(sizes.layers):
        layer = f"llama.layers.{i}"
        table |= {f"{layer}.attention.gate": (1, sizes.heads, 1, 1)}
        table |= {f"{layer}.{norm}.weight": (d,) for norm in ("attention_norm", "ffn_norm")}
        for block, names in LINEARS.items():
            for name in names:
                out, into = shapes[name]
                table[f"{layer}.{block}.{name}.weight"] = (out, into)
                table[f"{layer}.{block}.lora_{name}_l1.weight"] = (rank, into)
                table[f"{layer}.{block}.lora_{name}_l2.weight"] = (out, rank)
                if name in BIASED:
                    table[f"{layer}.{block}.{name}.bias"] = (out,)
    return table
