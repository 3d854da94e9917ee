"""The inputs that the packages and our functions both get; every machine makes the same ones.

numpy's generators are seeded, so only the last bits, which a BLAS decides, may differ between machines.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]

FEATURES = {
    "400x64": (400, 380, 64),
    "1500x128": (1500, 1200, 128),
    "300x200": (300, 260, 200),  # barely more rows than dimensions: ill-conditioned covariances
}
"""Name -> rows of the one side, rows of the other, dimensions."""

SUBSETS, SUBSET_SIZE = 20, 100  # of the kernel distance over random subsets
LAYERS, VOCABULARY = 2, 269  # of the small RoBERTa: layers that BERTScore reads, tokens

PAIRS = (
    ("a slow sad piano piece in the rain", "slow, sad piano music with rain in the background"),
    ("Upbeat electronic dance track, 128 BPM!", "An upbeat dance track at 128 bpm; electronic drums."),
    ("battle drums", "battle drums"),
    ("the quick brown fox jumps over the lazy dog", "the lazy dog sleeps while the quick fox runs and jumps"),
    ("violin violin violin cello", "a violin and a cello"),
    ("a choir sings in a cathedral", "dubstep with heavy bass"),
    ("it's a well-known folk song's re-mix (2nd take)", "its well known folk songs remix, 2nd take"),
)
"""Generated prompts and the prompts they are compared with."""


def features(name: str) -> tuple[Rows, Rows]:
    """Two overlapping clouds `[n, dim]`, correlated dimensions of unequal size, float32 values in float64."""
    first, second, dim = FEATURES[name]
    rng = np.random.default_rng(dim)
    sizes = np.logspace(0, -1, dim)
    mix = np.eye(dim) + rng.standard_normal((dim, dim)) / np.sqrt(4 * dim)
    x = rng.standard_normal((first, dim)) @ mix * sizes
    y = (rng.standard_normal((second, dim)) @ mix.T + 0.25) * sizes
    return x.astype(np.float32).astype(np.float64), y.astype(np.float32).astype(np.float64)


def equally_many(name: str) -> tuple[Rows, Rows]:
    """The same, the larger set cut to the size of the smaller."""
    x, y = features(name)
    size = min(len(x), len(y))
    return x[:size], y[:size]


def logits(clips: int = 200, classes: int = 30) -> tuple[Rows, Rows]:
    """Classifier outputs of two sets of clips, `[clips, classes]` each; the second resembles the first."""
    rng = np.random.default_rng(1)
    x = 2 * rng.standard_normal((clips, classes))
    return x, x + rng.standard_normal((clips, classes))


def embeddings(clips: int = 48, dim: int = 64) -> tuple[Rows, Rows]:
    """Paired embeddings `[clips, dim]` of two modalities, unit length: pairs are nearer than strangers."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((clips, dim))
    y = x + 4 * rng.standard_normal((clips, dim))
    return tuple(side / np.linalg.norm(side, axis=1, keepdims=True) for side in (x, y))  # type: ignore[return-value]


def byte_symbols() -> list[str]:
    """The 256 printable characters that stand for the bytes in a byte-level vocabulary (GPT-2's rule)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def roberta(folder: Path) -> None:
    """Save a RoBERTa of 3 layers of 32 dimensions with seeded weights and a vocabulary of bytes to `folder`."""
    import torch
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizer

    from tests.parity import seeded

    symbols = ["<s>", "<pad>", "</s>", "<unk>", *byte_symbols(), "<mask>"]
    merges = [("Ġ", "a"), ("o", "n"), ("i", "n"), ("Ġ", "s"), ("e", "r"), ("Ġ", "d"), ("i", "o"), ("Ġs", "on")]
    symbols += ["".join(merge) for merge in merges]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({s: i for i, s in enumerate(symbols)}), encoding="utf-8")
    (folder / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges), encoding="utf-8"
    )
    config = RobertaConfig(
        vocab_size=len(symbols),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=130,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )
    model = RobertaModel(config)
    model.load_state_dict(seeded.filled(model.state_dict()))
    model.to(torch.float32).save_pretrained(folder)
    # bert-score asks for a space before the first word when it encodes; transformers 5 no longer hears it there
    tokenizer = RobertaTokenizer(
        str(folder / "vocab.json"),  # its parameters have other names in versions 4
        str(folder / "merges.txt"),
        add_prefix_space=True,
        model_max_length=128,
    )
    tokenizer.save_pretrained(folder)
