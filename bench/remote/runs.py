"""A run folder at a URI: the run works in a folder of the cache, which goes there while it works.

At the start what the place has comes here, so that a run that another host began goes on. While the run works,
what is finished is sent every so often, and the rest when it ends: a journal after the outputs that it names, and
tables and records last, so whatever was sent until an interruption is a run folder that the same command goes on
with, on any host.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sightsound.bench.core import console, heartbeat, store
from sightsound.bench.core.cache import cache_dir
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Report
from sightsound.bench.remote import copies, lock
from sightsound.bench.remote.copies import RUNS
from sightsound.bench.remote.place import Place, RemoteError
from sightsound.bench.remote.sync import NAME as SYNCED
from sightsound.bench.remote.sync import Synced

SEND_EVERY_S = 15.0
SHARE = 20  # of the time at most one part in so many goes into looking and sending while the run works
FIRST = ("run.json", "maker.json")  # a folder with anything else and without these is refused
JOURNAL = "outputs.jsonl"
AT_THE_END = "features/"  # of a shard: packs that grow all the time


def working(uri: str) -> Path:
    """The folder of this host in which the run at `uri` is worked on."""
    folder = copies.noted(uri, RUNS)
    console.called[folder] = uri
    return folder


def opened(uri: str, own: str = "") -> Path:
    """As `working`, with what the place has, to look at before the run begins. `own`: the name in it of a shard's
    folder; of other shards their records come then.

    BenchError, one line, where the place cannot be reached or a process of this host is at work.
    """
    folder = working(uri)
    with store.locked(folder / own):
        synced = _synced(folder, uri, own)
        synced.pull(lambda name: _comes(name) and _is_of(name, own), _said, under=own, look=_foreign(uri, own))
        if own:
            others = _synced(folder, uri, f"{own}-others")
            others.pull(
                lambda name: _is_of_all(name) and not (folder / name).with_suffix("").is_dir(), copies.silent
            )
    return folder


@contextmanager
def held(folder: Path, report: Report = copies.silent) -> Iterator[None]:
    """Hold a run folder, as `store.locked`. One that belongs to a URI is held there too, brought up to date, and
    sent while the block runs and when it ends.

    BenchError, one line, where somebody else holds it or the place cannot be reached. What could not be sent stays
    here; the same command sends it.
    """
    with store.locked(folder):
        found = _belongs(folder)
        if found is None:
            yield
            return
        root, uri, own = found
        with lock.hold(Place(uri), own) as lease:
            synced = _synced(root, uri, own)
            for left in synced.place.half_written(own):
                if _is_of(left, own):
                    synced.place.remove(left)
            synced.pull(lambda name: _comes(name) and _is_of(name, own), report, under=own)
            sender = _Sender(synced, own, lease)
            try:
                yield
            except BaseException:
                sender.stop()
                try:
                    sender.send(all_of_it=True)
                except BenchError as error:
                    console.say(str(error))
                raise
            sender.stop()
            sender.send(all_of_it=True, report=report)


def _said(what: str, done: int, total: int | None) -> None:
    """A Report for what comes before a command tells how far it is."""
    if done == 1:
        console.say(f"{what}: {total} files")


def fetched(uri: str, report: Report) -> Path:
    """The working folder with all that the place has, shards and their features included: what is merged.
    BenchError as of `opened`."""
    folder = working(uri)
    with ExitStack() as locks:
        for each in (folder, *(path for path in folder.glob(f"{store.SHARDS}/*") if path.is_dir())):
            locks.enter_context(store.locked(each))
        _synced(folder, uri, "").pull(_comes, report, look=_foreign(uri))
    return folder


def _foreign(uri: str, own: str = "") -> Callable[[Collection[str]], None]:
    """Refuses a place that is no run folder, as `store.refuse_foreign`, before all that it has is fetched."""

    def look(names: Collection[str]) -> None:
        if not own and FIRST[0] not in names and any(not name.startswith(f"{store.SHARDS}/") for name in names):
            raise BenchError(f"{uri}: is not empty and holds no run; give another --out")

    return look


def _synced(root: Path, uri: str, own: str) -> Synced:
    """With an index for each shard: a host may work on several at a time."""
    index = f"{SYNCED.removesuffix('.json')}-{store.slug(own)}.json" if own else SYNCED
    return Synced(root, Place(uri), works=True, index=index)


def _belongs(folder: Path) -> tuple[Path, str, str] | None:
    """Of a working folder, or one in it: the working folder, its URI, and the name of the one in it."""
    base = cache_dir().absolute() / "remote" / RUNS
    if not folder.is_relative_to(base):
        return None
    parts = folder.relative_to(base).parts
    root = base.joinpath(*parts[:2])
    uri = (root.parent / copies.ADDRESS).read_text(encoding="utf-8").strip()
    return root, uri, "/".join(parts[2:])


class _Sender:
    """Sends what is finished, from a thread of its own."""

    def __init__(self, synced: Synced, own: str, lease: lock.Held) -> None:
        self._synced, self._own, self._lease = synced, own, lease
        self._stop = threading.Event()
        self._said = False
        for name in self._names():
            if _last(name) == JOURNAL and synced.is_same(name):  # what another host has sent
                store.write_text(self._sent(name), _digest((synced.folder / name).read_bytes()))
        self._thread = threading.Thread(target=self._every_so_often, name="sender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait until what is on its way has arrived."""
        self._stop.set()
        self._thread.join()

    def send(self, *, all_of_it: bool = False, report: Report | None = None) -> None:
        """Bring the place to what is here now: what went, what others stand on, outputs, journals, tables.

        `all_of_it`: the run has ended, so what still grew before is sent too.
        """
        self._lease.check()
        folder, here = self._synced.folder, self._names()
        journals = {name: _whole_lines(folder / name) for name in here if _last(name) == JOURNAL}
        gone = [name for name in self._synced.known() if _is_of(name, self._own) and name not in here]
        rewritten = [name for name, data in journals.items() if not self._goes_on(name, data)]
        for name in sorted({*gone, *rewritten}, key=lambda name: (_last(name) != JOURNAL, name)):
            self._synced.remove(name)
        tables = [name for name in here if name.count("/") == 0 or _is_record(name)]
        first = [name for name in here if _last(name) in FIRST]
        late = [name for name in here if AT_THE_END in name]
        others = {*here} - {*tables, *first, *journals, *late}
        try:
            self._synced.push(first)
            self._synced.push(sorted(others), report)
            if all_of_it:
                self._synced.push(late, report)
            for name, data in journals.items():
                self._send_journal(name, data)
            known = self._synced.known()  # the record of a shard that is done comes when all of it is there
            self._synced.push([n for n in tables if all_of_it or not _is_record(n) or n not in known])
        except RemoteError as error:
            raise RemoteError(
                f"{error}; nothing is lost: it is in {folder}, and the same command sends it"
            ) from error

    def _send_journal(self, name: str, data: bytes) -> None:
        """Send a journal as it was before the outputs were looked for: all that it names have been sent."""
        sent = self._sent(name)
        text = _digest(data)
        if sent.is_file() and sent.read_text() == text:
            return
        with store.atomic(sent.with_name("journal")) as snapshot:
            snapshot.write_bytes(data)
            self._synced.put(name, snapshot)
        store.write_text(sent, text)

    def _goes_on(self, name: str, data: bytes) -> bool:
        """Whether what was sent of a journal is the beginning of what it is now."""
        try:
            size, digest = self._sent(name).read_text().split()
        except FileNotFoundError:
            return True
        return _digest(data[: int(size)]) == f"{size} {digest}"

    def _sent(self, name: str) -> Path:
        """Where it is noted how much of a journal was sent."""
        return self._synced.folder.parent / "sent" / hashlib.sha256(name.encode()).hexdigest()[:16]

    def _names(self) -> list[str]:
        folder = self._synced.folder
        names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
        return [name for name in names if _is_sent(name) and _is_of(name, self._own)]

    def _every_so_often(self) -> None:
        took_s = 0.0
        while not self._stop.wait(max(SEND_EVERY_S, SHARE * took_s)):
            began = time.monotonic()
            try:
                self.send()
            except (BenchError, OSError) as error:  # a file that went between two looks, a network that is away
                if not self._said:
                    console.say(f"{error}; tried again every {SEND_EVERY_S:.0f} s and at the end")
                self._said = True
            took_s = time.monotonic() - began


def _is_sent(name: str) -> bool:
    """Whether a file is the run's: no lock, and nothing half-written."""
    return not any(part.startswith(".") for part in name.split("/"))


def _comes(name: str) -> bool:
    """Whether a file is fetched for work: not what tells of a run that is at work somewhere."""
    return _is_sent(name) and _last(name) != heartbeat.PROGRESS


def _is_of(name: str, own: str) -> bool:
    """Whether a file belongs to a folder of a shard, or to its record; of the run itself all but shards do."""
    if not own:
        return not name.startswith(f"{store.SHARDS}/")
    return name.startswith(f"{own}/") or name == f"{own}.json"


def _is_record(name: str) -> bool:
    return name.startswith(f"{store.SHARDS}/") and name.count("/") == 1


def _is_of_all(name: str) -> bool:
    """Whether every shard looks at it: the plan of the run, and the shards' records."""
    return name == FIRST[0] or _is_record(name)


def _whole_lines(path: Path) -> bytes:
    """A journal without the line that is being written."""
    data = path.read_bytes()
    return data[: data.rfind(b"\n") + 1]


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _digest(data: bytes) -> str:
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}"
