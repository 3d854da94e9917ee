"""Presets: which variants, splits and metrics a command uses when it is not told."""

from __future__ import annotations

from sightsound.bench.core.types import PresetCard

_MUSIC_SPLITS = {
    "image2music": "wesnoth",
    "story2music": "wesnoth",
    "multimodal2music": "wesnoth",
    "video2music": "gestures",
}
_OTHER_SPLITS = {
    "music2image": "wesnoth_reversed",
    "music2prompt": "wesnoth_reversed",
    "lyrics2prompt": "songbook",
}
_GUARDS = (
    "silent_share",
    "clipped_share",
    "duplicate_share",
    "duplicate_share_pictures",
    "duplicate_share_texts",
    "diversity",
)
_POCKET_METRICS = (
    "fad_musicnn",
    "fad_musicnn_mtt",
    "kad_musicnn",  # without bias at any n, where the two before it are mostly that
    "kl_musicnn",
    "inception_score_musicnn",
    "kl_yamnet",
    "inception_score_yamnet",
    "thd",
    "thd_coverage",
    "cosine_labels_tags_minilm",
    "rank_labels_tags_minilm",
    "cosine_story_tags_minilm",
    "rank_story_tags_minilm",
    "fid_efficientnet",
    "kid_efficientnet",
    "precision_efficientnet",
    "recall_efficientnet",
    "inception_score_efficientnet",
    "cosine_reference_efficientnet",
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeL_condition",
    "bertscore_f1",
    "cosine_reference_minilm",
    "cosine_condition_minilm",
    "jaccard_reference",
    *_GUARDS,
)

_PAPER_METRICS = (
    "fad_vggish",
    "kl_passt",
    "ib_score_condition",
    "ib_score_reference",
    "ib_rank",
    "pe_av_score_condition",
    "pe_av_rank",
    "clap_score",
    "inception_score_panns",
    "thd",
    "thd_coverage",
    "fid",
    "kid",
    "fid_clip",
    "kid_clip",
    "precision_clip",
    "recall_clip",
    "inception_score_clip",
    "rouge1",
    "rougeL",
    "bertscore_f1",
    "bertscore_f1_condition",
    "jaccard_reference",
    *_GUARDS,
)

CARDS = (
    PresetCard(
        "pocket",
        _MUSIC_SPLITS | _OTHER_SPLITS,
        _POCKET_METRICS,
        "small trained parts that any machine can fetch; not comparable with any paper's figures",
        fetches=False,
    ),
    PresetCard(
        "paper",
        _MUSIC_SPLITS | _OTHER_SPLITS,
        _PAPER_METRICS,
        "the published parts of a system and the published metrics, on the splits that anyone can fetch",
    ),
)
