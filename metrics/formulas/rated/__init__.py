"""Metrics that are people's answers, not computed from outputs: `bench ratings import` makes rows of them."""
