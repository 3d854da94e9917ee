"""Cards of the formulas over a classifier's posteriors."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from sightsound.metrics.card import FormulaCard

_AT = "sightsound.metrics.formulas"
_POSTERIOR = "the softmax, or the share of the scores, over {network}'s {labels}"

_BY_FRAME = FormulaCard(
    "kl_by_frame",
    f"{_AT}.paired.divergence_by_frame",
    "paired",
    higher_is_better=False,
    definition="Mean over all vectors of {network} of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's and "
    "q the generated one's softmax over {labels}, nats.",
    source="audiocraft/metrics/kld.py (there over PaSST), KL_softmax of github.com/haoheliu/audioldm_eval (PANNs)",
    posteriors={"by_frame": {"posterior": "softmax"}},
    written="kl_{network}",
    short="KL {network}",
    blind="Does not see quality: a bad recording of the right genre scores well, and what fits the example but "
    "not this one reference is punished; equal clips lie a little below 0.",
    low=-0.01,  # -1e-6 a class at most
)
_INCEPTION = FormulaCard(
    "inception_score",
    f"{_AT}.single.inception",
    "single",
    higher_is_better=True,
    definition="exp of the mean over {things} of KL(posterior || mean posterior), all {things} one split, 1 to "
    f"the number of classes; a posterior is the mean over vectors of {_POSTERIOR}.",
    source="Salimans et al. 2016 (there over Inception v3)",
    other="",
    posteriors={
        "softmax": {},
        "by_frame": {},
        "scores": {"posterior": "scores"},
        "unbiased": {},
        "no_classes": {},
    },
    min_clips=2,
    short="IS {network}",
    blind="Does not see whether an output fits its example, nor variety inside a class: test signals from many "
    "classes beat music; n outputs can't score above n.",
    low=1.0,
)

CLASSES = (
    FormulaCard(
        "kl",
        f"{_AT}.paired.divergence",
        "paired",
        False,
        "Mean over {things} of KL(reference || generated) in nats; a posterior is the mean over vectors of "
        f"{_POSTERIOR}.",
        "audiocraft/metrics/kld.py (there over PaSST, 10 s segments)",
        posteriors={"softmax": {}, "scores": {"posterior": "scores"}},
        short="KL {network}",
        blind="Does not see quality: a bad recording of the right genre scores well, and what fits the example "
        "but not this one reference is punished; over musicnn it prefers silence to other music.",
        low=0.0,
    ),
    _BY_FRAME,
    replace(
        _BY_FRAME,
        name="kl_sigmoid",
        definition="Mean over all vectors of {network} of sum_c p_c (ln p_c - ln(q_c + 1e-6)), p the reference's "
        "and q the generated one's sigmoids of {labels}, which do not sum to 1: no divergence, can be negative.",
        source="KL_sigmoid of github.com/haoheliu/audioldm_eval",
        posteriors={"by_frame": {"posterior": "sigmoids"}},
        written="kl_{network}_sigmoid",
        short="KL sigmoid {network}",
        low=-inf,
        blind="Rewards an output in which every class is likelier than in the reference, which is no likeness at "
        "all.",
    ),
    _INCEPTION,
    replace(
        _INCEPTION,
        name="inception_score_splits",
        module=f"{_AT}.single.inception_splits",
        definition="The mean of the inception score under {network} over ten parts of the set, cut as "
        "torch-fidelity cuts it (seed 2020); lower than that of the whole, depends on the order of the {things}.",
        source="Salimans et al. 2016, as torch-fidelity 0.4.0",
        written="inception_score_{network}_splits",
        min_clips=10,
        estimator="splits10",
        short="IS splits {network}",
        blind="Sees no more than the inception score; a tenth of a small set has few outputs and so scores low, "
        "and another order gives another value.",
    ),
)
"""Formulas over the classes of a network that is a classifier."""
