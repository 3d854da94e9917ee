"""The exceptions that a user sees: a line saying what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class BenchError(Exception):
    """Wrong input from outside. The command prints the message on one line and exits with `exit_code`."""

    exit_code = 2

    @property
    def lines(self) -> Sequence[str]:
        """What is wrong, a line each."""
        return (str(self),)


class SeveralErrors(BenchError):
    """Several things are wrong, and the user is told of all of them at once."""

    def __init__(self, errors: Sequence[BenchError]) -> None:
        self._lines = list(dict.fromkeys(line for error in errors for line in error.lines))
        super().__init__("; ".join(self._lines))

    @property
    def lines(self) -> Sequence[str]:
        """What is wrong, a line each."""
        return self._lines


class MediaError(BenchError):
    """A file that cannot be read or written as what it should be."""


@contextmanager
def gathered(errors: list[BenchError]) -> Iterator[None]:
    """The BenchError that ends the block joins `errors`, for `tell` to raise them together."""
    try:
        yield
    except BenchError as error:
        errors.append(error)


def tell(errors: Sequence[BenchError]) -> None:
    """Raise the errors as one; nothing happens where there is none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(errors)


class Terminated(BaseException):
    """SIGTERM: as with Ctrl-C, what is half done is left so that the same command goes on."""


STOPS = (KeyboardInterrupt, GeneratorExit, Terminated)
"""What ends the command, and is no error of the code that it is raised in."""
