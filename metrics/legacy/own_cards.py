"""Cards of what the papers' figures were computed with, faults included; each module says what is wrong."""

from __future__ import annotations

from math import inf

from sightsound.metrics.card import MetricCard, Need

_VGGISH = (Need("generated", "vggish", "embedding"), Need("reference", "vggish", "embedding"))
_PASST = (Need("generated", "passt", "logits"), Need("reference", "passt", "logits"))
_IMAGEBIND = (
    Need("generated", "imagebind_audio", "embedding"),
    Need("image", "imagebind_image", "embedding", video="imagebind_video"),
)
_PAIR = (Need("generated", "imagebind_audio_old", "embedding"), Need("image", "imagebind_image", "embedding"))
_ART2MUS = "github.com/justivanr/art2mus_ at 21ab344, src/art2mus/utils/train_test_utils.py"
_M2UGEN = "github.com/shansongliu/M2UGen, Evaluation/*/evaluate.py"

CARDS = (
    MetricCard(
        name="legacy.art2mus_kl",
        module="sightsound.metrics.legacy.art2mus",
        options={"figure": "kl"},
        kind="paired",
        higher_is_better=False,
        needs=(Need("generated", "spectrum_db_16k", "summed"), Need("reference", "spectrum_db_44k", "summed")),
        definition="Mean over clips of the KL, nats, between spectra in doubled decibels summed over time, in "
        "which quiet frequencies are probable; hears no classes, and any two recordings give about 0.003.",
        source=_ART2MUS,
        short="Art2Mus KL",
        blind="Does not tell music from white noise: any two recordings lie where the paper's figures do.",
        low=0.0,
    ),
    MetricCard(
        name="legacy.art2mus_fad",
        module="sightsound.metrics.legacy.art2mus",
        options={"figure": "fad"},
        kind="paired",
        higher_is_better=False,
        needs=_VGGISH,
        definition="Mean over pairs of the Fréchet distance between one generated and one reference clip over "
        "VGGish; not the FAD of the sets.",
        source=_ART2MUS,
        short="Art2Mus FAD",
        blind="Sees little but that two clips are different clips: all models of the paper have about the same "
        "value.",
        low=0.0,
    ),
    MetricCard(
        name="legacy.mgs_kl",
        module="sightsound.metrics.legacy.mgs",
        kind="two_sets",
        higher_is_better=False,
        needs=_VGGISH,
        definition="KL, nats, between softmaxes over two 100-bin histograms of all numbers in the VGGish "
        "embeddings, each with its own edges; hears no classes and no shift.",
        source="github.com/hisariyatani123/My-Projects, calc_kl.py",
        short="MG-S KL",
        blind="Does not see what is heard, only whether two sets' numbers are spread alike between their "
        "extremes.",
        low=-0.001,  # 1e-6 is added to 100 probabilities of one side
    ),
    MetricCard(
        name="legacy.mgs_kl_sigmoid",
        module="sightsound.metrics.legacy.mgs",
        aggregate_options={"squash": "sigmoids"},
        kind="two_sets",
        higher_is_better=False,
        needs=_VGGISH,
        definition="The sum of legacy.mgs_kl with a sigmoid of each density in the place of the softmax: no "
        "divergence; about 25 over the range of the reference's numbers less 25 over that of the generated.",
        source="github.com/hisariyatani123/My-Projects, calc_kl.py",
        short="MG-S KL sigmoid",
        blind="Sees only which set has the wider range of numbers, and rewards a narrow one of the generated.",
        low=-35.0,  # 100 sigmoids of densities, each from 0.5 to 1
        high=70.0,
    ),
    MetricCard(
        name="legacy.m2ugen_clap",
        module="sightsound.metrics.legacy.m2ugen_clap",
        kind="paired",
        higher_is_better=True,
        needs=(Need("generated", "clap_630k_audio", "embedding"), Need("text", "clap_630k_text", "embedding")),
        definition="Mean over the dimensions of whether the last clip's and its text's CLAP embeddings have the "
        "same sign, 1 or -1, over the number of clips; knows no other clip.",
        source="github.com/shansongliu/M2UGen at 2c702a4, Evaluation/Text2Music/evaluate.py",
        short="M2UGen CLAP",
        blind="Does not see any clip but the last, and of that only the signs of its embedding.",
        low=-1.0,
        high=1.0,
    ),
    MetricCard(
        name="legacy.m2ugen_kl",
        module="sightsound.metrics.legacy.m2ugen",
        kind="paired",
        higher_is_better=False,
        needs=_PASST,
        definition="Mutual information, nats, of two clips' PaSST logits taken for labels: ln 527 = 6.267 "
        "whatever the music.",
        source=f"{_M2UGEN} before 653fee4",
        short="M2UGen KL",
        blind="Sees nothing: it is one constant whatever the music.",
        low=0.0,
    ),
    MetricCard(
        name="legacy.m2ugen_ib_rank",
        module="sightsound.metrics.legacy.m2ugen_rank",
        kind="ranked",
        higher_is_better=True,
        needs=_IMAGEBIND,
        definition="IB Rank with the argsort of the cosines taken for their rank, which credits part of the clips "
        "to another system.",
        source=f"{_M2UGEN} at 2c702a4",
        short="M2UGen IB rank",
        blind="Credits clips to the wrong one of three or more systems; and sees no more than the cosines do.",
        over="ib_score_condition",
        low=0.0,
        high=1.0,
    ),
    MetricCard(
        name="legacy.mert_inception_score",
        module="sightsound.metrics.legacy.mert_classes",
        kind="single",
        higher_is_better=True,
        needs=(Need("generated", "mert_95m", "layers"),),
        definition="The mean of the inception score over ten parts of 13 vectors a clip: the softmax of the mean "
        "over time of each layer of MERT-v1-95M, which are no classes; values near 1.",
        source="github.com/haoheliu/audioldm_eval at 8dc07ee, its default backbone",
        short="IS MERT layers",
        estimator="splits10",
        min_clips=1,
        low=1.0,
        blind="Does not see classes, quality or fit: it has none, and layers differ more than clips do.",
    ),
    *(
        MetricCard(
            name=f"legacy.art2mus_similarity_{figure}",
            module="sightsound.metrics.legacy.art2mus_pairs",
            kind="paired",
            higher_is_better=figure != "below",
            needs=_PAIR,
            definition=f"{words} cosine of the ImageBind embeddings of music and picture, windows as pytorchvideo "
            f"0.1.5 has them{more}",
            source="Rinaldi et al. 2024, table 1; github.com/justivanr/art2mus_ at 21ab344",
            short=f"Art2Mus sim. {figure}",
            aggregate_options={"figure": figure},
            low=low,
            high=high,
            blind="Describes a list of pairs that ImageBind chose by this very cosine; says nothing of a system.",
        )
        for figure, words, more, low, high in (
            ("max", "Largest", ", -1 to 1.", -1.0, 1.0),
            ("min", "Smallest", ", -1 to 1.", -1.0, 1.0),
            ("above", "Number of pairs above the mean", "; a count.", 0.0, inf),
            ("below", "Number of pairs below the mean", "; a count.", 0.0, inf),
        )
    ),
)
