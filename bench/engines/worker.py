"""The process of a worker of the engine `processes`: what its line brings, it does."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any

from sightsound.bench.engines import seat
from sightsound.bench.engines.facts import facts


def main(descriptor: int, modules: list[str]) -> None:
    """Serve the driver at the other end of the line until it is closed. `modules`: see `seat.adopt`."""
    line = Connection(descriptor)
    inbox: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
    threading.Thread(target=_receive, args=(line, inbox), daemon=True).start()
    seat.adopt(modules)
    line.send(("facts", facts()))
    served = seat.Seat(line.send)
    while True:
        try:
            message = inbox.get(block=not served.busy)
        except Empty:
            served.work()
            continue
        match message:
            case ("job", session, job, device):
                served.load(session, job, device)
            case ("batch", number, batch):
                served.begin(number, batch)
            case ("drop",):
                served.drop()
            case ("odd", error):
                raise error
            case _:
                return


def _receive(line: Connection, inbox: SimpleQueue[tuple[Any, ...]]) -> None:
    """Take what comes at once, so that the driver never waits for a worker that is at work."""
    while True:
        try:
            inbox.put(line.recv())
        except (EOFError, ConnectionResetError):
            inbox.put(("end",))
            return
        except Exception as error:  # what was sent cannot be made again here: a module lacks, say
            inbox.put(("odd", error))
