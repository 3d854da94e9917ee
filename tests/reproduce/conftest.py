"""One world for all recipes: tiny checkpoints, small networks, and each split's media made once."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from sightsound.baselines.codi import pipeline as codi
from sightsound.baselines.mozart import interrogator
from sightsound.bench import splits
from sightsound.bench.core import registry
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.types import Task
from sightsound.metrics.card import MetricCard
from sightsound.metrics.formulas.single import inception_splits
from sightsound.metrics.formulas.two_sets import kid_subsets
from tests import tiny
from tests.reproduce import media, small_networks

OURS = ("clip_bpe", "clip_interrogator", "muimage_eval_pairs", "musicnn")
"""Assets in the cache that the tiny checkpoints read as they are: lists of words, and a small network of tags."""


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """Undone when the module ends."""
    with pytest.MonkeyPatch.context() as context:
        yield context


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    """A working folder with a mirror of tiny checkpoints; the cache holds what `OURS` names and is else empty."""
    folder = tmp_path_factory.mktemp("reproduce")
    assets = folder / "cache" / "assets"
    assets.mkdir(parents=True)
    for name in OURS:
        if (cache_dir() / "assets" / name).is_dir():
            (assets / name).symlink_to(cache_dir() / "assets" / name)
    patch.setenv("SIGHTSOUND_CACHE", str(folder / "cache"))
    patch.delenv("SIGHTSOUND_MIRROR", raising=False)
    patch.chdir(folder)
    mirror = tiny.make(folder / "mirror")
    for family in (tiny.art2mus, tiny.musflow):  # some of their parts are pickles whose digests are pinned
        family.accept(patch, mirror)
    small_networks.accept(patch)
    lines = interrogator._lines
    patch.setattr(interrogator, "_lines", lambda path: lines(path)[:20])  # of 112,000 phrases
    patch.setattr(codi, "LATENT", (8, 16, 16))  # 0.64 s: the full 10 s take seconds also where they are narrow
    few_pictures(patch)
    return folder


def few_pictures(patch: pytest.MonkeyPatch) -> None:
    """Let KID take subsets of 3 pictures, not 1,000, and the inception score 2 parts, not ten."""
    patch.setitem(kid_subsets.prepared.__kwdefaults__, "size", 3)
    patch.setattr(inception_splits, "SPLITS", 2)
    resolve = registry.metric

    def metric(name: str, task: Task | None = None) -> MetricCard:
        card = resolve(name, task)
        return dataclasses.replace(card, min_clips=3) if card.min_clips >= 10 else card

    patch.setattr(registry, "metric", metric)


@pytest.fixture(scope="module")
def server(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a chat model that says a sentence of colours and nothing of its own."""
    patch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}/v1"
        made.shutdown()
        thread.join()


class Chat(BaseHTTPRequestHandler):
    """Answers every conversation."""

    def do_POST(self) -> None:
        """Say which turn it is, so that one answer is not another."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = f"a calm sea in blue and gold, {len(asked['messages'])} boats, {asked['model']}"
        data = json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def prepared(world: Path, patch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`prepared(split)`: its media made and the split built, once."""
    done: set[str] = set()

    def prepare(split: str) -> None:
        if split not in done:
            folder = world / "media" / split
            folder.mkdir(parents=True)
            media.MAKERS[split](folder, patch)
            if split in registry.split_cards():  # else a folder, which a recipe names as it lies
                splits.prepare(split, media=folder)
            done.add(split)

    return prepare


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost the tiny networks more than they give."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
