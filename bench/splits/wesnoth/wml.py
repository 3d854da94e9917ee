"""A reader of WML: preprocessed text becomes a tree of tags.

Grammar (wiki "SyntaxWML"): `[tag]` to `[/tag]`, `[+tag]` which goes on with the last tag of that name,
`key=value`, `a,b=1,2` (the last key takes what is left), and values of bare words, `"strings"` with `""` for a
quote, `_ "translatable strings"` (kept as the English they are), `<<raw strings>>`, joined by `+`, also over the
ends of lines.
Macros, conditions and comments are gone by then: wml_preprocessor.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sightsound.bench.splits.wesnoth.wml_preprocessor import Macro, Preprocessor
from sightsound.bench.splits.wesnoth.wml_text import Source, WmlError

MAX_TAGS_DEEP = 100  # the campaigns need about 20


@dataclass
class Tag:
    """`[name] key=value ... [child] ... [/child] [/name]`."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Tag] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Tag]:
        """The children of that name, in order."""
        return (child for child in self.children if child.name == name)

    def get(self, key: str) -> str:
        """The value of a key, or the empty string."""
        return self.attributes.get(key, "")


def load(data: Path, path: str, macros: Mapping[str, Macro]) -> tuple[Tag, dict[str, Macro]]:
    """The tree of a file or folder below `data`, and the macros that are known after it.

    The root tag has no name. Raises WmlError with file and line.
    """
    preprocessor = Preprocessor(data, macros)
    return parse(preprocessor.include(path)), preprocessor.macros


_TOKEN = re.compile(
    r"""(?P<space>[^\S\n]+)
    | (?P<line>\n)
    | \[ (?P<tag>[+/]?\w+) \]
    | " (?P<string>(?:[^"]|"")*) "
    | << (?P<raw>.*?) >>
    | (?P<word>[^\s"\[\]=,+<]+ | .)""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = re.compile(r"[ \t]*(\w+)[ \t]*=[ \t]*([^\"<+_,\n]*)\n")  # most lines; the rest goes by tokens
_BLANK = re.compile(r"\s*")
_KEYS = re.compile(r"\w[\w ,]*?[ \t]*=")


def parse(source: Source) -> Tag:
    """The tree of a preprocessed text. Raises WmlError with file and line."""
    text = source.text
    root = Tag("")
    open_tags = [root]
    opened_at = [0]
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at == len(text):
            break
        here = open_tags[-1]
        if simple := _SIMPLE.match(text, at):
            here.attributes[simple[1]] = simple[2].rstrip()
            at = simple.end()
        elif keys := _KEYS.match(text, at):
            names = [name.strip() for name in keys.group()[:-1].split(",")]
            at = _values(source, text, keys.end(), names, here.attributes)
        elif (token := _TOKEN.match(text, at)) and token["tag"]:
            name = token["tag"]
            if name.startswith("/"):
                if len(open_tags) == 1 or here.name != name[1:]:
                    raise WmlError(
                        f"{source.where(at)}: [{name}] where [{here.name or 'nothing'}] is open"
                        f" since {source.where(opened_at[-1])}"
                    )
                open_tags.pop()
                opened_at.pop()
            else:
                if len(open_tags) > MAX_TAGS_DEEP:
                    raise WmlError(f"{source.where(at)}: tags nested deeper than {MAX_TAGS_DEEP}")
                open_tags.append(_open(here, name))
                opened_at.append(at)
            at = token.end()
        else:
            line = text[at : text.find("\n", at) if "\n" in text[at : at + 60] else at + 60]
            raise WmlError(f"{source.where(at)}: neither a tag nor key=value: {line!r}")
    if len(open_tags) > 1:
        raise WmlError(f"{source.where(opened_at[-1])}: [{open_tags[-1].name}] is never closed")
    return root


def _open(parent: Tag, name: str) -> Tag:
    """The tag that `[name]` begins, or that `[+name]` goes on with."""
    if name.startswith("+"):
        name = name[1:]
        for tag in reversed(parent.children):
            if tag.name == name:
                return tag
    parent.children.append(tag := Tag(name))
    return tag


def _values(source: Source, text: str, at: int, names: list[str], attributes: dict[str, str]) -> int:
    """Read the values after `names=` into `attributes`; returns the offset after them."""
    value, space, joined = "", False, False  # joined: after +, where line ends do not count
    left = list(names)
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise WmlError(f"{source.where(at)}: a string without its end in {names[0]}=")
        kind = token.lastgroup
        if kind == "tag":
            token_text: str | None = token.group()
        elif kind == "string":
            token_text = token["string"].replace('""', '"')
        else:
            token_text = token[kind] if kind else None
        at = token.end()
        if kind == "line":
            if not joined:
                break
        elif kind == "space":
            space = True
        elif kind == "word" and token_text == "+":
            space, joined = False, True
        elif kind == "word" and token_text == "_" and re.compile(r"[ \t]*\n?[ \t]*\"").match(text, at):
            joined = True
        elif kind == "word" and token_text == "," and len(left) > 1:
            attributes[left.pop(0)] = value
            value, space, joined = "", False, False
        else:
            if kind == "word" and token_text == '"':
                raise WmlError(f"{source.where(token.start())}: a quote without its end in {names[0]}=")
            value += (" " if space and value and kind == "word" else "") + (token_text or "")
            space, joined = False, False
    for name in left:
        attributes[name] = value
        value = ""
    return at
