"""What a piece of work takes: seconds, memory, the share of the cores and of the card that was busy."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryFile
from typing import IO, Any

EVERY_MS = 100  # between two looks at the card
SMI = "nvidia-smi"


@dataclass
class Use:
    """What was taken. Filled in when the block of `watched` ends."""

    seconds: float = 0.0
    peak_mb: float = 0.0
    """Most memory that the largest process ever held, this one or one that it started and waited for."""
    cores_busy: float = 0.0
    """Processor time of this process and of those that it waited for, as a share of the time of all its cores."""
    device_busy: float | None = None
    """Share of the time in which the card worked on anything, by nvidia-smi; None without a card or that."""
    device_mb: float | None = None
    """Most memory of the card that was taken at once, by whomever."""


@contextmanager
def watched(device: str) -> Iterator[Use]:
    """Watch what the block takes; `device` is a CPU or the card that is looked at."""
    use = Use()
    began, worked = time.perf_counter(), _worked_s()
    with TemporaryFile("w+") as told:
        looking = _looking(device, told)
        try:
            yield use
        finally:
            use.seconds = time.perf_counter() - began
            use.cores_busy = (_worked_s() - worked) / max(use.seconds, 1e-9) / len(os.sched_getaffinity(0))
            use.peak_mb = max(_own_peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
            if looking is not None:
                looking.terminate()
                looking.wait()
                told.seek(0)
                use.device_busy, use.device_mb = read(told.read().splitlines())


def read(lines: Sequence[str]) -> tuple[float | None, float | None]:
    """Mean share of busy time and largest memory in MB of nvidia-smi's lines `percent, MiB`; what is no such line
    (the last one may be cut short, a card may tell neither) does not count.

    >>> read(["50, 1000", "100, 3000", "[N/A], 5", "9"])
    (0.75, 3145.728)
    """
    found = []
    for line in lines:
        cells = line.split(",")
        if len(cells) == 2 and all(cell.strip().isdecimal() for cell in cells):
            found.append((float(cells[0]), float(cells[1])))
    if not found:
        return None, None
    return fmean(busy for busy, _ in found) / 100, max(taken for _, taken in found) * 2**20 / 1e6


def _own_peak_mb() -> float:
    """Most memory of this process. getrusage would count the process that it was started from, too."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _worked_s() -> float:
    """Processor time so far, of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _looking(device: str, told: IO[str]) -> subprocess.Popen[Any] | None:
    """The program that looks at the card and tells its lines."""
    if not device.startswith("cuda") or shutil.which(SMI) is None:
        return None
    command = [SMI, f"--id={_card(device)}", "--query-gpu=utilization.gpu,memory.used"]
    command += ["--format=csv,noheader,nounits", f"--loop-ms={EVERY_MS}"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.DEVNULL)


def _card(device: str) -> str:
    """What nvidia-smi calls the card: it counts all cards of the machine, torch those that it may use."""
    import torch

    identity = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return f"GPU-{identity}" if identity is not None else str(torch.device(device).index or 0)
