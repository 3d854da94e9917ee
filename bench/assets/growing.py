"""Progress of what says nothing itself: the bytes in a folder that fills."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sightsound.bench.core.types import Report

REPORT_EVERY_S = 0.2
MB = 1_000_000


@contextmanager
def reported(what: str, folder: Path, total_bytes: int, report: Report | None) -> Iterator[None]:
    """Tell `report` now and then how many megabytes of about `total_bytes` lie in `folder`; all of them when
    the block has ended without an error."""
    if report is None:
        yield
        return
    stop = threading.Event()
    total = max(1, total_bytes // MB)

    def watch(say: Report) -> None:
        while not stop.wait(REPORT_EVERY_S):
            say(f"{what}, MB", min(_size_bytes(folder) // MB, total - 1), total)  # it ends when all is in place

    thread = threading.Thread(target=watch, args=(report,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    report(f"{what}, MB", total, total)


def _size_bytes(folder: Path) -> int:
    """Bytes below a folder in which files come and go."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.lstat().st_size
    return total
