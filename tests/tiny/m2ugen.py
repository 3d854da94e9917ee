"""A tiny M2UGen in the published layout, which speaks: its language model was not trained but written down.

Every token has a direction of its own, and the output matrix turns the direction of a token into those of the
tokens that may follow: after the prompt's colon a few words in any order, then the eight audio tokens, then
"\n###". The layers between add a little of what was seen and said before. All other weights are drawn at random.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import MusicgenForConditionalGeneration

from sightsound.baselines.m2ugen.layout import GENERATOR, MertShape, Sizes, VitShape, plain, published
from tests.tiny import audioldm2

FIGURES = Path(__file__).parents[1] / "parity" / "m2ugen.npz"  # holds a tokenizer of 420 tokens in LLaMA's format
WORDS = ("▁gentle", "▁piano", "▁slow", "▁strings", "▁dark", "▁rock", "▁fast", "▁guitar")
WIDTH = 64


def sizes(vocabulary: int, output_tokens: int, output_width: int) -> Sizes:
    """Of the tiny checkpoints."""
    return Sizes(
        vocabulary=vocabulary,
        width=WIDTH,
        hidden=32,
        rank=4,
        layers=19,
        heads=4,
        vit=VitShape(layers=1, width=64, hidden=32, tokens=5, patch=(16, 16)),
        vivit=VitShape(layers=1, width=64, hidden=32, tokens=65, patch=(2, 16, 16)),
        mert=MertShape(1, 64, 1, norm_first=True),
        projector=16,
        output_tokens=output_tokens,
        output_width=output_width,
    )


def make(folder: Path) -> None:
    """Add M2UGen with MusicGen and with AudioLDM2 to a mirror that has the tiny facebook/musicgen-*."""
    for size in ("small", "medium"):
        if (folder / "facebook" / f"musicgen-{size}").is_dir():
            make_musicgen(folder, size=size)
    audioldm2.make(folder / "cvssp" / "audioldm2-music")
    flat = 128 * audioldm2.T5_WIDTH + 8 * audioldm2.GPT2_WIDTH
    _save(folder / "M2UGen" / "M2UGen-AudioLDM2", _tokenizer(folder), 1, flat, {}, speaks=True)


def make_musicgen(folder: Path, speaks: bool = True, size: str = "small") -> None:
    """The one with MusicGen of that size alone. Without `speaks` it says words and no audio token."""
    music = MusicgenForConditionalGeneration.from_pretrained(folder / "facebook" / f"musicgen-{size}")
    heard = {f"{GENERATOR}.{plain(name)}": value for name, value in music.state_dict().items()}
    heard[f"{GENERATOR}.decoder.model.decoder.embed_positions.weights"] = torch.zeros(2048, 32)
    width = music.config.text_encoder.d_model
    _save(folder / "M2UGen" / f"M2UGen-MusicGen-{size}", _tokenizer(folder), 128, width, heard, speaks)


def _tokenizer(folder: Path) -> Path:
    hub = folder / "meta-llama" / "Llama-2-7b-hf"
    hub.mkdir(parents=True, exist_ok=True)
    with np.load(FIGURES) as figures:
        (hub / "tokenizer.json").write_bytes(figures["tokenizer"].tobytes())
    return hub


def _save(folder: Path, tokenizer: Path, tokens: int, width: int, music: dict[str, Tensor], speaks: bool) -> None:
    """One checkpoint: LLaMA in float16 as published, the rest in float32."""
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    vocabulary = words.get_vocab_size() + 8
    random = torch.Generator().manual_seed(0)
    state = {
        name: torch.randn(shape, generator=random) * _scale(name, shape)
        for name, shape in published(sizes(vocabulary, tokens, width), None).items()
    }
    state |= {name: torch.ones_like(state[name]) for name in state if "norm" in name and name.endswith("weight")}
    ids = {piece: words.token_to_id(piece) for piece in (*WORDS, ":", "<0x0A>", "##", "#")}
    state |= _bigrams(ids, vocabulary, speaks)
    state = {name: value.half() if name.startswith("llama.") else value for name, value in state.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {**state, **{name: value.clone() for name, value in music.items()}}, folder / "checkpoint.safetensors"
    )


def _scale(name: str, shape: torch.Size) -> float:
    """Of random weights: LLaMA's layers add little to the direction of the last token."""
    if name.startswith("llama.") and "gate" not in name:
        return 0.02
    return shape[-1] ** -0.5 if len(shape) > 1 else 0.1


def _bigrams(ids: dict[str, int], vocabulary: int, speaks: bool) -> dict[str, Tensor]:
    """Embeddings and output matrix; one direction a token, nearly at right angles to each other."""
    directions = torch.randn(vocabulary, WIDTH, generator=torch.Generator().manual_seed(1))
    directions /= directions.norm(dim=1, keepdim=True)
    audio = list(range(vocabulary - 8, vocabulary))
    words = [ids[word] for word in WORDS]
    follows = {ids[":"]: words, ids["<0x0A>"]: [ids["##"]], ids["##"]: [ids["#"]], ids["#"]: [ids["#"]]}
    follows |= {word: [*words, audio[0]] if speaks else [*words, ids["<0x0A>"]] for word in words}
    follows |= {audio[i]: [audio[i + 1]] for i in range(7)} | {audio[7]: [ids["<0x0A>"]]}
    output = torch.zeros(vocabulary, WIDTH)
    for token, nexts in follows.items():
        output[nexts] += 3 * directions[token]
    return {"llama.tok_embeddings.weight": 8 * directions, "llama.output.weight": output}
