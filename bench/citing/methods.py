"""The methods paragraph of a paper about a run, in plain text with [@keys] or in LaTeX with \\cite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsound.bench.citing import bibliography
from sightsound.bench.citing.bibliography import Entry
from sightsound.bench.citing.used import Run, Used, read
from sightsound.bench.core import labels
from sightsound.bench.core.faults import printable
from sightsound.bench.exports import texts


@dataclass(frozen=True)
class Form:
    """How the words are written down."""

    plain: Callable[[str], str]
    """Text from cards and rows."""
    code: Callable[[str], str]
    """A name or a signature."""
    keys: Callable[[Sequence[str]], str]
    """A citation of these works, behind what it is for."""
    items: Callable[[Sequence[str]], str]
    """A list."""
    heading: Callable[[str], str]
    """The name of a part."""


PLAIN = Form(
    plain=printable,
    code=printable,
    keys=lambda keys: f" [{'; '.join(f'@{key}' for key in keys)}]",
    items=lambda lines: "\n".join(f"- {line}" for line in lines),
    heading=lambda name: f"{name}:",
)
LATEX = Form(
    plain=texts.latex,
    code=texts.code,
    keys=lambda keys: rf"~\cite{{{','.join(keys)}}}",
    items=lambda lines: "\n".join([r"\begin{itemize}", *(rf"\item {line}" for line in lines), r"\end{itemize}"]),
    heading=lambda name: rf"\paragraph{{{name}.}}",
)


@dataclass(frozen=True)
class Methods:
    """A run, ready for a paper."""

    text: str
    """The paragraph, then metrics with their signatures, then licences."""
    bibtex: str
    """Every work that it cites."""
    run: Run
    """What it was made from."""

    def as_json(self) -> dict[str, Any]:
        """What was used, a record each, with the keys of its citations; the text and the BibTeX."""
        used = [
            {"kind": each.kind, "name": each.name, "says": each.says, "licence": each.licence,
             "cited": [entry.key for entry in each.cited], "source": each.source, "signature": each.signature}
            for each in self.run.used
        ]  # fmt: skip
        return {"used": used, "text": self.text, "bibtex": self.bibtex}


def methods(folder: Path, *, latex: bool = False) -> Methods:
    """The methods of the run in `folder`. BenchError where there is no scored run."""
    run = read(folder)
    form = LATEX if latex else PLAIN
    parts = [
        " ".join(_paragraph(run, form)),
        form.heading("Metrics") + "\n" + form.items([_metric(each, run, form) for each in run.of("metric")]),
        form.heading("Licences") + "\n" + form.items(_licences(run, form)),
    ]
    return Methods("\n\n".join(parts) + "\n", bibliography.bibtex(run.cited), run)


def _paragraph(run: Run, form: Form) -> list[str]:
    version = run.versions.get("sightsound-bench", "")
    commits = sorted({row["commit"] for row in run.rows if row["commit"]})
    suite = f"SightSound {version}".strip() + (f" (commit {', '.join(commits)})" if commits else "")
    systems = [
        f"{form.code(each.name)} ({form.plain(each.says)}{_of(run, each, form)}){_cited(each, form)}"
        for each in run.of("model")
    ]
    (split,) = run.of("split")
    holm = _works(bibliography.of("statistic", "holm"), form)
    seeds = f"seed {run.plan['seed']}"
    devices = ", ".join(sorted({row["device"] for row in run.rows if row["device"]}))
    dtypes = ", ".join(sorted({row["dtype"] for row in run.rows if row["dtype"]}))
    return [
        f"We evaluated {_joined(systems) or 'reference rows alone'} on the task {form.code(run.plan['task'])}",
        f"with {form.plain(suite)}{_works(bibliography.of('suite', 'sightsound'), form)}.",
        f"The data are {form.code(split.name)}{_cited(split, form)}: {_size(run)}.",
        f"Outputs were generated with {seeds} on {form.plain(devices or 'an unknown device')}"
        + (f"; features are {form.plain(dtypes)}." if dtypes else "."),
        form.plain("Intervals are of 95%, over independent groups, counted by how many of one size say as much")
        + f"{_works(bibliography.of('statistic', 'groups'), form)}.",
        f"Systems are compared example by example, corrected over all pairs and metrics{holm}.",
        "Packages: "
        + ", ".join(f"{form.plain(f'{p.name} {p.says}')}{_cited(p, form)}" for p in run.of("package"))
        + ".",
    ]


def _size(run: Run) -> str:
    valued = [row for row in run.rows if not math.isnan(row["value"])]
    if not valued:
        return "no value was found"
    most = max(valued, key=lambda row: (row["n"], row["group_n"]))
    failed = max(row["n_failed"] for row in run.rows)
    return f"{most['n']} examples in {most['group_n']} independent groups" + (
        f", of which up to {failed} failed for a system" if failed else ""
    )


def _of(run: Run, model: Used, form: Form) -> str:
    """The parts that a system loads, each with its citation."""
    parts = [asset for asset in run.of("asset") if model.name in asset.of]
    if not parts:
        return ""
    return "; parts: " + ", ".join(f"{form.code(part.name)}{_cited(part, form)}" for part in parts)


def _metric(metric: Used, run: Run, form: Form) -> str:
    from sightsound.bench.core import registry

    card = registry.metric(metric.name, registry.task(run.plan["task"]))
    needs = (registry.metric(card.over) if card.over else card).needs
    networks = {need.extractor for need in needs}
    works = [
        *metric.cited,
        *(entry for each in run.of("network") if each.name in networks for entry in each.cited),
    ]
    arrow = "higher is better" if card.higher_is_better else "lower is better"
    source = f" ({form.plain(metric.source)})" if metric.source else ""
    signature = f" Signature: {form.code(metric.signature)}." if metric.signature else " No value."
    return (
        f"{form.plain(labels.short(metric.name))}, {arrow}{source}{_works(works, form)}: "
        f"{form.plain(metric.says)}{signature}"
    )


def _licences(run: Run, form: Form) -> list[str]:
    """What has a licence, with whom it concerns, each once."""
    said: dict[str, list[str]] = {}
    for each in run.used:
        if each.licence:
            said.setdefault(each.licence, []).append(each.name)
    return [f"{', '.join(map(form.code, names))}: {form.plain(licence)}" for licence, names in said.items()]


def _cited(used: Used, form: Form) -> str:
    if used.cited:
        return _works(used.cited, form)
    return f" ({form.plain(used.source)})" if used.source else ""


def _works(entries: Iterable[Entry], form: Form) -> str:
    keys = list(dict.fromkeys(entry.key for entry in entries))
    return form.keys(keys) if keys else ""


def _joined(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)
