"""The other side of `--python`: runs in the interpreter that the user names and does what bench asks.

One file for Python 3.8 or later that needs the standard library alone and imports nothing of SightSound. A model's
file that says `from sightsound import ...` gets the classes below; what it yields is sent back.

    python worker.py READ WRITE

READ and WRITE are file descriptors of two pipes, so that nothing that a model prints can get between. A message is
a line of JSON. Bench asks {"do": "describe", ...}, {"do": "build", ...} or {"do": "generate", ...}; an answer is
{"card": ...}, {"built": true}, {"id": ..., ...} for each Generated and {"end": true} after the last one, or
{"raised": ...}. Arrays are files of raw numbers in the folder that bench names; dtype and shape are in the answer.
"""

from __future__ import annotations

import array
import dataclasses
import hashlib
import importlib.util
import inspect
import json
import os
import platform
import sys
import traceback
import types
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    Message = dict[str, Any]

PATHS = ("image", "video", "audio", "reference_image")  # fields of an Example that are files


@dataclasses.dataclass(frozen=True)
class Example:
    id: str
    group: str
    image: Path | None = None
    video: Path | None = None
    caption: str | None = None
    story: str | None = None
    lyrics: str | None = None
    emotion: str | None = None
    audio: Path | None = None
    reference_image: Path | None = None
    reference_text: str | None = None
    instruction: str | None = None
    reference_group: str = ""
    input_group: str = ""


@dataclasses.dataclass(frozen=True)
class Generated:
    id: str
    audio: object = None
    rate_hz: int = 0
    image: object = None
    path: Path | None = None
    text: str | None = None
    notes: dict = dataclasses.field(default_factory=dict)
    error: str | None = None


@dataclasses.dataclass(frozen=True)
class Variant:
    entry: str
    description: str
    assets: tuple = ()
    extras: tuple = ()
    memory_gb: float = 0.0
    batch_size: int = 8
    halves: bool = False


@dataclasses.dataclass(frozen=True)
class ModelCard:
    name: str
    tasks: tuple
    variants: dict
    description: str
    licence: str
    paper: str = ""
    leaks: str = ""
    presets: dict = dataclasses.field(default_factory=dict)
    reference: bool = False


def example_seed(seed: int, example_id: str) -> int:
    """The example's own 63-bit seed: the same whatever the batch, the order or the subset."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{example_id}".encode()).digest()[:8], "big") >> 1


def install() -> None:
    """Put the module `sightsound` of this file where models look for it."""
    module = types.ModuleType("sightsound", "What a model in another interpreter needs of SightSound.")
    for each in (Example, Generated, Variant, ModelCard, example_seed):
        setattr(module, each.__name__, each)
        each.__module__ = "sightsound"  # so that it can be sent to a process that the model starts
    sys.modules["sightsound"] = module


def main(read: int, write: int) -> None:
    """Answer until the pipe ends."""
    here = Path(__file__).resolve().parent  # a model's file may be called `process` too
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != here]
    sys.path.append(str(Path.cwd()))  # last, so that a stray json.py of the working folder is nobody's
    for descriptor in (read, write):
        os.set_inheritable(descriptor, False)  # what the model starts shall not hold them open
    work = Work()
    with os.fdopen(read, "rb") as questions, os.fdopen(write, "wb") as answers:
        for question in questions:
            message = json.loads(question.decode())
            try:
                for answer in getattr(work, message.pop("do"))(**message):
                    _send(answers, answer)
            except (Exception, SystemExit) as error:
                _send(answers, raised(error))


def _send(answers: IO[bytes], message: Message) -> None:
    answers.write(json.dumps(message, default=str).encode() + b"\n")
    answers.flush()


class Work:
    """What can be asked."""

    model: Any = None

    def describe(self, entry: str, packages: list[str]) -> Iterator[Message]:
        """The card that a class or a variable of a module is, its sources, and what is installed here."""
        module = entry.partition(":")[0]
        found = _load(entry)
        own = isinstance(found, type)
        card = getattr(found, "card", None) if own else found
        if not isinstance(card, ModelCard):
            raise TypeError(f"{entry} is no ModelCard and no class with one named `card`")
        if own and not callable(getattr(found, "generate", None)):
            raise TypeError(f"{entry} has no method `generate`")
        if not card.variants:
            if not own:
                raise TypeError(f"{entry} names no variant")
            alone = Variant(f"{found.__module__}:{found.__qualname__}", card.description)
            card = dataclasses.replace(card, variants={"": alone})
        modules = {module, *(variant.entry.partition(":")[0] for variant in card.variants.values())}
        found_here = {name: _version(name) for name in packages}
        versions = {"python": platform.python_version(), **{n: v for n, v in found_here.items() if v}}
        takes = [(p.name, p.kind) for p in inspect.signature(found).parameters.values()] if own else None
        told = {"card": dataclasses.asdict(card), "sources": sources(modules), "versions": versions}
        yield {**told, "takes": takes}

    def build(
        self, entry: str, device: str, weights: dict[str, str], options: dict[str, str]
    ) -> Iterator[Message]:
        """Make the model."""
        made = _load(entry)(device, {name: Path(folder) for name, folder in weights.items()}, **options)
        if not callable(getattr(made, "generate", None)):
            raise AttributeError(f"{entry} has no method `generate`")
        self.model = made
        yield {"built": True}

    def generate(self, examples: list[Message], seed: int, folder: str) -> Iterator[Message]:
        """Ask the model for a batch."""
        given = []
        for fields in examples:
            fields.update({name: Path(fields[name]) for name in PATHS if name in fields})
            given.append(Example(**fields))
        for number, made in enumerate(self.model.generate(given, seed)):
            yield packed(made, folder, number)
        yield {"end": True}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _load(entry: str) -> Any:
    module, _, names = entry.partition(":")
    found: Any = importlib.import_module(module)
    for name in names.split("."):
        if not hasattr(found, name):
            raise AttributeError(f"{module} has no {names!r}")
        found = getattr(found, name)
    return found


def sources(modules: Iterable[str]) -> dict[str, str]:
    """Module -> sha256 of its file: of those named, and of what they have imported of their package or folder."""
    found: dict[str, Path] = {}
    for module in modules:
        spec = importlib.util.find_spec(module)
        found[module] = origin = Path(spec.origin or os.devnull if spec else os.devnull).resolve()
        for name, other in list(sys.modules.items()):
            path = Path(getattr(other, "__file__", None) or os.devnull).resolve()
            if "." in module:
                near = name.partition(".")[0] == module.partition(".")[0]
            else:
                near = origin.parent in path.parents and not {"site-packages", "dist-packages"} & set(path.parts)
            if near and name not in ("__main__", "__mp_main__"):
                found[name] = path
    read = {name: path.read_bytes() for name, path in found.items() if path.suffix == ".py"}
    return {name: hashlib.sha256(source).hexdigest() for name, source in read.items()}


def packed(made: Any, folder: str, number: int) -> Message:
    """A Generated as a message."""
    if not isinstance(made, Generated):
        return {"odd": type(made).__name__}
    rate_hz = made.rate_hz.item() if hasattr(made.rate_hz, "item") else made.rate_hz
    message: Message = {"id": str(made.id), "rate_hz": rate_hz}
    message["notes"] = {str(key): str(text) for key, text in (made.notes or {}).items()}
    if made.error is not None:
        message["error"] = str(made.error)
    if made.path is not None:
        message["path"] = str(Path.cwd() / made.path)
    if made.text is not None:
        message["text"] = made.text if isinstance(made.text, str) else None
    for field in ("audio", "image"):
        given = getattr(made, field)
        if given is None:
            continue
        try:
            numbers, dtype, shape = raw(given)
        except (TypeError, ValueError) as error:
            message["error"] = f"{type(given).__name__} cannot be taken as {field} ({error})"
            continue
        name = f"{number}.{field}"
        Path(folder, name).write_bytes(numbers)
        message[field] = {"file": name, "dtype": dtype, "shape": shape}
    return message


def raw(given: Any) -> tuple[bytes, str, list[int]]:
    """Bytes, dtype and shape of an array, a tensor, a picture or nested lists. TypeError, ValueError."""
    if hasattr(given, "detach"):  # a tensor of torch
        given = given.detach().cpu()
        given = given.float() if given.is_floating_point() else given
        try:
            given = given.numpy()
        except (RuntimeError, ImportError):  # torch without a numpy that it can use
            given = given.tolist()
    picture = getattr(given, "__array_interface__", {})
    if isinstance(picture.get("data"), bytes):  # of Pillow
        return picture["data"], picture["typestr"], list(picture["shape"])
    if isinstance(given, (list, tuple)):
        return _nested(given)
    try:
        view = memoryview(given)
    except TypeError:
        if not hasattr(given, "__array__"):
            raise
        view = memoryview(given.__array__())
    order = view.format[0] if view.format[0] in "<>" else "<" if sys.byteorder == "little" else ">"
    for kind, codes in {"f": "efdg", "i": "bhilqn", "u": "BHILQN", "b": "?"}.items():
        if view.format[-1] in codes and "Z" not in view.format:
            return view.tobytes(), f"{order}{kind}{view.itemsize}", list(view.shape or ())
    raise TypeError(f"numbers of type {view.format!r}")


def _nested(given: Any) -> tuple[bytes, str, list[int]]:
    """Lists in lists; whole numbers from 0 to 255 become bytes, as in a picture, others floats."""
    shape: list[int] = []
    rows: list[Any] = [given]
    while rows and (isinstance(rows[0], (list, tuple)) or hasattr(rows[0], "tolist")):
        rows = [row.tolist() if hasattr(row, "tolist") else row for row in rows]
        if not isinstance(rows[0], (list, tuple)):
            break
        if len({len(row) for row in rows}) != 1:
            raise ValueError("lists of unequal lengths")
        shape.append(len(rows[0]))
        rows = [item for row in rows for item in row]
    if rows and len(shape) == 3 and all(type(item) is int and 0 <= item <= 255 for item in rows):
        return bytes(rows), "|u1", shape
    return array.array("d", rows).tobytes(), "<f8" if sys.byteorder == "little" else ">f8", shape


def raised(error: BaseException) -> Message:
    """What was raised, as a message."""
    known = (OSError, ValueError, TypeError, MemoryError, RuntimeError)
    base = next((kind.__name__ for kind in known if isinstance(error, kind)), "Exception")
    return {
        "raised": type(error).__name__,
        "base": base,
        "text": str(error),
        "errno": getattr(error, "errno", None),
        "where": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
    }


if __name__ in ("__main__", "__mp_main__"):
    install()
if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
