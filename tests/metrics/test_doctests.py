"""The examples in docstrings give what they say, and every formula has one."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import sightsound.metrics.formulas
import sightsound.metrics.legacy
import sightsound.metrics.statistics

PACKAGES = (sightsound.metrics.formulas, sightsound.metrics.legacy, sightsound.metrics.statistics)
FORMULAS = [
    found.name
    for package in PACKAGES
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not found.ispkg and not found.name.endswith("card") and not found.name.endswith("cards")
]
OTHERS = [
    *(f"sightsound.metrics.{name}" for name in ("rows", "signature", "torchmetric")),
    "sightsound.bench.core.types",
]
EXAMPLES = {
    test.name: test
    for name in FORMULAS + OTHERS
    for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(name))
    if test.examples
}
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("test", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_gives_what_it_says(test):
    said: list[str] = []
    found = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert not found.failed, "".join(said)


def test_every_formula_has_an_example():
    """In its own module; a legacy metric says at the head what it measures instead."""
    without = [
        name
        for name in FORMULAS + OTHERS
        if ".legacy." not in name and not any(test.startswith(f"{name}.") for test in EXAMPLES)
    ]
    assert not without
