"""A model hub on this machine, spoken to by the hub's own client: it has what the listings say, and tiny weights.

Repositories are folders in the layout of `tests.tiny.make`. Of each it serves the names that its listing has at
the revision that is asked for, and no other; a repository of which no page states the files serves what the folder
has.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from safetensors import safe_open
from safetensors.torch import save_file

Listings = Mapping[str, Mapping[str, Any]]
SALT = ""  # another one stands for a later commit
FILLER = b"{}"  # of a listed file that loading does without


class FakeHub(ThreadingHTTPServer):
    """`with FakeHub(folder, listings) as hub:`, then HF_ENDPOINT is `hub.address`."""

    daemon_threads = True

    def __init__(self, folder: Path, listings: Listings, scratch: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.listings, self.scratch = folder, listings, scratch
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.gone: set[str] = set()
        """Repositories, or `repository@revision`, that were withdrawn."""
        self.gated: dict[str, int] = {}
        """Repository -> 401 without a token, 403 for one without access."""
        self.cut: dict[str, int] = {}
        """File name -> connections that break after half of what was asked for."""
        self.changed: dict[str, bytes] = {}
        """File name -> bytes that are served in its place."""
        self.asked: list[str] = []
        """`METHOD path first-byte` of every request."""

    def __enter__(self) -> FakeHub:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def files(self, repository: str, revision: str) -> dict[str, bytes | Path] | None:
        """The files of a revision; None where there is none."""
        made = self.folder / repository
        listing = self.listings.get(repository)
        if (
            listing is None
            or listing["gate"] == "withdrawn"
            or {repository, f"{repository}@{revision}"} & self.gone
        ):
            return None
        mine = {p.relative_to(made).as_posix(): p for p in made.rglob("*") if p.is_file()}
        revisions = listing.get("revisions", {})
        if listing.get("unknown"):
            return {name: path for name, path in mine.items() if ".bin" not in name}
        if revision not in revisions:
            return None
        listed = revisions[revision]
        mine |= self._in_shards(repository, revision, list(listed), mine)
        return {
            name: mine.get(name, FILLER) for name in listed if name in mine or not name.endswith(".safetensors")
        }

    def _in_shards(
        self, repository: str, revision: str, listed: list[str], mine: Mapping[str, Path]
    ) -> dict[str, Path]:
        """The weights in as many files as the listing has of them."""
        shards = sorted(name for name in listed if name.startswith("model-") and name.endswith(".safetensors"))
        whole = mine.get("model.safetensors")
        if "model.safetensors" in listed or not shards or whole is None:
            return {}
        place = self.scratch / repository.replace("/", "_") / revision.replace("/", "_")
        found = {name: place / name for name in (*shards, "model.safetensors.index.json")}
        if not place.is_dir():
            place.mkdir(parents=True)
            with safe_open(whole, "pt") as opened:
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 -- no mapping
            of = {name: shards[number % len(shards)] for number, name in enumerate(sorted(tensors))}
            for shard in shards:
                some = {name: tensor for name, tensor in tensors.items() if of[name] == shard}
                save_file(some, place / shard, {"format": "pt"})
            index = {"metadata": {"total_size": 0}, "weight_map": of}
            (place / "model.safetensors.index.json").write_text(json.dumps(index))
        return found


class Handler(BaseHTTPRequestHandler):
    """The hub's three calls: what a repository has, whether one may read it, and a file."""

    server: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_HEAD(self) -> None:
        """The facts of a file."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer."""
        path = unquote(urlsplit(self.path).path)
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.server.asked.append(f"{self.command} {path} {start}")
        if path.startswith("/at/"):
            return self._file((self.server.folder / path.removeprefix("/at/")), start, "")
        words = path.strip("/").split("/")
        of_api = words[:2] == ["api", "models"]
        repository = "/".join(words[2:4] if of_api else words[:2])
        if code := self.server.gated.get(repository):
            return self._refuse(code, "GatedRepo", f"Access to model {repository} is restricted.")
        if of_api and words[4:] == ["auth-check"]:
            gone = repository in self.server.gone or repository not in self.server.listings
            return self._refuse(404, "RepoNotFound", "") if gone else self._answer(200, b"{}", {})
        revision = "/".join(words[5:]) if of_api else words[3]
        revision = next(
            (r for r in self._revisions(repository) if r == revision or sha(repository, r) == revision), ""
        )
        files = self.server.files(repository, revision or "main")
        if files is None:
            known = repository in self.server.listings and repository not in self.server.gone
            return self._refuse(404, "RevisionNotFound" if known else "RepoNotFound", "")
        if of_api:
            commit = sha(repository, revision)
            found = {"id": repository, "sha": commit, "siblings": [{"rfilename": name} for name in sorted(files)]}
            return self._answer(200, json.dumps(found).encode(), {"Content-Type": "application/json"})
        name = "/".join(words[4:])
        if name not in files:
            return self._refuse(404, "EntryNotFound", "")
        return self._file(files[name], start, sha(repository, revision))

    def _revisions(self, repository: str) -> list[str]:
        return ["main", *self.server.listings.get(repository, {}).get("revisions", {})]

    def _file(self, content: bytes | Path, start: int, commit: str) -> None:
        name = content.name if isinstance(content, Path) else ""
        whole = self.server.changed.get(name) or (content.read_bytes() if isinstance(content, Path) else content)
        facts = {
            "ETag": f'"{hashlib.sha256(whole).hexdigest()}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
        }
        if start:
            facts["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        half = self.command == "GET" and self.server.cut.get(name, 0) > 0
        if half:
            self.server.cut[name] -= 1
        self._answer(206 if start else 200, whole[start:], facts, half=half)

    def _refuse(self, code: int, kind: str, text: str) -> None:
        self._answer(code, b"", {"X-Error-Code": kind, "X-Error-Message": text})

    def _answer(self, code: int, content: bytes, facts: Mapping[str, str], *, half: bool = False) -> None:
        self.send_response(code)
        for name, fact in {"Content-Length": str(len(content)), **facts}.items():
            self.send_header(name, fact)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[: len(content) // 2] if half else content)
        self.close_connection = self.close_connection or half


def sha(repository: str, revision: str) -> str:
    """The commit that a revision of a repository is at."""
    return hashlib.sha1(f"{repository}@{revision}{SALT}".encode()).hexdigest()
