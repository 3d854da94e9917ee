"""`bench splits build annotate`: MusFlow's four agents make quadruples of picture, story, music caption and music.

MusFlow (2025), section 3.2: a captioner writes a story for each picture; the reviewer keeps it where picture and
story are similar enough (CLIP, 0.3); the composer describes music for picture and story (Qwen2-VL-7B, which the
authors tuned and did not publish: here it is the untuned model); the filter takes the track that is most similar
to that caption where it is similar enough (CLAP, 0.3). A track may be taken for several pictures, and is their
group.

Of pairs that are there already, the paper has stories written and reviewed and keeps the music and the caption; a
caption that is lacking is composed, and then its own music is filtered. The threshold is laid on the plain cosine:
the paper names the score of Hessel et al. 2021, which is 2.5 times that, and does not say which 0.3 it means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sightsound.bench.building import parts, product, prompts, quadruples
from sightsound.bench.building.ledger import Failure, Ledger
from sightsound.bench.building.sources import Missing, Source, digest, outside, scan
from sightsound.bench.building.spaces import Embedder, pair
from sightsound.bench.core import store
from sightsound.bench.core.errors import BenchError
from sightsound.bench.core.media import file_sha256, load_image
from sightsound.bench.core.types import Report, example_seed
from sightsound.bench.splits.media import manifest
from sightsound.bench.stages.embed import text_item


@dataclass(frozen=True)
class Request:
    """What is asked for: two folders, or a folder of pairs."""

    out: Path
    """Folder of the product."""
    images: Path | None = None
    """Folder of pictures."""
    music: Path | None = None
    """Folder of tracks."""
    pairs: Path | None = None
    """Folder with a manifest.csv of pictures and their music, in the place of the two."""
    writer: str = "labels"
    """Of parts.CAPTIONERS."""
    reviewer: str = "pocket"
    """Space of pictures and texts, see sightsound.bench.building.spaces.pair."""
    composer: str = "smollm2"
    """Of parts.COMPOSERS."""
    listener: str = "pocket"
    """Space of texts and music: the filter's."""
    review_at: float = 0.3
    """Least cosine of picture and story."""
    filter_at: float = 0.3
    """Least cosine of music caption and music."""
    seed: int = 0
    device: str = "cpu"
    mirror: Path | None = None
    llm_url: str = ""
    llm_model: str = ""


PAPER = {"writer": "blip_large", "reviewer": "clip_vit_b32", "composer": "qwen2_vl", "listener": "clap_music"}
"""The paper's agents; it does not say which BLIP."""


class Scene(NamedTuple):
    """A picture, with what the agents have added to it so far."""

    picture: Source
    caption: str = ""
    """Of its music, where it has one already."""
    track: Source | None = None
    """Its music, where it has one already."""


def build(request: Request, report: Report) -> dict[str, Any]:
    """Write the product; returns its summary. Raises BenchError for a request that cannot be met."""
    writer = parts.find("captioner", request.writer, parts.CAPTIONERS)
    composer = parts.find("composer", request.composer, parts.COMPOSERS)
    spaces = (*pair(request.reviewer, ("image", "text")), *pair(request.listener, ("text", "audio")))
    scenes, tracks, missing = _read(request, report)
    embedder = Embedder(spaces, request.device, request.mirror)
    llm = (request.llm_url, request.llm_model)
    with store.locked(request.out):
        plan = {
            "builder": "annotate",
            "writer": parts.signature(writer, request.mirror, *llm),
            "composer": parts.signature(composer, request.mirror, *llm),
            "extractors": embedder.signatures(),
            "thresholds": [request.review_at, request.filter_at],
            "seed": request.seed,
            "images": digest(scene.picture for scene in scenes.values()),
            "music": digest(tracks.values()),
            "texts": {name: scene.caption for name, scene in scenes.items() if scene.caption},
        }
        product.claim(request.out, plan)
        ledger = Ledger(request.out)
        pictures = {name: scene.picture for name, scene in scenes.items()}
        load = parts.loader(writer, request.device, request.mirror, report)
        stories = ledger.answers(
            "story",
            list(scenes),
            lambda names: seen(names, pictures, lambda shown, _: load().caption(shown)),
            report,
        )
        missing += failed(stories, "the writer")
        stories = {name: text for name, text in stories.items() if not isinstance(text, Failure)}
        fits, unfit = embedder.cosines(
            {name: scenes[name].picture.item for name in stories}, spaces[0],
            {name: text_item(text) for name, text in stories.items()}, spaces[1], report,
        )  # fmt: skip
        missing += [Missing("image", name, reason) for name, reason in unfit.items()]
        kept = _at_least(fits, request.review_at, "picture and story", missing)
        captions = _compose(
            request, composer, scenes, {name: stories[name] for name in kept}, ledger, missing, report
        )
        matched, hears = _listen(request, scenes, tracks, captions, embedder, spaces[2:], missing, report)
        quads = {
            name: (scenes[name].picture, stories[name], captions[name], tracks[matched[name]]) for name in matched
        }
        rows = quadruples.rows(request.out, quads, request.pairs is not None, report)
        lines = [
            (name, f"{fits[name]:.6f}", story, caption, track.name, f"{hears[name]:.6f}")
            for name, (_, story, caption, track) in quads.items()
        ]
        columns = ("image", "image_story", "story", "caption", "music", "caption_music")
        store.write_text(request.out / "annotations.csv", product.table(columns, lines))
        agents = {
            "writer": f"{writer.name}: {writer.description}",
            "reviewer": f"{spaces[0]} and {spaces[1]}, cosine at least {request.review_at:g}",
            "composer": f"{composer.name}: {composer.description}",
            "filter": f"{spaces[2]} and {spaces[3]}, cosine at least {request.filter_at:g}",
        }
        left = {
            "pictures": len(scenes),
            "stories": len(stories),
            "reviewed": len(kept),
            "captions": len(captions),
            "matched": len(matched),
        }
        summary = quadruples.summary(agents, left, fits, hears, list(matched.values()))
        product.finish(request.out, {".": rows}, missing, summary, quadruples.text(summary))
        return summary


def _read(request: Request, report: Report) -> tuple[dict[str, Scene], dict[str, Source], list[Missing]]:
    """The pictures by name, the tracks by name, and what could not be opened."""
    if request.pairs is not None:
        if request.images or request.music:
            raise BenchError("--pairs stands in the place of --images and --music; give one or the other")
        outside(request.out, request.pairs)
        return _read_pairs(request.pairs, report)
    if request.images is None or request.music is None:
        raise BenchError("give --images and --music, or --pairs with a folder that has a manifest.csv of both")
    outside(request.out, request.images, request.music)
    pictures, missing = scan(request.images, "images", report)
    tracks, unread = scan(request.music, "music", report)
    scenes = {picture.name: Scene(picture) for picture in pictures}
    return scenes, {track.name: track for track in tracks}, missing + unread


def _read_pairs(folder: Path, report: Report) -> tuple[dict[str, Scene], dict[str, Source], list[Missing]]:
    examples, _ = manifest.read(folder)
    scenes: dict[str, Scene] = {}
    tracks: dict[str, Source] = {}
    for done, example in enumerate(examples, 1):
        if example.image and example.audio:
            picture, track = (
                Source(path.relative_to(folder.resolve()).as_posix(), path, file_sha256(path))
                for path in (example.image, example.audio)
            )
            scenes[example.id] = Scene(picture, example.caption or "", track)
            tracks[track.name] = track
        report("reading pairs", done, len(examples))
    if not scenes:
        raise BenchError(f"--pairs {folder}: no example in its manifest.csv has both a picture and music")
    return scenes, tracks, []


def seen(
    names: Sequence[str], pictures: Mapping[str, Source], ask: Callable[[list[Any], list[str]], Sequence[object]]
) -> list[object]:
    """The answers of `ask(pictures, names)` about the pictures that can be read, and why the others can't be."""
    shown, read = [], []
    found: dict[str, object] = {}
    for name in names:
        try:
            shown.append(load_image(pictures[name].path))
            read.append(name)
        except BenchError as error:
            found[name] = BenchError(str(error).removeprefix(f"{pictures[name].path}: "))
    found.update(zip(read, ask(shown, read) if read else (), strict=True))
    return [found[name] for name in names]


def _compose(
    request: Request,
    composer: parts.Part,
    scenes: Mapping[str, Scene],
    stories: Mapping[str, str],
    ledger: Ledger,
    missing: list[Missing],
    report: Report,
) -> dict[str, str]:
    """A description of music for each story, or the one that its music has already."""
    pictures = {name: scene.picture for name, scene in scenes.items()}
    load = parts.loader(composer, request.device, request.mirror, report, request.llm_url, request.llm_model)

    def ask(names: Sequence[str]) -> Sequence[object]:
        if composer.sees:
            texts = {name: prompts.COMPOSE_SEEN.format(story=stories[name]) for name in names}
            return seen(names, pictures, lambda shown, read: load().ask(shown, [texts[name] for name in read]))
        seeds = [example_seed(request.seed, f"{name}:compose") for name in names]
        turns = [{"role": "system", "content": prompts.COMPOSE}]
        answers: Sequence[object] = load().answer(turns, [stories[name] for name in names], seeds)
        return answers

    said = ledger.answers("music caption", [name for name in stories if not scenes[name].caption], ask, report)
    missing += failed(said, "the composer")
    every = {name: scenes[name].caption or said[name] for name in stories}
    return {name: text for name, text in every.items() if not isinstance(text, Failure)}


def _listen(
    request: Request,
    scenes: Mapping[str, Scene],
    tracks: Mapping[str, Source],
    captions: Mapping[str, str],
    embedder: Embedder,
    spaces: Sequence[str],
    missing: list[Missing],
    report: Report,
) -> tuple[dict[str, str], dict[str, float]]:
    """The track of each picture that has one, and its cosine with the caption."""
    texts = {name: text_item(text) for name, text in captions.items()}
    own = {name: track for name, scene in scenes.items() if (track := scene.track) and name in captions}
    if own:
        hears, unfit = embedder.cosines(texts, spaces[0], {n: t.item for n, t in own.items()}, spaces[1], report)
        matched = {name: own[name].name for name in hears}
        composed = {name: value for name, value in hears.items() if not scenes[name].caption}
    else:
        matched, hears, unfit = embedder.nearest(
            texts, spaces[0], {name: track.item for name, track in tracks.items()}, spaces[1], report
        )
        composed = hears
    missing += [Missing("music" if name in tracks else "image", name, reason) for name, reason in unfit.items()]
    lost = composed.keys() - set(_at_least(composed, request.filter_at, "caption and music", missing))
    return {name: track for name, track in matched.items() if name not in lost}, hears


def failed(answers: Mapping[str, str], who: str) -> list[Missing]:
    """The pictures that got no answer, for missing.csv."""
    return [Missing("image", name, f"{who}: {why}") for name, why in answers.items() if isinstance(why, Failure)]


def _at_least(cosines: Mapping[str, float], least: float, what: str, missing: list[Missing]) -> list[str]:
    """The names that reach the threshold; the others are put into `missing`."""
    missing += [
        Missing("image", name, f"the cosine of {what} is {value:.4f}, below {least:g}")
        for name, value in cosines.items()
        if value < least
    ]
    return [name for name, value in cosines.items() if value >= least]
