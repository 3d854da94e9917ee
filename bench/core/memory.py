"""How much memory a device has, and whether an error says that it was not enough."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

from sightsound.bench.core.errors import BenchError

GB = 1e9
DRIVERS = ("/dev/nvidiactl", "/dev/kfd")  # of NVIDIA and AMD
SHARE = "SIGHTSOUND_GPU_SHARE"
"""Environment variable of a worker: its share of the memory of each card, 1 without."""
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class RanOut(BenchError):
    """A device's memory was not enough, said on one line."""


def ran_out(error: BaseException) -> bool:
    """Whether the error is torch's or Python's way to say that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def have_gb(device: str) -> float:
    """Memory of the device in GB: of the card for `cuda`, or this process's share of it; else of this machine, or
    what a container gets of it."""
    if device.startswith("cuda"):
        import torch

        return float(torch.cuda.get_device_properties(device).total_memory) / GB * _share()  # opens no context
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits()]) / GB


def keep_to_share(device: str) -> None:
    """Where this process has a share of a card, more than that runs out of memory, as if the card were smaller."""
    if device.startswith("cuda") and _share() < 1:
        import torch

        if torch.cuda.is_available():  # else loading says what is wrong
            torch.cuda.set_per_process_memory_fraction(_share(), torch.device(device))


def _share() -> float:
    return float(os.environ.get(SHARE, "1"))


def _limits() -> list[int]:
    """Bytes that this process may take by its control group, of both versions; none where there is no limit."""
    texts = []
    for path in LIMITS:
        with suppress(OSError):
            texts.append(path.read_text(encoding="ascii").strip())
    return [int(text) for text in texts if text.isdigit()]


def may_have_card() -> bool:
    """False where this machine has no driver of a card: then torch, seconds to import, need not be asked."""
    if "torch" in sys.modules or not sys.platform.startswith("linux"):
        return True
    if any(Path(path).exists() for path in DRIVERS):
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def reset_peak(device: str) -> int:
    """Bytes that are taken on the card now; `peak` counts from here on."""
    import torch

    torch.cuda.reset_peak_memory_stats(device)
    return int(torch.cuda.memory_allocated(device))


def peak(device: str) -> int:
    """The most bytes that were taken on the card at once since `reset_peak`."""
    import torch

    return int(torch.cuda.max_memory_allocated(device))


def give_back() -> None:
    """Let go of what nobody holds any more, on the card too."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
