"""A reader of the s-expressions in which SuperTux keeps its levels: `(name value (name value ...) ...)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sightsound.bench.splits.games.files import LeftOutError

MAX_DEPTH = 100  # nested lists; the game's files need 8


class SexpError(LeftOutError):
    """Text that is no s-expression, with the line."""


@dataclass
class Node:
    """One list: its first word and what follows."""

    name: str
    """The first word, empty where there is none."""
    items: list[str | Node] = field(default_factory=list)
    """Words, numbers and texts as they stand, texts without quotes; lists."""

    def all(self, name: str) -> Iterator[Node]:
        """The lists of that name directly in this one."""
        return (item for item in self.items if isinstance(item, Node) and item.name == name)

    def first(self, name: str) -> Node | None:
        """The first list of that name directly in this one."""
        return next(self.all(name), None)

    def words(self, name: str) -> list[str]:
        """The words of the first list of that name, empty where there is none; `(_ "text")` counts as its text."""
        found = self.first(name)
        if found is None:
            return []
        return [item if isinstance(item, str) else " ".join(_strings(item)) for item in found.items]

    def word(self, name: str, default: str = "") -> str:
        """The first word of the first list of that name."""
        return next(iter(self.words(name)), default)

    def number(self, name: str, default: float) -> float:
        """The number of that name. Raises SexpError for a word that is none."""
        return number(self.word(name, str(default)))

    def numbers(self, name: str) -> list[float]:
        """All numbers of that name. Raises SexpError for a word that is none."""
        return [number(word) for word in self.words(name)]


def number(word: str) -> float:
    """A word as a number. Raises SexpError for one that is none."""
    try:
        return float(word)
    except ValueError as error:
        raise SexpError(f"{word[:40]!r} is no number") from error


def _strings(node: Node) -> list[str]:
    return [item for item in node.items if isinstance(item, str)]


_TOKEN = re.compile(r'\s+|;[^\n]*|(?P<mark>[()])|"(?P<text>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()";]+)', re.DOTALL)


def parse(text: str) -> Node:
    """The outermost list of a text. Raises SexpError for anything else."""
    stack: list[Node] = []
    fresh = False  # whether the list on top waits for its name
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        if found["mark"] == "(":
            if len(stack) == MAX_DEPTH:
                raise SexpError(f"line {_line(text, at)}: lists nested deeper than {MAX_DEPTH}")
            node = Node("")
            if stack:
                stack[-1].items.append(node)
            stack.append(node)
            fresh = True
        elif found["mark"] == ")":
            if not stack:
                break
            closed = stack.pop()
            fresh = False
            if not stack:
                return closed
        elif found["word"] is not None or found["text"] is not None:
            if not stack:
                break
            if fresh and found["word"] is not None:
                stack[-1].name = found["word"]
            else:
                stack[-1].items.append(found["word"] or re.sub(r"\\(.)", r"\1", found["text"] or ""))
            fresh = False
    if stack:
        raise SexpError(f"line {_line(text, at)}: a list or a text without its end")
    raise SexpError(f"line {_line(text, at)}: this is no list")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
