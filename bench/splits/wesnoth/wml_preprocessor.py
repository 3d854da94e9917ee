"""The first half of a reader of WML, the markup of Battle for Wesnoth: macros, conditions and inclusion.

What the game's preprocessor does (wiki "PreprocessorRef" and the game's own source, read for its behaviour):
`#define NAME ARGS` to `#enddef` with optional `#arg NAME` to `#endarg`, `#undef`, `#ifdef #ifndef #ifver #ifnver
#ifhave #ifnhave #else #endif`, `#error`, comments, `{NAME args}` with `(long args)` and `OPTIONAL=value`, and
`{path}` of a file or a folder. Strings in quotes expand macros but hold no comments; `<<raw>>` is left alone.
The game's textdomains name translations and are dropped: the source text is English.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sightsound.bench.splits.wesnoth.wml_text import MAX_DEPTH, Lines, Source, WmlError, split_call

TERRAIN = (".map", ".mask")  # read as empty: large, no WML, and not among the files that the suite fetches
MAX_CALLS = 2_000_000  # of macros in one preprocessor; the largest campaign needs 30,000


@dataclass(frozen=True)
class Macro:
    """What `#define` makes."""

    body: str
    """Text between the line of the definition and `#enddef`."""
    arguments: tuple[str, ...] = ()
    """Names of the arguments that a call must give."""
    optional: Mapping[str, str] = field(default_factory=dict)
    """Names of the arguments that a call may give -> default text."""
    file: str = "<defined outside>"
    """Where it was defined."""
    line: int = 1
    """Line of the first character of `body`."""


@dataclass(frozen=True)
class _Scope:
    """The text being read: where it comes from and which macro arguments are known in it."""

    file: str
    line: int
    folder: Path
    arguments: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0


_INTERESTING = re.compile(r'[#"{]|<<')
_DIRECTIVE = re.compile(r"#([a-z]*)[ \t]*([^\n]*)")
_OPTIONAL = re.compile(r"#arg[ \t]+(\S+)[^\n]*\n(.*?)#endarg[^\n]*\n?", re.DOTALL)
_NAMED = re.compile(r"\s*(\w+)=(.*)", re.DOTALL)
_COMPARE = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
_COMPARE |= {">": operator.gt, ">=": operator.ge}


class Preprocessor:
    """Expands files below one data folder. `macros` is open: what a file defines is there for the next."""

    def __init__(self, data: Path, macros: Mapping[str, Macro]) -> None:
        self.data = data.resolve()
        self.macros = dict(macros)
        self.calls = 0

    def include(self, path: str) -> Source:
        """The expanded text of a file or folder below the data folder.

        A folder is its `_main.cfg` or else `_initial.cfg`, its other .cfg files and the `_main.cfg` of its
        subfolders by name, and `_final.cfg`. Raises WmlError for what is missing or wrong.
        """
        out = Source()
        self._include(path, out, _Scope("<start>", 1, self.data))
        return out

    def expand(self, text: str) -> Source:
        """The expanded form of a text. Raises WmlError for what is missing or wrong."""
        out = Source()
        self._scan(text, out, _Scope("<text>", 1, self.data))
        return out

    def _include(self, name: str, out: Source, scope: _Scope) -> None:
        here = f"{scope.file}:{scope.line}"
        if name.startswith("~"):
            return  # the player's own folder: there is none
        base = scope.folder if name.startswith("./") else self.data
        path = (base / name.removeprefix("@")).resolve()
        if ".." in PurePosixPath(name).parts or not path.is_relative_to(self.data):
            raise WmlError(f"{here}: {{{name}}} leads out of the data folder")
        if path.is_dir():
            for file in _folder_files(path):
                self._file(file, out, scope)
        elif path.suffix in TERRAIN:
            return
        elif path.is_file():
            self._file(path, out, scope)
        else:
            raise WmlError(f"{here}: {{{_short(name)}}} is neither a macro nor a file")

    def _file(self, path: Path, out: Source, scope: _Scope) -> None:
        name = path.relative_to(self.data).as_posix()
        if not path.resolve().is_relative_to(self.data):
            raise WmlError(f"{name}: leads out of the data folder")
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError) as error:
            raise WmlError(f"{name}: cannot be read as UTF-8 text ({type(error).__name__})") from error
        self._scan(text, out, _Scope(name, 1, path.parent, depth=scope.depth + 1))

    def _scan(self, text: str, out: Source, scope: _Scope) -> None:
        """Expand `text` into `out`."""
        if scope.depth > MAX_DEPTH:
            raise WmlError(f"{scope.file}:{scope.line}: macros or files nested deeper than {MAX_DEPTH}")
        lines = Lines(text, scope.file, scope.line)
        conditions: list[bool] = []  # of the open #if: is its present branch kept
        start = at = 0  # text[start:at] is read and not yet put
        quoted_from = -1  # where the open quote began

        def flush(end: int) -> None:
            if all(conditions):
                out.put(text[start:end], scope.file, lines.at(start))

        while found := _INTERESTING.search(text, at):
            begin, sign = found.start(), found.group()
            if sign == '"':
                quoted_from = begin if quoted_from < 0 else -1
                at = begin + 1
            elif sign == "<<":
                at = begin + 2 if quoted_from >= 0 else lines.find(">>", begin, "<< without >>") + 2
            elif sign == "#" and quoted_from >= 0:
                at = begin + 1
            elif sign == "#":
                flush(begin)
                start = at = self._directive(text, begin, lines, conditions, scope)
            elif not all(conditions):
                at = begin + 1
            else:
                flush(begin)
                words, at = split_call(text, begin, lines)
                inner = _Scope(scope.file, lines.at(begin), scope.folder, scope.arguments, scope.depth + 1)
                self._call([self._text(word, inner) for word in words], out, inner)
                start = at
        if quoted_from >= 0:
            raise WmlError(f"{lines.here(quoted_from)}: a quote without its end")
        if conditions:
            raise WmlError(f"{lines.here(len(text))}: #if without #endif")
        flush(len(text))

    def _text(self, raw: str, scope: _Scope) -> str:
        if not _INTERESTING.search(raw):
            return raw
        out = Source()
        self._scan(raw, out, scope)
        return out.text

    def _call(self, words: list[str], out: Source, scope: _Scope) -> None:
        """Put what `{name args}` stands for: an argument of the macro around it, a macro, or files."""
        here = f"{scope.file}:{scope.line}"
        name, given = words[0].strip(), words[1:]
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise WmlError(f"{here}: more than {MAX_CALLS} macro calls")
        if name in scope.arguments:
            if given:
                raise WmlError(f"{here}: the macro argument {{{name}}} takes no arguments")
            out.put(scope.arguments[name], scope.file, scope.line)
        elif name in self.macros:
            macro = self.macros[name]
            wanted = len(macro.arguments)
            named = [_NAMED.fullmatch(word) for word in given[wanted:]]
            if len(given) < wanted or not all(word and word[1] in macro.optional for word in named):
                raise WmlError(f"{here}: {{{name}}} takes {wanted} arguments, not {len(given)}")
            known = dict(zip(macro.arguments, given, strict=False))
            inside = _Scope(macro.file, macro.line, (self.data / macro.file).parent, known, scope.depth + 1)
            known |= {key: self._text(default, inside) for key, default in macro.optional.items()}
            known |= {word[1]: word[2] for word in named if word}
            self._scan(macro.body, out, inside)
        elif given:
            raise WmlError(f"{here}: {{{_short(name)}}} is not a macro")
        else:
            self._include(name, out, scope)

    def _directive(self, text: str, at: int, lines: Lines, conditions: list[bool], scope: _Scope) -> int:
        """Obey the `#...` at `at`; returns where reading goes on."""
        found = _DIRECTIVE.match(text, at)
        assert found  # it matches any text that begins with #
        command, rest = found.groups()
        words = rest.split()
        after = min(found.end() + 1, len(text))
        here = lines.here(at)
        if command in ("if" + kind for kind in ("def", "ndef", "ver", "nver", "have", "nhave")):
            kind = command.removeprefix("if").removeprefix("n")
            wanted = not command.startswith("ifn")
            conditions.append(all(conditions) and self._condition(kind, words, here) == wanted)
        elif command in ("else", "endif"):
            if not conditions:
                raise WmlError(f"{here}: #{command} without #if")
            last = conditions.pop()
            if command == "else":
                conditions.append(not last)
        elif command == "define":
            if not words:
                raise WmlError(f"{here}: #define without a name")
            end = lines.find("#enddef", found.end(), "#define without #enddef")
            if all(conditions):
                body = text[after:end]
                optional = {key: default.strip() for key, default in _OPTIONAL.findall(body)}
                body = _OPTIONAL.sub("", body)  # they stand before the rest, whose first line moves up
                line = lines.at(after) + text.count("\n", after, end) - body.count("\n")
                self.macros[words[0]] = Macro(body, tuple(words[1:]), optional, scope.file, line)
            after = text.find("\n", end) + 1 or len(text)
        elif command == "undef" and all(conditions):
            self.macros.pop(words[0] if words else "", None)
        elif command == "error" and all(conditions):
            raise WmlError(f"{here}: #error {rest.strip()}")
        elif command == "enddef":
            raise WmlError(f"{here}: #enddef without #define")
        else:
            return found.end()  # a comment leaves the end of its line
        return after

    def _condition(self, kind: str, words: list[str], here: str) -> bool:
        if kind == "def" and words:
            return words[0] in self.macros
        if kind == "have" and words:
            return (self.data / words[0]).exists()
        if kind == "ver" and len(words) >= 3 and words[1] in _COMPARE:
            macro = self.macros.get(words[0])
            if macro is None:
                raise WmlError(f"{here}: #ifver of {words[0]}, which is not defined")
            return bool(_COMPARE[words[1]](_version(macro.body), _version(words[2])))
        raise WmlError(f"{here}: #if{kind} that says nothing")


def _folder_files(folder: Path) -> list[Path]:
    """The files that stand for a folder, in the game's order."""
    if (folder / "_main.cfg").is_file():
        return [folder / "_main.cfg"]
    order = {"_initial.cfg": 0, "_final.cfg": 2}
    plain = [path for path in folder.glob("*.cfg") if path.is_file()]
    below = [path for path in folder.glob("*/_main.cfg") if path.parent.name not in ("images", "sounds")]
    return sorted(plain + below, key=lambda path: (order.get(path.name, 1), path.as_posix()))


def _version(text: str) -> tuple[int, ...]:
    """`1.16.9` as numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _short(name: str) -> str:
    return name if len(name) < 60 else name[:57] + "..."
