"""Several pieces of one computation at once, on threads: NumPy and LAPACK work without the interpreter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

MOST = 8
EACH = 4  # parts a core, so that none waits long for the last one

Given = TypeVar("Given")
Found = TypeVar("Found")


def cores() -> int:
    """How many this process may use, MOST at most."""
    try:
        return min(MOST, len(os.sched_getaffinity(0)))
    except AttributeError:  # systems other than Linux
        return min(MOST, os.cpu_count() or 1)


def side_by_side(function: Callable[[Given], Found], given: Iterable[Given]) -> list[Found]:
    """`function` of each, in their order. None may depend on another, so the number of cores changes nothing.

    BLAS keeps to one thread meanwhile: threads of its own under these would only wait for each other.
    """
    several = list(given)
    step = -(-len(several) // (cores() * EACH)) or 1
    with _controller().limit(limits=1, user_api="blas"):
        if cores() == 1 or len(several) < 2:
            return [function(each) for each in several]
        with ThreadPoolExecutor(cores()) as pool:
            parts = [several[start : start + step] for start in range(0, len(several), step)]
            made = pool.map(lambda part: [function(each) for each in part], parts)
            return [found for part in made for found in part]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
