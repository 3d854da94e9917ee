"""Convert weights once and keep the result."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import shutil
from pathlib import Path

from sightsound.bench.assets.errors import AssetError
from sightsound.bench.core.cache import cache_dir
from sightsound.metrics.asset import Asset


def converted_folder(asset: Asset, source_digest: str) -> Path:
    """Where the converted files belong: another folder for other source bytes and for another converter's code."""
    spec = importlib.util.find_spec(asset.convert.partition(":")[0])
    if spec is None or spec.origin is None:
        raise AssetError(f"asset {asset.name}: its converter {asset.convert} does not exist")
    code = Path(spec.origin).read_bytes()
    key = hashlib.sha256(source_digest.encode() + code).hexdigest()[:16]
    return cache_dir() / "converted" / asset.name / key


def convert(asset: Asset, source: Path, target: Path) -> None:
    """Make `target`, whole or not at all, and drop what earlier code or bytes made. The lock is held.

    Raises AssetError with the converter's own reason.
    """
    partial = target.with_name("partial")
    module, _, function = asset.convert.partition(":")
    try:
        shutil.rmtree(target.parent, ignore_errors=True)
        partial.mkdir(parents=True)
        getattr(importlib.import_module(module), function)(source, partial)
        partial.rename(target)
    except (ImportError, OSError, ValueError) as error:
        raise AssetError(f"asset {asset.name}: {asset.convert} could not convert {source}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
