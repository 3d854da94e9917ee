"""What a model gave for an example, as plain arrays, texts and paths: any worker can send it to the driver, and it
is the same from all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sightsound.bench.core import faults
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.faults import named, one_line, printable
from sightsound.bench.core.types import Generated
from sightsound.bench.core.writing import as_array, whole_rate


def plain(made: Generated) -> Generated:
    """The answer with nothing in it that belongs to the process of its model: no tensor on a card, no object of
    the model's own. What can be none of this is a failure of the example; whether the rest is a clip or a picture
    is looked at where it is written."""
    notes: dict[str, str] = {}
    try:
        notes |= {printable(str(key)): str(text) for key, text in made.notes.items()}
        if made.error is not None:
            return Generated(made.id, notes=notes, error=one_line(made.error))
        if made.path is not None:
            return Generated(made.id, path=Path(made.path).absolute(), notes=notes)
        rate_hz = whole_rate(made.rate_hz) if made.audio is not None else 0
        audio, image = _numbers(made.audio), _numbers(made.image)
        if not isinstance(made.text, str | None):
            raise MediaError(f"a text is a string, this is {type(made.text).__name__}")
        text = None if made.text is None else str(made.text)
        return Generated(made.id, audio, rate_hz, image, text=text, notes=notes)
    except Exception as error:  # whatever a model handed over
        if fault := faults.of_machine(error):
            raise fault from error
        return Generated(made.id, notes=notes, error=named(error))


def _numbers(given: Any) -> NDArray[Any] | None:
    if given is None:
        return None
    array = as_array(given)
    if array.dtype.hasobject:
        raise MediaError(f"{type(given).__name__} holds objects; give an array of numbers")
    return array
