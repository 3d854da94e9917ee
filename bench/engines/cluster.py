"""A Ray cluster from outside: whether it answers, and which of its nodes have cards that are large enough."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sightsound.bench.core import console
from sightsound.bench.core.errors import BenchError, Terminated
from sightsound.bench.core.faults import named, one_line
from sightsound.bench.engines.room import Room

ANSWER_S = 5.0  # for a head node to answer
CARDS_S = 30.0  # for nodes to tell what cards they have
LOCAL, FOUND = "local", "auto"  # addresses that Ray knows: a cluster of this command's own, one on this machine
SETTINGS = b"\0\0\0\4\0\0\0\0\0"  # the frame of HTTP/2 with which either side begins: its 4th byte is its kind
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS  # what a head node, which speaks gRPC, is greeted with
TLS = "RAY_USE_TLS"  # 1 where the cluster speaks nothing that is not encrypted
AUTH = "RAY_AUTH_MODE"  # `token`: Ray shows a cluster the token of this user, which it does to none unasked
GB = 1e9
MIB_GB = 1.048576e-3  # GB of a MiB


def connected(address: str, workers: int) -> Any:
    """The module `ray`, connected to HOST:PORT, `auto`, or with an empty address to RAY_ADDRESS, else to a cluster
    of this command's own with a core for each worker.

    BenchError, within seconds, where Ray is not installed, nobody answers, or what answers is another version.
    """
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise BenchError(f"--engine ray: {named(error)}; install the extra: pip install '.[ray]'") from error
    address = address or os.environ.get("RAY_ADDRESS") or LOCAL
    _knock(address)
    options: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        with _own_sigterm():
            ray.init(address, log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        token = "" if AUTH in os.environ or address == LOCAL else f"; where it asks for a token set {AUTH}=token"
        raise BenchError(f"--engine ray: no cluster at {address} ({one_line(error)[:200]}){token}") from error
    return ray


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Afterwards SIGTERM means what it meant before: Ray puts a handler in its place that aborts the process, and
    meanwhile one that exits without a word."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit as error:
        raise Terminated from error
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def too_small(ray: Any, room: Room) -> list[str]:
    """Ids of the nodes that no worker may go to, since their cards have less memory than the models need.

    A node that cannot tell is not among them: its worker looks itself, before it loads. Nor is one that comes
    later. BenchError where there are nodes with GPUs and all are too small.
    """
    nodes = {each["NodeID"]: each for each in ray.nodes() if each["Alive"] and each["Resources"].get("GPU")}
    if not nodes or not (room.stated_gb or room.least_gb):
        return []
    known = _cards_gb(ray, list(nodes))
    if not known:
        return []
    try:
        fitting = room.fitting(known)
    except BenchError:
        if len(known) == len(nodes):
            raise
        fitting = []  # one of those that cannot tell may do
    small = [node for node in known if node not in fitting]
    if small:
        told = ", ".join(f"{nodes[node]['NodeName']} ({known[node]:.1f} GB)" for node in small)
        console.say(f"ray: no worker goes to {told}: {room.label} needs about {room.stated_gb:g} GB")
    return small


def memory_gb(ray: Any, room: Room) -> float:
    """GB of memory to ask for a worker without a GPU: what is stated, or the weights' where no node has that.

    BenchError where no node has even those.
    """
    have = {each["NodeName"]: each["Resources"].get("memory", 0.0) / GB for each in ray.nodes() if each["Alive"]}
    fitting = room.fitting(have)
    return room.stated_gb if all(have[node] >= room.stated_gb for node in fitting) else room.least_gb


def gpus(ray: Any, without: Sequence[str]) -> int:
    """GPUs that the cluster has now, but for those of some nodes."""
    nodes = [each for each in ray.nodes() if each["Alive"] and each["NodeID"] not in without]
    return int(sum(each["Resources"].get("GPU", 0) for each in nodes))


def _cards_gb(ray: Any, nodes: list[str]) -> dict[str, float]:
    """Node -> GB of its smallest card, of the nodes that tell."""

    def mib() -> list[int]:  # made here, so that Ray sends it whole: a node may have none of our code
        import subprocess

        words = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
        try:
            told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20).stdout
            return [int(line) for line in told.split()]
        except (OSError, ValueError, subprocess.SubprocessError):
            return []

    pinned = importlib.import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
    ask = ray.remote(num_cpus=0, max_retries=0)(mib)
    calls = {ask.options(scheduling_strategy=pinned(node, soft=False)).remote(): node for node in nodes}
    answered, _ = ray.wait(list(calls), num_returns=len(calls), timeout=CARDS_S)
    found = {}
    for call in answered:
        try:
            found[calls[call]] = min(ray.get(call), default=0) * MIB_GB
        except ray.exceptions.RayError:  # the node went away meanwhile
            continue
    return {node: gb for node, gb in found.items() if gb}


def _knock(address: str) -> None:
    """BenchError where nobody listens at HOST:PORT, or no head node does; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address in (LOCAL, FOUND):
        return
    if not host or not port.isdigit():
        raise BenchError(f"--engine ray:{address}: write ray:HOST:PORT, of the head node")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER_S) as line:
            line.sendall(HELLO)
            answer = b"" if os.environ.get(TLS, "0") != "1" else SETTINGS
            while len(answer) < len(SETTINGS) and (more := line.recv(len(SETTINGS) - len(answer))):
                answer += more
    except OSError as error:
        raise BenchError(f"--engine ray: nobody answers at {address} ({one_line(error)})") from error
    if answer[3:4] != SETTINGS[3:4]:
        raise BenchError(f"--engine ray: what answers at {address} is no head node of Ray")
