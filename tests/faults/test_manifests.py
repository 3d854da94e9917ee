"""Manifests and tables: what is written reads back, what people save is read, what is damaged is one line."""

from __future__ import annotations

import csv
import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightsound.bench import splits
from sightsound.bench.assets.digests import sha256
from sightsound.bench.building import product
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.store import uncell
from sightsound.bench.core.types import Example
from sightsound.bench.splits.media import manifest, tables
from sightsound.bench.splits.media.errors import SplitError
from sightsound.bench.splits.media.manifest import Row
from tests.faults.mutations import damaged

FUZZ = settings(max_examples=200, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
ANY = st.text(st.characters(codec="utf-8"), max_size=60) | st.text("\r\n,;\"'\t\0 a\ufeff", max_size=8)
PLAIN = [["id", "caption", "audio"], ["b", "rain, and sun", "b.wav"], ["a", "wind", "a.wav"]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder with two sounds."""
    monkeypatch.setenv("SIGHTSOUND_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.wav").write_bytes(name.encode())
    return folder


def save(folder: Path, table: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """The manifest as another program saves it."""
    with (folder / manifest.NAME).open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(table)
    return folder


@FUZZ
@given(rows=st.lists(st.tuples(ANY, ANY, ANY), min_size=1, max_size=4))
def test_a_table_reads_back_as_it_was_written(
    rows: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    tables.write(path, ("id", "x", "y"), rows)
    assert tables.lines(path, ("id",)) == [["id", "x", "y"], *map(list, rows)]
    safe = tables.safe(rows)
    assert [[uncell(cell) for cell in row] for row in safe] == [list(row) for row in rows]
    assert not any(re.match(r"[=@]|[+-](?![\d.])", cell) for row in safe for cell in row)


@FUZZ
@given(caption=ANY, story=ANY, group=ANY)
def test_a_manifest_reads_back_as_it_was_written(
    caption: str, story: str, group: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "written"
    folder.mkdir(exist_ok=True)
    written = Example(id="a", group=group, caption=caption or None, story=story or None)
    told = manifest.write(folder, [Row(written, "by the test")])
    read = Example(id="a", group=group or "a", caption=caption or None, story=story or None)
    assert manifest.read(folder) == ([read], told), "without a group an example is one of its own"


@pytest.mark.parametrize("caption", ["one\rtwo", "\r", "x" * 150_000, ' "quoted", ', "\ufeffmark"])
def test_odd_captions_read_back(caption: str, folder: Path) -> None:
    manifest.write(folder, [Row(Example(id="a", group="g", caption=caption), "s")])
    assert manifest.read(folder)[0][0].caption == caption


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_manifests_as_programs_save_them(encoding: str, delimiter: str, folder: Path) -> None:
    examples, _ = manifest.read(save(folder, PLAIN, delimiter, encoding))
    assert [(example.id, example.caption) for example in examples] == [("a", "wind"), ("b", "rain, and sun")]
    assert [example.group for example in examples] == ["a", "b"], "without a group each is its own"


def test_order_and_more_columns_change_nothing(folder: Path) -> None:
    plain = manifest.read(save(folder, PLAIN))
    turned = [[*row[::-1], "mine"] for row in PLAIN]
    turned[0][-1] = "remark"
    assert manifest.read(save(folder, turned)) == plain


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([["id", "captoin", "audio"], ["a", "x", "a.wav"]], "no column 'captoin'; did you mean caption?"),
        ([["id", "audio", "audio"], ["a", "a.wav", "b.wav"]], "has the column 'audio' twice"),
        ([["name", "audio"], ["a", "a.wav"]], "its columns (name, audio) are not those of a manifest"),
        ([["id", "audio"], ["a"]], "row 2 has 1 cells where the header has 2"),
        ([["id", "audio"], ["a", "c.wav"]], "c.wav: missing from the split"),
        ([["id", "audio", "audio_sha256"], ["a", "a.wav", "12"]], "audio_sha256 '12' is no sha256"),
        ([["id", "audio"], ["a", "x" * 300]], "cannot be looked at"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_deletes_the_users_folder(
    table: list[list[str]], said: str, folder: Path
) -> None:
    with pytest.raises(SplitError) as caught:
        manifest.read(save(folder, table))
    assert said in str(caught.value) and "\n" not in str(caught.value) and "delete" not in str(caught.value)


def test_another_encoding_is_said(folder: Path) -> None:
    save(folder, [["id", "caption"], ["a", "caf\u00e9"]], encoding="latin-1")
    with pytest.raises(SplitError, match=r"is not utf-8 \(byte 0xe9 in line 2\); save it as UTF-8"):
        manifest.read(folder)


def test_half_a_character_is_said(folder: Path) -> None:
    with pytest.raises(SplitError, match=r"half a character \(U\+D800\) after .*rain"):
        manifest.write(folder, [Row(Example(id="a", group="g", caption="rain \ud800"), "s")])


def test_damaged_manifests_are_one_line(folder: Path) -> None:
    raw = save(folder, PLAIN).joinpath(manifest.NAME).read_bytes()

    @FUZZ
    @given(damaged(raw) | st.binary(max_size=300))
    def check(bad: bytes) -> None:
        (folder / manifest.NAME).write_bytes(bad)
        for use in (manifest.read, manifest.verify):
            try:
                use(folder)
            except SplitError as error:
                assert str(folder) in str(error) and "delete" not in str(error)

    check()


def test_damaged_plans_are_one_line(tmp_path: Path) -> None:
    plan = {"images": "digest", "seed": 0}
    product.claim(tmp_path, plan)
    raw = (tmp_path / product.PLAN).read_bytes()

    @FUZZ
    @given(damaged(raw) | st.sampled_from([b"[]", b"1", b"null", b'"x"', b"[" * 100_000]))
    def check(bad: bytes) -> None:
        (tmp_path / product.PLAN).write_bytes(bad)
        try:
            product.claim(tmp_path, plan)
        except BenchError as error:
            assert str(tmp_path) in str(error)

    check()


# ---- the label pins the files


def test_the_label_pins_files_without_digests(folder: Path) -> None:
    before = splits.load(str(save(folder, PLAIN)))
    (folder / "a.wav").write_bytes(b"A")  # of the same length
    after = splits.load(str(folder))
    assert before.label != after.label and before.label.startswith("mine@")
    assert before.digests[folder / "b.wav"] == after.digests[folder / "b.wav"] == sha256(folder / "b.wav")
    assert before.digests[folder / "a.wav"] != after.digests[folder / "a.wav"] == sha256(folder / "a.wav")


def test_digests_are_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = splits.load(str(save(folder, PLAIN)))

    def never(path: Path) -> str:
        raise AssertionError(f"{path} is hashed again")

    monkeypatch.setattr("sightsound.bench.assets.digests.sha256", never)
    assert splits.load(str(folder)).hash == first.hash


def test_digests_that_the_manifest_tells_are_believed_and_held_to(folder: Path) -> None:
    row = Row(Example(id="a", group="g", audio=folder / "a.wav"), "")
    label = manifest.write(folder, [row])
    (folder / "a.wav").write_bytes(b"A")
    split = splits.load(str(folder))
    assert split.hash == label, "the split is what its manifest says"
    assert split.digests[folder / "a.wav"] != sha256(folder / "a.wav"), "so a stage that reads it finds out"
    assert manifest.write(folder, [row]) != label, "and one of the other file is another split"


def test_a_source_that_pins_leaves_derived_files_out(folder: Path) -> None:
    pinned = Row(Example(id="a", group="g", audio=folder / "a.wav"), f"audio=x sha256:{'0' * 64}@0+10")
    label = manifest.write(folder, [pinned])
    (folder / "a.wav").write_bytes(b"decoded by another library")
    assert manifest.write(folder, [pinned]) == label
    other = dataclasses.replace(pinned, source=f"image=x sha256:{'0' * 64}")
    assert manifest.write(folder, [other]) != label
