"""Several pieces of one computation at once, on threads: what NumPy and LAPACK do, they do without the interpreter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

MOST = 8

Given, Found = TypeVar("Given"), TypeVar("Found")


def cores() -> int:
    """How many this process may use, MOST at most."""
    try:
        return min(MOST, len(os.sched_getaffinity(0)))
    except AttributeError:  # systems other than Linux
        return min(MOST, os.cpu_count() or 1)


def side_by_side(function: Callable[[Given], Found], given: Iterable[Given]) -> list[Found]:
    """`function` of each, in their order. None of them may depend on another, so the number of cores changes nothing.

    BLAS keeps to one thread meanwhile: threads of its own under these would only wait for each other.
    """
    with _controller().limit(limits=1, user_api="blas"):
        if cores() == 1:
            return [function(each) for each in given]
        with ThreadPoolExecutor(cores()) as pool:
            return list(pool.map(function, given))


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
