"""MiniLM against sentence-transformers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench import assets
from sightsound.metrics.cards import EXTRACTORS
from sightsound.metrics.networks.pocket import minilm

FIGURES = Path(__file__).parents[1] / "parity" / "minilm.npz"
SENTENCES = [
    "A slow, sad piece for strings.",
    "A mournful, unhurried string melody.",
    "The invoice is due on Friday.",
    "alp, castle, valley",
]


@pytest.fixture(scope="module")
def folder():
    return assets.fetch("minilm")


@pytest.fixture(scope="module")
def network(folder):
    return minilm.load({"minilm": folder}, "cpu")


def embeddings(network, texts):
    return np.concatenate([features["embedding"] for features in network(texts)])


def test_equals_sentence_transformers(network):
    found = embeddings(network, SENTENCES)
    assert found.dtype == np.float32 and found.shape == (4, 384)
    assert list(EXTRACTORS["minilm"].outputs) == ["embedding"]
    with np.load(FIGURES) as figures:
        np.testing.assert_allclose(found, figures["embedding"], atol=1e-6)


def test_a_paraphrase_is_nearer_than_another_subject(network):
    found = embeddings(network, SENTENCES)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert found[0] @ found[1] > 0.65
    assert max(found[0] @ found[2], found[0] @ found[3]) < 0.2


def test_a_text_has_the_same_bits_in_any_company(network):
    texts = [*SENTENCES, "word " * 300, "flute", " ".join(SENTENCES * 9)]
    for text, row in zip(texts, embeddings(network, texts * 2), strict=False):
        np.testing.assert_array_equal(row, embeddings(network, [text])[0])


def test_a_long_text_is_the_mean_over_the_tokens_of_its_windows(network):
    """Every word here is one piece, so the first 254 words are the first window: 256 with [CLS] and [SEP]."""
    words = (["dark", "forest", "battle", "music"] * 100)[:354]
    parts = [" ".join(words[:254]), " ".join(words[254:])]
    windows = [network._windows(part)[0] for part in parts]
    assert [len(window) for window in windows] == [256, 102]
    assert network._windows(" ".join(words)) == windows
    sums = {row: total for rows, totals in network._sums(windows) for row, total in zip(rows, totals, strict=True)}
    wanted = (sums[0] + sums[1]) / np.linalg.norm(sums[0] + sums[1])
    np.testing.assert_allclose(embeddings(network, [" ".join(words)])[0], wanted, atol=1e-6)


@pytest.mark.parametrize("text", ["", "  \n", None, 3])
def test_refuses_what_is_no_text(network, text):
    with pytest.raises(ValueError, match="minilm takes a text"):
        network(["a text", text])


def test_a_folder_without_its_vocabulary_is_told(folder, tmp_path):
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        shutil.copy(folder / name, tmp_path)
    with pytest.raises(ValueError, match=r"vocabulary of .* not 30522"):
        minilm.load({"minilm": tmp_path}, "cpu")
