"""RoBERTa as a decoder with attention to what the encoder heard: forward, sampling, and its files.

Section 5.1 of the thesis: RoBERTa with cross-attention that is new, trained by the cross-entropy of the next token
(equation 5.1). Where the encoder's states have another width they pass a linear layer first, as transformers'
SpeechEncoderDecoderModel has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DynamicCache, EncoderDecoderCache, RobertaConfig, RobertaForCausalLM

from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.baselines.parts.training import save_whole
from sightsound.metrics.networks.common.checkpoint import check_layout, load_strictly, read_safetensors

DECODER, WEIGHTS, PROJECTION = "decoder", "model.safetensors", "projection.safetensors"


class Writer(nn.Module):
    """States of music `[batch, frames, width]` to text."""

    def __init__(self, decoder: Any, width: int) -> None:
        """`width`: of the encoder's states."""
        super().__init__()
        self.decoder = decoder
        inside = decoder.config.hidden_size
        self.projection = nn.Linear(width, inside) if width != inside else None

    def forward(self, states: Tensor, ids: Tensor, cache: Any = None) -> Tensor:
        """Logits `[batch, tokens, vocabulary]` of the tokens that follow `ids`, `[batch, tokens]`."""
        seen = states if self.projection is None else self.projection(states)
        made: Tensor = self.decoder(
            input_ids=ids, encoder_hidden_states=seen, past_key_values=cache, use_cache=cache is not None
        ).logits
        return made

    def loss(self, states: Tensor, texts: Sequence[Sequence[int]]) -> Tensor:
        """Mean cross-entropy of all tokens of all texts but the first of each, `<s>`."""
        padding = self.decoder.config.pad_token_id
        ids = nn.utils.rnn.pad_sequence([torch.tensor(text) for text in texts], True, padding).to(states.device)
        logits = self(states, ids[:, :-1]).float()
        return functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=padding)

    @torch.inference_mode()
    def write(
        self, states: Tensor, seeds: Sequence[int], temperature: float = 1.0, longest: int = 64
    ) -> list[list[int]]:
        """Tokens of a text a row, sampled at the temperature (0: the likeliest), without marks: as many as make
        `longest` with `<s>` and `</s>`. Each row draws with its own seed."""
        config = self.decoder.config
        choice = SeededChoice(seeds, states.device, temperature)
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        last = torch.full((len(seeds), 1), config.bos_token_id, device=states.device)
        texts: list[list[int]] = [[] for _ in seeds]
        ended = torch.zeros(len(seeds), dtype=torch.bool, device=states.device)
        for _ in range(longest - 2):
            chosen = choice.choose(self(states, last, cache)[:, -1].float())
            ended = ended | (chosen[:, 0] == config.eos_token_id)
            last = chosen.masked_fill(ended[:, None], config.pad_token_id)
            for text, token, over in zip(texts, last[:, 0].tolist(), ended.tolist(), strict=True):
                if not over:
                    text.append(token)
            if all(ended.tolist()):
                break
        return texts

    def save(self, folder: Path) -> None:
        """Write the weights and the decoder's config; each file is there whole or as it was."""
        decoder: Any = self.decoder
        (folder / DECODER).mkdir(parents=True, exist_ok=True)
        decoder.config.save_pretrained(folder / DECODER)
        state = {name: value for name, value in decoder.state_dict().items() if name not in _TIED}
        save_whole(state, folder / DECODER / WEIGHTS, {"format": "pt"})
        if self.projection is not None:
            save_whole(self.projection.state_dict(), folder / PROJECTION)


_TIED = ("lm_head.decoder.weight", "lm_head.decoder.bias")  # the embeddings, and lm_head.bias
_LEFT_OUT = ("roberta.pooler.", "roberta.embeddings.position_ids", *_TIED)  # of a published one; no decoder's


def load(folder: Path, width: int, device: str) -> Writer:
    """A trained one, for an encoder of that width. ValueError unless the files hold just its weights."""
    writer = Writer(build(folder / DECODER), width)
    path = folder / DECODER / WEIGHTS
    state = read_safetensors(path)
    check_layout(state, _wanted(writer), path)
    writer.decoder.load_state_dict(state, strict=False)  # all but what is tied
    if writer.projection is not None:
        load_strictly(writer.projection, read_safetensors(folder / PROJECTION), folder / PROJECTION)
    return writer.to(device).eval().requires_grad_(False)


def begun(folder: Path, width: int, device: str, seed: int) -> Writer:
    """One to train: a published RoBERTa, with new cross-attention and a new projection drawn by the seed.

    ValueError where the folder lacks a weight of RoBERTa or has one that is none of it.
    """
    path = folder / WEIGHTS
    state = {name: value for name, value in read_safetensors(path).items() if not name.startswith(_LEFT_OUT)}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        writer = Writer(build(folder), width)
    check_layout(state, {name: shape for name, shape in _wanted(writer).items() if _NEW not in name}, path)
    writer.decoder.load_state_dict(state, strict=False)
    return writer.to(device).train()


_NEW = ".crossattention."


def build(folder: Path) -> Any:
    """RoBERTa of a folder's config as a decoder with cross-attention, drawn anew. ValueError where it has none."""
    try:
        config = RobertaConfig.from_pretrained(folder, local_files_only=True)
        config.is_decoder = config.add_cross_attention = True
        return RobertaForCausalLM(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder}: no config of a RoBERTa ({' '.join(str(error).split())[:200]})") from error


def _wanted(writer: Writer) -> dict[str, torch.Size]:
    """Names and shapes in a decoder's file."""
    state = writer.decoder.state_dict()
    return {name: value.shape for name, value in state.items() if name not in _TIED}
