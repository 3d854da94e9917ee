"""Cards of what turns texts into features."""

from __future__ import annotations

from sightsound.metrics.card import ExtractorCard

CARDS = (
    ExtractorCard(
        name="characters",
        entry="sightsound.metrics.networks.text.characters:load",
        modality="text",
        assets=(),
        outputs={"code_points": "[characters + 1, 1] float32, the text's Unicode code points and a closing 0"},
        licence="no weights",
        source="defined here: the text itself, for the metrics that read words",
    ),
    ExtractorCard(
        name="roberta_large",
        entry="sightsound.metrics.networks.text.roberta:load",
        modality="text",
        assets=("roberta_large",),
        outputs={"tokens": "[tokens + 2, 1024] float32, layer 17 of 24; the first and last row are <s> and </s>"},
        licence="MIT; trained on BookCorpus, Wikipedia, CC-News, OpenWebText and Stories",
        source=(
            "Liu et al.: RoBERTa, 2019, arXiv:1907.11692; layer and tokenisation as "
            "github.com/Tiiiger/bert_score 0.3.13"
        ),
        crop="first510tokens",
        optional=True,
    ),
)
