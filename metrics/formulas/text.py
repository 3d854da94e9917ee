"""Texts as features and back: the code points of the characters and a closing 0, `[characters + 1, 1]`.

The 0 stands there so that an empty text, too, has a row, as every clip's features must.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Clips, checked

LAST = 0x10FFFF  # the highest code point


def encoded(text: str) -> NDArray[np.float32]:
    """`[characters + 1, 1]` float32.

    >>> encoded("ab").ravel().tolist()
    [97.0, 98.0, 0.0]
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.append(points, 0).astype(np.float32)[:, None]


def decoded(features: Clips) -> list[str]:
    """The texts. ValueError for features that are not the code points of one.

    >>> decoded([encoded("a cat"), encoded("")])
    ['a cat', '']
    """
    return [_text(clip, index) for index, clip in enumerate(checked(features))]


def _text(clip: NDArray[Any], index: int) -> str:
    points = clip[:, 0].astype(np.int64)
    whole = clip.shape[1] == 1 and (points == clip[:, 0]).all() and points.min() >= 0 and points.max() <= LAST
    if not whole or points[-1]:
        raise ValueError(f"clip {index}: not the code points of a text with a closing 0")
    return "".join(map(chr, points[:-1].tolist()))
