"""`--config FILE`: a command line in a file of TOML (docs/config.md).

A file becomes words of the command line, those left out that the command line has itself. So an option means in a
file what it means on a command line.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sightsound.bench.commands.places import Command, leaves
from sightsound.bench.core.console import say
from sightsound.bench.core.errors import BenchError, gathered, tell
from sightsound.bench.core.loading import unknown

Config = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file of options (docs/config.md); what the line says itself wins"),
]
SUFFIX = ".toml"
OF_A_RUN = "run.json"  # a folder with this file is a run folder
KINDS: dict[type, tuple[Any, str]] = {
    bool: (bool, "true or false"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
}
"""Type of an option -> the values that it takes in a file, and what they are called; of all others a text."""
PASSED_OVER = {"generate": ("metrics", "corpus", "reference", "length", "allow-missing-metrics")}
"""Command -> options of `bench run` that it does not have: one file serves both."""
BY_COMMA = ("metrics",)  # options that hold several names; a file may give them as a list


class Commands(typer.Typer):
    """Commands of which those with an option `--config` read the file that it names."""

    def command(self, *words: Any, **options: Any) -> Any:
        """As typer's."""
        return super().command(*words, **{"cls": Configurable} | options)


class Configurable(Command):
    """A command that may have an option `--config`; then a word FILE.toml on its own is the same."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click's, of the command line with the words of the file."""
        if any(param.name == "config" for param in self.params) and not ctx.resilient_parsing:
            args = self._with_file(ctx, list(args))
        return super().parse_args(ctx, args)

    def _with_file(self, ctx: Any, args: list[str]) -> list[str]:
        values, left, _ = self.make_parser(ctx).parse_args(args=list(args))
        given = {name for name, value in values.items() if value is not None}
        places = [param.name for param in self.params if param.param_type_name == "argument"]
        alone = [word for name in places if name in given for word in _listed(values[name])] + left
        files = [word for word in alone if word.endswith(SUFFIX) and "=" not in word]
        for file in files:
            args.remove(file)
        if len(alone) == len(files):
            given -= set(places)  # nothing else stood on its own
        files += [values["config"]] if "config" in given else []
        if len(files) > 1:
            raise BenchError(f"{', '.join(files)}: one file of options at a time")
        if not files or "help" in given:
            return args
        types = _types(self.callback)
        options, words = _words(str(files[0]), self.params, types, given, ctx.command_path)
        end = ["--"] if words and "--" not in args else []
        return [*options, *args, *end, *words]


def _types(command: Any) -> dict[str, type]:
    """Parameter of a command -> bool, int, float or str."""
    found = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        kinds = leaves(parameter.annotation)
        found[parameter.name] = next((kind for kind in KINDS if kind in kinds), str)
    return found


def _words(
    file: str, params: Sequence[Any], types: Mapping[str, type], given: set[str], command: str
) -> tuple[list[str], list[str]]:
    """What a file adds to a command line that has `given` already: options, and words that stand on their own.

    `file` may be a URI. BenchError with a line for each key that is no option, or has a value of another kind.
    """
    from sightsound.bench.remote import uri as uris

    file = uris.of(file) or file
    known = {name: param for param in params if param.name not in ("config", "help") for name in _names(param)}
    wrong: list[BenchError] = []
    options: list[str] = []
    words: list[str] = []
    said: dict[str, str] = {}  # parameter -> the key that says it
    for key, value in _read(file).items():
        with gathered(wrong):
            param = known.get(key.replace("_", "-"))
            if param is None and key.replace("_", "-") in PASSED_OVER.get(command.rpartition(" ")[2], ()):
                say(f"{file}: {key} is for `bench run`, passed over")
                continue
            if param is None:
                raise BenchError(f"{file}: {unknown(f'option of {command}', key, known)}")
            if (other := said.setdefault(param.name, key)) != key:
                raise BenchError(f"{file}: {other} and {key} are one option; keep one")
            texts = _texts(param, types[param.name], key, value, file)
            if param.name in given:
                continue
            if param.param_type_name == "argument":
                words += texts
            elif types[param.name] is bool:
                options += [name for name, is_on in _switches(param) if is_on == value]
            else:
                options += [f"{param.opts[0]}={text}" for text in texts]
    tell(wrong)
    if "out" in known and not {"out"} & {*said, *given} and (run := _run_folder(file)):
        options.append(f"--out={run}")
    return options, words


def _run_folder(file: str) -> str:
    """The run folder in which a file of options lies; empty where it lies in none."""
    from sightsound.bench.remote import place
    from sightsound.bench.remote import uri as uris

    folder = str(Path(file).parent)
    if uri := uris.of(folder):
        return uri if place.Place(uri).read(OF_A_RUN) is not None else ""
    return folder if (Path(folder) / OF_A_RUN).is_file() else ""


def _names(param: Any) -> list[str]:
    """What a file may call a parameter: its options without `--`, or its name."""
    return [param.name.replace("_", "-"), *(name[2:] for name in param.opts if name.startswith("--"))]


def _switches(param: Any) -> list[tuple[str, bool]]:
    """The words that switch a flag on and off, as far as it has them."""
    return [*((name, True) for name in param.opts[:1]), *((name, False) for name in param.secondary_opts[:1])]


def _read(file: str) -> dict[str, Any]:
    import tomllib

    from sightsound.bench.remote import copies

    try:
        return tomllib.loads(copies.here(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchError(f"{file}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BenchError(f"{file}: is not TOML ({error})") from error


def _texts(param: Any, kind: type, key: str, value: Any, file: str) -> list[str]:
    """A value as the words that a command line has for it. BenchError for one of another kind."""
    types, called = KINDS.get(kind, (str, "a text"))
    values = _listed(value)
    if isinstance(value, list) and key in BY_COMMA and all(isinstance(each, str) for each in value):
        return [",".join(value)]
    if isinstance(value, list) and not (getattr(param, "multiple", False) or param.nargs == -1):
        raise BenchError(f"{file}: {key} takes {called}, not a list")
    for each in values:
        if not isinstance(each, types) or (isinstance(each, bool) and types is not bool):
            raise BenchError(f"{file}: {key} takes {called}, not {each!r}")
    return [str(each) for each in values]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
