"""A folder of files named by example id, as a model: what `bench score FOLDER` reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Generated, ModelCard, Variant
from sightsound.bench.splits.media import formats


class Folder:
    """Answers with the file whose name is the example's id.

    Where the task makes music that may be a video, which is scored by its sound; beside a file of sound of that
    name it is passed over.
    """

    def __init__(self, folder: Path, output: str) -> None:
        """`output`: the task's kind of output. Raises BenchError for a folder without a file of that kind."""
        if not folder.is_dir():
            raise BenchError(f"{folder}: no such folder")
        suffixes = formats.named_as(output)
        self.files: dict[str, list[Path]] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in suffixes and path.is_file():
                self.files.setdefault(path.stem, []).append(path)
        if not self.files:
            raise BenchError(f"{folder}: has no {output} file ({', '.join(suffixes)})")
        for stem, paths in self.files.items() if output == "audio" else ():
            sounds = [path for path in paths if path.suffix.lower() in formats.SUFFIXES["audio"]]
            self.files[stem] = sounds or paths

    def generate(self, examples: Sequence[Example], seed: int) -> Iterator[Generated]:
        """The file of each example, or why there is none."""
        for example in examples:
            found = self.files.get(example.id, [])
            if len(found) == 1:
                yield Generated(example.id, path=found[0])
            elif found:
                yield Generated(example.id, error=f"several files: {', '.join(p.name for p in found)}")
            else:
                yield Generated(example.id, error="no file of that name")


def card(name: str, variant: str) -> ModelCard:
    """The card of a system that is known by its files only."""
    return ModelCard(
        name=name,
        tasks=tuple(registry.names("task")),
        variants={variant: Variant("", "files given to `bench score`")},
        description="files given to `bench score`",
        licence="not known",
    )
