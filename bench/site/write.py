"""The site on the disk: templates filled in, scripts and styles copied, what an older site left removed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath

import jinja2
from markupsafe import Markup, escape

from sightsound.bench.core import store
from sightsound.bench.core.console import number, shown
from sightsound.bench.core.errors import BenchError
from sightsound.bench.site import jsons
from sightsound.bench.site.page import Copy, Data, Page, Part

HERE = Path(__file__).parent
MANIFEST = "site.json"
"""In the site's folder: which files are the site's, so that the next one removes what it does not write."""
CARRIED = ("static", "carried")
"""Folders of this package that every site has."""


def write(parts: Iterable[Part], out: Path, nav: Mapping[str, str]) -> int:
    """Write all parts below `out`; returns how many files the site has. BenchError for another folder.

    `nav`: part of the site -> where it begins, for the head of every page.
    """
    before = _mine(out)
    if not before:  # else a site that was stopped half made would be taken for something else
        store.write_text(out / MANIFEST, "[]\n")
    files = set()
    for part in chain(_carried(), parts):  # one after another: media are made as they are written
        if part.path in files:
            raise ValueError(f"two parts of the site are called {part.path}")
        files.add(part.path)
        _put(part, out / PurePosixPath(part.path), nav)
    for old in before - files:
        (out / PurePosixPath(old)).unlink(missing_ok=True)
    store.write_text(out / MANIFEST, json.dumps(sorted(files), indent=0) + "\n")
    return len(files)


def _mine(out: Path) -> set[str]:
    """The files of the site that is there; none for an empty folder or a new one."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return set()
    try:
        listed = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        names = {str(name) for name in listed}
    except (OSError, ValueError, TypeError) as error:
        raise BenchError(f"{shown(out)}: is not empty and holds no site; give another --out") from error
    root = out.resolve()
    return {name for name in names if (out / name).resolve().is_relative_to(root)}


def _carried() -> Iterator[Copy]:
    for folder in CARRIED:
        for path in sorted((HERE / folder).rglob("*")):
            if path.is_file():
                yield Copy(path.relative_to(HERE).as_posix(), path)


def _put(part: Part, path: Path, nav: Mapping[str, str]) -> None:
    if isinstance(part, Copy):
        if part.source == path:  # kept from an older site
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(store.TEMPORARY + path.name)
        if isinstance(part.source, bytes):
            half.write_bytes(part.source)
        else:
            shutil.copyfile(part.source, half)
        half.replace(path)  # what is there is whole, so that the next site may keep it
    elif isinstance(part, Data):
        store.write_text(path, jsons.script(part.name, part.value))
    else:
        store.write_text(path, _html(part, nav))


def _html(page: Page, nav: Mapping[str, str]) -> str:
    return environment().get_template(page.template).render(page=page, root=page.root, nav=nav, **page.values)


def _code(text: str) -> Markup:
    """Text in which `such` words of a card are set as code, and nothing else is markup."""
    code = Markup("<code>{}</code>")
    pieces = enumerate(text.split("`"))
    return Markup("").join(code.format(piece) if number % 2 else escape(piece) for number, piece in pieces)


@cache
def environment() -> jinja2.Environment:
    """The templates: every value is escaped, and a value that is not there is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = number
    made.filters["code"] = _code
    made.filters["json"] = jsons.dumps  # escaped again by the template but in `report`'s own scripts
    return made
