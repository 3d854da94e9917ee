"""Naev's own tables of licences: `SOUND_LICENSE.yaml` and `ARTWORK_LICENSE.yaml`, lists of files by author."""

from __future__ import annotations

from pathlib import Path

from sightsound.bench.splits.games.files import LeftOutError, inside


def read_licences(table: Path) -> dict[str, str]:
    """`licence (author)` of each file that the table names, by its path: `planet/exterior/lava.png`.

    Raises LeftOutError for a line that is none of: an author, `license: ...`, a folder, a file.
    """
    licences: dict[str, str] = {}
    author = licence = ""
    folders: list[tuple[int, str]] = []
    for line in table.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.startswith("- "):
            author, licence, folders = line[2:].rstrip().removesuffix(":").strip(), "", []
            continue
        name = line.strip().removeprefix("- ").strip()
        indent = len(line) - len(line.lstrip())
        folders = [folder for folder in folders if folder[0] < indent]
        if name.startswith(("license:", "licence:")):
            licence = name.partition(":")[2].strip()
        elif name.endswith(":"):
            folders.append((indent, name[:-1]))
        elif line.lstrip().startswith("- ") and licence:
            licences["/".join([*(folder for _, folder in folders), name])] = f"{licence} ({author})"
        else:
            raise LeftOutError(f"{table.name}: the line {line.strip()!r} cannot be read")
    return licences


def read_all(game: Path) -> dict[str, str]:
    """The licences of both tables of the game's folder, by the file's path below `dat`."""
    tables = ("gfx/ARTWORK_LICENSE.yaml", "snd/SOUND_LICENSE.yaml")
    return {
        f"{table.partition('/')[0]}/{path}": licence
        for table in tables
        for path, licence in read_licences(inside(game / "dat", table)).items()
    }
