"""Which errors are the machine's and not an example's: a run that goes on would write them down as failures."""

from __future__ import annotations

import errno

from sightsound.bench.core.errors import BenchError

OF_MACHINE = {
    errno.ENOSPC: "the disk is full; make room",
    errno.EDQUOT: "the disk quota is used up; make room",
    errno.EFBIG: "a file is larger than the disk or a limit allows (ulimit -f); raise it",
    errno.EIO: "the disk failed to read or write",
    errno.EROFS: "the file system is read-only",
    errno.ENOMEM: "there is no memory left",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine",
    errno.ESTALE: "the shared folder was moved or mounted anew meanwhile; look at the mount",
    errno.ENOTCONN: "the shared folder is not mounted any more; mount it",
    errno.EHOSTDOWN: "the server of the shared folder is down; wait for it",
    errno.EREMOTEIO: "the server of the shared folder failed; look at the mount",
    errno.ENOLCK: "the file system has no locks left",
}
"""errno -> what it means and what to do; the same command then goes on."""


class MachineError(BenchError):
    """A fault of the machine. It ends the run and is written down nowhere, so the same command tries again."""


def of_machine(error: BaseException) -> MachineError | None:
    """What to raise where `error`, or what it came from, is a fault of the machine; None where it is not."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MachineError):
            return seen
        if isinstance(seen, OSError) and seen.errno in OF_MACHINE and not _of_ffmpeg(seen):
            where = f"{seen.filename}: " if seen.filename else ""
            return MachineError(f"{where}{OF_MACHINE[seen.errno]}, then run the same command again")
        if isinstance(seen, RuntimeError) and _of_device(seen):
            return MachineError(f"the device failed ({one_line(seen)}); run the same command again")
        seen = seen.__cause__ or seen.__context__
    return None


def _of_ffmpeg(error: OSError) -> bool:
    """Whether FFmpeg raised it: it gives the same numbers for a file that ends too early."""
    return type(error).__module__.split(".")[0] == "av"


def _of_device(error: RuntimeError) -> bool:
    """Whether a card is in a state in which nothing works any more."""
    return type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error)


def one_line(error: object) -> str:
    """An error's text on one line without control characters, 500 of them at most; its type where it has no
    text."""
    return printable(str(error))[:500] or type(error).__name__


def named(error: BaseException) -> str:
    """`one_line`, with the type before it where the text alone does not say what went wrong."""
    if isinstance(error, (ValueError, OSError, BenchError)) and str(error):
        return one_line(error)
    text = one_line(error)
    return text if text == type(error).__name__ else f"{type(error).__name__}: {text}"


def printable(text: str) -> str:
    """Text from outside as one line that a terminal, a journal and a table can hold: no control characters."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())
