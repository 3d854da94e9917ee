"""Puts together what a Naev player sees beside a planet in flight: the planet before its system's nebula.

The nebula is the one that the game shows: dat/bkg/default.lua draws it with a small generator that starts from the
system's name (dat/scripts/prng.lua). It is laid in the middle, unscaled. Left out: suns, the small stars, other
planets, ships and instruments.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

VIEW = (800, 600)  # pixels

NEBULAE = tuple(  # default.lua, in its order
    f"nebula{number:02}.png" for number in (2, 4, 10, 12, 16, 17, *range(19, 35))
)
_MODULUS = 4294967295


def nebula_of(system: str) -> str:
    """The file name, in gfx/bkg, of the nebula behind the system of this name.

    >>> nebula_of("Gamma Polaris")
    'nebula31.png'
    """
    state = 5381.0  # in floating point as Lua counts, so that long names round alike
    for byte in system.encode():
        state = state * 33 + byte
    state = abs(math.fmod(abs(math.fmod(state, _MODULUS)) * 279470273, _MODULUS))
    return NEBULAE[math.floor(1 + state / _MODULUS * (len(NEBULAE) - 1) + 0.5) - 1]


def paint(nebula: Path, planet: Path) -> Image:
    """The view in RGB. Raises OSError for an image that cannot be read."""
    from PIL import Image

    view = Image.new("RGB", VIEW)
    for path in (nebula, planet):
        layer = Image.open(path).convert("RGBA")
        view.paste(layer, ((VIEW[0] - layer.width) // 2, (VIEW[1] - layer.height) // 2), layer)
    return view
