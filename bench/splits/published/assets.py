"""The indexes that papers published of their data: which picture goes with which music, never the media."""

from __future__ import annotations

from sightsound.metrics.asset import Asset, AssetFile

_RAW = "https://raw.githubusercontent.com"
_MOZARTS_TOUCH = f"{_RAW}/TiffanyBlews/MozartsTouch/5ba10a11cd5dff09d28ff0e1daaf76cb556eb3a4"
_ART2MUS = f"{_RAW}/justivanr/art2mus_/21ab344a4299ae22ace203f54dbbc7e236d0b666"
_HISARIYA = f"{_RAW}/hisariyatani123/My-Projects/20c2598de457bc560e09330a13f590b60fc704ea"
_DATASETTE = f"{_RAW}/simonw/musiccaps-datasette/ecbb5a1f52e52cf09a38dd7698578ccca7cef353"

MUIMAGE_EVAL_PAIRS = Asset(
    "muimage_eval_pairs",
    (
        AssetFile(
            "MUImageEvalInstructions.json",
            (f"{_MOZARTS_TOUCH}/MUImageEvalInstructions.json",),
            ("abbf8ad544f94175f5818c287ca6fbaebc46cf42930b1eebe0879a3141918b01",),
        ),
    ),
    "MIT",
    "Mozart's Touch: the 2,500 pairs of MUImage that its figures are over",
    237_502,
)

ART2MUS_PAIRS = Asset(
    "art2mus_pairs",
    (
        AssetFile(
            "image_audio_subset_df.json",
            (f"{_ART2MUS}/data/extra/image_audio_subset_df.json",),
            ("26e44c891ffcc4b67a16b794edcbae2ed3d3db45b08d165c63edf0abf30a3b81",),
        ),
    ),
    "none stated: fetched from its authors' repository, never passed on",
    "Art2Mus: 10,000 pairs of an ArtGraph picture and an FMA track",
    1_256_618,
)

MGS_NOTEBOOK = Asset(
    "mgs_notebook",
    (
        AssetFile(
            "main.ipynb",
            (f"{_HISARIYA}/Emotion%20-%20based%20Image%20to%20Music%20Generation/main.ipynb",),
            ("f079e1ab16cf3d55ebdccbd2f5bebf8fb68e500e7b9e859472d0060a9d11628d",),
        ),
    ),
    "none stated: fetched from its author's repository, never passed on",
    "MG-S: the author's notebook, whose output names the 117 test pairs",
    3_413_234,
)

MUSICCAPS_TABLE = Asset(
    "musiccaps_table",
    (
        AssetFile(
            "musiccaps-public.csv",
            (f"{_DATASETTE}/data/musiccaps-public.csv",),
            (
                "2f5e321c05ade97f827b58a7b01b75ffbff344fa91d08fa3df7b9dd2e67079bc",
                # the hub's own: the same rows, its lines end in CR LF
                "8cc109ac507b5e5aed8ea73a5c8f897a9d0793f7397427e000adf4c05f6021c7",
            ),
        ),
    ),
    "CC-BY-SA-4.0",
    "MusicCaps: 5,521 captions of 10 s of AudioSet",
    2_933_962,
)

ASSETS: tuple[Asset, ...] = (MUIMAGE_EVAL_PAIRS, ART2MUS_PAIRS, MGS_NOTEBOOK, MUSICCAPS_TABLE)
"""Assets of the published lists."""
