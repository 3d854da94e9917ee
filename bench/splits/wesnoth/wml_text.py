"""Text that knows where it came from, and the words of a macro call in it: what reads WML stands on this."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

from sightsound.bench.core.errors import BenchError

MAX_DEPTH = 120  # nested macros, arguments and inclusions; the campaigns need 55
MAX_CHARACTERS = 50_000_000  # of one preprocessed text; the largest campaign has 2 million


class WmlError(BenchError):
    """WML that cannot be read, with file and line."""


@dataclass
class Source:
    """Preprocessed text that knows where each of its characters came from."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    offsets: list[int] = field(default_factory=list)
    origins: list[tuple[str, int]] = field(default_factory=list)

    def put(self, text: str, file: str, line: int) -> None:
        """Append `text`, which begins on `line` of `file`. Raises WmlError past MAX_CHARACTERS."""
        if not text:
            return
        self.offsets.append(self.size)
        self.origins.append((file, line))
        self.parts.append(text)
        self.size += len(text)
        if self.size > MAX_CHARACTERS:
            raise WmlError(f"{file}:{line}: expands to more than {MAX_CHARACTERS} characters")

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)

    def where(self, offset: int) -> str:
        """`file:line` of the character at `offset`."""
        at = bisect.bisect_right(self.offsets, offset) - 1
        if at < 0:
            return "empty text"
        file, line = self.origins[at]
        return f"{file}:{line + self.parts[at].count(chr(10), 0, offset - self.offsets[at])}"


_IN_CALL = re.compile(r'[\s"{}()#]|<<')
_IN_PARENTHESES = re.compile(r'["{)#]|<<')


@dataclass
class Lines:
    """Line numbers of a text."""

    text: str
    file: str
    first_line: int
    known: tuple[int, int] = (0, 0)  # an offset and the newlines before it

    def at(self, offset: int) -> int:
        """Line of the character at `offset`."""
        before, count = self.known if self.known[0] <= offset else (0, 0)
        self.known = (offset, count + self.text.count("\n", before, offset))
        return self.first_line + self.known[1]

    def here(self, offset: int) -> str:
        """`file:line` of the character at `offset`."""
        return f"{self.file}:{self.at(offset)}"

    def find(self, what: str, begin: int, missing: str) -> int:
        """Offset of `what` at or after `begin`. Raises WmlError with `missing`."""
        end = self.text.find(what, begin)
        if end < 0:
            raise WmlError(f"{self.here(begin)}: {missing}")
        return end


def split_call(text: str, begin: int, lines: Lines, depth: int = 0) -> tuple[list[str], int]:
    """The unexpanded words of the call whose `{` is at `begin`, and the offset after its `}`."""
    if depth > MAX_DEPTH:
        raise WmlError(f"{lines.here(begin)}: braces nested deeper than {MAX_DEPTH}")
    words: list[str] = []
    start = at = begin + 1
    while found := _IN_CALL.search(text, at):
        here, sign = found.start(), found.group()
        if sign in ('"', "{", "<<"):
            at = _skip(text, here, lines, depth)
            continue
        if start < here:
            words.append(text[start:here])
        if sign == "}":
            if not words:
                raise WmlError(f"{lines.here(begin)}: {{}} without a name")
            return words, here + 1
        start = at = _skip(text, here, lines, depth)
        if sign == "(":  # to the first closing one: as in the game, parentheses do not nest
            while (found := _IN_PARENTHESES.search(text, at)) and found.group() != ")":
                at = _skip(text, found.start(), lines, depth)
            if not found:
                break
            words.append(text[start : found.start()])
            start = at = found.end()
    raise WmlError(f"{lines.here(begin)}: {{ without }}")


def _skip(text: str, at: int, lines: Lines, depth: int) -> int:
    """Offset after the string, raw string, comment, call or other single character that begins at `at`."""
    if text[at] == '"':
        return lines.find('"', at + 1, "a quote without its end") + 1
    if text.startswith("<<", at):
        return lines.find(">>", at, "<< without >>") + 2
    if text[at] == "#":
        return text.find("\n", at) + 1 or len(text)
    if text[at] == "{":
        return split_call(text, at, lines, depth + 1)[1]
    return at + 1
