"""What an asset is: files from outside, each with where it comes from, its digest and its licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# Formats that hold data only. Anything else, a pickle above all, is accepted with a pinned sha256 alone.
SAFE_SUFFIXES = frozenset({".safetensors", ".json", ".txt", ".model", ".csv", ".md", ".jinja"})


@dataclass(frozen=True)
class AssetFile:
    """One file of an asset, or one tree of files."""

    path: str
    """Where it lies in the asset's folder, with `/`. A path that ends in `/` is a tree: all files below it,
    relative names kept; `./` is the whole folder."""
    uris: tuple[str, ...]
    """Where it comes from, tried in order; see sightsound.bench.assets.uri."""
    sha256: tuple[str, ...] = ()
    """Accepted digests in hex. Of a tree: sha256 over the lines `relative path NUL sha256 LF`, sorted by path.
    Empty: not known here, and then only files of SAFE_SUFFIXES are taken."""
    keep: tuple[str, ...] = ()
    """Trees: patterns (fnmatch, `*` also matches `/`) of the relative paths that belong to it; empty: all."""
    drop: tuple[str, ...] = ()
    """Trees: patterns of relative paths that do not belong to it, stronger than `keep`."""
    need: tuple[str, ...] = ()
    """Trees without a digest: each pattern matches at least one file, else the tree is not whole."""

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        if ".." in parts or self.path.startswith("/") or not self.path:
            raise ValueError(f"AssetFile.path {self.path!r}: must be relative and stay in the asset's folder")
        if not self.is_tree and not self.sha256 and not is_safe(self.path):
            raise ValueError(f"AssetFile {self.path!r}: without a sha256 only {sorted(SAFE_SUFFIXES)} are taken")

    @property
    def is_tree(self) -> bool:
        """True for a tree."""
        return self.path.endswith("/")

    def keeps(self, relative: str) -> bool:
        """True where the file `relative`, a path below this tree, belongs to it."""
        if self.keep and not any(fnmatchcase(relative, pattern) for pattern in self.keep):
            return False
        if any(fnmatchcase(relative, pattern) for pattern in self.drop):
            return False
        return bool(self.sha256) or is_safe(relative)


@dataclass(frozen=True)
class Instead:
    """Other files with the same weights, for where an asset's own cannot be had."""

    files: tuple[AssetFile, ...]
    """As of an asset."""
    size_bytes: int
    """As of an asset."""
    convert: str = ""
    """As of an asset."""


@dataclass(frozen=True)
class Asset:
    """Files from outside that belong together and lie in one folder."""

    name: str
    """Name of the asset and of its folder."""
    files: tuple[AssetFile, ...]
    """Its files. The trees of one asset do not overlap."""
    licence: str
    """Licence of the files."""
    description: str
    """One line: what it is, which version."""
    size_bytes: int
    """About what is downloaded, for the listing and the progress bar."""
    convert: str = ""
    """`package.module:function`, called once as function(source folder, empty target folder); what it leaves in
    the target folder is kept and is what `fetch` and `locate` return. Empty: the files are used as they are."""
    by_hand: str = ""
    """How the user comes by it, where no address serves the files as they are wanted: converted, trained, asked
    for. Nothing is downloaded then; a URI of a file only says where a mirror holds it."""
    gate: str = ""
    """How access is asked for; empty where nobody has to be asked."""
    instead: tuple[Instead, ...] = ()
    """What is taken where `files` cannot be had, in order: the same tensors in another format."""


def is_safe(path: str) -> bool:
    """True where the file's format can't hold code."""
    return PurePosixPath(path).suffix in SAFE_SUFFIXES


def pinned(base: str, files: Mapping[str, str]) -> tuple[AssetFile, ...]:
    """Files that lie below the address `base` under their own names; `files`: path -> sha256."""
    return tuple(AssetFile(path, (f"{base}/{path}",), (sha256,)) for path, sha256 in files.items())


TRANSFORMERS = ("config.json", "*.safetensors")
"""What a repository in transformers' layout holds at least."""


def hub(
    repository: str, *need: str, drop: tuple[str, ...] = (), revision: str = "main", then: tuple[str, ...] = ()
) -> tuple[AssetFile, ...]:
    """The files of a whole repository of the model hub, without digests; `need`: patterns that must match a file.

    `revision`: a commit, a branch, or `refs/pr/N`, the N-th proposal of a change; `then`: those that are tried
    where it lacks a file or is gone.
    """
    uris = tuple(f"hf:{repository}@{each}/" for each in (revision, *then))
    return (AssetFile("./", uris, need=need or TRANSFORMERS, drop=drop),)


def gated(repository: str) -> str:
    """What to do about a repository that the hub keeps for those who accepted its terms."""
    return f"accept the terms of {repository} on the hub, then name your token in HF_TOKEN"
