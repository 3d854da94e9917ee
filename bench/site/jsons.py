"""Data for pages: JSON in a classic script, which a page may load from file:// where it may fetch nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
"""Also in a page a script ends at its end only. U+2028 and its like are escaped as all that is not ASCII."""


def dumps(value: object) -> str:
    """JSON that may stand in a script, in a file or in the page: only ASCII, and no `<`, `>` or `&`.

    NaN and infinite numbers become null; numbers have six significant digits, which is more than a page shows.

    >>> dumps({"a": "</script>\\u2028", "b": [float("nan"), 0.12345678, 3]})
    '{"a":"\\\\u003c/script\\\\u003e\\\\u2028","b":[null,0.123457,3]}'
    """
    text = json.dumps(_plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign, escape in _ESCAPES.items():  # in JSON they stand in strings only
        text = text.replace(sign, escape)
    return text


def script(name: str, value: object) -> str:
    """A script by which a page finds `value` as `sightsound.data[name]`."""
    return f"sightsound.give({dumps(name)},{dumps(value)});\n"


def _plain(value: object) -> Any:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            return None
        rounded = float(f"{number:.6g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(each) for each in value]
    return value if value is None else str(value)
