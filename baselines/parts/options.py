"""Values that a user sets from the command line, where all are strings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)


def switch(name: str, value: str | int | bool) -> bool:
    """The option as yes or no. ValueError, naming it, where it is neither 1 nor 0."""
    if str(value) not in ("0", "1", "False", "True"):
        raise ValueError(f"{name}: {value!r} is neither 0 nor 1")
    return str(value) in ("1", "True")


def positive(name: str, value: str | float, kind: Callable[[Any], Number]) -> Number:
    """The option as a positive number of that kind. ValueError, naming it, where it is none."""
    try:
        number = kind(value)
    except ValueError:
        number = kind(0)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name}: {value!r} is no positive {'whole ' if kind is int else ''}number")
    return number
