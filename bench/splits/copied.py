"""Splits at URIs: their copies in the cache, of the manifest first, then of the files that it names."""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.core.types import Report
from sightsound.bench.remote import copies
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.errors import SplitError


def with_manifest(uri: str) -> Path:
    """The folder of the copy, with a manifest at least; looked at once in a process.

    RemoteError where the URI cannot be reached, SplitError where it has no manifest.
    """
    folder = copies.place_of(uri)
    if not copies.is_known(uri):
        folder = copies.folder(uri, wanted=_is_manifest, what=manifest.NAME)
    if not (folder / manifest.NAME).is_file():
        raise SplitError(f"{uri}: a folder is a split where it has a {manifest.NAME} (docs/splits.md)")
    return folder


def bring(uri: str, report: Report | None) -> Path:
    """The folder of the copy, whole and up to date. Raises what `with_manifest` raises."""
    report = report or copies.silent
    _, named = manifest.named(copies.folder(uri, report, _is_manifest, manifest.NAME))
    return copies.folder(uri, report, lambda name: _is_manifest(name) or name in named)


def is_whole(folder: Path) -> bool:
    """Whether all files that a copy's manifest names are here."""
    return all((folder / each).is_file() for each in manifest.named(folder)[1])


def _is_manifest(name: str) -> bool:
    return name == manifest.NAME
