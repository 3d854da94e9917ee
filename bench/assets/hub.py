"""Files of the model hub: what a repository has and who may read it by the hub's own client, the bytes by https.

The client throws away what it has of a file when a connection breaks for good or the process is killed; here that
is kept and gone on with.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sightsound.bench.assets import https
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.unpack import Wanted, safe_name
from sightsound.bench.assets.uri import Source
from sightsound.bench.core.files import sha256
from sightsound.metrics.asset import AssetFile

UNFINISHED = ".unfinished"  # behind the name of a file of which something is still missing
_SHA256 = re.compile(r"[0-9a-f]{64}")


class RefusedError(AssetError):
    """The hub has a repository, and not for everybody."""


def download(package: str, wanted: Wanted, part: Path) -> None:
    """Fill the folder `part` with the wanted files of one commit of `owner/repo@revision`.

    Raises AssetError where the repository lacks one, before anything is downloaded, and where it cannot be had.
    What an earlier call brought of the same commit is used.
    """
    from huggingface_hub import HfApi

    repository, _, revision = package.partition("@")
    with _told(repository):
        info = HfApi(endpoint=_endpoint()).model_info(repository, revision=revision, timeout=https.TIMEOUT_S)
    names = [sibling.rfilename for sibling in info.siblings or []]
    chosen = [name for file, member in wanted.items() for name in _chosen(file, member, names, package)]
    noted = part.with_name("commit")
    if noted.is_file() and noted.read_text(encoding="ascii") != info.sha:
        shutil.rmtree(part)  # of another commit
    part.mkdir(parents=True, exist_ok=True)
    noted.write_text(str(info.sha), encoding="ascii")
    for name in dict.fromkeys(chosen):
        target = part / safe_name(name, repository)
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            _file(repository, str(info.sha), name, target)


def _file(repository: str, commit: str, name: str, target: Path) -> None:
    """Download one file; it has its name when it is whole and, where the hub states its sha256, right."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    with _told(repository):
        address = hf_hub_url(repository, name, revision=commit, endpoint=_endpoint())
        facts = get_hf_file_metadata(address, timeout=https.TIMEOUT_S)
    ours = urlsplit(facts.location).netloc == urlsplit(address).netloc  # elsewhere the token is nobody's business
    unfinished = target.with_name(f"{target.name}{UNFINISHED}")
    https.download(facts.location, unfinished, build_hf_headers() if ours else {})
    if facts.size is not None and unfinished.stat().st_size < facts.size:
        raise AssetError(
            f"{name}: {unfinished.stat().st_size:,} of {facts.size:,} bytes came; run it again to go on"
        )
    if _SHA256.fullmatch(facts.etag or "") and sha256(unfinished) != facts.etag:
        unfinished.unlink()
        raise AssetError(f"{name}: what came has another sha256 than the hub states; run it again")
    unfinished.replace(target)


def _chosen(file: AssetFile, member: str, names: list[str], package: str) -> list[str]:
    """Which of a repository's files an entry wants. AssetError where it lacks some."""
    if not file.is_tree:
        found = [member] if member in names else []
        lacking = [] if found else [member]
    else:
        found = [name for name in names if name.startswith(member) and file.keeps(name.removeprefix(member))]
        below = [name.removeprefix(member) for name in found]
        lacking = [want for want in file.need if not fnmatch.filter(below, want)]
    if lacking:
        raise AssetError(f"{package} has no {', '.join(lacking)}")
    return found


def refused(source: Source) -> str:
    """Why the hub keeps a repository from this user; empty where it does not, or cannot be asked now."""
    from huggingface_hub import HfApi

    repository = source.package.partition("@")[0]
    try:
        with _told(repository):
            HfApi(endpoint=_endpoint()).auth_check(repository)
    except RefusedError as error:
        return str(error)
    except AssetError:
        return ""
    return ""


def _endpoint() -> str | None:
    """Another hub than the public one, as its own tools are told of it; None for the public one."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


@contextmanager
def _told(repository: str) -> Iterator[None]:
    """What the hub's client raises as one line."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HTTPError,  # that of its own network client, httpx or httpx2
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except GatedRepoError as error:
        raise RefusedError(
            f"{repository} is gated: accept its terms on the hub, and name your token in HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise RefusedError(
            f"the hub has no {repository}, or not for everybody: name your token in HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise AssetError(f"{repository} has no such revision any more") from error
    except HfHubHTTPError as error:
        raise AssetError(f"the hub answers: {_first_line(error)}") from error
    except (OSError, ValueError, HTTPError) as error:
        raise AssetError(f"{_first_line(error)} (no network?)") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
