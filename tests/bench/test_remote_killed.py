"""A host that is killed while it sends, and another one that goes on: the run is that of a host nobody killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.remote_world import whole
from tests.bench.test_shards import told

ROOT = Path(__file__).parents[2]
RUN = ("run", "--model", "echo", "--task", "image2music", "--device", "cpu", "--set", "wait_s=0.2")
PATIENCE_S = 60.0


class Hosts:
    """Commands on hosts of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, out: str) -> subprocess.Popen[bytes]:
        place = self.folder / name
        place.mkdir()
        path = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)])
        environment = os.environ | {
            "SIGHTSOUND_CACHE": str(place / "cache"),
            "PYTHONPATH": path,
            "TOY_EXAMPLES": "6",
        }
        environment.pop("SIGHTSOUND_MIRROR", None)
        words = [sys.executable, "-m", "tests.bench.remote_host", name, *RUN, "--out", out]
        with (self.folder / f"{name}.err").open("wb") as log:
            started = subprocess.Popen(words, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=log)
        self._started.append(started)
        return started

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.err").read_text()

    def end(self) -> None:
        for each in self._started:
            each.kill()
            each.wait()


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    made = Hosts(tmp_path_factory.mktemp("hosts"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def alone(hosts):
    """The files of a run that nobody kills."""
    assert hosts.start("alone", "r").wait() == 0, hosts.said("alone")
    return told(hosts.folder / "alone/r")


def _until(there: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("at", ["run.json", "systems/*/outputs.jsonl"])
def test_killed_while_it_sends_another_host_goes_on(hosts, alone, at):
    moment = at.rpartition("/")[2]
    share = hosts.folder / moment / "r"
    killed = hosts.start(f"killed-{moment}", f"file://{share}")
    _until(lambda: any(share.glob(at)))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert (share / ".lock").is_file() and whole(share)
    (share / ".part-0-rows.csv").write_bytes(b"half")
    name = f"other-{moment}"
    assert hosts.start(name, f"file://{share}").wait() == 0, hosts.said(name)
    assert f"on killed-{moment}, which is gone, is taken over" in hosts.said(name)
    assert told(share) == alone
    assert not [path for path in share.rglob(".*") if path.is_file()]
