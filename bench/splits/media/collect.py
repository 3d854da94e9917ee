"""From the user's files to a split: each is checked, put in place and noted, or its example is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sightsound.bench.core import media
from sightsound.bench.core.files import clone
from sightsound.bench.core.types import Example, Report
from sightsound.bench.splits.media import frames, manifest, tables, wishes
from sightsound.bench.splits.media.content import ContentError, examine
from sightsound.bench.splits.media.formats import Kind
from sightsound.bench.splits.media.manifest import FILES, Row, SplitError

MISSING = "missing.csv"
FACTS = "content.json"
_KINDS: dict[str, Kind] = {"image": "image", "video": "video", "audio": "audio", "reference_image": "image"}

Original = Path | tuple[str, bytes]
"""A file, or name and bytes of a member of a table."""
Cut = tuple[float, float] | int
"""Start and length in seconds of sound and video; of a picture the frame of the video that it is taken from."""


class _Placed(NamedTuple):
    """A file of the split."""

    path: Path
    source: str
    remarks: tuple[str, ...]


class Collector:
    """Gathers the examples of a split that is made from the user's files, below `folder`.

    A bad file costs its example, which goes to `missing.csv`; what the content policy
    (bench.splits.media.content) found is kept in `content.json` beside the manifest.
    """

    def __init__(self, folder: Path, report: Report = lambda what, done, total: None, total: int | None = None):
        self.folder, self.report, self.total = folder, report, total
        self._rows: list[Row] = []
        self._missing: dict[str, str] = {}
        self._remarks: dict[str, list[str]] = {}
        self._placed: dict[tuple[str, str, Cut | None], _Placed] = {}

    def add(
        self,
        example_id: str,
        group: str,
        *,
        image: Original | None = None,
        video: Original | None = None,
        audio: Original | None = None,
        reference_image: Original | None = None,
        cuts: Mapping[str, Cut] | None = None,
        caption: str | None = None,
        story: str | None = None,
        lyrics: str | None = None,
        emotion: str | None = None,
        reference_text: str | None = None,
        instruction: str | None = None,
    ) -> bool:
        """Take one example; whether it is whole. The originals are copied, or linked where that was asked for.

        Sound with a cut becomes 16-bit WAV, a video with one MPEG-4; a video is always without its sound. Raises
        SplitError for an id that is refused and for one that was there before.
        """
        manifest.check_id(example_id)
        originals = {"image": image, "video": video, "audio": audio, "reference_image": reference_image}
        placed: dict[str, _Placed] = {}
        for piece, original in originals.items():
            if original is not None:
                try:
                    placed[piece] = self._place(example_id, piece, original, (cuts or {}).get(piece))
                except ContentError as error:
                    self.miss(example_id, f"{piece}: {error}")
                    return False
        for piece, each in placed.items():
            for remark in each.remarks:
                self._remarks.setdefault(remark, []).append(f"{example_id} {piece}")
        texts = {
            "caption": caption,
            "story": story,
            "lyrics": lyrics,
            "emotion": emotion,
            "reference_text": reference_text,
            "instruction": instruction,
        }
        example = Example(
            id=example_id,
            group=group,
            **{piece: each.path for piece, each in placed.items()},  # type: ignore[arg-type]
            **{name: text or None for name, text in texts.items()},  # type: ignore[arg-type]
        )
        self._rows.append(Row(example, "; ".join(f"{piece}={each.source}" for piece, each in placed.items())))
        self._tell()
        return True

    def miss(self, example_id: str, reason: str) -> None:
        """Note an example of the list that cannot be made, and why, on one line."""
        self._missing[example_id] = " ".join(reason.split())
        self._tell()

    def write(self) -> str:
        """Write the manifest, `missing.csv` and `content.json`; the content hash.

        Raises SplitError where nothing could be made.
        """
        listed = len(self._rows) + len(self._missing)
        if not self._rows:
            first = next((f"; the first, {name}: {reason}" for name, reason in self._missing.items()), "")
            raise SplitError(f"none of the {listed} examples could be made from these media{first}")
        self._sweep()
        content_hash = manifest.write(self.folder, self._rows)
        tables.write(self.folder / MISSING, ("id", "reason"), tables.safe(sorted(self._missing.items())))
        facts = {
            "examples": len(self._rows),
            "listed": listed,
            "remarks": {remark: sorted(names) for remark, names in sorted(self._remarks.items())},
        }
        (self.folder / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        return content_hash

    def _tell(self) -> None:
        self.report("examples", len(self._rows) + len(self._missing), self.total)

    def _place(self, example_id: str, piece: str, original: Original, cut: Cut | None) -> _Placed:
        """Check an original and put it, or the cut from it, below the folder; once for all that share it."""
        (self.folder / piece).mkdir(exist_ok=True)
        kept = None
        if isinstance(original, tuple):
            name, data = original
            path = kept = self.folder / piece / f".{example_id}"
            path.write_bytes(data)
        else:
            name, path = original.name, original
        try:
            sha256 = media.file_sha256(path)
            known = self._placed.get((piece, sha256, cut))
            if known is None:
                known = _put(path, name, self.folder / piece / example_id, piece, cut, sha256)
                self._placed[piece, sha256, cut] = known
            return known
        except OSError as error:
            raise ContentError("cannot be read") from error
        finally:
            if kept is not None:
                kept.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Drop the files of examples that proved incomplete."""
        used = {getattr(row.example, piece) for row in self._rows for piece in FILES}
        for piece in FILES:
            for path in (self.folder / piece).glob("*"):
                if path not in used:
                    path.unlink()


def _put(path: Path, name: str, stem: Path, piece: str, cut: Cut | None, sha256: str) -> _Placed:
    """Write `<stem><suffix>` from the original at `path`. Raises ContentError where it cannot serve."""
    kind = _KINDS[piece]
    if isinstance(cut, int):
        target = _named(stem, ".png")
        _cut(lambda: frames.write_picture(target, media.video_frames(path, [cut])[0]))
        return _Placed(target, f"sha256:{sha256}#frame={cut}", ("frame",))
    content = examine(path, kind)
    remarks = [remark for remark in content.remarks if remark != "with_sound"]
    remarks += ["renamed"] if content.renamed(name) else []
    source = f"sha256:{sha256}"
    if cut is not None:
        start_s, seconds = cut
        target = _named(stem, ".wav" if kind == "audio" else ".mp4")
        if kind == "audio":
            _cut(lambda: _cut_audio(path, target, start_s, seconds))
        else:
            _cut(lambda: frames.cut_video(path, target, start_s, seconds))
        content = examine(target, kind)
        remarks = [*[each for each in remarks if each == "renamed"], *content.remarks]
        source += f"@{start_s:.3f}+{seconds:.3f}"
    elif "with_sound" in content.remarks:
        target = _silent(path, stem, ".mp4" in content.suffixes)
    else:
        target = _named(stem, content.suffix(name))
        _link(path, target)
    return _Placed(target, source, tuple(remarks))


def _named(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)  # an id may hold a dot


def _cut(write: Any) -> None:
    try:
        write()
    except media.MediaError as error:
        raise ContentError("the part that is asked for cannot be taken out of it") from error


def _silent(path: Path, stem: Path, mp4: bool) -> Path:
    """Write a video without its sound, as MP4 where the original is one of that family and it can hold it."""
    for suffix in (".mp4", ".mkv") if mp4 else (".mkv",):
        target = _named(stem, suffix)
        try:
            frames.silence_video(path, target)
            return target
        except media.MediaError as error:
            target.unlink(missing_ok=True)
            reason = error
    raise ContentError("its sound cannot be taken off") from reason


def _cut_audio(path: Path, target: Path, start_s: float, seconds: float) -> None:
    """Write `seconds` of sound from `start_s` on as 16-bit WAV at its own rate and channels."""
    samples, rate_hz = media.decode_audio(path, start_s, seconds)
    media.write_audio(target, samples.T, rate_hz)


def _link(path: Path, target: Path) -> None:
    """A copy of the original under its new name; where links were asked for, a second name for the same bytes."""
    if wishes.current().link:
        with suppress(OSError):  # another disk, or one without links: a copy then
            target.hardlink_to(path.resolve())  # of a link its file, or the split would lead out of its folder
            return
    clone(path, target)
