"""One split in its folder: fetched and built in one step or not at all, and checked. Names are looked up above."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock

from sightsound.bench import assets
from sightsound.bench.core import registry
from sightsound.bench.core.maker import outside_code
from sightsound.bench.core.types import Report, SplitCard
from sightsound.bench.splits.media import local, manifest
from sightsound.bench.splits.media.manifest import SplitError

PREPARED = "prepared.json"  # in a split's folder: what tells whether it is made from what it was made from


def prepare(
    known: SplitCard,
    folder: Path,
    mirror: Path | None = None,
    report: Report | None = None,
    media: Path | None = None,
) -> None:
    """Make `folder` hold the split: fetch and build it if it is not there, or not what its card says.

    Raises what `sightsound.bench.splits.prepare` raises.
    """
    if media is not None and not known.media:
        raise SplitError(f"the split {known.name!r} is made without media of yours; leave out --media")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{known.name}.lock"):
        made_from = _made_from(known, media)
        if _ready(folder, known) and (made_from is None or made_from == _noted(folder)):
            return
        if known.media and media is None:
            raise SplitError(
                f"the split {known.name!r} is made from media of yours; run: bench splits prepare {known.name} "
                f"--media DIR, where DIR holds {known.media}"
            )
        fetched = {asset: assets.fetch(asset, mirror, report) for asset in known.assets}
        temporary = folder.parent / f".{known.name}.building"
        shutil.rmtree(temporary, ignore_errors=True)  # of a build that was killed
        built = temporary / known.name
        built.mkdir(parents=True)
        try:
            build = registry.load(known.entry)
            examples = build(built, fetched, *((media, report or _silent) if media else ()))
            if examples is not None:
                manifest.write(built, manifest.as_they_are(built, examples))
            if made_from is not None:
                (built / PREPARED).write_text(json.dumps(made_from) + "\n", encoding="utf-8")
            content_hash = manifest.read(built)[1]
            if known.hash and content_hash != known.hash:
                raise SplitError(
                    f"the split {known.name!r} came out as {content_hash[:8]}, its card says {known.hash[:8]}: "
                    f"the media are not those that it was made from; run `bench assets verify`"
                )
            if folder.exists():
                folder.replace(temporary / "old")
            built.replace(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def verify(known: SplitCard, folder: Path) -> list[str]:
    """What is wrong with a prepared split, a line each; empty where all is well."""
    if not folder.is_dir():
        media = " --media DIR" if known.media else ""
        return [f"{known.name}: not prepared yet; `bench splits prepare {known.name}{media}` makes it"]
    try:
        problems = manifest.verify(folder)
        if not problems and known.hash and (found := manifest.read(folder)[1]) != known.hash:
            problems.append(f"{known.name}: its content hash is {found[:8]}, its card says {known.hash[:8]}")
    except SplitError as error:
        problems = [str(error)]
    return problems


def _silent(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""


def _made_from(known: SplitCard, media: Path | None) -> dict[str, str] | None:
    """What decides whether a split has to be built again; None where the card's content hash does.

    Of a split from the user's media the files and the card's rules; of one that comes from outside and is still
    being written (it has no hash) its card and its code.
    """
    rules = hashlib.sha256(json.dumps(asdict(known)).encode()).hexdigest()
    if media is not None:
        return {"media": local.fingerprint(media), "rules": rules}
    code = "" if known.hash or known.media else outside_code(known.entry)
    return {"code": code, "rules": rules} if code else None


def _noted(folder: Path) -> object:
    """What a split was made from, as it was noted then; None where that cannot be read."""
    try:
        return json.loads((folder / PREPARED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _ready(folder: Path, known: SplitCard) -> bool:
    """Whether the folder holds the split, whole and of the card's content hash."""
    if not (folder / manifest.NAME).is_file():
        return False
    try:
        return known.hash in ("", manifest.read(folder)[1])
    except SplitError:
        return False
