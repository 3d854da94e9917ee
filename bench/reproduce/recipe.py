"""A recipe: which runs answer which published rows, with what options, and what is known to explain a gap.

The format, key by key, is in docs/reproduce.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from sightsound.bench.core import length as lengths
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.loading import unknown
from sightsound.bench.ratings import questionnaire
from sightsound.bench.ratings.questionnaire import Questionnaire

FOLDER = Path(__file__).parent / "recipes"
SUFFIX = ".toml"


@dataclass(frozen=True)
class Run:
    """One run, as `bench run` would make it."""

    name: str
    """Its folder below the recipe's."""
    task: str
    """Task."""
    split: str
    """Split."""
    systems: Mapping[str, str]
    """What results/published.csv calls a system (`model:variant`) -> what `--model` takes for it."""
    metrics: tuple[str, ...]
    """Metrics, as `--metrics` takes them."""
    called: Mapping[str, str] = field(default_factory=dict)
    """Metric -> its name in results/published.csv, where that is another."""
    of: str = ""
    """The split that the published rows name, where it is another."""
    of_task: str = ""
    """The task that the published rows name, where it is another."""
    length: str = lengths.USUAL
    """How much of a clip the metrics hear."""
    reference: str = ""
    """The set that distances compare with, where it is not the split's own references."""
    corpus: str = ""
    """What the file of `--corpus` has to hold, for metrics that compare with one."""
    seed: int = 0
    """Seed."""
    beside: bool = False
    """Runs only where `--run` names it: another reading of the same table."""
    by: str = ""
    """Text field of the examples: values by example are also told for each text apart."""
    figure: bool = False
    """Whether each example is shown: what was given, the reference, and what every system made of it."""
    notes: tuple[str, ...] = ()
    """Notes of the systems (`caption`, `prompt`) that the figure has below what they made."""
    limit: int = 0
    """Examples, where the command says no other number; 0: all."""
    why: str = ""
    """What this run is, in a sentence."""


@dataclass(frozen=True)
class StandIn:
    """What is taken for something that the paper does not tell or nobody published."""

    what: str
    """What is not known."""
    takes: str
    """What is taken."""
    because: str
    """Why, with the source."""


@dataclass(frozen=True)
class Fact:
    """Something that explains a gap between a published figure and ours."""

    says: str
    """The fact, in a sentence or two."""
    source: str
    """Where it was read."""
    metrics: tuple[str, ...] = ()
    """Metrics that it concerns, by our name; none: all."""


@dataclass(frozen=True)
class Ratings:
    """A study with human raters, whose answers make rows as `bench ratings import` makes them."""

    questionnaire: str
    """Name in `bench ratings questions`."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """What results/published.csv calls a system -> its name in the file of answers, where that is another."""

    @property
    def asked(self) -> Questionnaire:
        """What raters were asked. BenchError for an unknown name."""
        return questionnaire.read(self.questionnaire)


@dataclass(frozen=True)
class Recipe:
    """Everything behind one table."""

    name: str
    """`mozart-1a` and so on."""
    title: str
    """What the table shows."""
    paper: str
    """The paper, and its table."""
    published: str
    """`run` of its rows in results/published.csv."""
    runs: tuple[Run, ...] = ()
    """What runs."""
    ratings: Ratings | None = None
    """The study behind it, for a table of ratings."""
    stand_ins: tuple[StandIn, ...] = ()
    """What is not as the authors had it."""
    facts: tuple[Fact, ...] = ()
    """What explains a gap."""
    without: Mapping[str, str] = field(default_factory=dict)
    """Published metric, or `model:variant/metric`, that nothing here answers -> why."""

    def chosen(self, names: tuple[str, ...]) -> tuple[Run, ...]:
        """The runs of those names; of none given, those that are not beside. BenchError for an unknown name."""
        known = {run.name: run for run in self.runs}
        for name in names:
            if name not in known:
                raise unknown(f"run of {self.name}", name, known)
        return tuple(known[name] for name in names) or tuple(run for run in self.runs if not run.beside)


def names() -> list[str]:
    """The tables that have a recipe, in order."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def read(table: str) -> Recipe:
    """The recipe of a table, or of a file FILE.toml. BenchError for an unknown name and for what is no recipe."""
    path = Path(table) if table.endswith(SUFFIX) else FOLDER / f"{table}{SUFFIX}"
    if path.parent == FOLDER and table not in names():
        raise unknown("table", table, names())
    try:
        return _recipe(path.stem, tomllib.loads(path.read_text(encoding="utf-8")), str(table))
    except OSError as error:
        raise BenchError(f"{table}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BenchError(f"{table}: is not TOML ({error})") from error


def _recipe(name: str, found: Mapping[str, Any], at: str) -> Recipe:
    left = dict(found)
    rated = left.pop("ratings", None)
    parts = {
        "runs": _each(left.pop("run", []), Run, f"{at}: run"),
        "stand_ins": _each(left.pop("stand_in", []), StandIn, f"{at}: stand_in"),
        "facts": _each(left.pop("fact", []), Fact, f"{at}: fact"),
        "ratings": rated and _made(Ratings, _table(rated, f"{at}: ratings"), f"{at}: ratings"),
    }
    made = _made(Recipe, {"name": name, **left, **parts}, at)
    for run in made.runs:
        if not run.metrics and not run.figure:
            raise BenchError(f"{at}: run {run.name}: has neither metrics nor figure: nothing would be seen of it")
    if len({run.name for run in made.runs}) != len(made.runs):
        raise BenchError(f"{at}: two runs have one name")
    return made


Made = TypeVar("Made")


def _each(found: Any, kind: Callable[..., Made], at: str) -> tuple[Made, ...]:
    if not isinstance(found, list):
        raise BenchError(f"{at}: write [[{at.rpartition(' ')[2]}]]")
    return tuple(_made(kind, _table(one, at), f"{at} {number}") for number, one in enumerate(found, 1))


def _table(found: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise BenchError(f"{at}: is no table")
    return found


def _made(kind: Callable[..., Made], found: Mapping[str, Any], at: str) -> Made:
    """The record; BenchError for a key that it does not have or lacks, or a value of another type."""
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key, value in found.items():
        if key not in known:
            raise BenchError(f"{at}: {unknown('key', key, known)}")
        wanted = str(known[key].type).partition("[")[0]
        fits = {"str": str, "int": int, "bool": bool, "Mapping": Mapping, "tuple": (list, tuple)}.get(wanted)
        if fits and (not isinstance(value, fits) or (wanted == "int" and isinstance(value, bool))):  # type: ignore[arg-type]
            raise BenchError(f"{at}: {key} cannot be {value!r}")
    lacking = [
        name
        for name, each in known.items()
        if name not in found and each.default is MISSING and each.default_factory is MISSING
    ]
    if lacking:
        raise BenchError(f"{at}: lacks {', '.join(lacking)}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in found.items()})
