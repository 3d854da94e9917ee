"""How long a system takes, whether or not it was spared some of the work by a store.

A caption that another run has made is taken from the store in no time. So that a system does not look faster for
coming second, the seconds that the caption took when it was made are kept with it and count as if they were spent
again: `took_s` of an output and `seconds` of a row hold them.
"""

from __future__ import annotations

import threading
import time


class _Spared(threading.local):
    """Of a thread: two batches may be under way at once, each in a thread of its own."""

    seconds = 0.0


_spared = _Spared()


def spare(seconds: float) -> None:
    """Work of so many seconds of this thread was taken from a store."""
    _spared.seconds += seconds


class Clock:
    """Runs from when it is made, for the thread that made it."""

    def __init__(self) -> None:
        self._since, self._spared_s = time.perf_counter(), _spared.seconds

    def spared_s(self) -> float:
        """Seconds of work of this thread that a store has spared it since."""
        return _spared.seconds - self._spared_s

    def seconds(self) -> float:
        """Seconds since, those included that were spared."""
        return time.perf_counter() - self._since + self.spared_s()
