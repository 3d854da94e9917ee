"""Every variant of every family, on every task that its card names, with tiny checkpoints on real media.

The registry is walked, so that a family or a variant that is added is tested without anybody remembering to. The
pocket variants run with their trained weights in test_pocket.py.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from sightsound.bench import splits
from sightsound.bench.core import media, registry, spelling, store
from sightsound.bench.core.types import Example, Task
from sightsound.bench.splits.media import manifest
from sightsound.bench.stages.run import Request, generate_only
from tests import tiny

QUICK: dict[str, dict[str, str]] = {
    "art2mus": {"steps": "2", "seconds": "1", "candidates": "1"},
    "audioldm2": {"steps": "2", "seconds": "1"},
    "codi": {"steps": "2"},
    "m2ugen": {"seconds": "1"},
    "mgs": {"seconds": "1"},
    "mozart": {"seconds": "1", "frames": "2"},
    "musci": {"steps": "2"},
    "musflow": {"steps": "2"},
    "musicgen": {"seconds": "1"},
    "musicldm": {"seconds": "1", "steps": "2"},
    "stable_diffusion": {"steps": "2"},
}
"""Options that make a family quick: a second of music, two steps."""
QUICKER = {"m2ugen:audioldm2_code": {"steps": "2"}, "m2ugen:audioldm2_paper": {"steps": "2"}}
"""Those of a variant beside them."""
SPLIT = {
    "image2music": "wesnoth",
    "story2music": "wesnoth",
    "multimodal2music": "wesnoth",
    "video2music": "gestures",
    "music2image": "wesnoth_reversed",
    "music2prompt": "wesnoth_reversed",
    "lyrics2prompt": "songbook",
}


def pairs() -> list[tuple[str, str]]:
    """(family:variant, task) of every system that is no reference row and no pocket system."""
    found = []
    for name, card in registry.model_cards().items():
        if card.reference or name not in registry.cards("model"):
            continue
        for variant in card.variants:
            if not variant.startswith("pocket"):
                found += [(f"{name}:{variant}", task) for task in card.tasks]
    return found


class _Chat(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that always says the same."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        data = json.dumps({"choices": [{"message": {"content": "slow piano"}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def chat() -> Iterator[str]:
    """Address of a chat model."""
    with pytest.MonkeyPatch.context() as patch, ThreadingHTTPServer(("127.0.0.1", 0), _Chat) as server:
        patch.setenv("no_proxy", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoints of all families."""
    return tiny.make(tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of wesnoth's scenes with a caption, two of the films, all with an instruction: no split that can be
    fetched has these."""
    folder = tmp_path_factory.mktemp("told") / "told"
    folder.mkdir()
    rows = []
    scenes = splits.load("wesnoth", task="multimodal2music", limit=2).examples
    for example in (*scenes, *splits.load("gestures", limit=2).examples):
        files = {name: getattr(example, name) for name in ("image", "video", "audio")}
        here = {name: folder / f"{example.id}.{name}{path.suffix}" for name, path in files.items() if path}
        for name, path in here.items():
            path.write_bytes(files[name].read_bytes())
        words = {"caption": "a slow orchestral march", "story": example.story} if example.image else {}
        made = Example(example.id, example.group, instruction="Generate a march", **here, **words)
        rows.append(manifest.Row(made, " ".join(f"{n}=sha256:{media.file_sha256(p)}" for n, p in here.items())))
    manifest.write(folder, rows)
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost the tiny networks more than they give."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.network
@pytest.mark.parametrize(("name", "task"), pairs())
def test_a_variant_answers(
    name: str, task: str, mirror: Path, told: Path, chat: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two examples: a file each of the right kind, and the same bytes from the same seed."""
    monkeypatch.delenv("SIGHTSOUND_MIRROR", raising=False)
    for family in (tiny.art2mus, tiny.musflow):  # some of their parts are pickles whose digests are pinned
        family.accept(monkeypatch, mirror)
    options = QUICK.get(name.partition(":")[0], {}) | QUICKER.get(name, {})
    if "_openai" in name:
        options |= {"llm_url": chat, "llm_model": "any"}
    (system,) = registry.systems(spelling.joined(name, options), "paper")
    split = str(told) if name.endswith(("_evaluated", ":evaluated")) else SPLIT.get(task, str(told))
    hashes = []
    for run in ("first", "again"):
        request = Request(registry.task(task), split, (system,), (), tmp_path / run, limit=2, mirror=mirror)
        (made,) = generate_only(request, lambda what, done, total: None).values()
        assert len(made) == 2
        for output in made.values():
            assert output.error is None, f"{name} on {task}: {output.error}"
            assert output.path is not None
            _looks_right(tmp_path / run / "systems" / store.slug(system.label) / output.path, request.task)
        hashes.append({output.id: output.sha256 for output in made.values()})
    assert hashes[0] == hashes[1]


def _looks_right(path: Path, task: Task) -> None:
    if task.output == "audio":
        rate_hz, seconds = media.probe_audio(path)
        assert rate_hz >= 16000 and seconds > 0.5
        assert abs(next(iter(media.load_audio(path, [rate_hz]).values()))).max() > 0, "nothing but zeros"
    elif task.output == "image":
        assert media.load_image(path).std() > 0
    else:
        assert path.read_text(encoding="utf-8").strip()


def test_a_family_without_published_weights_says_how_to_come_by_them(tmp_path: Path) -> None:
    """One line: which file, that it must be trained, converted or asked for, and where it goes."""
    from sightsound.bench import assets

    by_hand = [asset for asset in registry.cards("asset").values() if asset.by_hand]
    assert by_hand
    for asset in by_hand:
        with pytest.raises(assets.AssetError, match=r"pass --weights DIR") as raised:
            assets.fetch(asset.name)
        assert "\n" not in str(raised.value) and asset.by_hand in str(raised.value)


def test_quick_options_are_those_of_families() -> None:
    assert set(QUICK) <= set(registry.cards("model"))
