"""What a metric reads where the user names it: resolved from cards alone."""

from __future__ import annotations

import pytest

from sightsound.bench.core import registry
from sightsound.bench.core.errors import BenchError
from sightsound.bench.stages.measures import serves
from sightsound.metrics import sides
from sightsound.metrics.cards import METRICS
from sightsound.metrics.signature import signature

TASKS = registry.cards("task")


def reads(name: str, task: str = "image2music") -> list[str]:
    """`what it reads by which network` of each need."""
    return [f"{need.place} {need.extractor}" for need in registry.metric(name, TASKS[task]).needs]


@pytest.mark.parametrize(
    ("name", "task", "found"),
    [
        ("clap_score@emotion", "image2music", ["generated clap_music_audio", "@emotion clap_music_text"]),
        ("clap_score@note.prompt", "image2music", ["generated clap_music_audio", "@note.prompt clap_music_text"]),
        ("clap_score@audio", "music2prompt", ["generated clap_music_text", "@audio clap_music_audio"]),
        ("clap_score@reference", "image2music", ["generated clap_music_audio", "reference clap_music_audio"]),
        ("clip_score@caption", "music2image", ["generated clip_vit_b16_image", "@caption clip_vit_b16_text"]),
        ("clip_score@reference", "music2image", ["generated clip_vit_b16_image", "reference clip_vit_b16_image"]),
        (
            "clip_score@reference_image",
            "music2prompt",
            ["generated clip_vit_b16_text", "@reference_image clip_vit_b16_image"],
        ),
        (
            "clip_score@note.prompt:reference_image",
            "music2image",
            ["@note.prompt clip_vit_b16_text", "reference clip_vit_b16_image"],
        ),
        ("ib_score_condition@audio", "music2image", ["generated imagebind_image", "@audio imagebind_audio"]),
        ("ib_score_condition@video", "image2music", ["generated imagebind_audio", "@video imagebind_video"]),
        ("ib_rank_old@video", "image2music", ["generated imagebind_audio_old", "@video imagebind_video_old"]),
        ("ib_rank@story", "image2music", ["generated imagebind_audio", "@story imagebind_text"]),
        ("clip_score@video", "music2image", ["generated clip_vit_b16_image", "@video clip_vit_b16_image"]),
        ("bertscore_f1@note.a:note.b", "image2music", ["@note.a roberta_large", "@note.b roberta_large"]),
        ("rougeL@lyrics", "music2prompt", ["generated characters", "@lyrics characters"]),
        ("duplicate_share_texts@note.prompt", "image2music", ["@note.prompt characters"]),
        ("cosine_reference_minilm@note.prompt:caption", "image2music", ["@note.prompt minilm", "@caption minilm"]),
        ("ib_image_to_music_r1@story", "image2music", ["@story imagebind_text", "generated imagebind_audio"]),
    ],
)  # fmt: skip
def test_every_side_is_read_by_the_network_that_takes_it(name, task, found):
    card = registry.metric(name, TASKS[task])
    assert reads(name, task) == found
    assert serves(card, TASKS[task])
    assert card.name == (name.replace("reference_image", "reference") if task == "music2image" else name)


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("rouge1@reference", "lyrics2prompt"),
        ("rouge1@reference_text", "lyrics2prompt"),
        ("fad_vggish@audio", "image2music"),
        ("ib_score_condition@image", "image2music"),
        ("ib_score_condition@video", "video2music"),
        ("ib_rank@video", "video2music"),
        ("clap_score@story", "story2music"),
        ("clap_score@caption", "caption2music"),
    ],
)
def test_naming_what_is_read_anyway_changes_nothing(name, task):
    plain = registry.metric(name.partition("@")[0], TASKS[task])
    assert not plain.reads
    named = registry.metric(name, TASKS[task])
    assert (named.name, named.reads, named.definition) == (plain.name, {}, plain.definition)
    assert {n.place for n in named.needs} == {n.place for n in plain.needs}


@pytest.mark.parametrize(
    ("name", "task", "said"),
    [
        (
            "clap_score@emotoin",
            "image2music",
            "metric clap_score@emotoin: 'emotoin' is nothing",
        ),
        ("clap_score@", "image2music", "is nothing that a metric can read"),
        ("thd@emotion", "image2music", "it reads the output alone"),
        ("fid@note.prompt", "music2image", "must be the same for all"),
        ("rouge1@image", "lyrics2prompt", "its network characters takes texts and has no partner for pictures"),
        ("kl_passt@caption", "image2music", "its network passt takes sound and has no partner for texts"),
        ("rouge1@lyrics:caption", "lyrics2prompt", "'lyrics' cannot stand for the output"),
        ("thd@note.prompt", "image2music", "its network harmonics takes sound and has no partner for texts"),
        ("rouge1@note.a:note.b|c", "lyrics2prompt", "is nothing that a metric can read"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(name, task, said):
    with pytest.raises(BenchError) as error:
        registry.metric(name, TASKS[task])
    assert said in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_metric_is_told_as_before():
    with pytest.raises(BenchError, match="no metric named 'clap_scroe'; the nearest: clap_score"):
        registry.metric("clap_scroe@emotion", TASKS["image2music"])


def test_the_signature_says_what_was_read():
    def sign(name: str, task: str = "image2music") -> str:
        card = registry.metric(name, TASKS[task])
        named = {need.extractor: "x" for need in card.needs}
        return signature(card, n=3, reference="toy@1", extractors=named, options={})

    assert sign("clap_score@emotion").startswith("clap_score@emotion|n:3|ref:toy@1|")
    assert "|text:emotion|" in sign("clap_score@emotion")
    assert "|image:reference|" in sign("clip_score@reference", "music2image")
    for said in ("|made:note.caption|", "|text:note.prompt|"):
        assert said in sign("rouge1@note.caption:note.prompt")
    assert sign("ib_score_condition") == sign("ib_score_condition@image")


def test_every_metric_can_be_computed_for_some_task():
    """What serves no task as it is can be told what to read."""
    never = []
    for name, card in METRICS.items():
        if card.kind == "rated":
            continue  # people answer, nothing is computed
        plain = [task for task in TASKS.values() if serves(registry.metric(name, task), task)]
        for output in {task.output for task in TASKS.values()} & METRICS._cards[name].keys():
            if any(task.output == output for task in plain):
                continue
            of_output = [task for task in TASKS.values() if task.output == output]
            if not any(_readable(f"{name}@{side}", task) for task in of_output for side in sides.FIELDS):
                never.append((name, output))
        if not plain and "" in METRICS._cards[name]:
            never.append((name, card.kind))
    assert not never


def _readable(name: str, task) -> bool:
    try:
        return serves(registry.metric(name, task), task)
    except BenchError:
        return False
