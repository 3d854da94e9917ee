"""A lock where there is no `flock`: a file that only one can create, with the holder's name and a sign of life.

A holder that is gone leaves the file. Its sign of life is then old by the clock here and, since clocks differ,
does not change while one looks; after that the lock is taken over, with a remark.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sightsound.bench.core.console import say
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import LOCK
from sightsound.bench.remote.place import Place, RemoteError

BEAT_S = 10.0  # between two signs of life
EXPIRY_S = 90.0  # silence after which a holder may be gone
LOOK_S = 2.5 * BEAT_S  # for how long one looks whether it is
TRIES = 3  # at a file that is being written
SETTLE_S = 1.0  # after which two that wrote at the same time see the same one: some stores let both


@dataclass(frozen=True)
class Holder:
    """What the file says."""

    id: str
    """Of this hold."""
    host: str
    """Where the process runs."""
    home: str
    """The machine since it was started, and of a container which one; empty where that cannot be told."""
    process: int
    """Its number there."""
    began: float
    """When it took the lock, in seconds since 1970 by its own clock."""
    beat: float
    """When it last gave a sign of life, by its own clock."""

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"


class Held:
    """A lock that this process holds, as far as it knows."""

    def __init__(self, place: Place, name: str, holder: Holder) -> None:
        self._place, self._name, self._holder = place, name, holder
        self._lost = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="lock", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """RemoteError where somebody has taken it over."""
        if self._lost:
            raise RemoteError(
                f"{self._place.uri}: {self._lost} has taken it over while this process gave no sign of life; "
                "wait for that one, then run the same command again"
            )

    def release(self) -> None:
        """Give it back; what is somebody else's by now stays."""
        self._stop.set()
        self._thread.join()
        found = read(self._place, self._name)
        if found is not None and found.id == self._holder.id:
            self._place.remove(self._name)

    def _beats(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                found = read(self._place, self._name)
                if found is not None and found.id != self._holder.id:
                    self._lost = str(found)
                    return
                self._place.write(self._name, _bytes(replace(self._holder, beat=time.time())))
            except (
                BenchError
            ):  # the network is away; the next file that is sent tells, and the next beat tries again
                continue


@contextmanager
def hold(place: Place, folder: str = "") -> Iterator[Held]:
    """Hold the lock of a folder of the place. BenchError, one line, where somebody else does."""
    name = f"{folder}/{LOCK}" if folder else LOCK
    now = time.time()
    mine = Holder(uuid.uuid4().hex, socket.gethostname(), _home(), os.getpid(), now, now)
    if not place.create(name, _bytes(mine)):
        there = read(place, name)
        if there is not None:
            _refuse_living(place, name, there)
            say(f"{place.uri}: the lock of {there}, which is gone, is taken over")
            place.remove(name)
        if not place.create(name, _bytes(mine)):
            _refuse(place, read(place, name))
    time.sleep(SETTLE_S)  # the other may also have found a lock of one that is gone, and removed ours for it
    found = read(place, name)
    if found is None or found.id != mine.id:
        _refuse(place, found)
    held = Held(place, name, mine)
    try:
        yield held
    finally:
        try:
            held.release()
        except RemoteError as error:  # it goes by itself
            say(f"the lock stays for {EXPIRY_S:.0f} s: {error}")


def read(place: Place, name: str) -> Holder | None:
    """Who holds a lock; None where nobody does. A file that is none of ours is somebody's, if it is not just being
    written."""
    for left in reversed(range(TRIES)):
        data = place.read(name)
        if data is None:
            return None
        try:
            return Holder(**json.loads(data))
        except (ValueError, TypeError) as error:
            if not left:
                told = "is no lock of a run; remove it if nobody is at work"
                raise RemoteError(f"{place.uri}/{name}: {told}") from error
        time.sleep(SETTLE_S)
    raise AssertionError("the last try returns or raises")


def _refuse_living(place: Place, name: str, there: Holder) -> None:
    """Return where the holder is gone; BenchError where it is not."""
    if there.home and there.home == _home() and not _runs(there.process):
        return
    if abs(time.time() - there.beat) > EXPIRY_S:
        until = time.monotonic() + LOOK_S
        while time.monotonic() < until:
            time.sleep(min(1.0, LOOK_S / 10))
            now = read(place, name)
            if now != there:  # it lives, or another one was quicker
                there = now or there
                break
        else:
            return
    _refuse(place, there)


def _refuse(place: Place, there: Holder | None) -> None:
    who = f", {there}" if there else ""
    raise BenchError(
        f"{place.uri}: another bench is at work in it{who}; wait for it or give --out (where that is gone, "
        f"wait {EXPIRY_S:.0f} s from its last sign of life on)"
    )


def _home() -> str:
    """Two processes with the same one see each other's numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, and somebody else's
        return True
    return True


def _bytes(holder: Holder) -> bytes:
    return json.dumps(asdict(holder)).encode()
