"""M2UGen: its published layout, loading, decoding, and the whole of it on tiny checkpoints."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    T5Config,
)

from sightsound.baselines.m2ugen import CARD, decoding, prompt, speed
from sightsound.baselines.m2ugen.layout import Checkpoint
from sightsound.baselines.m2ugen.llama import LONGEST, Llama, fold
from sightsound.baselines.m2ugen.pipeline import (
    Options,
    musicgen_medium_evaluated,
    musicgen_small_code,
    musicgen_small_paper,
)
from sightsound.baselines.m2ugen.pixels import film_frames, picture_pixels
from sightsound.baselines.m2ugen.projector import audioldm2_conditioning
from sightsound.baselines.m2ugen.tokenizer import LlamaTokenizer
from sightsound.baselines.parts.mapped import MappedFile
from sightsound.baselines.parts.musicgen import MusicGen
from sightsound.baselines.parts.sampling import SeededChoice
from sightsound.bench.core import registry
from sightsound.bench.core.registry import load
from sightsound.bench.core.types import Example
from tests.parity import ranges
from tests.tiny import m2ugen, musicgen

ROOT = Path(__file__).parents[2]
MUSIC = {"musicgen_small": (1024, 24, 16), "musicgen_medium": (1536, 48, 24), "audioldm2": None}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    folder = tmp_path_factory.mktemp("m2ugen")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        musicgen.make(folder / "facebook" / "musicgen-small")
        m2ugen.make(folder)
    return folder


@pytest.fixture(scope="module")
def weights(mirror):
    return {
        "m2ugen_musicgen_small": mirror / "M2UGen" / "M2UGen-MusicGen-small",
        "musicgen_small_settings": mirror / "facebook" / "musicgen-small",
        "llama2_tokenizer": mirror / "meta-llama" / "Llama-2-7b-hf",
        "m2ugen_audioldm2": mirror / "M2UGen" / "M2UGen-AudioLDM2",
        "audioldm2_music": mirror / "cvssp" / "audioldm2-music",
    }


@pytest.fixture(scope="module")
def language(weights):
    llama = Llama(MappedFile(weights["m2ugen_musicgen_small"] / "checkpoint.safetensors"), "cpu")
    return llama, LlamaTokenizer(weights["llama2_tokenizer"], len(llama.embeddings))


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    random = np.random.default_rng(1)
    for name in ("first.png", "second.png"):
        Image.fromarray(random.integers(0, 256, (48, 64, 3), np.uint8)).save(folder / name)
    (folder / "broken.png").write_bytes(b"no picture")
    return [
        Example("first", "g", image=folder / "first.png", instruction="gentle piano"),
        Example("broken", "g", image=folder / "broken.png", instruction="slow"),
        Example(
            "second", "g", image=folder / "second.png", story="a long night in the castle", instruction="rock"
        ),
        Example("text", "g", caption="slow piano"),
    ]


# ---- the published layout


def header_only(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """A safetensors file of those names and shapes whose data is a hole in the disk."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * int(np.prod(shape))
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def published_musicgen(hidden: int, layers: int, heads: int) -> MusicgenForConditionalGeneration:
    t5 = T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12)
    codec = EncodecConfig(
        sampling_rate=32000, normalize=False, num_filters=64, upsampling_ratios=[8, 5, 4, 4], codebook_size=2048,
        target_bandwidths=[2.2], use_causal_conv=False,
    )  # fmt: skip
    decoder = MusicgenDecoderConfig(
        vocab_size=2048,
        hidden_size=hidden,
        ffn_dim=4 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
    )
    return MusicgenForConditionalGeneration(MusicgenConfig(text_encoder=t5, audio_encoder=codec, decoder=decoder))


@pytest.mark.parametrize("name", MUSIC)
def test_the_published_layout_loads(name, tmp_path):
    """Every name and shape of the authors' own modules; 16 to 20 GB that are never written."""
    shapes = ranges.shapes(f"m2ugen_{name}")
    size = MUSIC[name]
    music = (lambda: published_musicgen(*size)) if size else None
    path = tmp_path / "checkpoint.safetensors"
    header_only(path, shapes)
    sizes = Checkpoint(path, music).sizes
    assert (sizes.vocabulary, sizes.width, sizes.layers, sizes.heads, sizes.rank) == (32008, 4096, 32, 32, 16)
    assert (sizes.vit.tokens, sizes.vivit.tokens, sizes.mert.layers, sizes.mert.heads) == (197, 3137, 24, 16)
    older = {key.replace("parametrizations.weight.original0", "weight_g"): shape for key, shape in shapes.items()}
    header_only(
        path, {key.replace("parametrizations.weight.original1", "weight_v"): s for key, s in older.items()}
    )
    Checkpoint(path, music)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"llama.layers.3.attention.gate": None}, "lacks 1 weights: llama.layers.3.attention.gate"),
        ({"mu_mert_rnn.weight": (4, 4)}, "unknown to the network, 1 weights: mu_mert_rnn.weight"),  # of MuMu-LLaMA
        ({"iu_vit_proj.bias": (5,)}, "another shape 1 weights: iu_vit_proj.bias"),
        ({"llama.tok_embeddings.weight": None}, "lacks llama.tok_embeddings.weight"),
        ({"generation_model.enc_to_dec_proj.bias": (3,)}, "unknown to the network, 1 weights: generation_model"),
    ],
)
def test_another_layout_is_told_in_one_line(change, told, tmp_path):
    shapes = ranges.shapes("m2ugen_audioldm2") | change
    path = tmp_path / "checkpoint.safetensors"
    header_only(path, {name: shape for name, shape in shapes.items() if shape is not None})
    with pytest.raises(ValueError, match=told) as raised:
        Checkpoint(path, None)
    assert "\n" not in str(raised.value) and str(path) in str(raised.value)


@pytest.mark.parametrize(("cut", "told"), [(4, "no safetensors"), (3000, "no safetensors"), (-1, "bytes long")])
def test_a_file_cut_short_is_told(weights, tmp_path, cut, told):
    whole = (weights["m2ugen_musicgen_small"] / "checkpoint.safetensors").read_bytes()
    (tmp_path / "short.safetensors").write_bytes(whole[:cut])
    with pytest.raises(ValueError, match=told):
        MappedFile(tmp_path / "short.safetensors")


# ---- loading

MEASURE = """
import sys, dataclasses, torch
from pathlib import Path
from sightsound.baselines.m2ugen.pipeline import musicgen_small_paper
torch.set_num_threads(1)
def kilobytes(word):
    return int(next(l for l in open("/proc/self/status") if l.startswith(word)).split()[1])
mirror = Path(sys.argv[1])
weights = {
    "m2ugen_musicgen_small": mirror / "M2UGen" / "M2UGen-MusicGen-small",
    "musicgen_small_settings": mirror / "facebook" / "musicgen-small",
    "llama2_tokenizer": mirror / "meta-llama" / "Llama-2-7b-hf",
}
if len(sys.argv) > 2:  # once before, so that what is imported on the way is not counted
    warm = dict(weights, m2ugen_musicgen_small=Path(sys.argv[2]))
    musicgen_small_paper("cpu", warm)
open("/proc/self/clear_refs", "w").write("5")  # the peak starts anew
before = kilobytes("VmRSS")
system = musicgen_small_paper("cpu", weights)
print((kilobytes("VmHWM") - before) * 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="counts pages as Linux does")
def test_loading_takes_the_memory_of_the_weights(mirror, tmp_path, monkeypatch):
    """A checkpoint of 240 MB with LLaMA in float16, folding and all. Its matrices are given back when they
    are freed, as the published ones are, which are larger than what malloc keeps back."""
    small = m2ugen.sizes
    monkeypatch.setattr(
        m2ugen, "sizes", lambda *a: dataclasses.replace(small(*a), width=512, hidden=1376, layers=30, heads=8)
    )
    monkeypatch.setattr(m2ugen, "WIDTH", 512)
    (tmp_path / "facebook").symlink_to(mirror / "facebook")
    m2ugen.make_musicgen(tmp_path)
    bytes_ = (tmp_path / "M2UGen" / "M2UGen-MusicGen-small" / "checkpoint.safetensors").stat().st_size
    assert bytes_ > 200e6
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), str(mirror / "M2UGen" / "M2UGen-MusicGen-small")],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "MALLOC_MMAP_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ratio = int(done.stdout.split()[-1]) / bytes_
    print("peak over weights", ratio)
    assert ratio < 1.2, ratio


def test_llama_keeps_its_dtype_and_folds_lora(weights):
    file = MappedFile(weights["m2ugen_musicgen_small"] / "checkpoint.safetensors")
    llama = Llama(file, "cpu")
    assert llama.dtype == torch.float16 and llama.layers[5].qkv[0].dtype == torch.float16
    name = "llama.layers.5.attention"
    w, down, up = (file.take(f"{name}.{part}.weight").float() for part in ("wk", "lora_wk_l1", "lora_wk_l2"))
    torch.testing.assert_close(llama.layers[5].qkv[0][64:128].float(), (w + up @ down), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(llama.layers[5].qkv[1][64:], torch.zeros(128).half())


def test_fold_in_parts():
    weight, up, down = torch.randn(7, 5), torch.randn(7, 2), torch.randn(2, 5)
    wanted = weight + up @ down
    fold(weight, up, down, rows=3)
    torch.testing.assert_close(weight, wanted)


# ---- decoding


def decoded(language, texts, seeds, cached=True, most=40):
    llama, tokenizer = language
    choice = SeededChoice(seeds, "cpu", decoding.TEMPERATURE, top_p=decoding.TOP_P)
    prompts = [prompt.prompt(text, tokenizer)[0] for text in texts]
    answers = decoding.decode(
        llama, tokenizer, prompts, [None] * 3, lambda logits: choice.choose(logits)[:, 0], most, cached
    )
    return [(answer.ids, answer.text(tokenizer), answer.hidden) for answer in answers]


TEXTS = ("Generate a music", "slow piano in the night by the castle", "rock")


def test_cached_equals_uncached(language):
    for (ids, text, hidden), (other, _, again) in zip(
        decoded(language, TEXTS, (1, 2, 3)), decoded(language, TEXTS, (1, 2, 3), cached=False), strict=True
    ):
        assert ids == other and "[AUD0] [AUD1]" in text
        assert hidden is not None and again is not None
        torch.testing.assert_close(hidden, again, atol=2e-2, rtol=1e-2)  # float16


def test_together_equals_alone_and_seeds_decide(language):
    together = decoded(language, TEXTS, (1, 2, 3))
    for i, text in enumerate(TEXTS):
        assert decoded(language, [text], [i + 1])[0][0] == together[i][0]
    again = decoded(language, TEXTS, (1, 2, 3))
    assert [ids for ids, _, _ in again] == [ids for ids, _, _ in together]
    assert [ids for ids, _, _ in decoded(language, TEXTS, (4, 5, 6))] != [ids for ids, _, _ in together]


def test_columns_that_hold_nothing_yet_are_not_seen(language):
    """As on CUDA, where a recorded step looks at all of the cache."""
    llama, tokenizer = language
    ids = torch.tensor([tokenizer.encode("slow piano")])
    adapters = llama.adapters([None] * 3)
    found = []
    for limit in (ids.shape[1], 40):
        cache = llama.cache([ids.shape[1]], 40)
        logits, hidden = llama(ids, cache, adapters, limit)
        cache.keys[:, :, :, ids.shape[1] + 1 :] = 7.0
        found += [logits, hidden, *llama(ids[:, :1], cache, adapters, limit + 1 if limit < 40 else 40)]
    for one, other in zip(found[:4], found[4:], strict=True):
        torch.testing.assert_close(one, other, atol=2e-2, rtol=1e-2)


def test_speed_of_a_few_tokens():
    took = speed.decode_ratio(width=64, layers=19, tokens=24)
    assert took.same and took.cached_s > 0 and took.ratio == took.uncached_s / took.cached_s


def script(language, ids, most=60):
    llama, tokenizer = language
    tokens = iter([*ids, *[20] * LONGEST])
    (answer,) = decoding.decode(
        llama, tokenizer, [tokenizer.encode("a")], [None] * 3, lambda logits: torch.tensor([next(tokens)]), most
    )
    return answer


def test_which_audio_tokens_count(language):
    """The released loop's rule: in order, others may stand between, a ninth begins anew."""
    audio = list(language[1].audio)
    stop = language[1].encode("a\n###")[-3:]
    assert script(language, [*audio, *stop]).audio_tokens == 8
    assert script(language, [30, *audio[:3], 31, *audio[3:], *stop]).hidden.shape == (8, m2ugen.WIDTH)
    assert script(language, [*audio[:7], *stop]).audio_tokens == 7
    assert script(language, [*audio[:3], audio[4], *stop]).audio_tokens == 3
    broken = script(language, [*audio, audio[0], *stop])
    assert broken.audio_tokens == 1 and broken.hidden is None
    assert script(language, [*audio, *audio, *stop]).audio_tokens == 8


def test_where_the_text_ends(language):
    stop = language[1].encode("a\n###")[-3:]
    answer = script(language, [300, *stop])
    assert answer.ids == [300, *stop] and answer.text(language[1]) == language[1].decode([300])
    assert len(script(language, [2, 2], most=25).ids) == 25, "</s> ends nothing in the released loop"
    with pytest.raises(ValueError, match="leaves no room"):
        decoding.decode(*language, [[5] * LONGEST], [None] * 3, lambda logits: logits.argmax(-1))


def test_top_p_is_the_authors_rule():
    """Frequencies within five standard errors of the kept and rescaled probabilities: a token goes when those
    above it have more than p together."""
    logits = torch.tensor([[2.0, 1.5, 1.0, -1.0, -2.0]])
    n = 4000
    choice = SeededChoice(range(n), "cpu", temperature=0.6, top_p=0.8)
    seen = torch.bincount(choice.choose(logits.expand(n, -1))[:, 0], minlength=5).double() / n
    p = (logits[0] / 0.6).double().softmax(0)
    kept = torch.where(p.cumsum(0) - p > 0.8, 0.0, p)
    assert kept.count_nonzero() == 2
    kept = kept / kept.sum()
    assert ((seen - kept).abs() <= 5 * (kept * (1 - kept) / n).sqrt()).all()


def test_a_long_story_is_cut_between_words(language):
    story = "the dark night in the castle " * 200
    ids, told = prompt.prompt(story, language[1])
    assert len(ids) <= prompt.ROOM and story.startswith(told) and not story[len(told)].strip()
    longer = " ".join(story.split(" ")[: len(told.split(" ")) + 1])
    assert len(language[1].encode(prompt.TEMPLATE.format(instruction=longer))) > prompt.ROOM


# ---- films, projections, options


def test_film_frames():
    assert film_frames(33, 7) == list(range(32))  # the end is drawn from 32..32
    starts = {film_frames(100, seed)[0] for seed in range(300)}
    assert min(starts) == 0 and max(starts) == 67 and len(starts) > 60
    assert all(np.diff(film_frames(100, seed)).tolist() == [1] * 31 for seed in range(5))
    assert film_frames(32, 0) == list(range(32))
    assert film_frames(2, 0) == [0] * 16 + [1] * 16 and film_frames(1, 0) == [0] * 32
    with pytest.raises(ValueError, match="no frames"):
        film_frames(0, 0)


def test_audioldm2_conditioning():
    row = torch.arange(128 * 4 + 8 * 3).float()[None, None]
    t5, gpt2 = audioldm2_conditioning(row, 4, 3)
    assert t5.shape == (1, 128, 4) and gpt2.shape == (1, 8, 3)
    assert t5[0, 1, 0] == pytest.approx(0.4) and gpt2[0, 0, 0] == pytest.approx(51.2)
    with pytest.raises(ValueError, match="AudioLDM2 takes 648"):
        audioldm2_conditioning(row, 5, 1)


def test_musicgen_on_its_own_states_is_musicgen_on_the_text(weights):
    texts, seeds = ["gentle piano and strings", "rock", "slow dark drums"], [1, 2, 3]
    system = MusicGen("cpu", weights["musicgen_small_settings"], guidance=3.5)
    inputs = system.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = system.model.text_encoder(**inputs).last_hidden_state
    told = system.generate(texts, seeds, 0.5)
    given = system.generate_from(states, seeds, 0.5, inputs["attention_mask"])
    assert all(np.array_equal(a, b) for a, b in zip(told, given, strict=True))
    assert not np.array_equal(told[1], system.generate_from(states, seeds, 0.5)[1]), "padding is heard"
    (cut,) = system.generate(texts[:1], [1], 0.5, longest=3)
    assert not np.array_equal(cut, told[0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("seconds", "soon"), ("seconds", 0), ("with_instruction", "yes"), ("with_instruction", 2)),
        *(("raw_pixels", "255"), ("rate_hz", "fast"), ("rate_hz", -1)),
    ],
)
def test_options_that_make_no_sense(name, value):
    with pytest.raises(ValueError, match=name):
        Options(**{name: value})
    with pytest.raises(ValueError, match=name):  # before it looks for weights
        musicgen_small_code("cpu", {}, **{name: value})


def test_card():
    for variant in CARD.variants.values():
        assert callable(load(variant.entry)) and set(variant.assets) <= set(registry.cards("asset"))
    assert {name for names in CARD.presets.values() for name in names} <= set(CARD.variants)
    assert "with_instruction=1" in CARD.leaks


# ---- the whole


def by_id(made):
    answers = list(made)
    assert len({answer.id for answer in answers}) == len(answers)
    return {answer.id: answer for answer in answers}


@pytest.mark.parametrize("build", [musicgen_small_code, musicgen_small_paper], ids=["code", "paper"])
def test_end_to_end(weights, examples, build):
    system = build("cpu", weights, seconds="1")
    made, again = (by_id(system.generate(examples, 3)) for _ in range(2))
    other = by_id(system.generate(examples, 4))
    assert made["broken"].error is not None and "broken.png" in made["broken"].error
    assert made["first"].notes["instruction"] == "Generate a music"
    assert made["second"].notes["instruction"] == "a long night in the castle"
    assert made["text"].notes["instruction"] == "slow piano"
    for name in ("first", "second", "text"):
        answer = made[name]
        assert answer.error is None and answer.rate_hz == 32000
        assert answer.audio.shape == (1, (51 - 3) * 640) and np.abs(answer.audio).max() > 0
        assert answer.notes["text"].endswith("[AUD6] [AUD7]")
        assert answer.audio.tobytes() == again[name].audio.tobytes() and answer.notes == again[name].notes
        assert answer.audio.tobytes() != other[name].audio.tobytes()
        (alone,) = system.generate([e for e in examples if e.id == name], 3)
        assert alone.notes == answer.notes and np.abs(alone.audio - answer.audio).max() < 1e-5
    assert len({made[name].notes["text"] for name in ("first", "second", "text")}) > 1


def test_code_and_paper_part_after_the_text(weights, examples):
    code, paper = (
        by_id(build("cpu", weights, seconds=1).generate(examples[:1], 3))["first"]
        for build in (musicgen_small_code, musicgen_small_paper)
    )
    assert code.notes == paper.notes and np.abs(code.audio - paper.audio).max() > 0


def test_with_instruction_tells_the_instruction(weights, examples):
    """Beside a picture; a text alone is itself what the system is told."""
    silent = dataclasses.replace(examples[0], id="silent", instruction=None)
    system = musicgen_small_code("cpu", weights, seconds=1, with_instruction="1")
    made = by_id(system.generate([*examples, silent], 3))
    assert made["first"].notes["instruction"] == "gentle piano" and made["first"].audio is not None
    assert "no instruction" in made["silent"].error
    assert made["text"].notes["instruction"] == "slow piano" and made["text"].audio is not None


def test_as_the_authors_evaluation_runs_it(weights, examples):
    """The instruction, pictures of 0..255, and 32 kHz written as 16 kHz; each can be taken back."""
    medium = {
        **weights,
        "m2ugen_musicgen_medium": weights["m2ugen_musicgen_small"],
        "musicgen_medium_settings": weights["musicgen_small_settings"],
    }
    system = musicgen_medium_evaluated("cpu", medium, seconds=1)
    made = by_id(system.generate(examples, 3))
    assert made["first"].rate_hz == 16000 and made["first"].notes["instruction"] == "gentle piano"
    assert made["text"].error is None
    plain = by_id(
        musicgen_medium_evaluated("cpu", medium, seconds=1, with_instruction=0, rate_hz=0).generate(examples, 3)
    )
    assert plain["first"].rate_hz == 32000 and plain["first"].notes["instruction"] == prompt.NEUTRAL
    picture = np.array([[[0, 128, 255]]], np.uint8).repeat(16, 0).repeat(16, 1)
    raw, usual = picture_pixels(picture, 16, raw=True), picture_pixels(picture, 16)
    assert raw[:, 0, 0].tolist() == pytest.approx([-1, 255, 509], abs=1e-3)  # x -> (x - 1/2) / (1/2)
    assert usual[:, 0, 0].tolist() == pytest.approx([-1, 128 / 127.5 - 1, 1], abs=1e-6)


def test_a_text_without_the_audio_tokens_is_the_examples_error(mirror, weights, examples, tmp_path):
    (tmp_path / "facebook").symlink_to(mirror / "facebook")
    m2ugen.make_musicgen(tmp_path, speaks=False)
    mute = weights | {"m2ugen_musicgen_small": tmp_path / "M2UGen" / "M2UGen-MusicGen-small"}
    made = by_id(musicgen_small_code("cpu", mute, seconds=1).generate(examples, 3))
    assert "0 of the 8 audio tokens" in made["first"].error and made["first"].notes["text"]


@pytest.mark.parametrize("way", ["code", "paper"])
def test_audioldm2_variants(weights, examples, way):
    entry = load(CARD.variants[f"audioldm2_{way}"].entry)
    made = by_id(entry("cpu", weights, seconds="1", steps="2", waveforms="2").generate(examples[:2], 3))
    assert made["first"].rate_hz == 16000 and made["first"].audio.shape == (1, 16000)
    assert made["broken"].error


@pytest.mark.parametrize(
    ("task", "variant"),
    [
        ("image2music", "musicgen_small_code"),
        ("story2music", "musicgen_small_paper"),
        ("multimodal2music", "musicgen_small_code"),
        ("video2music", "musicgen_small_paper"),
    ],
)
def test_a_run_on_the_real_splits_completes(mirror, tmp_path, monkeypatch, bench, task, variant):
    monkeypatch.setenv("SIGHTSOUND_MIRROR", str(mirror))
    done = bench(
        *("run", "--model", f"m2ugen:{variant}", "--task", task, "--device", "cpu", "--limit", 2),
        *("--metrics", "thd", "--set", "seconds=1", "--out", tmp_path / "run"),
    )
    assert done.code == 0, done.err
    system = tmp_path / "run" / "systems"
    journal = next(system.glob("m2ugen*")) / "outputs.jsonl"
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(records) == 2 and all(record["error"] is None and record["path"] for record in records)
