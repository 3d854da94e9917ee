"""LLaMA's eight audio tokens -> what the music generator reads: M2UGen's output projector.

M2UGen/llama/projector.py and generate_music of m2ugen.py. It was trained towards ten times the generator's text
embeddings, so its output is divided by ten.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SCALE = 10.0
T5_TOKENS, GPT2_TOKENS = 128, 8  # of AudioLDM2's two readings, which the projector gives as one long row


class Projector(nn.Module):
    """Hidden states and embeddings of the audio tokens, `[batch, 8, width]` each -> `[batch, tokens, features]`.
    `inner` is 512."""

    def __init__(self, width: int, inner: int, tokens: int, features: int) -> None:
        super().__init__()
        self.query_embs = nn.Parameter(torch.empty(1, tokens, inner))
        self.fc = nn.Linear(width, inner)
        self.tfm = nn.Transformer(
            d_model=inner,
            nhead=4,
            num_encoder_layers=4,
            num_decoder_layers=4,
            dim_feedforward=4 * inner,
            dropout=0.0,
            batch_first=True,
        )
        self.model = nn.Linear(inner, features)

    def forward(self, hidden: Tensor, embeddings: Tensor) -> Tensor:
        x = self.fc(hidden + embeddings)
        return torch.as_tensor(self.model(self.tfm(x, self.query_embs.expand(len(x), -1, -1))))


def conditioning(projected: Tensor) -> Tensor:
    """What takes the place of MusicGen's T5 states, `[batch, 128, 768]`."""
    return projected / SCALE


def audioldm2_conditioning(projected: Tensor, t5_width: int, gpt2_width: int) -> tuple[Tensor, Tensor]:
    """What takes the place of AudioLDM2's T5 states `[batch, 128, 1024]` and GPT-2 states `[batch, 8, 768]`.

    ValueError where the projector's row is of another length.
    """
    flat = projected[:, 0] / SCALE
    first, second = T5_TOKENS * t5_width, GPT2_TOKENS * gpt2_width
    if flat.shape[1] != first + second:
        raise ValueError(f"M2UGen's projector makes {flat.shape[1]} numbers, AudioLDM2 takes {first + second}")
    return flat[:, :first].unflatten(1, (T5_TOKENS, t5_width)), flat[:, first:].unflatten(
        1, (GPT2_TOKENS, gpt2_width)
    )
