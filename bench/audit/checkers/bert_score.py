"""bert-score: the greedy matching of two texts' tokens, from their embeddings, and all of it from the texts."""

from __future__ import annotations

from typing import Any

PACKAGE = "bert-score"
SERVES = {"paired.bertscore": "greedy_cos_idf", "roberta_large": "BERTScorer.score"}
PARTS = ("precision", "recall", "f1")


def compute(formula: str, given: Any) -> float:
    """Mean over the pairs of precision, recall or F1, the option `part`; a text without tokens has 0.

    From token embeddings `[tokens, dim]` of all texts one after another, with their `lengths`, or from the texts
    and the folder of the network. Marks are the first and last token of each text.
    """
    found = _from_texts(given) if formula == "roberta_large" else _from_tokens(given)
    part = PARTS.index(given.options["part"])
    return float(sum(each[part] for each in found) / (len(found) + given.options["empty"]))


def _from_tokens(given: Any) -> Any:
    import torch
    from bert_score.utils import greedy_cos_idf

    found = []
    texts, references = (_parts(given, side) for side in ("generated", "reference"))
    for text, reference in zip(texts, references):
        sides = []
        for tokens in (reference, text):
            weights = torch.ones(1, len(tokens), dtype=torch.float64)
            weights[0, [0, -1]] = 0  # as the package weighs the marks
            sides += [tokens[None].clone(), torch.ones(1, len(tokens)), weights]
        found.append([float(each) for each in greedy_cos_idf(*sides)])
    return found


def _parts(given: Any, side: str) -> Any:
    import torch

    return torch.from_numpy(given.arrays[side]).split(given.arrays[side + "_lengths"].tolist())


def _from_texts(given: Any) -> Any:
    from bert_score import BERTScorer
    from transformers import AutoTokenizer

    scorer = BERTScorer(model_type=given.weights, num_layers=int(given.options["layers"]), device="cpu")
    # it asks for the space before the first word when it encodes, where transformers 5 no longer hears it
    scorer._tokenizer = AutoTokenizer.from_pretrained(given.weights, add_prefix_space=True, local_files_only=True)
    found = scorer.score(given.lists["generated"], given.lists["reference"])
    return [[float(part[index]) for part in found] for index in range(len(found[0]))]
