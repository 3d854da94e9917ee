"""The file of answers: rater, example, system, question, answer, a line each; `against` where two were heard."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.ratings.questionnaire import Question, Questionnaire

COLUMNS = ("rater", "example", "system", "question", "answer")
AGAINST = "against"
"""A column that may be there too: the system that was heard beside this one."""
BAR = "|"
"""Between the two systems of a choice that is on one line."""
CHOSEN = {"1": (1.0, 0.0), "2": (0.0, 1.0), "0": (0.5, 0.5)}
"""Answer to a choice on one line -> what each of the two gets."""


@dataclass(frozen=True)
class Answer:
    """One answer of one rater about one output."""

    rater: str
    """Who."""
    example: str
    """Id of the example."""
    system: str
    """Label of the system."""
    question: Question
    """What was asked."""
    value: float
    """On the metric's scale; of a choice 1, 0, or 0.5 for neither."""
    line: int
    """Of the file."""
    other: str = ""
    """The system that it was heard beside, of a choice always."""


def read(path: Path, asked: Questionnaire) -> list[Answer]:
    """The answers in the file's order; a choice gives one for each of the two systems.

    BenchError, one line: a file that is no CSV or lacks columns, an empty or computing cell, a question that was
    not asked, an answer outside its scale, a rater who answers twice, a choice without its other half.
    """
    singles: list[Answer] = []
    halves: dict[tuple[str, str, str, str], list[Answer]] = defaultdict(list)
    for line, row in _lines(path):
        at = f"{path}, line {line}"
        try:
            question = asked.find(row["question"])
        except BenchError as error:
            raise BenchError(f"{at}: {error}") from error
        if question.chooses and BAR in row["system"]:
            singles += _choice(row, question, line, at)
            continue
        other = row[AGAINST]
        value = _value(row["answer"], question, at)
        answer = Answer(row["rater"], row["example"], row["system"], question, value, line, other)
        if question.chooses:
            pair = BAR.join(sorted((row["system"], other))) if other else ""
            halves[row["rater"], row["example"], question.name, pair].append(answer)
        else:
            singles.append(answer)
    found = singles + [each for group in halves.values() for each in _paired(group, path)]
    if not found:
        raise BenchError(f"{path}: has no answers")
    _refuse_twice(found, path)
    return sorted(found, key=lambda each: each.line)


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise BenchError(f"{path}: is not UTF-8 text; save it as CSV, UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in reader.fieldnames or ()]
        if missing := [name for name in COLUMNS if name not in head]:
            raise BenchError(f"{path}: lacks the columns {', '.join(missing)}; it has {', '.join(head) or 'none'}")
        reader.fieldnames = head
        for row in reader:
            yield reader.line_num, _checked(row, f"{path}, line {reader.line_num}")
    except csv.Error as error:
        raise BenchError(f"{path}, line {reader.line_num}: cannot be read as CSV ({error})") from error


def _checked(row: Mapping[str | None, object], at: str) -> Mapping[str, str]:
    if None in row:
        raise BenchError(f"{at}: has more cells than there are columns")
    texts = {}
    for name in (*COLUMNS, AGAINST):
        text = str(row.get(name) or "").strip()
        if not text and name != AGAINST:
            raise BenchError(f"{at}: column {name} is empty")
        if text.startswith(store.COMPUTED):
            raise BenchError(f"{at}: column {name} holds {text!r}, which a spreadsheet would compute; take it out")
        texts[name] = store.uncell(text)
    return texts


def _value(text: str, question: Question, at: str) -> float:
    """The answer as a number on the question's scale."""
    least, most = question.card.options["least"], question.card.options["most"]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not float(least) <= value <= float(most):
        told = "of a choice, 1, 0 or 0.5 for neither" if question.chooses else f"on the scale of {least} to {most}"
        raise BenchError(f"{at}: answer {text!r} to {question.name} is not {told}")
    if question.chooses and value not in (0.0, 0.5, 1.0):
        raise BenchError(f"{at}: answer {text!r} to {question.name} is not of a choice, 1, 0 or 0.5 for neither")
    return value


def _choice(row: Mapping[str, str], question: Question, line: int, at: str) -> list[Answer]:
    """A choice on one line: `A|B` and 1, 2 or 0."""
    systems = [name.strip() for name in row["system"].split(BAR)]
    if len(systems) != 2 or not all(systems) or systems[0] == systems[1]:
        raise BenchError(f"{at}: system {row['system']!r}: a choice is between two, A{BAR}B")
    if row["answer"] not in CHOSEN:
        raise BenchError(f"{at}: answer {row['answer']!r} to {question.name}: 1 or 2 for the one chosen, or 0")
    values = CHOSEN[row["answer"]]
    first = Answer(row["rater"], row["example"], systems[0], question, values[0], line, systems[1])
    return [first, replace(first, system=systems[1], value=values[1], other=systems[0])]


def _paired(group: Sequence[Answer], path: Path) -> list[Answer]:
    """The halves of choices on two lines each, put together: of one rater, example and question, in order."""
    found = []
    for first, second in zip(group[::2], [*group[1::2], None], strict=False):
        if second is None or first.system == second.system or first.value + second.value != 1:
            raise BenchError(
                f"{path}, line {first.line}: a choice takes two lines, one after the other: its two systems, with "
                "1 for the one chosen and 0 for the other, or 0.5 for both"
            )
        found += [replace(first, other=second.system), replace(second, other=first.system)]
    return found


def _refuse_twice(answers: Sequence[Answer], path: Path) -> None:
    seen: dict[tuple[str, str, str, str, str], int] = {}
    for each in answers:
        key = each.rater, each.example, each.system, each.other, each.question.name
        if key in seen:
            raise BenchError(
                f"{path}, line {each.line}: {each.rater} answers {each.question.name} on {each.system} and "
                f"{each.example} twice; the first time on line {seen[key]}"
            )
        seen[key] = each.line
