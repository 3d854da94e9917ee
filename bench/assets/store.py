"""Where assets are: in the user's mirror, in the cache, or still to be fetched.

<cache>/assets/<name>/               the files; there only when all were checked
<cache>/assets/.downloads/<name>/    what a fetch downloaded, until the asset is in place
<cache>/assets/.staging/<name>/      what a fetch unpacks; thrown away by the next one
<cache>/assets/.digests/<name>.json  remembered digests
<cache>/assets/.locks/<name>         a second process waits here
<cache>/converted/<name>/<key>/      converted weights
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sightsound.bench.assets.build import assets_dir, build, failure
from sightsound.bench.assets.check import asset_digest, faults
from sightsound.bench.assets.convert import convert, converted_faults, converted_folder
from sightsound.bench.assets.digests import Memory, sha256
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.hub import refused
from sightsound.bench.assets.mirror import bring, copy_of, mirror_dir, offers, place, usable_in_place
from sightsound.bench.assets.uri import Source, parse
from sightsound.bench.core import console, locks, registry
from sightsound.bench.core.types import Report
from sightsound.bench.remote import copies
from sightsound.metrics.asset import Asset, AssetFile


def ways(name: str) -> tuple[Asset, ...]:
    """The asset, and the others that stand in for it where it cannot be had, each with a folder of its own."""
    asset = registry.asset(name)
    return (asset, *(
        replace(
            asset, name=f"{name}.{number}", files=other.files, size_bytes=other.size_bytes, convert=other.convert,
            instead=(),
        )
        for number, other in enumerate(asset.instead, 2)
    ))  # fmt: skip


def locate(name: str, mirror: Path | None = None) -> Path | None:
    """The folder of the asset if it is here, else None; no network.

    `mirror` comes first (None: SIGHTSOUND_MIRROR), then the cache. Where an asset is converted, this is the
    converted folder, and None until `fetch` has made it. Raises AssetError for an unknown name, and for files
    that are here but wrong.
    """
    found = _here(name, mirror)
    if found is None or not found[0].convert:
        return found and found[1]
    asset, source = found
    target = converted_folder(asset, _digest(asset, source))
    if not target.is_dir():
        return None
    if lines := _converted(asset, target):
        raise AssetError(f"asset {name}: {lines[0]}; run: bench assets fetch {name}")
    return target


def fetch(name: str, mirror: Path | None = None, report: Report | None = None) -> Path:
    """The folder of the asset; what is not here is fetched, what is damaged in the cache is replaced.

    `report` is called now and then, with megabytes, from another thread, while it downloads. Raises AssetError
    where it can't be had.
    """
    any(bring(asset, mirror, report or copies.silent) for asset in ways(name))  # the first that it has whole
    if found := _here(name, mirror, damaged_is_absent=True):
        return _ready(*found, report)
    wrong: list[str] = []
    for asset in ways(name):
        try:
            with _locked(asset):  # another process may have fetched it in the meantime
                source = _source(asset, mirror, damaged_is_absent=True)
                if source is None:
                    source = build(asset, _all_sources(asset, mirror), report)
            return _ready(asset, source, report)
        except AssetError as error:
            wrong.append(str(error))
    raise AssetError("; instead of it: ".join(wrong))


def _ready(asset: Asset, source: Path, report: Report | None) -> Path:
    """The folder to use: that of the files, or that of what they are converted to."""
    console.detail(f"asset {asset.name}: read from {source}")
    if not asset.convert:
        return source
    target = converted_folder(asset, _digest(asset, source))
    if not target.is_dir() or _converted(asset, target):
        with _locked(asset):
            if not target.is_dir() or _converted(asset, target):
                convert(asset, source, target, report)
        _converted(asset, target)  # remembered, so that the next start need not hash them
    return target


def expect(name: str, mirror: Path | None = None) -> None:
    """Raise AssetError where `fetch` is bound to fail, as far as that is known without fetching: for a file that
    is not here and that no address serves, or that the hub keeps from this user."""
    if is_here(name, mirror) or any(offers(asset, mirror) for asset in ways(name)):
        return
    wrong: list[str] = []
    for asset in ways(name):
        answers: dict[str, str] = {}  # download -> why the hub refuses it, each asked once
        for file, sources in _all_sources(asset, mirror).items():
            if any(source.scheme != "hf" for source in sources):
                continue
            for source in sources:
                if source.key not in answers:
                    answers[source.key] = refused(source)
            if all(answers[source.key] for source in sources):
                wrong.append(failure(asset, file, [f"{s.key}: {answers[s.key]}" for s in sources]))
                break
        else:
            return
    raise AssetError("; instead of it: ".join(wrong))


def is_here(name: str, mirror: Path | None = None) -> bool:
    """Whether the files are here and whole, converted or not: nothing of it would be downloaded."""
    return _here(name, mirror, damaged_is_absent=True) is not None


def _here(name: str, mirror: Path | None, damaged_is_absent: bool = False) -> tuple[Asset, Path] | None:
    """The way of which all files are here, and where. Raises AssetError where there is none whole and one is
    damaged; with `damaged_is_absent` only where the mirror's is."""
    wrong: list[AssetError] = []
    for asset in ways(name):
        try:
            source = _source(asset, mirror, damaged_is_absent)
            if source is None and not damaged_is_absent:
                source = _from_mirror(asset, mirror)
        except AssetError as error:
            wrong.append(error)
            continue
        if source is not None:
            return asset, source
    if wrong:
        raise wrong[0]
    return None


def verify(name: str, mirror: Path | None = None) -> list[str]:
    """One line for each file that is missing, truncated or has the wrong sha256; empty when all is good.

    Reads all bytes, whatever is remembered. Raises AssetError for an unknown name.
    """
    found = [_verify(asset, mirror) for asset in ways(name)]
    return next((lines for lines in found if not lines), found[0])


def _verify(asset: Asset, mirror: Path | None) -> list[str]:
    name = asset.name
    folder = mirror_dir(mirror)
    root = (usable_in_place(asset, folder) if folder else None) or assets_dir() / name
    if not root.is_dir():
        missing = [file for file in asset.files if not _copies(asset, file, mirror)]
        if folder and len(missing) < len(asset.files):
            return [f"{name}: {folder / place(asset, file)} is missing" for file in missing]
        return [f"{name}: it is not here; run: bench assets fetch {name}"]
    memory = _memory(asset)
    lines = [line for file in asset.files for line in faults(root, file, sha256, memory.below)]
    if asset.convert and not lines:
        target = converted_folder(asset, asset_digest(root, asset, memory.sha256))
        lines = converted_faults(target, sha256) if target.is_dir() else []
    return [f"{name}: {line}" for line in lines]


def digest(name: str, mirror: Path | None = None) -> str:
    """sha256 that identifies the bytes that are here, before any conversion: that of the asset as one tree.

    Remembered by path, size, times of change and inode of each file. Raises AssetError where it is not here.
    """
    found = _here(name, mirror)
    if found is None:
        raise AssetError(f"asset {name} is not here; run: bench assets fetch {name}")
    return _digest(*found)


def _card_of(asset: Asset) -> str:
    """The name by which the user asks for it, which is not that of a way that stands in for it."""
    return asset.name if asset.name in registry.cards("asset") else asset.name.rpartition(".")[0]


def _memory(asset: Asset) -> Memory:
    return Memory(assets_dir() / ".digests" / f"{asset.name}.json")


@contextmanager
def _locked(asset: Asset) -> Iterator[None]:
    """Hold the asset's lock; the system releases it when the process dies."""
    try:
        with locks.hold(assets_dir() / ".locks" / asset.name):
            yield
    except locks.LockError as error:
        raise AssetError(f"asset {asset.name}: {error}") from error


def _converted(asset: Asset, target: Path) -> list[str]:
    """What is wrong with the converted files, by remembered digests."""
    memory = _memory(asset)
    lines = converted_faults(target, memory.sha256)
    if not lines:
        memory.keep()
    return lines


def _source(asset: Asset, mirror: Path | None, damaged_is_absent: bool = False) -> Path | None:
    """The folder with the asset's files as they were published: the mirror's or the cache's.

    Raises AssetError for a wrong file in it; with `damaged_is_absent` a wrong file of the cache gives None.
    """
    folder = mirror_dir(mirror)
    root = usable_in_place(asset, folder) if folder else None
    in_mirror = root is not None
    if root is None:
        root = assets_dir() / asset.name
        if not root.is_dir():
            return None
    memory = _memory(asset)
    for file in asset.files:
        lines = faults(root, file, memory.sha256, memory.below)
        if lines and damaged_is_absent and not in_mirror:
            return None
        if lines:
            remedy = "replace it in the mirror" if in_mirror else f"run: bench assets fetch {_card_of(asset)}"
            raise AssetError(f"asset {asset.name}: {lines[0]}; {remedy}")
    memory.keep()
    return root


def _from_mirror(asset: Asset, mirror: Path | None) -> Path | None:
    """The asset copied together out of a mirror that holds every file, but not in one folder; else None."""
    sources = {file: _copies(asset, file, mirror)[:1] for file in asset.files} if mirror_dir(mirror) else {}
    if not sources or not all(sources.values()):
        return None
    with _locked(asset):
        return _source(asset, mirror) or build(asset, sources, None)


def _all_sources(asset: Asset, mirror: Path | None) -> dict[AssetFile, list[Source]]:
    """Where each file may come from: the mirror's copy, a good one of a damaged asset, then the catalogue's, which
    an asset that is come by by hand has not."""
    cached = assets_dir() / asset.name
    sources = {}
    for file in asset.files:
        good = [Source("file", str(cached / file.path), "")] if not faults(cached, file, sha256) else []
        sources[file] = [*_copies(asset, file, mirror), *good, *(() if asset.by_hand else map(parse, file.uris))]
    return sources


def _copies(asset: Asset, file: AssetFile, mirror: Path | None) -> list[Source]:
    folder = mirror_dir(mirror)
    found = copy_of(asset, file, folder) if folder else None
    return [Source("file", str(found), "")] if found else []


def _digest(asset: Asset, root: Path) -> str:
    memory = _memory(asset)
    found = asset_digest(root, asset, memory.sha256)
    memory.keep()
    return found
