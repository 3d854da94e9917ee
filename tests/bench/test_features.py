"""The feature store: packs, their indexes, entries of older stores, damage, several writers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from sightsound.bench.core import packs
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.features import FeatureStore

NET = "net@1|sr:16000"
KEYS = [f"{number:02x}" * 32 for number in range(200)]


def made(number: int) -> dict[str, np.ndarray]:
    return {
        "embedding": np.random.default_rng(number).standard_normal((1 + number % 5, 7)).astype(np.float32),
        "logits": np.full((1, 2), number, np.float32),
    }


def filled(root: Path, numbers: range = range(20)) -> FeatureStore:
    store = FeatureStore(root)
    for number in numbers:
        store.put(NET, KEYS[number], made(number))
    return store


def check(store: FeatureStore, numbers: range = range(20)) -> None:
    for number in numbers:
        for output, array in made(number).items():
            np.testing.assert_array_equal(store.require(NET, KEYS[number], output), array)
    for output in ("embedding", "logits"):
        found = store.get_all(NET, [KEYS[number] for number in numbers[::-1]] + [KEYS[-1]], output)
        for number, array in zip(numbers[::-1], found, strict=False):
            np.testing.assert_array_equal(array, made(number)[output])
        assert len(found) == len(numbers) + 1 and found[-1] is None


def files(root: Path, suffix: str) -> list[Path]:
    return sorted(root.rglob(f"*{suffix}"))


def test_features_come_back_from_few_files(tmp_path):
    store = filled(tmp_path)
    check(store)
    assert store.has(NET, KEYS[0]) and not store.has("net@2|sr:16000", KEYS[0]) and not store.has(NET, KEYS[20])
    assert store.get(NET, KEYS[20], "embedding") is None
    del store
    check(FeatureStore(tmp_path))
    filled(tmp_path, range(20, 40))
    check(FeatureStore(tmp_path), range(40))
    assert len(files(tmp_path, ".pack")) == len(files(tmp_path, ".index")) == 1, "a later writer goes on with it"


def test_a_store_takes_from_another_what_it_lacks(tmp_path):
    other, old = filled(tmp_path / "other", range(10)), tmp_path / "old"
    damaged = FeatureStore(tmp_path / "other").folder(NET)
    single = FeatureStore(old).folder(NET) / KEYS[11][:2] / f"{KEYS[11]}.npz"  # an entry of an older store
    single.parent.mkdir(parents=True)
    np.savez(single, **made(11))
    own = filled(tmp_path / "own", range(3))
    own.take(other, [(NET, KEYS[5]), (NET, KEYS[50])])
    check(own, [0, 1, 2, 5])
    assert not own.has(NET, KEYS[4]) and not own.has(NET, KEYS[50])
    own.take(FeatureStore(old))
    own.take(FeatureStore(tmp_path / "nowhere"))
    (pack,) = damaged.glob("*.pack")
    broken = bytearray(pack.read_bytes())
    broken[-1] ^= 1  # the last array of the last clip
    pack.write_bytes(broken)
    own.take(FeatureStore(tmp_path / "other"))
    check(FeatureStore(tmp_path / "own"), range(9))
    check(FeatureStore(tmp_path / "own"), range(11, 12))
    assert not own.has(NET, KEYS[9]), "what is damaged there is as if it were not there"


def test_what_one_writes_the_other_finds(tmp_path):
    one, other = filled(tmp_path, range(5)), FeatureStore(tmp_path)
    check(other, range(5))
    for number in range(5, 10):
        assert not other.has(NET, KEYS[number])
        one.put(NET, KEYS[number], made(number))
        assert other.has(NET, KEYS[number])
        other.put(NET, KEYS[number + 10], made(number + 10))
    check(one, range(15, 20))
    check(other, range(10))
    assert len(files(tmp_path, ".pack")) == 2


def test_many_entries_are_found_by_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(packs, "MANY", 8)
    store = filled(tmp_path, range(20))
    same = KEYS[3][:16] + KEYS[4][16:]  # begins like another
    store.put(NET, same, made(77))
    store.put(NET, KEYS[3], made(3))
    store.put(NET, KEYS[5], made(99))  # a later entry is the one that counts
    again = FeatureStore(tmp_path)
    check(again, range(5))
    np.testing.assert_array_equal(again.require(NET, same, "embedding"), made(77)["embedding"])
    np.testing.assert_array_equal(again.require(NET, KEYS[5], "logits"), made(99)["logits"])


@pytest.mark.parametrize("place", [0, 60, -1], ids=["head", "array", "last"])
def test_a_damaged_record_is_not_there_and_is_made_again(tmp_path, place):
    filled(tmp_path)
    (pack,) = files(tmp_path, ".pack")
    whole = bytearray(pack.read_bytes())
    whole[place] ^= 1
    pack.write_bytes(whole)
    store = FeatureStore(tmp_path)
    found = [store.get(NET, KEYS[number], output) for number in range(20) for output in ("embedding", "logits")]
    (lost,) = {index // 2 for index, each in enumerate(found) if each is None}
    assert not store.has(NET, KEYS[lost])
    with pytest.raises(BenchError, match="run the command again"):
        store.require(NET, KEYS[lost], "logits")
    store.put(NET, KEYS[lost], made(lost))
    check(store)
    check(FeatureStore(tmp_path))


@pytest.mark.parametrize("cut", [1, 47, 48, 100])
def test_half_an_entry_is_stepped_over(tmp_path, cut):
    filled(tmp_path)
    (index,) = files(tmp_path, ".index")
    os.truncate(index, index.stat().st_size - cut)
    store = FeatureStore(tmp_path)
    there = [store.has(NET, key) for key in KEYS[:20]]
    assert sum(there) == 20 - -(-cut // 48)
    filled(tmp_path)
    check(FeatureStore(tmp_path))


@pytest.mark.parametrize("at", range(48))
def test_a_bit_of_an_entry_that_the_disk_turned(tmp_path, at):
    filled(tmp_path, range(3))
    (index,) = files(tmp_path, ".index")
    data = bytearray(index.read_bytes())
    data[at] ^= 0x80
    index.write_bytes(data)
    store = FeatureStore(tmp_path)
    found = store.get_all(NET, KEYS[:3], "embedding")
    assert found[0] is None and store.get(NET, KEYS[0], "embedding") is None
    for number in (1, 2):
        np.testing.assert_array_equal(found[number], made(number)["embedding"])


def test_an_output_that_a_network_did_not_have_is_made(tmp_path):
    store = filled(tmp_path, range(1))
    assert store.get(NET, KEYS[0], "scores") is None and not store.has(NET, KEYS[0])


def test_a_store_of_one_file_a_clip_is_read(tmp_path):
    store = FeatureStore(tmp_path)
    for number in range(3):
        path = store.folder(NET) / KEYS[number][:2] / f"{KEYS[number]}.npz"
        path.parent.mkdir(parents=True)
        np.savez(path, **made(number))
    path.write_bytes(b"PK nothing")
    check(store, range(2))
    assert store.has(NET, KEYS[2]) and store.get(NET, KEYS[2], "logits") is None and not store.has(NET, KEYS[2])
    store.put(NET, KEYS[2], made(2))
    check(FeatureStore(tmp_path), range(3))


def _write(root: Path, numbers: range) -> None:
    filled(root, numbers)


def _write_on(root: Path) -> None:
    store = FeatureStore(root)
    while True:
        for number in range(20):
            store.put(NET, KEYS[number], made(number))


def test_several_writers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write, args=(tmp_path, range(at, at + 60))) for at in (0, 20, 40, 60)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
        assert each.exitcode == 0
    check(FeatureStore(tmp_path), range(120))


def test_a_killed_writer_leaves_nothing_false(tmp_path):
    context = multiprocessing.get_context("fork")
    for _ in range(5):
        worker = context.Process(target=_write_on, args=(tmp_path,))
        worker.start()
        while not FeatureStore(tmp_path).has(NET, KEYS[0]):
            pass
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    store = filled(tmp_path)
    check(store)
    assert len(files(tmp_path, ".pack")) == 1, "the lock of a dead writer is nobody's"
