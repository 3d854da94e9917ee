"""Answers of people become rows, and what is wrong with a file of them is one line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench.core import labels, registry, results, store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Output
from sightsound.bench.ratings import about, answers, questionnaire, rows
from sightsound.metrics.statistics import crossed
from tests.bench import rows as made_rows
from tests.conftest import Done
from tests.statistics.crossed import Study, held

HEAD = ("rater", "example", "system", "question", "answer")
SYSTEMS = ("art2mus:1_token", "audioldm2:base")


def write(path: Path, lines: list[tuple[object, ...]], head: tuple[str, ...] = HEAD) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *lines])
    return path


def study(path: Path, raters: int = 8, examples: int = 20) -> Path:
    """Everybody rates both systems on everything and prefers the second where its answer is higher."""
    rng = np.random.default_rng(4)
    lines: list[tuple[object, ...]] = []
    for rater in range(raters):
        for example in range(examples):
            given = [int(np.clip(round(3 + shift + rng.standard_normal()), 1, 5)) for shift in (0, 0.8)]
            at = f"r{rater}", f"e{example}"
            lines += [(*at, name, "quality", value) for name, value in zip(SYSTEMS, given, strict=True)]
            lines.append(
                (*at, "|".join(SYSTEMS), "fitting", 0 if given[0] == given[1] else 1 + (given[1] > given[0]))
            )
    return write(path, lines)


def made(path: Path, name: str = "art2mus") -> dict[tuple[str, str], results.Row]:
    asked = questionnaire.read(name) if name else questionnaire.plain()
    found = rows.make(answers.read(path, asked), asked, about.without_run(path, asked, "", ""))
    return {(row.metric, results.label(row)): row for row in found}


def test_answers_become_rows(tmp_path: Path) -> None:
    found = made(study(tmp_path / "a.csv"))
    assert set(found) == {(metric, name) for metric in ("ovl_likert5", "preferred_of_10") for name in SYSTEMS}
    row = found["ovl_likert5", "audioldm2:base"]
    assert (row.n, row.group_n, row.note) == (20, 8, "raters: 8, ratings: 160")
    assert 1 <= row.ci_low < row.value < row.ci_high <= 5
    assert (row.task, row.split) == ("image2music", "artwork_music_seed0_test")
    assert (
        row.signature.startswith("ovl_likert5|n:20|ref:artwork_music_seed0_test|")
        and "|q:art2mus@" in row.signature
    )
    one, other = (found["preferred_of_10", name] for name in SYSTEMS)
    assert one.value + other.value == pytest.approx(10) and other.value > 5
    assert one.competitors == other.competitors == "art2mus:1_token audioldm2:base"


def test_a_choice_on_two_lines_is_the_same_choice(tmp_path: Path) -> None:
    """As the page of blind listening writes them: 1 for the one chosen, 0 for the other, 0.5 for both."""
    one = [(f"r{r}", f"e{e}", "a|b", "preferred_share", (r + e) % 3) for r in range(6) for e in range(6)]
    values = {1: (1, 0), 2: (0, 1), 0: (0.5, 0.5)}
    two = [(r, e, name, q, value) for r, e, _, q, a in one for name, value in zip("ab", values[a], strict=True)]
    single, double = made(write(tmp_path / "one.csv", one), ""), made(write(tmp_path / "two.csv", two), "")
    assert {key: (row.value, row.ci_low) for key, row in single.items()} == {
        key: (row.value, row.ci_low) for key, row in double.items()
    }
    assert single["preferred_share", "a"].task == "any2music"


def test_a_system_heard_beside_two_others_has_a_row_for_each(tmp_path: Path) -> None:
    lines = [("r", "e", "a", "preferred_share", 1, "b"), ("r", "e", "a", "preferred_share", 0, "c"),
             ("r", "e", "b", "preferred_share", 0, "a"), ("r", "e", "c", "preferred_share", 1, "a"),
             ("r", "e", "a", "ovl_likert5", 3, "b"), ("r", "e", "a", "ovl_likert5", 4, "c")]  # fmt: skip
    path = write(tmp_path / "a.csv", lines, (*HEAD, "against"))
    asked = questionnaire.plain()
    found = rows.make(answers.read(path, asked), asked, about.without_run(path, asked, "", ""))
    assert {(row.metric, row.model, row.competitors): row.value for row in found} == {
        ("ovl_likert5", "a", "a b"): 3, ("ovl_likert5", "a", "a c"): 4,
        ("preferred_share", "a", "a b"): 1, ("preferred_share", "b", "a b"): 0,
        ("preferred_share", "a", "a c"): 0, ("preferred_share", "c", "a c"): 1,
    }  # fmt: skip


def test_answers_about_a_run_are_of_its_task_split_and_outputs(tmp_path: Path) -> None:
    folder = tmp_path / "toy-run"
    made_of = [made_rows.row("thd", 1.0, run="toy-run", model="a", variant="x", split="wesnoth@0fc938", seed=3)]
    results.write(folder / "rows.csv", results.frame(made_of))
    journal = store.Journal(folder / "systems" / store.slug("a:x"))
    journal.append([Output("e1", "outputs/e1.wav", "0" * 64), Output("e2", error="it failed")])
    what = about.of_run(folder)
    assert (what.run, what.task, what.split, what.seed) == ("toy-run", "image2music", "wesnoth@0fc938", 3)
    asked = questionnaire.plain()
    good = write(tmp_path / "good.csv", [("r", "e1", "a:x", "ovl_100", 60)])
    (row,) = rows.make(answers.read(good, asked), asked, what)
    assert (row.split, row.seed, row.value) == ("wesnoth@0fc938", 3, 60)
    for line, says in (
        (("r", "e1", "b", "ovl_100", 60), "bad.csv, line 2: toy-run has no system 'b'; it has a:x"),
        (("r", "e2", "a:x", "ovl_100", 60), "bad.csv, line 2: a:x has no output for 'e2' in toy-run"),
    ):
        bad = write(tmp_path / "bad.csv", [line])
        with pytest.raises(BenchError, match=says):
            rows.make(answers.read(bad, asked), asked, what, "bad.csv")


GOOD = ("r1", "e1", "a", "ovl_likert5", "3")
BAD = {
    "lacks the columns question, answer; it has rater, example, system": (HEAD[:3], [GOOD[:3]]),
    "has no answers": (HEAD, []),
    "line 2: no question named 'ovl_likret5'; the nearest: ovl_likert5": (HEAD, [(*GOOD[:3], "ovl_likret5", "3")]),
    "line 2: answer '6' to ovl_likert5 is not on the scale of 1 to 5": (HEAD, [(*GOOD[:4], "6")]),
    "line 2: answer 'nan' to ovl_likert5 is not on the scale": (HEAD, [(*GOOD[:4], "nan")]),
    "line 2: answer 'good' to ovl_likert5 is not on the scale": (HEAD, [(*GOOD[:4], "good")]),
    "line 3: r1 answers ovl_likert5 on a and e1 twice; the first time on line 2": (HEAD, [GOOD, GOOD]),
    "line 2: column rater holds '=cmd()', which a spreadsheet would compute": (HEAD, [("=cmd()", *GOOD[1:])]),
    "line 2: column system holds '@x'": (HEAD, [("r1", "e1", "@x", *GOOD[3:])]),
    "line 2: column example is empty": (HEAD, [("r1", " ", *GOOD[2:])]),
    "line 2: has more cells than there are columns": (HEAD, [(*GOOD, "more")]),
    "line 2: a choice takes two lines, one after the other": (HEAD, [(*GOOD[:3], "preferred_share", "1")]),
    "line 2: answer '0.7' to preferred_share is not of a choice": (HEAD, [(*GOOD[:3], "preferred_share", "0.7")]),
    "line 2: system 'a|a': a choice is between two, A|B": (HEAD, [("r1", "e1", "a|a", "preferred_share", "1")]),
    "line 2: answer '3' to preferred_share: 1 or 2 for the one": (
        HEAD,
        [("r", "e", "a|b", "preferred_share", "3")],
    ),
}


@pytest.mark.parametrize("says", BAD)
def test_a_bad_file_is_one_line(tmp_path: Path, says: str) -> None:
    head, lines = BAD[says]
    path = write(tmp_path / "a.csv", lines, head)
    with pytest.raises(BenchError) as caught:
        answers.read(path, questionnaire.plain())
    assert says in str(caught.value) and "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'rater,example,system,question,answer\n"a,b\n'])
def test_what_is_no_csv_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(BenchError, match=r"is not UTF-8 text|cannot be read as CSV"):
        answers.read(tmp_path / "a.csv", questionnaire.plain())
    with pytest.raises(BenchError, match=r"cannot be read \(No such file"):
        answers.read(tmp_path / "none.csv", questionnaire.plain())


def test_the_papers_questionnaires() -> None:
    assert questionnaire.names() == ["art2mus", "mozart", "musflow"]
    for name in questionnaire.names():
        found = questionnaire.read(name)
        assert registry.task(found.task) and found.split in registry.split_cards()
        assert all(question.card.quality == "rating" for question in found.questions) and found.unknown
    asked = questionnaire.read("art2mus")
    assert [question.asks for question in asked.questions if question.printed] == [
        "How well do you think the music sounds?",
        "How pertinent is the music in your opinion?",
        "Which music track aligns more with the artwork?",
    ]
    assert labels.quality("ovl_likert5") == "rating"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = 3", "has no question; write"),
        ('[[question]]\nname = "a"', "missing 1 required positional argument: 'metric'"),
        ('[[question]]\nname = "a"\nmetric = "fad_vggish"', "fad_vggish is no rating; take ovl_likert5"),
        ('[[question]]\nname = "a"\nmetric = "ovl_100"\ncolour = 1', "unexpected keyword argument 'colour'"),
        ("what", "is not TOML"),
    ],
)
def test_a_bad_questionnaire_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "q.toml").write_text(text)
    with pytest.raises(BenchError) as caught:
        questionnaire.read(str(tmp_path / "q.toml"))
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_the_command_writes_rows_beside_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: Callable[..., Done]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = study(tmp_path / "heard.csv")
    done = bench("ratings", "import", path, "--questionnaire", "art2mus", "--to", tmp_path)
    assert done.code == 0 and "Preferred of 10" in done.out
    assert len(results.read(tmp_path / "measured.csv")) == 4
    assert bench("ratings", "import", path, "--questionnaire", "art2mus", "--to", tmp_path).code == 0
    assert len(results.read(tmp_path / "measured.csv")) == 4, "the same answers again are the same rows"
    assert "How well do you think the music sounds?" in bench("ratings", "questions", "art2mus").out
    done = bench("ratings", "import", path, "--questionnaire", "art2muss")
    assert done.code == 2 and "no questionnaire named 'art2muss'; the nearest: art2mus" in done.err
    done = bench("run", "--model", "mozart:pocket", "--task", "image2music", "--metrics", "ovl_likert5")
    assert done.code == 2 and "make rows of their answers with `bench ratings import`" in done.err


def test_the_interval_holds_the_truth_in_a_small_simulation() -> None:
    share, width = held(Study(10, 20, 20), "even", "1-5", 200)
    assert 0.90 <= share <= 0.99 and width > 0.3
    everybody = crossed.estimate(np.full(36, 4.0), list("abcdef") * 6, sorted(list("uvwxyz") * 6))
    assert (everybody.low, everybody.high) == (4, 4)
    few = crossed.estimate(np.arange(8.0), list("abab") * 2, sorted(list("wxyz") * 2))
    assert few.value == 3.5 and np.isnan(few.low), "two raters are too few"
