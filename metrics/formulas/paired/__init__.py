"""Formulas of pairs: each clip against what belongs to it."""
