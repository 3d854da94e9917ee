"""How a system and its options are written: `family:variant+key=value+key=value`, as rows, run files and `--model`
have it.

A `+` starts an option where a name and `=` follow, so `1+1` and `http://here/v1` stand as they are. Where a value
holds `+name=` itself a backslash comes before the plus, and backslashes right before such a place are doubled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

KEY = re.compile(r"[^\W\d]\w*")
_PLUS = re.compile(rf"(\\*)\+(?={KEY.pattern}=)")  # where an option may start, with the backslashes before it


def joined(name: str, options: Mapping[str, str]) -> str:
    """The name with its options behind it, in the order of their keys."""
    text = ""
    for key, value in sorted(options.items(), reverse=True):
        quoted = _PLUS.sub(lambda found: found[1] * 2 + "\\+", value)
        ends = len(quoted) - len(quoted.rstrip("\\")) if text else 0
        text = f"+{key}={quoted}" + "\\" * ends + text
    return name + text


def parted(spec: str) -> tuple[str, dict[str, str]]:
    """Name and options of what `joined` writes; of an option that is given twice the last one counts."""
    parts = [""]
    start = 0
    for found in _PLUS.finditer(spec):
        literal = len(found[1]) % 2 == 1
        parts[-1] += spec[start : found.start()] + "\\" * (len(found[1]) // 2) + "+" * literal
        start = found.end()
        if not literal:
            parts.append("")
    parts[-1] += spec[start:]
    name, *pairs = parts
    return name, {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
