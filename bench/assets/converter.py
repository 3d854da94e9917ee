"""The process that converts weights: `python converter.py MODULE:FUNCTION SOURCE TARGET`, without a network.

Its last line is what was wrong, where something was. It ends when its standard input does, so that it does not
outlive the bench that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

NEW_USER, NEW_NET = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of Linux
REFUSED = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec")
WRONG = 1


def cut_off() -> None:
    """Leave the network: by a network namespace of our own where the system gives one, and always by a hook of the
    interpreter, which cannot be taken off again."""
    with contextlib.suppress(OSError, AttributeError):
        unshare = ctypes.CDLL(None).unshare
        if unshare(NEW_NET):  # root may; others need a namespace of users around it
            unshare(NEW_USER | NEW_NET)

    def refuse(event: str, arguments: Any) -> None:
        if event in REFUSED:
            raise PermissionError(f"a conversion asked for {event}; it has no network and starts nothing")

    sys.addaudithook(refuse)


def main() -> int:
    """The exit code."""
    entry, source, target = sys.argv[1:]
    cut_off()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(WRONG)), daemon=True).start()
    module, _, function = entry.partition(":")
    try:
        getattr(importlib.import_module(module), function)(Path(source), Path(target))
    except (ImportError, OSError, ValueError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return WRONG
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # at once: the thread still reads standard input
