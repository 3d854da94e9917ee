"""`bench results export --hub`: a data set folder that libraries read, and the folder sent to a hub of our own."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pandas as pd
import pytest
import yaml

from tests.bench import made_results
from tests.bench.made_results import ODD, row


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's interface as a push needs; `seen` has the requests, `files` what was committed."""

    seen: ClassVar[list[tuple[str, str]]] = []
    files: ClassVar[dict[str, bytes]] = {}
    refuses = False

    def do_GET(self) -> None:
        if Hub.refuses:
            return self._answer({"error": "no"}, 403)
        self._answer({"type": "user", "name": "me", "auth": {"accessToken": {"role": "write"}}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Hub.seen.append((self.path, self.headers.get("Authorization") or ""))
        if Hub.refuses:
            self._answer({"error": "You don't have the rights\nto do that"}, 403)
        elif self.path.startswith("/api/repos/create"):
            self._answer({"url": f"{self.server.base}/datasets/me/set", "name": "me/set"})
        elif "/preupload/" in self.path:
            asked = json.loads(body)["files"]
            told = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in asked]
            self._answer({"files": told})
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    Hub.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            url = f"{self.server.base}/datasets/me/set/commit/abc"
            self._answer({"commitUrl": url, "commitOid": "abc", "commitMessage": "", "success": True})
        else:
            self._answer({"errors": [], "warnings": []})

    def _answer(self, made: object, code: int = 200) -> None:
        text = json.dumps(made).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words: object) -> None:
        """Not to the test's output."""


@pytest.fixture
def hub(monkeypatch) -> Iterator[type[Hub]]:
    """A hub on this machine, which huggingface_hub takes for the real one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.base = f"http://127.0.0.1:{server.server_address[1]}"
    Hub.seen, Hub.files, Hub.refuses = [], {}, False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    from huggingface_hub import constants, hf_api

    for module in (constants, hf_api.constants):
        monkeypatch.setattr(module, "ENDPOINT", server.base)
        monkeypatch.setattr(module, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_made_up")
    yield Hub
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_folder_is_a_data_set(tmp_path, bench):
    results = made_results.write(tmp_path / "results", row(ODD, "kl_yamnet", 1.5))
    for _ in range(2):  # over what it wrote before
        done = bench("results", "export", "--hub", "--results", results, "--out", tmp_path / "set")
        assert done.code == 0, done.err
    card = (tmp_path / "set/README.md").read_text()
    _, head, body = card.split("---\n", 2)
    configs = {each["config_name"]: each["data_files"][0]["path"] for each in yaml.safe_load(head)["configs"]}
    assert configs == {"rows": "rows.parquet", "scores": "scores.parquet"}
    rows = pd.read_parquet(tmp_path / "set" / configs["rows"])
    assert len(rows) == len(pd.read_csv(tmp_path / "set/rows.csv")) == 7 and ODD in set(rows["model"])
    assert len(pd.read_parquet(tmp_path / "set" / configs["scores"])) == 4 * made_results.N
    assert "<script>" not in body and "KL YAMNet" in body


def test_it_is_sent_whole(tmp_path, bench, hub):
    results = made_results.write(tmp_path / "results")
    ask = ("results", "export", "--hub", "--results", results, "--out", tmp_path / "set", "--push", "me/set")
    done = bench(*ask)
    assert done.code == 0 and "sent: " in done.err and "/commit/abc" in done.err, done
    assert hub.files.keys() == {"README.md", "rows.csv", "rows.parquet", "scores.parquet"}
    assert all(content == (tmp_path / "set" / name).read_bytes() for name, content in hub.files.items())
    assert {token for _, token in hub.seen} == {"Bearer hf_made_up"}


def test_a_hub_that_refuses_is_one_line(tmp_path, bench, hub):
    hub.refuses = True
    results = made_results.write(tmp_path / "results")
    done = bench("results", "export", "--hub", "--results", results, "--out", tmp_path / "set", "--push", "me/set")
    assert done.code == 2 and done.err.count("\n") == 1 and "--push me/set: the hub refused" in done.err, done
    assert "HF_TOKEN" in done.err and "hf_made_up" not in done.err
