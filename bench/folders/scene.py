"""What the user's folders make together: a split with the outputs of each system, and what must be said of it.

The examples are those of a split, or the names of the first of these that is given: conditions, captions, paired
references. Of what else is given every example needs its own; names that one of the lists lacks are left out, with
a warning. Where none is given, each system answers for its own files.

A folder of references is paired with the outputs where every example (or, without conditions and captions, every
output) has a reference of its name; else it is a set of its own, and only distances between sets compare with it.
`--paired` takes the names that match, `--unpaired` pairs nothing. An example without an output is a failure of
that system, unless `--matched` takes only what all systems answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sightsound.bench import splits
from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.types import Example, Report, SplitCard, Task
from sightsound.bench.folders import listing, lists
from sightsound.bench.folders.against import against, digest, name_for
from sightsound.bench.folders.given import Given
from sightsound.bench.folders.names import Matches, example_id, match, some
from sightsound.bench.remote import copies
from sightsound.bench.remote import uri as uris
from sightsound.bench.review.warnings import ReviewWarning
from sightsound.bench.splits import Split

Outputs = Mapping[str, Mapping[str, list[Path]]]
"""System label -> name or example id -> its files."""


@dataclass
class Scene:
    """The folders, looked into."""

    task: Task
    """What the outputs answer."""
    split: Split
    """The examples, with `against` and `only` where nothing is paired."""
    files: Outputs
    """System label -> example id -> its files."""
    paired: bool
    """Whether examples have references of their own."""
    warnings: list[ReviewWarning] = field(default_factory=list)
    """What the matching of names has shown."""
    notes: list[str] = field(default_factory=list)
    """What was matched with what, for the user."""


def look(given: Given, task: str | None, limit: int | None, mirror: Path | None, report: Report) -> Scene:
    """Find out what the folders make; those at URIs are copied here. BenchError where they do not fit together."""
    given = _here(given, report)
    kind = registry.task(task).output if task else next(map(listing.kind_of, given.systems.values()))
    outputs = {label: listing.files(folder, kind) for label, folder in given.systems.items()}
    if given.split is not None:
        return _on_split(given, outputs, _task_of_split(given.split, kind, task), limit, mirror, report)
    return _on_lists(given, outputs, kind, task, limit, mirror, report)


def _here(given: Given, report: Report) -> Given:
    """The same with the copies of what lies at URIs."""
    return replace(
        given,
        systems={label: copies.here(folder, report) for label, folder in given.systems.items()},
        reference=str(copies.here(uri, report)) if (uri := uris.of(given.reference)) else given.reference,
        conditions=given.conditions and copies.here(given.conditions, report),
        captions=given.captions and copies.here(given.captions, report),
    )


def _task_of_split(split: str, kind: str, task: str | None) -> Task:
    if task is not None:
        return registry.task(task)
    known = [registry.task(name) for name in splits.card(split).tasks]
    fitting = [each for each in known if each.output == kind]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(each.name for each in fitting or known)
    why = f"{split} serves {names}" if fitting else f"{split} serves {names}, none of which makes {kind}"
    raise BenchError(f"name the --task: {why}")


def _on_split(
    given: Given, outputs: Outputs, task: Task, limit: int | None, mirror: Path | None, report: Report
) -> Scene:
    assert given.split is not None
    if given.conditions or given.captions:
        raise BenchError("--split has its own conditions; give --conditions and --captions without it")
    split = splits.load(given.split, mirror=mirror, task=task.name, limit=limit, report=report)
    scene = Scene(task, split, {}, paired=True)
    whole = split
    if limit is not None:  # the other files are not superfluous
        whole = splits.load(given.split, mirror=mirror, task=task.name, report=report)
    scene.files = _answers(outputs, {e.id: e.id for e in whole.examples}, given.split, scene)
    if given.matched:
        scene.split = replace(split, examples=_matched(split.examples, scene))
    if given.reference is not None:
        scene.split, warnings = _with_against(scene.split, given.reference, task, mirror, report)
        scene.warnings += warnings
    return scene


def _with_against(
    split: Split, reference: str, task: Task, mirror: Path | None, report: Report
) -> tuple[Split, list[ReviewWarning]]:
    found, warnings = against(reference, task, mirror, report)
    return replace(split, against=found), warnings


def _on_lists(
    given: Given, outputs: Outputs, kind: str, name: str | None, limit: int | None, mirror: Path | None,
    report: Report,
) -> Scene:  # fmt: skip
    conditions = lists.conditions(given.conditions, kind, name)
    captions = lists.captions(given.captions, kind, name)
    task = registry.task(name) if name else lists.task_of(kind, conditions, captions)
    lists.check(task, conditions, captions)
    known = [each for each in (conditions, captions) if each is not None]
    scene = Scene(task, Split(_card("", task), "", []), {}, paired=False)
    names = known[0].items if known else _union(outputs)
    reference = lists.references(given.reference, task)
    if reference is not None and _is_paired(given, names, outputs, reference, bool(known), scene):
        scene.paired = True
        known.append(reference)
    kept = _common(known, scene) if known else list(names)
    ids = {plain: example_id(plain) for plain in kept}
    scene.files = _answers(outputs, ids, known[0].what if known else "", scene)
    examples, contents, digests = lists.examples(known, kept, ids, report)
    examples = splits.limited(sorted(examples, key=lambda example: example.id), limit)
    if given.matched:
        examples = _matched(examples, scene)
    examples = splits.grouped(examples, contents, task.name)
    of_files = {e.id: contents[e.id] for e in examples}
    called = name_for(known[0].source.resolve().stem) if known else "no_reference"
    label_hash = digest(of_files if known else {e.id: {"id": e.id} for e in examples})
    absent = lists.unreadable(examples, task, report) if scene.paired else {}
    scene.split = Split(_card(called, task), label_hash, examples, len(examples), limit, digests, absent=absent)
    if given.reference is not None and not scene.paired:
        scene.split, warnings = _with_against(scene.split, given.reference, task, mirror, report)
        scene.warnings += warnings
    if not known:
        only = {label: frozenset(files) for label, files in scene.files.items()}
        scene.split = replace(scene.split, only=only)
        if scene.split.against is not None:
            whose, _, of_set = scene.split.against.label.partition("@")
            scene.split = replace(scene.split, card=_card(whose, task), hash=of_set)
    _tell(scene, known)
    return scene


def _card(name: str, task: Task) -> SplitCard:
    return SplitCard(name, (task.name,), "", (), "that of its media", name, "folders given to `bench score`")


def _union(outputs: Outputs) -> dict[str, None]:
    """The names of all systems' outputs; names that match are one."""
    names: dict[str, None] = {}
    for files in outputs.values():
        same = match(files, names)
        names |= dict.fromkeys(name for name in files if name not in same.found)
    return names


def _is_paired(
    given: Given, names: Iterable[str], outputs: Outputs, reference: lists.Named, listed: bool, scene: Scene
) -> bool:
    """Whether the references are the examples' own; see the module."""
    wanted = list(names)
    found = match(wanted, reference.items).found
    if given.paired is not None:
        if given.paired and not found:
            raise BenchError(f"--paired: no name is the same: {some(wanted)} against {some(reference.items)}")
        return given.paired
    if 0 < len(found) < len(wanted):
        text = (
            f"{len(found)} of {len(wanted)} names have a reference of their own, so nothing is paired; --paired "
            "takes those alone"
        )
        scene.warnings.append(ReviewWarning("partly_matched", "", text))
    return len(found) == len(wanted)


def _common(known: list[lists.Named], scene: Scene) -> list[str]:
    """The names of the first list that all others have; the others are renamed after it."""
    first = known[0]
    kept = list(first.items)
    for place, other in enumerate(known[1:], 1):
        same = match(first.items, other.items)
        if not same.found:
            raise BenchError(
                f"no {other.what} is named like the {first.what}: {some(other.items)} against {some(first.items)}"
            )
        _loosely(same, other.what, "", scene)
        lacking = [name for name in kept if name not in same.found]
        spare = len(other.items) - len(same.found)
        for count, whose, whole in (
            (len(lacking), f"no {other.what}", f"{first.what}"),
            (spare, f"no {first.what}", f"{other.what}"),
        ):
            if count:
                text = f"{count} of the {whole} have {whose} of their name and are left out"
                scene.warnings.append(ReviewWarning("left_out", "", text))
        known[place] = other.renamed(same.found)
        kept = [name for name in kept if name in same.found]
    return kept


def _answers(outputs: Outputs, ids: Mapping[str, str], what: str, scene: Scene) -> Outputs:
    """The files of each system by example id; `ids`: name of an example -> its id."""
    found: dict[str, dict[str, list[Path]]] = {}
    for label, files in outputs.items():
        same = match(ids, files)
        if not same.found:
            raise BenchError(f"{label}: no file is named like {what}: {some(files)} against {some(ids)}")
        _loosely(same, "outputs", label, scene)
        if spare := set(files) - set(same.found.values()):
            text = f"{len(spare)} of {len(files)} files belong to no example and are not used: {some(spare)}"
            scene.warnings.append(ReviewWarning("not_used", label, text))
        found[label] = {ids[name]: files[own] for name, own in same.found.items()}
        scene.notes.append(f"{label}: {len(found[label])} of {len(ids)} examples have a file")
    return found


def _loosely(same: Matches, what: str, system: str, scene: Scene) -> None:
    if same.loose:
        name = next(name for name in same.found if name in same.loose)
        example = f"{name} with {same.found[name]}"
        text = f"{len(same.loose)} {what} were matched by the last part of their name: {example}"
        scene.warnings.append(ReviewWarning("matched_loosely", system, text))


def _matched(examples: list[Example], scene: Scene) -> list[Example]:
    kept = [example for example in examples if all(example.id in files for files in scene.files.values())]
    if not kept:
        raise BenchError("--matched: no example has an output of every system")
    if left := len(examples) - len(kept):
        text = f"{left} of {len(examples)} examples, which not every system has answered, are left out (--matched)"
        scene.warnings.append(ReviewWarning("left_out", "", text))
    return kept


def _tell(scene: Scene, known: list[lists.Named]) -> None:
    """What the examples are, first of all notes."""
    split, what = scene.split, " and ".join(each.what for each in known)
    if known:
        told = f"{scene.task.name}: {len(split.examples)} examples by {what}"
    else:
        told = f"{scene.task.name}: {len(split.examples)} names, each system by its own files"
    if split.against is not None:
        told += f"; compared as sets with the {len(split.against.examples)} of {split.against.label}, unpaired"
    elif not scene.paired:
        told += "; no reference, so only metrics that need none"
    scene.notes.insert(0, told)
