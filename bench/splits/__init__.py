"""The data sets. One module a split: its card and its `build`; here is how any of them is prepared and read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sightsound.bench import assets
from sightsound.bench.core import console, registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Example, Report, SplitCard
from sightsound.bench.remote import copies
from sightsound.bench.remote import uri as uris
from sightsound.bench.splits import copied, preparing
from sightsound.bench.splits.groups import grouped
from sightsound.bench.splits.media import manifest
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.wishes import Wishes

__all__ = [
    "Against",
    "Split",
    "SplitError",
    "card",
    "count",
    "downloads",
    "folder_of",
    "grouped",
    "is_prepared",
    "limited",
    "load",
    "part",
    "prepare",
    "read",
    "resolve",
    "serves",
    "verify",
]


@dataclass(frozen=True)
class Against:
    """Another set than the examples' own references, for the metrics that compare two sets."""

    label: str
    """`name@hash`, as a signature has it."""
    examples: tuple[Example, ...]
    """One for each different reference of the set, sorted by id; no id is one of a split's."""
    digests: Mapping[Path, str] = field(default_factory=dict)
    """sha256 of every file of it."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Example id -> why it cannot be read."""


@dataclass(frozen=True)
class Split:
    """A split that is ready to use."""

    card: SplitCard
    """What it is."""
    hash: str
    """Content hash of its whole manifest, in hex, whatever part of it was asked for."""
    examples: list[Example]
    """Sorted by id."""
    count: int = 0
    """Examples in the whole manifest, whatever part of it was asked for."""
    limit: int | None = None
    """How many examples were asked for, None for all."""
    digests: Mapping[Path, str] = field(default_factory=dict)
    """sha256 of every file of its examples, by path, as the manifest tells them or as they were computed: what a
    stage that reads one of them has to find."""
    against: Against | None = None
    """What distances between sets compare with; None for the examples' own references."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Example id -> why its reference cannot be read, where that is known."""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """System label -> ids of the examples that it has to answer, for those that don't have to answer all."""

    @property
    def coverage(self) -> float | None:
        """Share of the published list's examples that the manifest has, None where that length is not known."""
        return self.count / self.card.size if self.card.size else None

    @property
    def label(self) -> str:
        """What rows call it: `name@hash`, of a part of the published list `name[2250/2500]@hash`, of the first
        examples only `name[limit20]@hash`."""
        part = f"[{self.count}/{self.card.size}]" if self.card.size and self.count != self.card.size else ""
        part += f"[limit{self.limit}]" if self.limit is not None else ""
        return f"{self.card.name}{part}@{self.hash[:6]}"


def resolve(name: str) -> str:
    """What the user calls a split: a registered name as it is, that of a card at `package.module:NAME`, a folder
    with a manifest as its absolute path.

    Raises UnknownNameError with the nearest names, and SplitError for a folder that has a registered split's name.
    A folder at a URI is called by the URI; it is copied here first (docs/remote.md).
    """
    if name in registry.split_cards():
        return name
    if uri := uris.of(name):
        folder = copied.with_manifest(uri)
        if folder.name in registry.split_cards():
            raise SplitError(f"{uri}: {folder.name!r} is the name of a published split; rename the folder")
        manifest.check_id(folder.name)
        return uri
    if ":" in name and not Path(name).exists():
        return str(registry.find("split", name).name)
    if Path(name).is_dir() and not (Path(name) / manifest.NAME).is_file():
        raise SplitError(
            f"{name}: a folder is a split where it has a {manifest.NAME} with a line an example (docs/splits.md); "
            "`bench score NAME=FOLDER --reference FOLDER` takes folders without one"
        )
    if not (Path(name) / manifest.NAME).is_file():
        raise registry.unknown("split", name, registry.split_cards())
    folder = Path(name).resolve()
    if folder.name in registry.split_cards():
        raise SplitError(f"{folder}: {folder.name!r} is the name of a published split; rename the folder")
    manifest.check_id(folder.name)  # it becomes part of file names
    return str(folder)


def card(name: str) -> SplitCard:
    """The card of that name, or of a folder with a manifest. Raises what `resolve` raises."""
    name = resolve(name)
    return registry.split_cards().get(name) or _local_card(folder_of(name), name)


def _local_card(folder: Path, name: str) -> SplitCard:
    """The card of a folder: all that is known is its manifest, of one at a URI before its files are here."""
    if uris.of(name):
        examples, content_hash = manifest.named(folder)[0], ""
    else:
        examples, content_hash = manifest.read(folder)
    tasks = tuple(task for task in registry.names("task") if any(serves(example, task) for example in examples))
    return SplitCard(
        name=folder.name,
        tasks=tasks,
        entry="",
        assets=(),
        licence="that of its media",
        source=name,
        description="a folder with a manifest",
        hash=content_hash,
    )


def folder_of(name: str) -> Path:
    """Where a split is or will be: the user's folder, or one in the cache."""
    name = resolve(name)
    if uri := uris.of(name):
        return copies.place_of(uri)
    return cache_dir() / "splits" / name if name in registry.split_cards() else Path(name)


def serves(example: Example, task: str) -> bool:
    """Whether an example has all that a task conditions on and what its output is compared with."""
    known = registry.task(task)
    wanted = (*known.conditions, known.reference)
    if not known.conditions:  # a task of folders: nothing says what their files were made for
        return False
    return all(getattr(example, field) is not None for field in wanted)


def load(
    name: str,
    *,
    mirror: Path | None = None,
    task: str | None = None,
    limit: int | None = None,
    report: Report | None = None,
) -> Split:
    """A split, prepared on first use; with `task` the examples that serve it, with `limit` at most that many.

    `limit` takes the first of an order that is fixed by the sha256 of the id: a fair sample, and each limit's
    examples are among those of any larger one. Raises SplitError for a task that the split does not serve, for a
    limit below 1 and for a split that is not what its card says.
    """
    prepare(name, mirror, report)
    return read(name, task=task, limit=limit)


def read(name: str, *, task: str | None = None, limit: int | None = None) -> Split:
    """As `load`, of a split that is prepared: nothing is fetched or built. SplitError where it is not."""
    known, folder = card(name), folder_of(name)
    console.detail(f"split {name}: read from {folder}")
    table = manifest.load(folder)
    examples, count = table.examples, len(table.examples)
    if task is not None:
        registry.task(task)
        served = [other for other in registry.names("task") if any(serves(example, other) for example in examples)]
        if task not in served:
            raise SplitError(f"the split {name!r} serves {', '.join(served) or 'no task'}, not {task}")
        examples = [example for example in examples if serves(example, task)]
    examples = limited(examples, limit)
    examples = grouped(examples, table.contents, task)
    return Split(known, table.hash, examples, count, limit, table.digests)


def limited(examples: list[Example], limit: int | None) -> list[Example]:
    """At most `limit` of the examples, as `load` takes them; SplitError for less than 1."""
    if limit is None:
        return examples
    if limit < 1:
        raise SplitError(f"a limit of {limit} examples leaves none; it must be 1 or more")
    shuffled = sorted(examples, key=lambda example: hashlib.sha256(example.id.encode()).hexdigest())
    return sorted(shuffled[:limit], key=lambda example: example.id)


def prepare(
    name: str,
    mirror: Path | None = None,
    report: Report | None = None,
    media: Path | None = None,
    wishes: Wishes = Wishes(),  # noqa: B008 - frozen
) -> Path:
    """The folder of a split: fetched and built if it is not there or not what its card says; atomic and locked.

    `media` is the user's folder for a split that is made from one. It is built again only where that folder
    changed since, by its files' names, sizes and times. `wishes` say how it is used. `report` is told how the
    downloads and the building go.
    Raises SplitError where the built split has another content hash than its card, for media that are needed and
    not given, and for media that are given and not needed.
    """
    if uri := uris.of(name):
        return copied.bring(uri, report)
    known = card(name)
    if known.entry:
        preparing.prepare(known, folder_of(name), mirror, report, media, wishes)
    return folder_of(name)


def is_prepared(name: str) -> bool:
    """Whether a folder of that split is there, whole or not; of one at a URI, whether its files are here."""
    folder = folder_of(name)
    if uris.of(name):
        return copied.is_whole(folder)
    return folder.is_dir()


def downloads(name: str, mirror: Path | None = None) -> str:
    """What preparing a split will download, in a sentence with the sizes; empty where all is here."""
    known = card(name)
    if not known.entry or is_prepared(name):
        return ""
    absent = {
        asset: registry.asset(asset).size_bytes / 1e6 for asset in known.assets if not _is_here(asset, mirror)
    }
    sizes = ", ".join(f"{asset} {size:,.0f} MB" for asset, size in absent.items())
    each = f" ({sizes})" if len(absent) > 1 else ""
    return (
        f"the split {name} is made from {sum(absent.values()):,.0f} MB to download first{each}" if absent else ""
    )


def _is_here(asset: str, mirror: Path | None) -> bool:
    try:
        return assets.locate(asset, mirror) is not None
    except assets.AssetError:  # damaged: it is fetched again
        return False


def count(name: str) -> int | None:
    """Examples of a split that is prepared; None where it is not, or is damaged."""
    try:
        return len(manifest.read(folder_of(name))[0])
    except SplitError:
        return None


def part(name: str) -> str:
    """What to say of a prepared split that is a part of the published list only; else an empty string."""
    known = card(name)
    here = count(name) if known.size else None
    if here is None or here == known.size:
        return ""
    return (
        f"{name} is here with {here:,} of {known.size:,} examples ({here / known.size:.0%}); "
        f"`bench splits verify {name}` tells what is missing"
    )


def verify(name: str) -> list[str]:
    """What is wrong with a prepared split, a line each; empty where all is well. Nothing is fetched or built."""
    return preparing.verify(card(name), folder_of(name))
