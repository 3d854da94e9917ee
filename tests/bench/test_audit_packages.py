"""`bench audit` by all packages, in the environment of `make packages`, on real runs of three tasks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from transformers import AutoTokenizer

from sightsound.bench.audit import ask, audit
from sightsound.bench.audit.material import Material, Read, material
from sightsound.bench.core import registry
from sightsound.metrics.formulas.paired import bertscore, similarity
from sightsound.metrics.formulas.single import inception_splits
from sightsound.metrics.formulas.two_sets import kid, kid_subsets
from sightsound.metrics.networks.joint import clap, clap_weights
from sightsound.metrics.networks.joint.clap_weights import TINY
from sightsound.metrics.networks.text import roberta
from tests.bench.test_audit import changed
from tests.metrics import test_clap
from tests.reference import inputs

ROOT = Path(__file__).parents[2]
ALL = {
    "torch",
    "torchmetrics",
    "torch-fidelity",
    "frechet-audio-distance",
    "rouge-score",
    "bert-score",
    "laion-clap",
}
RUNS = {
    "image2music": ("mozart:pocket", "wesnoth"),
    "music2image": ("reference_image:mispaired", "wesnoth_reversed"),
    "lyrics2prompt": ("reference_text:shuffled", "songbook"),
}
CHECKED = {
    "image2music": {
        *("fad_musicnn", "fad_musicnn_mtt", "kl_musicnn", "inception_score_musicnn"),
        "cosine_labels_tags_minilm",
    },
    "music2image": {
        *("fid_efficientnet", "precision_efficientnet", "recall_efficientnet", "inception_score_efficientnet"),
        "cosine_reference_efficientnet",
    },
    "lyrics2prompt": {
        *("rouge1", "rouge2", "rougeL", "rougeL_condition"),
        *("cosine_reference_minilm", "cosine_condition_minilm"),
    },
}
"""What is checked at least; YAMNet's metrics are in a run where a mirror has its weights."""


@pytest.fixture(scope="module")
def python() -> str:
    """The interpreter that has the packages."""
    found = ROOT / os.environ.get("PACKAGES", ".venv-packages") / "bin" / "python"
    if not found.is_file():
        pytest.fail(f"{found.parent.parent.name} is not there; make it with: make packages")
    return str(found)


@pytest.mark.parametrize("task", RUNS)
def test_the_packages_agree_and_find_a_planted_error(task, python, bench, tmp_path):
    model, split = RUNS[task]
    folder = tmp_path / "run"
    done = bench("run", "--model", model, "--task", task, "--split", split, "--limit", 12, "--out", folder)
    assert done.code == 0, done.err
    done = bench("audit", folder, "--python", python, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert max(each["difference"] for each in found["findings"]) <= audit.BOUND
    assert found["absent"] == []
    by_metric: dict[str, set[str]] = {}
    for each in found["findings"]:
        by_metric.setdefault(each["metric"], set()).add(each["package"])
    assert set(by_metric) >= CHECKED[task]
    for name in by_metric.keys() & {"fad_musicnn", "fid_efficientnet"}:
        assert by_metric[name] == {"frechet-audio-distance", "torch-fidelity", "torchmetrics"}
    if task == "lyrics2prompt":
        changed(folder / "rows.csv", "rouge1", 2e-6)
        done = bench("audit", folder, "--python", python)
        assert done.code == 1 and "2 of" in done.err, "rouge-score and torchmetrics see it"


def test_bert_score_finds_our_value_from_tokens_and_from_texts(python, tmp_path):
    inputs.roberta(tmp_path)
    network = roberta.from_folder(tmp_path, "cpu", layers=inputs.LAYERS, vocabulary=inputs.VOCABULARY)
    texts, references = (list(side) for side in zip(*inputs.PAIRS, strict=True))
    sides = [[found["tokens"] for found in network(side)] for side in (texts, references)]
    checker = next(each for each in ask.checkers() if each.package == "bert-score")
    jobs, ours = [], []
    for part in bertscore.PARTS:
        card = registry.metric(f"bertscore_{part}")
        jobs.append(("paired.bertscore", material("paired.bertscore", Read(card, sides, [texts, references]))))
        lists = {"generated": texts, "reference": references}
        options = {"part": part, "layers": inputs.LAYERS, "empty": 0}
        jobs.append(("roberta_large", Material(len(texts), lists=lists, options=options, weights=str(tmp_path))))
        ours += [bertscore.statistics(*sides, part=part).mean()] * 2
    found = ask.ask(checker, jobs, python)
    assert found.values == pytest.approx(ours, rel=audit.BOUND)


def test_laion_clap_finds_our_value_from_files(python, tmp_path):
    file = "630k.pt"
    state = {f"module.{name}": value for name, value in test_clap.seeded_state("tiny").items()}
    torch.save({"best": np.float64(0.9), "state_dict": state}, tmp_path / file)  # as its training writes it
    inputs.roberta(tmp_path)  # its tokenizer's ids are ids of the larger vocabulary as well
    model = clap_weights.load_model(tmp_path / file, TINY, test_clap.LAYERS)
    music = clap.ClapAudioExtractor(model, "cpu")(test_clap.CLIPS)
    texts = ["a drum", "sad strings"]
    words = clap.ClapTextExtractor(model, AutoTokenizer.from_pretrained(tmp_path), "cpu")(texts)
    paths = []
    for clip in test_clap.CLIPS:
        paths.append(str(tmp_path / f"{len(paths)}.wav"))
        soundfile.write(paths[-1], np.clip(clip, -1, 1), 48000, subtype="FLOAT")
    size = {"file": file, "tower": "HTSAT-tiny", "fusion": 0, "tokenizer": str(tmp_path)}
    jobs, ours = [], []
    for kind, items, others in (("text", texts, words), ("audio", paths[::-1], music[::-1])):
        options = {"generated": "audio", "reference": kind, **size}
        lists = {"generated": paths, "reference": items}
        jobs.append(("clap", Material(2, lists=lists, options=options, weights=str(tmp_path))))
        sides = [[found["embedding"] for found in side] for side in (music, others)]
        ours.append(similarity.statistics(*sides).mean())
    checker = next(each for each in ask.checkers() if each.package == "laion-clap")
    assert ask.ask(checker, jobs, python).values == pytest.approx(ours, rel=audit.NETWORK_BOUND)


def test_torch_fidelity_draws_subsets_and_splits_as_ours(python):
    x, y = (list(side[:, None]) for side in inputs.equally_many("1500x128"))
    checker = next(each for each in ask.checkers() if each.package == "torch-fidelity")
    jobs, ours = [], []
    for name, formula in (("kid_subsets", kid_subsets), ("kid", kid)):
        card = registry.metric(name)
        groups = [[str(index) for index in range(len(x))]] * 2
        jobs.append((f"two_sets.{name}", material(f"two_sets.{name}", Read(card, (x, y), groups))))
        rows = formula.statistics(x), formula.statistics(y)
        ours.append(formula.aggregate(rows[0], np.ones(len(x)), rows[1], np.ones(len(y))))
    logits = list(inputs.logits()[0][:, None])
    card = registry.metric("inception_score_clip_splits")
    jobs.append(("single.inception_splits", material("single.inception_splits", Read(card, (logits,), [[]]))))
    rows = inception_splits.statistics(logits)
    ours.append(inception_splits.aggregate(rows, np.ones(len(rows))))
    assert ask.ask(checker, jobs, python).values == pytest.approx(ours, rel=audit.BOUND)


def test_every_package_is_there(python):
    found = {each.package: ask.ask(each, [], python).version for each in ask.checkers()}
    assert set(found) == ALL and all(found.values()), found
