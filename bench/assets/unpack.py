"""Take files and trees out of a zip, a wheel, a tar or a Debian package, never outside the given folder."""

from __future__ import annotations

import errno
import io
import lzma
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from sightsound.bench.assets.errors import AssetError
from sightsound.metrics.asset import AssetFile

# An archive is not trusted: it is its files that are hashed, after they are out. They may be this many times the
# asset's size (text packs at about 10 to 1) before the archive is called a bomb.
LIMIT_RATIO = 20
LIMIT_FLOOR_BYTES = 1 << 20

# What the readers of archives raise for damaged ones, some of it by accident. Only reading is held to it: what
# writing raises, such as a full disk, is the machine's fault.
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
MAX_ENTRIES = 1_000_000  # files in an archive; the largest data set of the field has 120,000
Wanted = Mapping[AssetFile, str]
Open = Callable[[], IO[bytes]]
Entry = tuple[str, bool, Open]  # name, is a regular file, opens it


def unpack(archive: Path, wanted: Wanted, into: Path, limit_bytes: int) -> None:
    """Copy the wanted members of `archive` into the folder `into`, in one pass.

    `wanted` maps each file of the asset to its path in the archive. A member that is not there is simply not
    written; the caller finds out. Raises AssetError for a broken archive, a member that is a link or a device, a
    name that leads outside, and for more than `limit_bytes` in all.
    """
    _unpack(archive, lambda name: _targets(name, wanted, into), limit_bytes, "the asset's size")


def unpack_all(archive: Path, into: Path, limit_bytes: int) -> int:
    """Copy every member of `archive` into the folder `into`, under its own name; the bytes written.

    Refuses what `unpack` refuses, and everything where one member is refused.
    """
    return _unpack(archive, lambda name: [into / name], limit_bytes, "the archive's own size")


def _unpack(archive: Path, targets: Callable[[str], Iterable[Path]], limit_bytes: int, size: str) -> int:
    """Copy each member to its targets; `size` says in the error what the limit follows from."""
    written, made = 0, set[Path]()
    with ExitStack() as stack:
        with _told(archive):
            entries = stack.enter_context(_entries(archive))
        for number, (raw_name, is_file, open_member) in enumerate(_each(archive, entries), 1):
            if number > MAX_ENTRIES:
                raise AssetError(f"{archive.name}: holds more than {MAX_ENTRIES:,} files; refused")
            name = safe_name(raw_name, archive.name)
            for target in targets(name):
                if not is_file:
                    raise AssetError(f"{archive.name}: {name} is a link or a device; refused")
                with _created(target, archive.name, made) as out:
                    written += _copy(archive, open_member, out, limit_bytes - written, size)
        with _told(archive):
            stack.close()
    return written


@contextmanager
def _created(target: Path, where: str, made: set[Path]) -> Iterator[IO[bytes]]:
    """The new file, open for writing; `made` are the folders that are known to be there."""
    try:
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        out = target.open("xb")
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise AssetError(f"{where}: {error.filename} is in it twice; refused") from error
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            raise
        raise AssetError(f"{where}: the name {target.name[:80]!r} can be no file's; refused") from error
    with out:
        yield out


@contextmanager
def _told(archive: Path) -> Iterator[None]:
    """Raise AssetError for what a reader finds broken, and for nothing else."""
    try:
        yield
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the machine's fault; the two are what a seek to a place that cannot be gives
        raise AssetError(f"{archive.name}: truncated or not an archive ({error})") from error


def _each(archive: Path, entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries, read one after the other."""
    while True:
        with _told(archive):
            entry = next(entries, None)
        if entry is None:
            return
        yield entry


def safe_name(name: str, where: str) -> str:
    """`name` without a leading `./`. Raises AssetError where it is absolute or climbs out."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise AssetError(f"{where}: the name {name!r} leads outside the folder; refused")
    return path.as_posix()


def _targets(name: str, wanted: Wanted, into: Path) -> Iterator[Path]:
    """Where the member `name` is to be written: nowhere, or for each file that wants it."""
    for file, member in wanted.items():
        if not file.is_tree:
            if name == member:
                yield into / file.path
        elif name.startswith(member) and file.keeps(name.removeprefix(member)):
            yield into / file.path / name.removeprefix(member)


def _copy(archive: Path, open_member: Open, out: IO[bytes], room_bytes: int, size: str) -> int:
    """Copy a member; its length. The length in an archive's header may lie, so the bytes are counted."""
    length = 0
    with _told(archive):
        source = open_member()
    with source:
        while True:
            with _told(archive):
                chunk = source.read(1 << 20)
            if not chunk:
                return length
            length += len(chunk)
            if length > room_bytes:
                raise AssetError(f"{archive.name}: unpacks to far more than {size}; refused")
            out.write(chunk)


@contextmanager
def _entries(archive: Path) -> Iterator[Iterator[Entry]]:
    """The members of an archive that are no folders."""
    if archive.suffix == ".deb":
        with _deb_tar(archive) as tar:
            yield _tar_entries(tar)
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            yield _zip_entries(wheel)
    else:
        with tarfile.open(archive, mode="r|*") as tar:
            yield _tar_entries(tar)


def _zip_entries(wheel: zipfile.ZipFile) -> Iterator[Entry]:
    for info in wheel.infolist():
        if not info.is_dir():
            if info.flag_bits & 1:
                raise AssetError(f"{wheel.filename}: {info.filename} is encrypted; unpack it yourself")
            mode = info.external_attr >> 16  # Unix mode, 0 where the archive was not made on Unix
            yield info.filename, stat.S_IFMT(mode) in (0, stat.S_IFREG), partial(wheel.open, info)


def _tar_entries(tar: tarfile.TarFile) -> Iterator[Entry]:
    for info in tar:
        if not info.isdir():
            yield info.name, info.isreg(), cast("Open", partial(tar.extractfile, info))


@contextmanager
def _deb_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """The file tree of a Debian package as a tar stream."""
    program = shutil.which("dpkg-deb")
    if program is None:
        raise AssetError(f"{archive.name}: dpkg-deb is not installed on this machine")
    command = [program, "--fsys-tarfile", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None  # both are pipes
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield tar
            shutil.copyfileobj(process.stdout, io.BytesIO())  # the padding, so that dpkg-deb ends by itself
            if process.wait():
                raise AssetError(f"{archive.name}: {last_line(process.stderr.read().decode(errors='replace'))}")
        finally:
            process.kill()


def last_line(output: str) -> str:
    """The line of a program's output that says what was wrong: the last one marked as an error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR:", "E:"))]
    return (errors or lines or ["it gave no reason"])[-1].removeprefix("ERROR: ").removeprefix("E: ")
