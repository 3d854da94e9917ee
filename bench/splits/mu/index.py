"""The indexes of M2UGen's data sets: instructions (a list of pairs), captions (file name -> text).

Formats as in shansongliu/M2UGen@2c702a4, Datasets/*/04_generate_instructions.py and MUCaps/03_caption_music.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sightsound.bench.splits.media.local import Media, plain_id
from sightsound.bench.splits.media.manifest import SplitError


@dataclass(frozen=True)
class Item:
    """One entry of an index."""

    id: str
    """YouTube id; of an editing pair both, joined by a dot."""
    group: str
    """What the target music is from."""
    input: str
    """Name of the picture, the video or the music to edit; of captions the music's own."""
    output: str
    """Name of the target music."""
    caption: str | None = None
    """What a captioner says of the target music."""
    instruction: str | None = None
    """What the user is made to say; it is written from the caption."""


def instructions(found: Media, name: str) -> list[Item] | None:
    """The items of an index of instructions in the user's folder, None where it is not there.

    Raises SplitError for anything else than a list of pairs with names and texts.
    """
    content = found.read_json(name)
    return None if content is None else _items(content, name)


def read(path: Path) -> list[Item]:
    """The items of an index of instructions that was fetched."""
    try:
        return _items(json.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, ValueError) as error:
        raise SplitError(f"{path}: cannot be read as JSON ({error}); fetch it again") from error


def captions(found: Media, name: str) -> list[Item] | None:
    """The items of an index of captions in the user's folder, None where it is not there."""
    content = found.read_json(name)
    if content is None:
        return None
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise SplitError(f"{name}: not an index of captions; it maps file names to texts")
    stems = {file: plain_id(PurePosixPath(file).stem) for file in content}
    return [Item(stems[file], stems[file], file, file, caption=text.strip()) for file, text in content.items()]


def needed(items: Sequence[Item] | None, name: str, found: Media) -> list[Item]:
    """The items, each id once. Raises SplitError where there is no index or no item in it."""
    if not items:
        raise SplitError(f"{found.folder}: no {name} in it; it comes with the data set, behind a form")
    return list({item.id: item for item in items}.values())


def _items(content: Any, where: str) -> list[Item]:
    try:
        return [_item(entry) for entry in content]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise SplitError(
            f"{where}: not an index of instructions; each entry has input_file, output_file and, in M2UGen's own, "
            f"a conversation ({type(error).__name__}: {error})"
        ) from error


def _item(entry: Any) -> Item:
    """An entry. The public script for MUImage swaps the two names; the hub's file has them right."""
    shown, heard = str(entry["input_file"]), str(entry["output_file"])
    if heard.endswith((".jpg", ".mp4")) and shown.endswith(".mp3"):
        shown, heard = heard, shown
    source, target = plain_id(PurePosixPath(shown).stem), plain_id(PurePosixPath(heard).stem)
    said = entry.get("conversation") or [{}, {}]
    return Item(
        id=target if source == target else f"{source}.{target}",
        group=target,
        input=shown,
        output=heard,
        caption=_text(said[-1].get("caption")),
        instruction=_text(said[0].get("value")),
    )


def _text(value: Any) -> str | None:
    """A text without what stands around it; None for none (the chat model sometimes gave nothing)."""
    return value.strip() or None if isinstance(value, str) else None
