"""A chat model behind any OpenAI-compatible address, on the standard library."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sightsound.baselines.parts.messages import ChatError, Message

KEY_VARIABLE = "OPENAI_API_KEY"
CHAT = ("llm", "llm_url", "llm_model")  # options of an entry whose chat model can be chosen
TRIES = 5
TIMEOUT_S = 120.0  # without a byte
WHOLE_S = 600.0  # for a whole answer, however it trickles in
LONGEST_BYTES = 4_000_000
AT_ONCE = 4  # requests under way together
LONGEST_WAIT_S = 60.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _read(response: Any) -> bytes:
    """The whole body. TimeoutError for one that never ends, ValueError for one that is far too long."""
    parts: list[bytes] = []
    ends = time.monotonic() + WHOLE_S
    while part := response.read1(65536):
        parts.append(part)
        if time.monotonic() > ends:
            raise TimeoutError(f"the answer took longer than {WHOLE_S:g} s")
        if sum(map(len, parts)) > LONGEST_BYTES:
            raise ValueError(f"the answer is longer than {LONGEST_BYTES} bytes")
    return b"".join(parts)


class RemoteChat:
    """`POST {url}/chat/completions` with the model's name, the messages and the seed, and nothing else: sampling
    is the server's default, as in the paper. The key comes from the environment and is never shown.

    `url` ends where `/chat/completions` begins, e.g. `http://localhost:8000/v1`.
    """

    def __init__(self, url: str, model: str, backoff_s: float = 1.0) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"llm_url: {url!r} is no http address; give e.g. http://localhost:8000/v1")
        if parts.username or parts.password:
            raise ValueError(f"llm_url holds a user name or password; give the key in {KEY_VARIABLE}")
        if not model:
            raise ValueError("llm_model is empty; give the name under which the server knows the model")
        self.url = url.rstrip("/") + "/chat/completions"
        self.model, self.backoff_s = model, backoff_s
        self._key = os.environ.get(KEY_VARIABLE, "")
        self._opener = urllib.request.build_opener(_NoRedirect)

    def answer(
        self, turns: Sequence[Message], contents: Sequence[str], seeds: Sequence[int]
    ) -> list[str | ChatError]:
        """See sightsound.baselines.parts.messages.Chat."""
        return self.converse([[*turns, {"role": "user", "content": content}] for content in contents], seeds)

    def converse(self, conversations: Sequence[Sequence[Message]], seeds: Sequence[int]) -> list[str | ChatError]:
        """The next answer in each of several conversations that share nothing, in order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._one, conversations, seeds))

    def _one(self, conversation: Sequence[Message], seed: int) -> str | ChatError:
        messages = list(conversation)
        # Some servers hold a seed in 32 bits.
        body = json.dumps({"model": self.model, "messages": messages, "seed": seed % 2**31}).encode()
        wait_s = self.backoff_s
        for attempt in range(1, TRIES + 1):
            try:
                return self._post(body)
            except urllib.error.HTTPError as error:
                reason = f"HTTP {error.code} {self._said(error)}".strip()
                if error.code != 429 and error.code < 500:
                    return self._failure(reason, attempt)
                asked = error.headers.get("Retry-After", "")
                wait_s = max(wait_s, float(asked)) if asked.isdigit() else wait_s
            except (OSError, http.client.HTTPException) as error:
                reason = f"no answer ({error or type(error).__name__})"
            except (ValueError, KeyError, IndexError, TypeError):
                return self._failure("the answer holds no choices[0].message.content", attempt)
            if attempt < TRIES:
                time.sleep(min(wait_s, LONGEST_WAIT_S))
                wait_s *= 2
        return self._failure(reason, TRIES)

    def _post(self, body: bytes) -> str:
        headers = {"Content-Type": "application/json", "User-Agent": "sightsound-bench"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")
        with self._opener.open(request, timeout=TIMEOUT_S) as response:
            content = json.loads(_read(response))["choices"][0]["message"]["content"]
        if not isinstance(content, str):
            raise TypeError("content is no text")
        return content.strip()

    def _said(self, error: urllib.error.HTTPError) -> str:
        """What the server says is wrong, if it says so in the usual form."""
        try:
            return str(json.loads(error.read(10_000))["error"]["message"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _failure(self, reason: str, tries: int) -> ChatError:
        line = " ".join(f"{self.url}: {reason} (after {tries} of {TRIES} tries)".split())
        return ChatError(line.replace(self._key, "[key]") if self._key else line)
