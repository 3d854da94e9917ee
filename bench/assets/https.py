"""Files by https, whole or from where an earlier try broke off."""

from __future__ import annotations

import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sightsound.bench.assets.errors import AssetError

TIMEOUT_S = 60.0  # without a byte


def download(address: str, target: Path, headers: Mapping[str, str] = MappingProxyType({})) -> None:
    """Download one file, going on where an earlier try stopped. Raises AssetError, and leaves what came so far."""
    have = target.stat().st_size if target.exists() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "sightsound-bench", **headers})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
            expected = int(answer.headers.get("Content-Length") or 0)
            with target.open("ab" if goes_on else "wb") as out:
                start = out.tell()
                shutil.copyfileobj(answer, out, 1 << 20)
                got = out.tell() - start
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            target.unlink()  # what lies here is as long as the file or longer: begin again
            return download(address, target, headers)
        raise AssetError(f"{error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise AssetError(f"{getattr(error, 'reason', error)} (no network?)") from error
    if got < expected:
        raise AssetError(f"the connection broke after {target.stat().st_size:,} bytes; run it again to go on")
