"""What hosts share of their caches by SIGHTSOUND_SHARED, a URI: features, and texts that networks made on the way.

    URI/features/<network>/<name>.pack, .index      see sightsound.bench.core.packs
    URI/texts/<part>/<name>.jsonl                   see sightsound.bench.core.texts

A file there is written once, under a name of its own, and never changed; so nobody waits for anybody. What it
holds is taken into the cache here, and what the cache has and no file there holds makes a new file. The cache also
keeps what was taken: of packs the index, of texts the file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sightsound.bench.core import locks, texts
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.console import say
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import Folder
from sightsound.bench.core.packs import INDEX, PACK, Packs
from sightsound.bench.core.texts import TextStore
from sightsound.bench.core.types import Report
from sightsound.bench.remote import copies
from sightsound.bench.remote import uri as uris
from sightsound.bench.remote.place import Place

VARIABLE = "SIGHTSOUND_SHARED"
FEATURES, TEXTS, JSONL = "features", "texts", ".jsonl"


@contextmanager
def features(networks: Sequence[str], report: Report, *, sends: bool = True) -> Iterator[None]:
    """Before the block the cache has what is shared of these networks' features; after it, with `sends`, what is
    new in the cache is shared. `networks`: names of their folders in the store.

    BenchError where the place cannot be reached before the block; after it that costs a remark.
    """
    place = _place()
    if place is None:
        yield
        return
    for done, network in enumerate(networks):
        report("taking shared features", done, len(networks))
        _take_features(place, network)
    report("taking shared features", len(networks), len(networks))
    yield
    with _remarked():
        for network in networks if sends else ():
            _share_features(place, network)


@contextmanager
def kept_texts() -> Iterator[None]:
    """As `features`, for all texts; also where the block ends with an error, since texts cost hours."""
    place = _place()
    if place is None:
        yield
        return
    _take_texts(place)
    try:
        yield
    finally:
        with _remarked():
            _share_texts(place)


def _take_features(place: Place, network: str) -> None:
    there = place.files(f"{FEATURES}/{network}")
    taken = _taken(place) / FEATURES / network
    own = cache_dir() / FEATURES / network
    with _held(taken):
        for name in sorted(there):
            index = taken / name.rpartition("/")[2]
            pack = name.removesuffix(INDEX) + PACK
            if name.endswith(INDEX) and pack in there and not index.is_file():
                with _folder(taken) as new:
                    place.get(pack, new / pack.rpartition("/")[2], there[pack])
                    place.get(name, new / index.name, there[name])
                    theirs = Folder(new)
                    Folder(own).take(theirs, theirs.keys())
                    (new / index.name).replace(index)


def _share_features(place: Place, network: str) -> None:
    """Send what no shared pack holds, as a new one: the index last, without which a pack is none."""
    taken, own = _taken(place) / FEATURES / network, Folder(cache_dir() / FEATURES / network)
    with _held(taken):
        shared = {key.hex() for key in Packs(taken).all_keys()}
        lacking = sorted({*own.keys()} - shared)
        if not lacking:
            return
        with _folder(taken) as new:
            Folder(new).take(own, lacking)
            for index in new.glob(f"*{INDEX}"):
                place.put(index.with_suffix(PACK), f"{FEATURES}/{network}/{index.stem}{PACK}")
                place.put(index, f"{FEATURES}/{network}/{index.name}")
                index.replace(taken / index.name)


def _take_texts(place: Place) -> None:
    taken = _taken(place) / TEXTS
    with _held(taken):
        for name, listed in sorted(place.files(TEXTS).items()):
            part, _, last = name.removeprefix(f"{TEXTS}/").partition("/")
            if last.endswith(JSONL) and "/" not in last and not (taken / part / last).is_file():
                place.get(name, taken / part / last, listed)
                own = TextStore.at(_texts_here() / f"{part}{JSONL}")
                known = own.everything()
                theirs = TextStore.at(taken / part / last).everything()
                own.put({key: text for key, text in theirs.items() if key not in known})


def _share_texts(place: Place) -> None:
    taken = _taken(place) / TEXTS
    with _held(taken):
        for path in sorted(_texts_here().glob(f"*{JSONL}")):
            pieces = (TextStore.at(each).everything() for each in (taken / path.stem).glob(f"*{JSONL}"))
            shared = set().union(*pieces)
            lacking = {key: text for key, text in TextStore.at(path).everything().items() if key not in shared}
            if lacking:
                name = f"{uuid.uuid4().hex[:12]}{JSONL}"
                with _folder(taken / path.stem) as new:
                    TextStore.at(new / name).put(lacking)
                    place.put(new / name, f"{TEXTS}/{path.stem}/{name}")
                    (new / name).replace(taken / path.stem / name)


def is_named() -> bool:
    """Whether the environment names a place."""
    return bool(os.environ.get(VARIABLE))


def _place() -> Place | None:
    """What the environment names; None where it names nothing. BenchError for what is no URI."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    if not (uri := uris.of(named)):
        raise BenchError(f"{VARIABLE}={named}: give a URI, as s3://bucket/folder, or file:///folder for one here")
    return Place(uri)


def _taken(place: Place) -> Path:
    """Where it is kept what was taken from the place."""
    return copies.noted(place.uri, "shared").parent


def _texts_here() -> Path:
    return cache_dir() / texts.FOLDER


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with locks.hold(folder.with_name(f".{folder.name}.lock")):
        yield


@contextmanager
def _folder(beside: Path) -> Iterator[Path]:
    """A folder that is gone after the block, on the disk of another."""
    beside.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=beside))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _remarked() -> Iterator[None]:
    """What could not be shared is shared by the next run; this one has all that it needs."""
    try:
        yield
    except BenchError as error:
        say(f"not shared, the next run shares it: {error}")
