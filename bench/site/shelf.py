"""What makers of pages with media share: how sound is coded, the media made so far, and the parts that wait."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sightsound.bench.core.types import Report
from sightsound.bench.site.media import Media
from sightsound.bench.site.page import Copy, Data, Part
from sightsound.bench.site.sound import Coding

MIME = {".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".png": "image/png", ".jpg": "image/jpeg", ".mp4": "video/mp4"}


class Inlined:
    """The media of a page alone: each file is a `data:` address among the page's data, under its own path."""

    def __init__(self, coding: Coding) -> None:
        self.data: dict[str, Any] = {}
        """Name -> what `sightsound.give` is told."""
        self.media = Media(coding, self._keep, self.data.__setitem__)

    def _keep(self, path: str, source: bytes | Path | None) -> None:
        if not isinstance(source, bytes):
            raise TypeError(f"{path}: a page alone takes bytes")
        self.data[path] = f"data:{MIME[Path(path).suffix]};base64,{base64.b64encode(source).decode()}"


class Shelf:
    """The media of a site below `out`, made once each; what an older site there has of them is kept."""

    def __init__(
        self,
        out: Path,
        coding: Coding,
        *,
        originals: bool = False,
        mirror: Path | None = None,
        report: Report = lambda what, done, total: None,
    ) -> None:
        self.coding, self.mirror, self.report = coding, mirror, report
        self._out = out
        self._waiting: list[Part] = []
        self.media = Media(
            coding, self._keep, self._facts, have=lambda path: (out / path).is_file(), originals=originals
        )

    def parts(self) -> Iterator[Part]:
        """The files that became ready since the last call."""
        while self._waiting:
            yield self._waiting.pop(0)

    def _keep(self, path: str, source: bytes | Path | None) -> None:
        self._waiting.append(Copy(path, self._out / path if source is None else source))

    def _facts(self, name: str, value: Mapping[str, Any]) -> None:
        self._waiting.append(Data(f"{name}.js", name, value))
