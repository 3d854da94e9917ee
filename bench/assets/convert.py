"""Convert weights once, and keep the result with the digests of its files: what is used is what was converted."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from sightsound.bench.assets import converter
from sightsound.bench.assets.check import Hash
from sightsound.bench.assets.digests import sha256
from sightsound.bench.assets.errors import AssetError
from sightsound.bench.assets.growing import reported
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Report
from sightsound.metrics.asset import Asset

DIGESTS = ".digests.json"
"""In a converted folder: relative path -> sha256 of each other file, written before the folder has its name."""


PARTIAL = ".partial"  # behind the name of a converted folder that is being made


class KilledError(AssetError):
    """The converter was ended from outside, perhaps for want of memory."""


def converted_folder(asset: Asset, source_digest: str) -> Path:
    """Where the converted files belong: another folder for other source bytes and for another converter's code."""
    spec = importlib.util.find_spec(asset.convert.partition(":")[0])
    if spec is None or spec.origin is None:
        raise AssetError(f"asset {asset.name}: its converter {asset.convert} does not exist")
    code = Path(spec.origin).read_bytes()
    key = hashlib.sha256(source_digest.encode() + code).hexdigest()[:16]
    return cache_dir() / "converted" / asset.name / key


def convert(asset: Asset, source: Path, target: Path, report: Report | None = None) -> None:
    """Make `target`, whole or not at all, and drop what earlier code or bytes made. The lock is held.

    The converter runs in a process of its own without network. What it had made when it was killed is given to it
    again, in a folder that nothing takes for whole. Raises AssetError with the converter's own reason.
    """
    partial = target.with_name(f"{target.name}{PARTIAL}")
    try:
        for other in target.parent.iterdir() if target.parent.is_dir() else ():
            if other != partial:
                shutil.rmtree(other, ignore_errors=True)
        partial.mkdir(parents=True, exist_ok=True)
        with reported(f"converting {asset.name}", partial, asset.size_bytes, report):
            _run(asset, source, partial)
        digests = {name: sha256(partial / name) for name in _names(partial)}
        (partial / DIGESTS).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
        partial.rename(target)
    except (AssetError, OSError) as error:
        if not isinstance(error, KilledError):
            shutil.rmtree(partial, ignore_errors=True)
        raise AssetError(f"asset {asset.name}: {asset.convert} could not convert {source}: {error}") from error


def _run(asset: Asset, source: Path, partial: Path) -> None:
    """Run the converter. Raises AssetError with the last line that it said."""
    command = [sys.executable, str(Path(converter.__file__)), asset.convert, str(source), str(partial)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONSAFEPATH": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        errors="replace", env=environment,
    ) as process:  # fmt: skip
        try:
            assert process.stdin is not None and process.stderr is not None  # both are pipes
            lines = process.stderr.read().splitlines()
            code = process.wait()
        finally:
            process.kill()
    if code < 0:
        raise KilledError(f"it was ended by {signal.Signals(-code).name}; run it again to go on")
    if code:
        raise AssetError(next((line for line in reversed(lines) if line.strip()), f"it ended with {code}"))


def converted_faults(folder: Path, hash_of: Hash) -> list[str]:
    """What is wrong with a converted folder, a line each; empty where every file is as it was converted.

    Raises AssetError for a file that can't be read.
    """
    try:
        noted = json.loads((folder / DIGESTS).read_text(encoding="utf-8"))
        found = set(_names(folder))
        lines = [f"{folder / name} is missing" for name in sorted(noted.keys() - found)]
        lines += [f"{folder / name} was not there when it was converted" for name in sorted(found - noted.keys())]
        return lines + [
            f"{folder / name} is changed since it was converted"
            for name in sorted(noted.keys() & found)
            if hash_of(folder / name) != noted[name]
        ]
    except FileNotFoundError:
        return [f"{folder / DIGESTS} is missing"]
    except (ValueError, AttributeError):
        return [f"{folder / DIGESTS} is damaged"]
    except OSError as error:
        raise AssetError(f"{error.filename}: {error.strerror}; make it readable") from error


def _names(folder: Path) -> list[str]:
    """Relative paths of the converted files."""
    start = len(str(folder)) + 1
    paths = [f"{here}/{name}"[start:] for here, _, names in os.walk(folder) for name in names]
    return sorted(path for path in paths if path != DIGESTS)
