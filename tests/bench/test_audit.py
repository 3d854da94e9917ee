"""`bench audit` in this environment: what is compared, what is not and why, and a planted error."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from sightsound.bench.audit import ask, audit, mend
from sightsound.bench.audit.checkers import rouge_score, torch_itself, torchmetrics
from sightsound.bench.audit.material import MAKERS, Material, Read, UnlikeError, material
from sightsound.bench.core import registry
from sightsound.bench.stages import reading
from sightsound.metrics.formulas.text import encoded
from tests import toy
from tests.bench.test_flow import RUN

RNG = np.random.default_rng(0)
FRAMES = [RNG.standard_normal((frames, 5)).astype(np.float32) for frames in (3, 2, 4, 3, 2, 3, 5, 2)]
OTHERS = [clip + RNG.standard_normal(clip.shape).astype(np.float32) for clip in FRAMES]
SINGLE, OTHER = ([clip[:1] for clip in side] for side in (FRAMES, OTHERS))
TEXTS = ["the red cat", "", "a dog on a boat at sea", "on the mat", "Yes!"]
REFERENCES = ["the cat is red", "a cat", "a boat on the sea", "月", "yes"]


def ours(name: str, *sides: list[np.ndarray]) -> float:
    """Our value of a metric over features of clips."""
    card = registry.metric(name)
    statistics = reading.module_of(card).statistics
    aggregate = reading.function_of(card, "aggregate")
    if card.kind == "two_sets":
        rows = [statistics(side, **card.options) for side in sides]
        return float(aggregate(rows[0], np.ones(len(rows[0])), rows[1], np.ones(len(rows[1]))))
    rows = statistics(*sides, **card.options)
    kept = rows[~np.isnan(rows).reshape(len(rows), -1).all(axis=1)]
    return float(aggregate(kept, np.ones(len(kept))))


def theirs(checker: object, name: str, *sides: list[np.ndarray]) -> float:
    """A package's value of the same."""
    card = registry.metric(name)
    read = Read(card, sides, [[str(index) for index in range(len(side))] for side in sides])
    given = material(audit.formula_of(card), read)
    return checker.compute(audit.formula_of(card), given)


@pytest.mark.parametrize(
    ("checker", "name", "sides"),
    [
        (torchmetrics, "fad_vggish", (FRAMES, OTHERS)),
        (torchmetrics, "kid", (SINGLE, OTHER)),
        (torchmetrics, "inception_score_musicnn", (FRAMES,)),
        (torchmetrics, "kl_musicnn", (FRAMES, OTHERS)),
        (torchmetrics, "ib_score_reference", (FRAMES, OTHERS)),
        (torchmetrics, "clip_score", (FRAMES, OTHERS)),
        (torchmetrics, "clip_score_100", (FRAMES, OTHERS)),
        (torchmetrics, "imagebind_image_to_music_r5", (SINGLE, OTHER)),
        (torch_itself, "kl_musicnn", (FRAMES, OTHERS)),
        (torch_itself, "kl_passt", (FRAMES, [*OTHERS[:-1], OTHERS[0]])),
        (torch_itself, "kl_panns_sigmoid", (SINGLE, OTHER)),
        *((each, kind, ()) for each in (rouge_score, torchmetrics) for kind in ("rouge1", "rouge2", "rougeL")),
    ],
)
def test_a_package_finds_our_value(checker, name, sides):
    sides = sides or tuple([encoded(text) for text in side] for side in (TEXTS, REFERENCES))
    assert theirs(checker, name, *sides) == pytest.approx(ours(name, *sides), rel=audit.BOUND)


@pytest.mark.parametrize(
    ("name", "sides", "groups", "why"),
    [
        ("kid", (FRAMES, OTHERS), "abcdefgh", "several|vectors of one clip"),
        ("kid", (SINGLE, OTHER), "aabbccdd", "clips of one group"),
        ("kid", (SINGLE, OTHER[:5]), "abcdefgh", "unequal size"),
        ("imagebind_image_to_music_r5", (SINGLE, OTHER[:4] * 2), "abcdefgh", "equal outputs"),
        ("kl_passt", (FRAMES, [clip[:1] for clip in FRAMES]), "abcdefgh", "equally many frames"),
        ("bertscore_f1", (SINGLE, FRAMES), "abcdefgh", "tokens on both sides"),
    ],
)
def test_what_is_defined_otherwise_is_not_compared(name, sides, groups, why):
    card = registry.metric(name)
    with pytest.raises(UnlikeError, match=why):
        material(audit.formula_of(card), Read(card, sides, [groups[: len(side)] for side in sides]))


def test_a_distance_near_zero_is_held_against_what_cancels():
    card = registry.metric("fad_vggish")
    for spread, share in ((1, 1e-3), (1e-3, 0.1), (1e-5, 1)):  # of one dimension: its square is the condition
        many = [RNG.standard_normal((3000, 5)) * [1, 1, 1, 1, spread] for _ in range(4)]
        traces = np.concatenate(many).var(axis=0, ddof=1).sum()
        read = Read(card, (many, many), ["abcd"] * 2)
        assert material("two_sets.frechet", read).floor == pytest.approx(2 * share * traces, rel=0.1)
    few = Read(card, (FRAMES[1:2], FRAMES[1:2]), ["a"] * 2)  # 2 vectors, 5 dimensions
    traces = FRAMES[1].astype(np.float64).var(axis=0, ddof=1).sum()
    assert material("two_sets.frechet", few).floor == pytest.approx(2 * traces)


def test_every_checker_has_one_shape():
    formulas = {formula for checker in ask.checkers() for formula in checker.serves}
    assert formulas == {*MAKERS, "roberta_large", "clap"}
    assert {checker.package for checker in ask.checkers()} == {
        *("bert-score", "frechet-audio-distance", "laion-clap", "rouge-score"),
        *("torch", "torch-fidelity", "torchmetrics"),
    }


def test_a_package_that_is_not_there_and_one_that_breaks():
    nothing = Material(2, lists={"generated": [], "reference": []}, options={"kind": "rouge1", "stemmer": "none"})
    rouge = next(checker for checker in ask.checkers() if checker.package == "rouge-score")
    found = ask.ask(rouge, [("paired.rouge", nothing)], None)
    assert found.version == "0.1.2" and found.values == ["ZeroDivisionError: division by zero"]
    absent = next(checker for checker in ask.checkers() if checker.package == "frechet-audio-distance")
    assert ask.ask(absent, [("two_sets.frechet", nothing)], None) == ask.Answers(None, [])


def changed(path: Path, metric: str, share: float) -> None:
    """Change the first value of a metric in a result file by a share."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    at = {name: lines[0].index(name) for name in ("metric", "value")}
    line = next(line for line in lines if line[at["metric"]] == metric and float(line[at["value"]] or 0))
    line[at["value"]] = repr(float(line[at["value"]]) * (1 + share))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def test_a_run_agrees_and_a_planted_error_is_found(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    done = bench("audit", "r", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert all(each["ok"] and each["package"] == "torchmetrics" for each in found["findings"])
    checked = {(each["system"], each["metric"]) for each in found["findings"]}
    assert {("echo:pocket", "fad_toy"), ("echo:pocket", "cosine_toy"), ("reference:halves", "fad_toy")} <= checked
    why = {each["metric"]: each["why"] for each in found["unchecked"] if each["system"] == "echo:pocket"}
    assert why["rank_toy"].startswith("no value: a rank needs two systems")
    assert set(found["absent"]) == {"frechet-audio-distance", "torch-fidelity"}
    changed(Path("r/rows.csv"), "fad_toy", 3e-6)
    done = bench("audit", "r")
    assert done.code == 1 and "1 of" in done.err and "make packages" in done.err
    assert [line.split()[2] for line in done.out.splitlines() if line.startswith("DIFFERS")] == ["fad_toy"]


def test_rows_that_were_scored_otherwise_or_of_other_examples(toy_world, bench):
    assert bench(*RUN, "--out", "r").code == 0
    path = Path("r/rows.csv")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(cosine_toy\|.*len:)first10s", r"\1part", text), encoding="utf-8")
    (Path("r/systems/echo.pocket/outputs") / "toy.003.wav").unlink()
    done = bench("audit", "r", "--json")
    found = json.loads(done.out)
    assert done.code == 1, "a row that counts 12 examples where 11 are left"
    bad = [(each["system"], each["metric"], each["difference"]) for each in found["findings"] if not each["ok"]]
    assert bad == [("echo:pocket", "fad_toy", None)], "the others have their 12"
    whys = {each["why"] for each in found["unchecked"] if each["metric"] == "cosine_toy"}
    assert "scored otherwise than here (len: part != first10s); run it again" in whys


def test_folders_of_unequal_size_are_held_against_the_other_folder(toy_world, bench):
    for folder, pitches in (("mine", range(200, 1400, 100)), ("theirs", range(300, 1000, 100))):
        Path(folder).mkdir()
        for hz in pitches:
            soundfile.write(Path(folder) / f"{folder}{hz}.wav", toy.tone(hz), toy.RATE_HZ)
    assert bench("score", "mine=mine", "--reference", "theirs", "--metrics", "fad_toy", "--out", "r").code == 0
    done = bench("audit", "r", "--json")
    (found,) = json.loads(done.out)["findings"]
    assert done.code == 0 and found["metric"] == "fad_toy" and found["ours"] > 1


def test_what_is_no_run_or_holds_nothing_to_check(toy_world, bench):
    Path("empty").mkdir()
    done = bench("audit", "empty")
    assert done.code == 2 and done.err.strip().endswith("empty: holds no run")
    assert bench(*RUN, "--metrics", "silent_share", "--out", "r").code == 0
    done = bench("audit", "r")
    assert done.code == 2 and "no value could be checked" in done.err
    assert bench("audit", "r", "--python", "no-such-python").code == 2


def test_mending_is_done_once(tmp_path):
    vision, audio = tmp_path / "torchvision", tmp_path / "torchaudio"
    (audio / "lib").mkdir(parents=True)
    vision.mkdir()
    (vision / "extension.py").write_text("def _has_ops():\n    return False\n", encoding="utf-8")
    assert len(mend.mend(vision, audio)) == 2 and not (audio / "lib").exists()
    declared: list[str] = []
    library = SimpleNamespace(define=declared.append)
    torch = SimpleNamespace(library=SimpleNamespace(Library=lambda name, kind: library))
    exec((vision / "extension.py").read_text(encoding="utf-8"), {"torch": torch})
    assert [each.partition("(")[0] for each in declared] == ["nms", "qnms"]
    assert mend.mend(vision, audio) == [] and mend.mend(None, None) == []
