"""Ends the processes of a bench that was killed and could not end them itself.

Run as a program of its own beside each process that bench starts, with the standard library alone. Its input is a
pipe whose other end only that bench holds: a line with the number of the process group, then a line when the group
has ended. If the pipe ends without the second line, bench is gone, and the group is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys


def main() -> None:
    group = sys.stdin.readline()
    if group and not sys.stdin.readline():
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended, or its number is another's
            os.killpg(int(group), signal.SIGKILL)


if __name__ == "__main__":
    main()
