"""Cards of the metrics over the published audio networks, under the names that papers know them by."""

from __future__ import annotations

from sightsound.metrics.card import MetricCard, Need

_FRECHET = "Dowson and Landau 1982"
_GUDGUD = "github.com/gudgud96/frechet-audio-distance"
_AUDIOLDM_EVAL = "github.com/haoheliu/audioldm_eval"
_PANNS = "a whole clip under PANNs Cnn14"


def _both(extractor: str, output: str) -> tuple[Need, Need]:
    return Need("generated", extractor, output), Need("reference", extractor, output)


def _fad(extractor: str, frames: str, source: str, name: str = "") -> MetricCard:
    return MetricCard(
        name=f"fad_{name or extractor}",
        module="sightsound.metrics.formulas.two_sets.frechet",
        kind="two_sets",
        higher_is_better=False,
        needs=_both(extractor, "embedding"),
        definition=f"Fréchet distance between Gaussians fitted to all clips' embeddings, {frames}, generated "
        "against reference; squared units of the embedding.",
        source=f"{source}; {_FRECHET}",
        min_clips=2,
        estimator="plugin",
    )


def _kl(name: str, extractor: str, posterior: str, definition: str, source: str) -> MetricCard:
    return MetricCard(
        name=f"kl_{name}",
        module="sightsound.metrics.formulas.paired.divergence_by_frame",
        kind="paired",
        higher_is_better=False,
        needs=_both(extractor, "logits"),
        definition=definition,
        source=source,
        options={"posterior": posterior},
    )


def _inception(name: str, extractor: str, khz: int) -> MetricCard:
    return MetricCard(
        name=f"inception_score_{name}",
        module="sightsound.metrics.formulas.single.inception",
        kind="single",
        higher_is_better=True,
        needs=(Need("generated", extractor, "logits"),),
        definition=f"exp of the mean over clips of KL(posterior || mean posterior), all clips one split, 1 to "
        f"527; a posterior is the softmax over the 527 AudioSet logits of PANNs Cnn14 at {khz} kHz.",
        source=f"Salimans et al. 2016; {_AUDIOLDM_EVAL}, there the mean over 10 splits",
        min_clips=2,
    )


def _panns(khz: int, suffix: str) -> tuple[MetricCard, ...]:
    extractor, at = f"panns_{khz}k", f"Cnn14 at {khz} kHz"
    return (
        _fad(extractor, f"one for {_PANNS} at {khz} kHz", f"FD of {_AUDIOLDM_EVAL}", f"panns{suffix}"),
        _kl(
            f"panns{suffix}",
            extractor,
            "softmax",
            f"Mean over clips of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's and q the generated "
            f"clip's softmax over the 527 AudioSet logits of PANNs {at}, nats.",
            f"KL_softmax of {_AUDIOLDM_EVAL}",
        ),
        _kl(
            f"panns_sigmoid{suffix}",
            extractor,
            "sigmoids",
            f"Mean over clips of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's and q the generated "
            f"clip's sigmoids of the 527 AudioSet logits of PANNs {at}, which do not sum to 1: no divergence, can "
            "be negative.",
            f"KL_sigmoid of {_AUDIOLDM_EVAL}",
        ),
        _inception(f"panns{suffix}", extractor, khz),
    )


CARDS = (
    _fad("vggish", "one for each 0.96 s under VGGish, before its ReLU", f"Kilgour et al. 2019, as {_GUDGUD}"),
    _fad(
        "vggish_google",
        "one for each 1 s every 0.5 s of the clip over max(0.1, peak) under VGGish",
        "Kilgour et al. 2019 and its code in github.com/google-research/google-research",
    ),
    _fad(
        "vggish_pca",
        "one for each 0.96 s under VGGish, whitened and rounded to 0..255",
        f"{_GUDGUD} with use_pca=True",
    ),
    *_panns(16, ""),
    *_panns(32, "_32k"),
    _fad("passt", "one for each 10 s segment under PaSST", "defined here, over the embedding of hear21passt"),
    _kl(
        "passt",
        "passt",
        "softmax",
        "Mean over all 10 s segments of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's and q the "
        "generated clip's softmax over the 527 AudioSet logits of PaSST, nats.",
        "audiocraft/metrics/kld.py (kld_pq)",
    ),
    _fad("encodec_24khz", "75 a second of EnCodec's 24 kHz encoder", _GUDGUD),
    _fad("encodec_48khz", "150 a second of EnCodec's 48 kHz encoder", _GUDGUD),
)
