"""R@10: the share of queries whose own partner is among the first 10 of the gallery. See metrics/retrieval.py."""

from __future__ import annotations

from functools import partial

from metrics import retrieval

statistics = retrieval.statistics
aggregate = partial(retrieval.recall, at=10)
replicates = partial(retrieval.recall_replicates, at=10)
