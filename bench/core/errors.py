"""The one exception that a user sees: a line saying what, where and what to do."""


class BenchError(Exception):
    """Wrong input from outside. The command prints the message on one line and exits with `exit_code`."""

    exit_code = 2


class MediaError(BenchError):
    """A file that cannot be read or written as what it should be."""
