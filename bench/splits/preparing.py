"""One split in its folder: fetched and built in one step or not at all, and checked. Names are looked up above."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import locks, media, registry
from sightsound.bench.core.maker import outside_code
from sightsound.bench.core.types import Example, Report, SplitCard
from sightsound.bench.splits.media import local, manifest
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.wishes import Wishes, wished

PREPARED = "prepared.json"  # in a split's folder: what tells whether the user's media are still the same


def prepare(
    known: SplitCard,
    folder: Path,
    mirror: Path | None = None,
    report: Report | None = None,
    media: Path | None = None,
    wishes: Wishes = Wishes(),  # noqa: B008 - frozen
) -> None:
    """Make `folder` hold the split: fetch and build it if it is not there, or not what its card says.

    Nothing is written, and no lock is taken, where it is there already: a shared cache may be read-only. Raises
    what `sightsound.bench.splits.prepare` raises.
    """
    if media is not None and not known.media:
        raise SplitError(f"the split {known.name!r} is made without media of yours; leave out --media")
    made_from = _made_from(known, media, wishes)
    if _is_done(folder, known, made_from):
        return
    with locks.hold(folder.parent / f".{known.name}.lock"):
        if _is_done(folder, known, made_from):  # another process made it in the meantime
            return
        if known.media and media is None:
            raise SplitError(
                f"the split {known.name!r} is made from media of yours; run: bench splits prepare {known.name} "
                f"--media DIR, where DIR holds {known.media}"
            )
        fetched = {asset: assets.fetch(asset, mirror, report) for asset in known.assets}
        temporary = folder.parent / f".{known.name}.building"
        shutil.rmtree(temporary, ignore_errors=True)  # of a build that was killed
        try:
            _build(known, temporary, fetched, media, report or _silent, wishes)
            built = temporary / known.name
            if made_from is not None:
                (built / PREPARED).write_text(json.dumps(made_from) + "\n", encoding="utf-8")
            if folder.exists():
                folder.replace(temporary / "old")
            built.replace(folder)
        except OSError as error:
            raise SplitError(
                f"{error.filename or folder}: cannot be written ({error.strerror or error}); make room, or "
                f"{locks.CACHE_REMEDY}"
            ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _build(
    known: SplitCard,
    temporary: Path,
    fetched: dict[str, Path],
    media: Path | None,
    report: Report,
    wishes: Wishes,
) -> None:
    """Build the split in its own folder below `temporary`. Raises SplitError for another than its card says."""
    built = temporary / known.name
    built.mkdir(parents=True)
    build = registry.load(known.entry)
    if media is None:
        report(f"building the split {known.name}", 0, 1)
        examples = build(built, fetched)
        report(f"building the split {known.name}", 1, 1)
    else:
        with wished(wishes):
            examples = build(built, fetched, media, report)
    if examples is not None:
        manifest.write(built, manifest.as_they_are(built, examples))
    content_hash = manifest.read(built)[1]
    if known.hash and content_hash != known.hash:
        raise SplitError(
            f"the split {known.name!r} came out as {content_hash[:8]}, its card says {known.hash[:8]}: "
            f"the media are not those that it was made from; run `bench assets verify`"
        )


def verify(known: SplitCard, folder: Path) -> list[str]:
    """What is wrong with a prepared split, a line each; empty where all is well."""
    if not folder.is_dir():
        media = " --media DIR" if known.media else ""
        return [f"{known.name}: not prepared yet; `bench splits prepare {known.name}{media}` makes it"]
    try:
        problems = manifest.verify(folder)
        if not problems and known.hash and (found := manifest.read(folder)[1]) != known.hash:
            problems.append(f"{known.name}: its content hash is {found[:8]}, its card says {known.hash[:8]}")
        problems = problems or _not_whole(manifest.load(folder).examples)
    except SplitError as error:
        problems = [str(error)]
    return problems


def _not_whole(examples: Sequence[Example]) -> list[str]:
    """The files that are as they were recorded and yet cannot be scored: not decodable to their end, empty, not
    finite."""
    kinds = {
        path: name.removeprefix("reference_")
        for example in examples
        for name in manifest.FILES
        if (path := getattr(example, name)) is not None
    }
    problems = []
    for path, kind in sorted(kinds.items()):
        try:
            media.check(path, kind)  # type: ignore[arg-type]  # of manifest.FILES
        except media.MediaError as error:
            problems.append(str(error))
    return problems


def _silent(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""


def _made_from(known: SplitCard, media: Path | None, wishes: Wishes) -> dict[str, str] | None:
    """What decides whether a split has to be built again; None where the card's content hash does.

    Of a split from the user's media the files, the wishes and the card's rules; of one that comes from outside and
    is still being written (it has no hash) its card and its code.
    """
    rules = hashlib.sha256(json.dumps([asdict(known), asdict(wishes)]).encode()).hexdigest()
    if media is not None:
        return {"media": local.fingerprint(media), "rules": rules}
    code = "" if known.hash or known.media else outside_code(known.entry)
    return {"code": code, "rules": rules} if code else None


def _is_done(folder: Path, known: SplitCard, made_from: dict[str, str] | None) -> bool:
    """Whether the split is there and made from the same: `made_from` None for whatever it was made from."""
    return _ready(folder, known) and (made_from is None or made_from == _noted(folder))


def _noted(folder: Path) -> object:
    """What a split was made from, as it was noted then; None where that cannot be read."""
    try:
        return json.loads((folder / PREPARED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _ready(folder: Path, known: SplitCard) -> bool:
    """Whether the folder holds the split, whole and of the card's content hash."""
    try:
        return (folder / manifest.NAME).is_file() and known.hash in ("", manifest.read(folder)[1])
    except OSError as error:
        raise SplitError(f"{folder}: cannot be looked into ({error.strerror or error})") from error
    except SplitError:
        return False
