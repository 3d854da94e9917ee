"""`bench splits build caption`: image prompts written for pictures by models, as in the thesis.

D. Lawrence, "Resonating Visuals" (2024), section 3.1: BLIP-2 answers three questions about a picture, and a chat
model makes one prompt of the answers and, where there is one, of a caption of the music. The thesis names no
checkpoint ("an instruct-fine-tuned BLIP2 model", "InstructMistral-7B"). CLIPScore of picture and prompt, and of
picture and answers (the thesis's B-CLIPScore), is max(cosine, 0), 0 to 1 as the thesis prints it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench import splits
from sightsound.bench.building import image_prompts, parts, product, prompts
from sightsound.bench.building.annotate import failed, seen
from sightsound.bench.building.image_prompts import Subject
from sightsound.bench.building.ledger import Failure, Ledger
from sightsound.bench.building.sources import Missing, Source, digest, outside, scan
from sightsound.bench.building.spaces import Embedder, pair
from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256
from sightsound.bench.core.types import Report, example_seed
from sightsound.bench.stages.embed import text_item

SHOWN = 5  # prompts shown as examples, "drawn at random"
PAPER = {"viewer": "blip2", "chat": "mistral_7b_instruct", "clip": "clip_vit_b32"}
"""The thesis's models as far as it names them."""


@dataclass(frozen=True)
class Request:
    """What is asked for: a folder of pictures, or a split that has some."""

    out: Path
    """Folder of the product."""
    images: Path | None = None
    """Folder of pictures."""
    split: str | None = None
    """Name of a split, or its folder; its captions describe the music."""
    viewer: str = "labels"
    """Of parts.VIEWERS."""
    chat: str = "smollm2"
    """Of parts.CHATS."""
    examples: Path | None = None
    """Text file of image prompts, one a line, of which five are shown to the chat model."""
    clip: str = ""
    """Space of pictures and texts for CLIPScore; empty: none."""
    seed: int = 0
    device: str = "cpu"
    mirror: Path | None = None
    llm_url: str = ""
    llm_model: str = ""


def build(request: Request, report: Report) -> dict[str, Any]:
    """Write the product; returns its summary. Raises BenchError for a request that cannot be met."""
    viewer = parts.find("captioner", request.viewer, parts.VIEWERS)
    chat = parts.find("chat model", request.chat, parts.CHATS)
    sides = pair(request.clip, ("image", "text")) if request.clip else ()
    shown = _lines(request.examples)
    subjects, missing = _read(request, report)
    llm = (request.llm_url, request.llm_model)
    embedder = Embedder(sides, request.device, request.mirror)
    with store.locked(request.out):
        plan = {
            "builder": "caption",
            "viewer": parts.signature(viewer, request.mirror, *llm),
            "chat": parts.signature(chat, request.mirror, *llm),
            "extractors": embedder.signatures(),
            "examples": shown,
            "seed": request.seed,
            "images": digest(subject.picture for subject in subjects.values()),
            "texts": {name: one.music_caption for name, one in subjects.items() if one.music_caption},
        }
        product.claim(request.out, plan)
        ledger = Ledger(request.out)
        pictures = {name: subject.picture for name, subject in subjects.items()}
        answers = _inferences(request, viewer, pictures, ledger, missing, report)
        made = _prompts(request, chat, subjects, answers, shown, ledger, missing, report)
        texts = {name: {"prompt": made[name], "answers": " ".join(answers[name])} for name in made}
        scores = {
            what: _clip_scores(
                embedder, sides, pictures, {name: text[what] for name, text in texts.items()}, report
            )
            for what in ("prompt", "answers")
            if sides
        }
        rows = image_prompts.rows(request.out, subjects, made, request.split is not None, report)
        lines = [
            (name, *(f"{scores[what][name]:.6f}" if sides else "" for what in ("prompt", "answers")),
             made[name], subjects[name].music_caption, *answers[name])
            for name in made
        ]  # fmt: skip
        asked = prompts.QUESTIONS[: 1 if viewer.name == "labels" else None]
        columns = ("image", "clip_score", "clip_score_answers", "prompt", "music caption", *asked)
        store.write_text(request.out / "captions.csv", product.table(columns, lines))
        summary = {
            "builder": "caption",
            "viewer": f"{viewer.name}: {viewer.description}",
            "chat": f"{chat.name}: {chat.description}",
            "pictures": len(subjects),
            "prompts": len(made),
            "with_music_caption": sum(bool(subjects[name].music_caption) for name in made),
            "examples_shown": min(SHOWN, len(shown)),
            "over_70_words": sum(len(text.split()) >= 70 for text in made.values()),
            "clip": list(sides),
            "clip_scores": {what: _spread(values) for what, values in scores.items()},
        }
        product.finish(request.out, {".": rows}, missing, summary, image_prompts.text(summary))
        return summary


def _read(request: Request, report: Report) -> tuple[dict[str, Subject], list[Missing]]:
    """The pictures by name, and what could not be opened."""
    if (request.images is None) == (request.split is None):
        raise BenchError("give --images with a folder of pictures, or --split with a split that has some")
    if request.images is not None:
        outside(request.out, request.images)
        pictures, missing = scan(request.images, "images", report)
        return {picture.name: Subject(picture) for picture in pictures}, missing
    assert request.split is not None
    subjects: dict[str, Subject] = {}
    examples = splits.load(request.split, mirror=request.mirror, report=report).examples
    for done, example in enumerate(examples, 1):
        if picture := example.image or example.reference_image:
            track = _source(example.audio) if example.audio else None
            subjects[example.id] = Subject(_source(picture), example.caption or "", track, example.group)
        report("reading the split", done, len(examples))
    if not subjects:
        raise BenchError(f"--split {request.split}: has no pictures")
    return subjects, []


def _source(path: Path) -> Source:
    return Source(path.name, path, file_sha256(path))


def _lines(path: Path | None) -> list[str]:
    """The lines of the examples file that are not empty."""
    if path is None:
        return []
    try:
        found = [" ".join(line.split()) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"--examples {path}: cannot be read as text ({error})") from error
    return [line for line in found if line]


def _inferences(
    request: Request,
    viewer: parts.Part,
    pictures: Mapping[str, Source],
    ledger: Ledger,
    missing: list[Missing],
    report: Report,
) -> dict[str, list[str]]:
    """The viewer's answers about each picture, one question after the other."""
    load = parts.loader(viewer, request.device, request.mirror, report)
    found: dict[str, list[str]] = {name: [] for name in pictures}

    def ask(question: str, names: Sequence[str]) -> list[object]:
        if viewer.name == "labels":  # it hears no question
            return seen(names, pictures, lambda shown, _: load().caption(shown))
        return seen(names, pictures, lambda shown, _: load().ask(shown, [question] * len(shown)))

    for question in prompts.QUESTIONS[: 1 if viewer.name == "labels" else None]:
        said = ledger.answers(question, list(found), lambda names, q=question: ask(q, names), report)  # type: ignore[misc]
        missing += failed(said, "the viewer")
        found = {
            name: [*before, said[name]] for name, before in found.items() if not isinstance(said[name], Failure)
        }
    return found


def _prompts(
    request: Request,
    chat: parts.Part,
    subjects: Mapping[str, Subject],
    answers: Mapping[str, Sequence[str]],
    shown: Sequence[str],
    ledger: Ledger,
    missing: list[Missing],
    report: Report,
) -> dict[str, str]:
    """One prompt a picture."""
    load = parts.loader(chat, request.device, request.mirror, report, request.llm_url, request.llm_model)
    found: dict[str, str] = {}
    order = np.random.default_rng(request.seed).permutation(len(shown))[:SHOWN]
    examples = "\n".join(shown[at] for at in sorted(order))
    for music in (False, True):  # conversations that begin alike go together

        def ask(names: Sequence[str], music: bool = music) -> Sequence[object]:
            turns = [{"role": "system", "content": prompts.merge(examples, music)}]
            contents = [_descriptions(answers[name], subjects[name].music_caption) for name in names]
            seeds = [example_seed(request.seed, f"{name}:prompt") for name in names]
            said: Sequence[object] = load().answer(turns, contents, seeds)
            return said

        names = [name for name in answers if bool(subjects[name].music_caption) is music]
        stage = "prompt with music" if music else "prompt"
        said = ledger.answers(stage, names, ask, report) if names else {}
        missing += failed(said, "the chat model")
        found |= {
            name: re.sub(r'^"(.*)"$', r"\1", text) for name, text in said.items() if not isinstance(text, Failure)
        }
    return {name: found[name] for name in answers if name in found}


def _descriptions(answers: Sequence[str], music_caption: str) -> str:
    """What the chat model is told. How the thesis lays it out is not printed."""
    music = f"\nMusic: {music_caption}" if music_caption else ""
    return f"Image: {' '.join(answers)}{music}"


def _clip_scores(
    embedder: Embedder,
    sides: Sequence[str],
    pictures: Mapping[str, Source],
    texts: Mapping[str, str],
    report: Report,
) -> dict[str, float]:
    found, _ = embedder.cosines(
        {name: pictures[name].item for name in texts}, sides[0],
        {name: text_item(text) for name, text in texts.items()}, sides[1], report,
    )  # fmt: skip
    return {name: max(found[name], 0.0) if name in found else float("nan") for name in texts}


def _spread(values: Mapping[str, float]) -> dict[str, float]:
    have = [value for value in values.values() if not np.isnan(value)]
    if not have:
        return {}
    return {"mean": float(np.mean(have)), "min": min(have), "max": max(have), "n": len(have)}
