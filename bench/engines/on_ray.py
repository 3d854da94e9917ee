"""The engine `ray`: workers are actors of a Ray cluster, each with its share of a GPU. Needs the extra `ray`.

Where an actor runs, with which node it goes and what the cluster grows by is Ray's; who gets which batch, and what
happens when a worker is gone, is bench/engines/dispatch.py's, as for processes. Every node has to see the split,
the cache or mirror and the modules under the same paths.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from sightsound.bench.core import cards, console, memory
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.faults import named, one_line
from sightsound.bench.engines import cluster, seat
from sightsound.bench.engines.dispatch import Hand, Team
from sightsound.bench.engines.facts import facts
from sightsound.bench.engines.job import Flow, Job, Run, Tell
from sightsound.bench.engines.processes import THREADS, threads
from sightsound.bench.engines.room import Room

ROOM_S = 60.0  # after which the user is told that no worker has been placed
GB = 1e9
OF_A_NODE = ("RAY_", "CUDA_", "NVIDIA_", "LD_", "PYTHON", "SLURM_", memory.SHARE)
"""Beginnings of the names of variables that a worker has from its node, or is given by itself."""
WHOLE = Room()  # a whole GPU for each worker, and no memory that was stated


class OnRay:
    """Actors are started when there is work for them, and stay for the jobs after it."""

    name = "ray"

    def __init__(self, address: str, workers: int | None, device: str, room: Room = WHOLE) -> None:
        """`address`: see bench/engines/cluster.py; `workers`: None for one a GPU of the cluster, or as many as fit
        on this machine. On CUDA each worker gets its share of a GPU, on a node whose card has the memory that
        `room` states; else a core and that memory.

        BenchError, within seconds, where there is no such cluster, or a model fits on none of its nodes.
        """
        self.device = device.partition(":")[0]
        self._ray = cluster.connected(address, workers or room.on_cpu())
        try:
            self._options, usual = self._on_cards(room) if self.device == "cuda" else self._on_cpu(room)
        except BenchError:
            self._ray.shutdown()
            raise
        self.workers = workers or usual
        self._env = {memory.SHARE: f"{room.share:g}"}
        self._team = Team(self, self.workers)

    def _on_cpu(self, room: Room) -> tuple[dict[str, Any], int]:
        """What Ray is asked for each worker, and how many there are where nobody named a number."""
        return {"num_cpus": 1, "memory": round(cluster.memory_gb(self._ray, room) * GB)}, room.on_cpu()

    def _on_cards(self, room: Room) -> tuple[dict[str, Any], int]:
        small = cluster.too_small(self._ray, room)
        asked: dict[str, Any] = {"num_cpus": 1, "num_gpus": room.share}
        if small:
            asked["label_selector"] = {"ray.io/node-id": f"!in({','.join(small)})"}
        return asked, room.on_cards(max(1, cluster.gpus(self._ray, small)))

    def session(self, job: Job, told: Tell) -> AbstractContextManager[Run]:
        """See Engine."""
        return self._team.opened(job, told)

    def work(self, flows: Sequence[Flow]) -> None:
        """See Engine."""
        self._team.work(flows)

    def hire(self, place: int) -> _Hand:
        """Ask for an actor; Ray places it when there is room."""
        env = self._env | {THREADS: str(threads(self.workers))}
        actor = self._ray.remote(_actor()).options(
            max_restarts=0, max_task_retries=0, runtime_env={"env_vars": env}, **self._options
        )
        words = (sys.path, list(cards.adopted), str(Path.cwd()), environment())
        return _Hand(self._ray, actor.remote(*words), self.device)

    def wait(self, hands: Sequence[Any]) -> list[tuple[Hand, seat.Message]]:
        """See Crew."""
        by_call = {call: hand for hand in hands for call in hand.calls}
        unplaced = [hand for hand in hands if not hand.placed]
        ready, _ = self._ray.wait(
            list(by_call), num_returns=1, timeout=ROOM_S if any(not hand.missed for hand in unplaced) else None
        )
        if not ready:
            has = len(hands) - len(unplaced)
            console.say(
                f"ray has room for {has} of {len(hands)} workers with {self._needs()}; the others wait for it"
                if has
                else f"ray has no room yet for a worker with {self._needs()}; waiting for it"
            )
            for hand in unplaced:
                hand.missed = True
        return [(by_call[call], message) for call in ready for message in by_call[call].hear(call)]

    def _needs(self) -> str:
        return ", ".join(
            f"{name} {much:g}" for name, much in self._options.items() if isinstance(much, int | float)
        )

    def close(self) -> None:
        """End the actors, and a cluster of this command's own."""
        self._team.close()
        self._ray.shutdown()


def environment() -> dict[str, str]:
    """The variables that reach a worker. They go as a call's arguments, since Ray shows a `runtime_env` to whoever
    sees its dashboard, and tokens are among them."""
    return {name: text for name, text in os.environ.items() if not name.startswith(OF_A_NODE)}


def _actor() -> type:
    """The class of the actors. Ray sends it whole, since it is made here: so it can say where modules lie before
    any of ours is imported; Ray looks in the working folder first, which may be our own checkout."""

    class Actor:
        def __init__(self, path: list[str], modules: list[str], folder: str, env: dict[str, str]) -> None:
            import os
            import sys

            sys.path[:] = dict.fromkeys([*path, *sys.path])
            for name, text in env.items():
                if name not in os.environ or name.startswith(("SIGHTSOUND_", "HF_")):
                    os.environ[name] = text
            from sightsound.bench.engines.on_ray import Station

            self.station = Station(modules, folder)

        def do(self, what: str, *words: Any) -> Any:
            return getattr(self.station, what)(*words)

    return Actor


class Station:
    """A worker on a node, from inside."""

    def __init__(self, modules: list[str], folder: str) -> None:
        with suppress(OSError):  # a node without the driver's working folder: modules come by PYTHONPATH
            os.chdir(folder)
        seat.adopt(modules)
        self._said: list[seat.Message] = []
        self._seat = seat.Seat(self._said.append)

    def facts(self) -> list[seat.Message]:
        """What decides its numbers."""
        return [("facts", facts())]

    def load(self, session: int, job: Job, device: str) -> list[seat.Message]:
        """Load a job."""
        self._seat.load(session, job, device)
        return self._all()

    def begin(self, number: int, batch: Any) -> list[seat.Message]:
        """Begin a batch; returns at once."""
        self._seat.begin(number, batch)
        return self._all()

    def work(self) -> list[seat.Message]:
        """Work on the batch that was begun first."""
        if self._seat.busy:
            self._seat.work()
        return self._all()

    def drop(self) -> list[seat.Message]:
        """Let go of the job."""
        self._seat.drop()
        return self._all()

    def _all(self) -> list[seat.Message]:
        said = list(self._said)
        self._said.clear()
        return said


class _Hand:
    """An actor as the driver sees it. Calls of an actor are done in the order in which they are made."""

    def __init__(self, ray: Any, actor: Any, device: str) -> None:
        self._ray, self._actor, self._device = ray, actor, device
        self.calls: list[Any] = [actor.do.remote("facts")]
        self.placed = False  # Ray found room for it
        self.missed = False  # the user was told that it has not

    def load(self, session: int, job: Job) -> None:
        """See Hand. BenchError for a job that cannot be sent."""
        try:
            self.calls.append(self._actor.do.remote("load", session, job, self._device))
        except TypeError as error:
            raise BenchError(f"{job.label}: cannot be sent to a node ({named(error)[:200]})") from error

    def give(self, number: int, batch: Any) -> None:
        """See Hand."""
        self.calls += [self._actor.do.remote("begin", number, batch), self._actor.do.remote("work")]

    def drop(self) -> None:
        """See Hand."""
        self.calls.append(self._actor.do.remote("drop"))

    def hear(self, call: Any) -> list[seat.Message]:
        """What a call that has ended gave; how the actor ended, if it did."""
        self.calls.remove(call)
        try:
            messages: list[seat.Message] = self._ray.get(call)
            self.placed = True
            return messages
        except self._ray.exceptions.RayTaskError as error:  # what was sent cannot be made again there, say
            return [("dead", f"ended: {_last_line(error)}", True)]
        except self._ray.exceptions.RayError as error:  # by its own doing or with its node: nobody can tell
            return [("dead", f"was lost ({_last_line(error)})", False)]

    def end(self) -> None:
        """See Hand."""
        self._ray.kill(self._actor)


def _last_line(error: Exception) -> str:
    """What Ray tells of an error, without the traceback before it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return one_line(lines[-1] if lines else error)[:300]
