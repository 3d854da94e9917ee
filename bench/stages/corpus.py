"""A corpus of texts that metrics compare with: a file of the user's, one text a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sightsound.bench.core import media
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import chunks
from sightsound.bench.stages import embed

TOGETHER = (
    1000  # lines that become one feature: a metric of words reads a body, and a file a line would be too many
)
SHOWN = 12  # hex digits of the file's sha256 in a signature


class CorpusError(BenchError):
    """A file that is no corpus."""


@dataclass(frozen=True)
class Corpus:
    """The texts of a file."""

    label: str
    """Number of texts and the first digits of the file's sha256, as a signature has them: `100@7d865e959b24`."""
    items: tuple[embed.Item, ...]
    """The texts, TOGETHER of them each, to embed."""


def read(path: Path) -> Corpus:
    """The corpus in `path`; empty lines are no texts. CorpusError for what cannot be read or holds no text."""
    if not path.is_file():
        raise CorpusError(f"--corpus {path}: no such file")
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise CorpusError(f"--corpus {path}: is not text in UTF-8 (byte {error.start})") from error
    if not lines:
        raise CorpusError(f"--corpus {path}: holds no text; write one a line")
    items = tuple(embed.text_item("\n".join(some)) for some in chunks(lines, TOGETHER))
    return Corpus(f"{len(lines)}@{media.file_sha256(path)[:SHOWN]}", items)
