"""What made a system's outputs: its code, weights, options and the versions that matter.

Outputs of one system in one run folder have one maker. Where another one would be credited with them, or would add
to them, the run is refused in one line.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.loading import find_source
from sightsound.bench.core.registry import System

NAME = "maker.json"
FILES = "files"
"""The entry of outputs that were given as files."""
VERSIONS = ("torch", "transformers", "diffusers", "numpy")
SHORT = 12  # hex digits by which an output names its maker


@dataclass(frozen=True)
class Maker:
    """The identity of a system."""

    entry: str
    """`package.module:callable`."""
    code: str
    """sha256 of the sources: the module and those beside it that it imports."""
    weights: Mapping[str, str]
    """Asset -> sha256, of those that are here."""
    options: Mapping[str, str]
    """Options that were set."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Package -> version."""

    @property
    def digest(self) -> str:
        """By which an output names its maker."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:SHORT]


def maker_of(system: System, weights: Mapping[str, str]) -> Maker:
    """The maker that this system has here and now."""
    if not system.build.entry:
        return Maker(FILES, "", {}, {})
    if system.home is not None:
        home = system.home
        return Maker(system.build.entry, home.code, weights, dict(system.options), dict(home.versions))
    return Maker(system.build.entry, code_digest(system.build.entry), weights, dict(system.options), _versions())


def _versions() -> dict[str, str]:
    found = {}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def read(folder: Path) -> Maker | None:
    """The maker of the outputs in a system's folder; None where nothing says. BenchError for a damaged file."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        return Maker(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise BenchError(f"{path}: is damaged ({error}); give --remake to make the outputs anew") from error


def differs(there: Maker, here: Maker, *, blend: bool) -> str:
    """What differs in a few words, empty where it is the same maker.

    Weights count where both sides know them; versions only where outputs of both would stand side by side
    (`blend`).
    """
    if there.entry != here.entry:
        return f"made by {there.entry}, not {here.entry}"
    if there.code != here.code:
        return f"made by another version of {here.entry if _is_command(here) else here.entry.partition(':')[0]}"
    if other := [n for n in there.weights if n in here.weights and there.weights[n] != here.weights[n]]:
        return f"made with other weights of {', '.join(other)}"
    if there.options != here.options:
        return f"made with other options ({_options(there.options)}, now {_options(here.options)})"
    if blend and (other := sorted(n for n in there.versions if here.versions.get(n) != there.versions[n])):
        told = ", ".join(f"{n} {there.versions[n]}, here {here.versions.get(n, 'none')}" for n in other)
        return f"partly made with {told}"
    return ""


def _is_command(maker: Maker) -> bool:
    return maker.entry.startswith("exec:")


def _options(options: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(options.items())) or "none"


def code_digest(entry: str) -> str:
    """sha256 over the sources behind an entry: its module and, again and again, what those import of their own
    package, or of their own folder where the module is in none."""
    module = entry.partition(":")[0]
    found = _sources(module)
    return digest_of({name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()})


def digest_of(sources: Mapping[str, str]) -> str:
    """sha256 over modules and the digests of their files."""
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(sources.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def outside_code(entry: str) -> str:
    """Digits of the `code_digest` of what comes from outside; empty for ours, whose cards have versions.

    A stranger's network or split is edited while it is tried out, and two projects may name two things alike.
    """
    return "" if entry.partition(".")[0] == "sightsound" else code_digest(entry)[:SHORT]


def _sources(module: str) -> dict[str, Path]:
    """Module name -> file."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = None if name in found else find_source(name)
        if path is None:
            continue
        found[name] = path
        waiting += [other for other in _imports(name, path) if _is_near(module, other)]
    return found


def _is_near(module: str, other: str) -> bool:
    """Whether `other` belongs to the same system: not to Python, another package or the harness."""
    root = module.split(".")[0]
    if root == "sightsound":  # of our own code what the systems are put together from
        return other.startswith(("sightsound.baselines.", "sightsound.metrics.networks."))
    if "." in module:
        return other.split(".")[0] == root
    origin, found = find_source(module), find_source(other)
    if origin is None or found is None or origin.parent.name in ("site-packages", "dist-packages"):
        return False  # everything that is installed lies beside a module that is installed
    return origin.parent in found.parents


def _imports(module: str, path: Path) -> Iterator[str]:
    """Names of the modules that a source imports, also inside functions."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package) if package else base
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
