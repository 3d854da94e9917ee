"""What raters were asked: the questionnaires of the papers, quoted as their parameters, or one of your own."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.loading import unknown
from sightsound.metrics.card import MetricCard

FOLDER = Path(__file__).parent / "questionnaires"
SUFFIX = ".toml"
SHOWN = 6  # hex digits of a questionnaire's digest in a signature


@dataclass(frozen=True)
class Question:
    """One question and the metric that its answers make."""

    name: str
    """What the column `question` of the answers calls it."""
    metric: str
    """A metric of kind `rated`."""
    asks: str = ""
    """Its words, or what it is about where nobody printed them."""
    scale: str = ""
    """Its answers, as the source has them."""
    aspect: str = ""
    """What it is about, as the source has it."""
    printed: bool = False
    """Whether `asks` is the source's own wording."""

    @property
    def card(self) -> MetricCard:
        """Its metric. BenchError for one that is no rating."""
        found = registry.metric(self.metric)
        if found.kind != "rated":
            raise BenchError(f"question {self.name}: {self.metric} is no rating; take {', '.join(rated())}")
        return found

    @property
    def chooses(self) -> bool:
        """Whether it asks for one of two systems rather than for a number."""
        return self.metric.startswith("preferred")


@dataclass(frozen=True)
class Questionnaire:
    """A study's questions."""

    name: str
    """`art2mus` and so on; a file's stem."""
    questions: tuple[Question, ...]
    """What was asked."""
    title: str = ""
    """One line."""
    source: str = ""
    """Where it is printed."""
    task: str = ""
    """Task of the outputs."""
    split: str = ""
    """Split of the outputs."""
    protocol: str = ""
    """Who rated what, in the source's words."""
    raters: int = 0
    """People asked, 0 where that is not said."""
    items: int = 0
    """Outputs of a system, 0 where that is not said."""
    unknown: tuple[str, ...] = ()
    """What the source does not say."""
    digest: str = ""
    """Of the questions: rows of other questions are other rows."""

    def find(self, name: str) -> Question:
        """The question of that name, or the only one of that metric. BenchError for none."""
        found = [each for each in self.questions if name in (each.name, each.metric)]
        if not found:
            raise unknown("question", name, [each.name for each in self.questions])
        return found[0]


def rated() -> list[str]:
    """The metrics of ratings."""
    return [name for name, card in registry.metrics().items() if card.kind == "rated"]


def plain() -> Questionnaire:
    """The questionnaire of answers that come without one: each metric of ratings is a question."""
    return Questionnaire("", tuple(Question(name, name) for name in rated()))


def names() -> list[str]:
    """The papers' questionnaires."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def read(name: str) -> Questionnaire:
    """One of the papers', or that of a file FILE.toml. BenchError for an unknown name and for what is none."""
    own = name.endswith(SUFFIX)
    if not own and name not in names():
        raise unknown("questionnaire", name, names())
    path = Path(name) if own else FOLDER / f"{name}{SUFFIX}"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchError(f"{name}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BenchError(f"{name}: is not TOML ({error})") from error
    return _made(path.stem, found, name)


def _made(name: str, found: Mapping[str, Any], at: str) -> Questionnaire:
    left = dict(found)
    asked = left.pop("question", [])
    if not isinstance(asked, list) or not asked:
        raise BenchError(f"{at}: has no question; write [[question]] with name and metric")
    try:
        questions = tuple(Question(**one) for one in asked)
        whole = Questionnaire(name, questions, **{**left, "unknown": tuple(left.get("unknown", ()))})
    except TypeError as error:
        raise BenchError(f"{at}: {str(error).replace('__init__()', '').strip()}") from error
    for number, question in enumerate(questions, 1):
        for field in ("name", "metric", "asks", "scale", "aspect"):
            if not isinstance(getattr(question, field), str):
                raise BenchError(f"{at}: question {number}: {field} is no text")
        _ = question.card
    if len({question.name for question in questions}) != len(questions):
        raise BenchError(f"{at}: two questions have one name")
    words = "\n".join(f"{each.name}\t{each.metric}\t{each.asks}\t{each.scale}" for each in questions)
    return Questionnaire(**{**vars(whole), "digest": hashlib.sha256(words.encode()).hexdigest()[:SHOWN]})
