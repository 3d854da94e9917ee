"""The OpenAI-compatible client, against servers of this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sightsound.baselines.mozart.prompts import IMAGE_BRIDGE
from sightsound.baselines.parts import remote
from sightsound.baselines.parts.messages import ChatError
from sightsound.baselines.parts.remote import RemoteChat

KEY = "sk-very-secret"


class Server(ThreadingHTTPServer):
    """Answers with `script` in turn, the last entry for ever: (status, headers, body)."""

    script: list[tuple[int, dict[str, str], Any]]
    seen: list[tuple[str, str | None, dict[str, Any]]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, self.headers["Authorization"], body))
        script = self.server.script
        status, headers, answer = script.pop(0) if len(script) > 1 else script[0]
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as made:
        made.seen = []
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def _says(text: object) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


def _ask(server: Server, contents: list[str]) -> list[str | ChatError]:
    seeds = [2**40 + i for i in range(len(contents))]
    return RemoteChat(server.url, "a-model", backoff_s=0.001).answer(IMAGE_BRIDGE, contents, seeds)


def test_an_answer(server: Server) -> None:
    server.script = [(200, {}, _says(" slow jazz\n"))]
    assert _ask(server, ["a castle"]) == ["slow jazz"]
    ((path, key, body),) = server.seen
    assert (path, key) == ("/v1/chat/completions", f"Bearer {KEY}")
    messages = [*IMAGE_BRIDGE, {"role": "user", "content": "a castle"}]
    assert body == {"model": "a-model", "messages": messages, "seed": 2**40 % 2**31}


def test_answers_keep_their_order(server: Server) -> None:
    class Echo(Handler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = json.dumps(_says(body["messages"][-1]["content"].upper())).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server.RequestHandlerClass = Echo
    assert _ask(server, [f"caption {i}" for i in range(20)]) == [f"CAPTION {i}" for i in range(20)]


def test_too_many_requests_then_success(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(remote.time, "sleep", waits.append)
    server.script = [(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, _says("rock"))]
    assert _ask(server, ["a castle"]) == ["rock"]
    assert len(server.seen) == 3 and waits == [7, 14]


@pytest.mark.parametrize("status", [500, 429])
def test_failing_for_ever(server: Server, status: int) -> None:
    server.script = [(status, {}, {"error": {"message": f"overload\nof key {KEY}"}})]
    (answer,) = _ask(server, ["a castle"])
    assert isinstance(answer, ChatError)
    line = str(answer)
    assert line == f"{server.url}/chat/completions: HTTP {status} overload of key [key] (after 5 of 5 tries)"
    assert len(server.seen) == 5


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_repeated(server: Server, status: int) -> None:
    server.script = [(status, {}, b"<html>")]
    (answer,) = _ask(server, ["a castle"])
    assert f"HTTP {status} (after 1 of 5 tries)" in str(answer) and len(server.seen) == 1


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.script = [(307, {"Location": "http://127.0.0.1:9/elsewhere"}, {})]
    (answer,) = _ask(server, ["a castle"])
    assert isinstance(answer, ChatError) and "HTTP 307" in str(answer) and len(server.seen) == 1


@pytest.mark.parametrize("body", [b"no json", {"choices": []}, _says(None), [1], {"choices": {"a": 1}}])
def test_an_answer_without_text(server: Server, body: Any) -> None:
    server.script = [(200, {}, body)]
    (answer,) = _ask(server, ["a castle"])
    assert isinstance(answer, ChatError) and "holds no choices[0].message.content" in str(answer)


def test_nobody_there(server: Server) -> None:
    chat = RemoteChat(server.url, "a-model", backoff_s=0.001)
    server.shutdown()
    server.server_close()
    (answer,) = chat.answer(IMAGE_BRIDGE, ["a castle"], [1])
    assert isinstance(answer, ChatError) and "no answer" in str(answer) and "\n" not in str(answer)


@pytest.mark.parametrize(
    ("url", "model", "says"),
    [
        ("", "m", "no http address"),
        ("file:///etc/passwd", "m", "no http address"),
        ("localhost:8000", "m", "no http address"),
        ("http://me:pass@host/v1", "m", "user name or password"),
        ("http://host/v1", "", "llm_model"),
    ],
)
def test_options_that_make_no_sense(url: str, model: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        RemoteChat(url, model)
    assert "pass@" not in str(error.value)
